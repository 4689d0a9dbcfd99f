"""A practice enrolls its account: billing information, the enrolled method, consent, the agreement turned on (A10 to A23)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from autopay.agreements.change import Change, change_agreement
from autopay.agreements.consent import Signature, record_consent
from autopay.agreements.models import Switch
from autopay.database import Database, Tx
from autopay.journal.write import By
from autopay.refusal import Refusal
from autopay.wallet.default import make_default


@dataclass(frozen=True, slots=True)
class BillingInformation:
    """As typed (A11, A12)."""

    email: str
    phone: str
    first_name: str
    last_name: str
    street: str
    city: str
    state: str
    zip: str
    company: str = ""
    street2: str = ""
    country: str = "US"


@dataclass(frozen=True, slots=True)
class Enrollment:
    """`method` is a usable one of the account's wallet; `take_open`: the person ticked that open invoices are taken too (A23).

    `seen` is the version of the agreement the person looked at; if another one stands by now, nothing is done.
    """

    method: int
    information: BillingInformation
    signature: Signature
    cap_minor: int | None = None
    take_open: bool = False
    seen: int | None = None


def enroll(db: Database, biller: int, payer: int, enrollment: Enrollment, by: By) -> int:
    """All of it or nothing. Also the edit while enrolled: the new method replaces the enrolled one, nothing is charged (A21)."""
    with db.transaction(biller) as tx:
        if tx.value("select payer_id from method where id = %(id)s", id=enrollment.method) != payer:
            raise Refusal("method_gone", "This card or bank account cannot be used. Please choose another one.")
        stands = tx.value("select version from agreement where payer_id = %(payer)s for update", payer=payer)
        if enrollment.seen not in (None, stands):
            raise Refusal("changed", "Things changed since you opened this page. Nothing was charged. Please look again.")
        since = None
        if enrollment.take_open:
            since = tx.value(
                """select min(issued_at) from invoice
                   where payer_id = %(payer)s and voided_at is null and total > captured - returned + elsewhere""",
                payer=payer,
            )
        reference = change_agreement(tx, biller, payer, Change(Switch.ON, since, enrollment.cap_minor), by)
        make_default(tx, biller, enrollment.method, by)
        record_consent(tx, biller, enrollment.method, enrollment.signature, by)
        _keep(tx, biller, payer, enrollment.information)
    return reference


def _keep(tx: Tx, biller: int, payer: int, information: BillingInformation) -> None:
    fields = asdict(information)
    names = ", ".join(fields)
    values = ", ".join(f"%({name})s" for name in fields)
    news = ", ".join(f"{name} = excluded.{name}" for name in fields)
    tx.run(
        f"""insert into billing_information (biller_id, payer_id, {names}) values (%(biller)s, %(payer)s, {values})
            on conflict (payer_id) do update set {news}""",
        biller=biller,
        payer=payer,
        **fields,
    )
