"""Who there is when a history begins: an agency with patients, a vendor with accounts, their cards and bank accounts; by the product's own
verbs, while nobody watches.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from urllib.parse import urlencode

from autopay.agreements.consent import Signature, record_consent
from autopay.agreements.models import Switch
from autopay.agreements.terms import publish
from autopay.charging.switch import set_switch
from autopay.database import Tx
from autopay.parties.create import NewBiller, NewPayer, create_biller, create_payers
from autopay.processors.accounts import Keys, connect
from autopay.processors.protocol import Kind
from autopay.wallet.default import set_default
from autopay.wallet.offer import offer
from autopay.wallet.save import save
from autopay_proof.connections import OneConnection
from autopay_proof.network import BASE
from autopay_proof.stage import SECRET, ZONE, Saved, Stage
from sandbox_processor.wire import Request


@dataclass(frozen=True, slots=True)
class Number:
    """A test number, and what the auditor must know of it: a consumer's debit is announced ten days before it is charged (E1, E6)."""

    number: str
    bank: bool = False
    announced: bool = False


GOOD, SECOND = Number("4242424242424242"), Number("5555555555554444")
DECLINES_LATER = Number("4000000000000341")
DEBIT = Number("4000056655665556", announced=True)
REFUNDS_LATE, REFUNDS_FAIL = Number("4000000000007726"), Number("4000000000005126")
BANK = Number("000123456789", bank=True, announced=True)
NO_MONEY = Number("000222222227", bank=True, announced=True)
NOT_ALLOWED = Number("000333333335", bank=True, announced=True)
PATIENTS = {
    "Ada": (GOOD, SECOND),
    "Ben": (DECLINES_LATER, GOOD),
    "Cleo": (GOOD,),
    "Dora": (DEBIT, GOOD),
    "Eli": (BANK, GOOD),
    "Finn": (NO_MONEY, BANK),
    "Gus": (NOT_ALLOWED, GOOD),
    "Hal": (REFUNDS_LATE, REFUNDS_FAIL),
}
"""The default first."""
ACCOUNTS = {"Ivy Clinic": (GOOD, BANK), "Jay Clinic": (BANK, SECOND), "Kim Clinic": (NOT_ALLOWED, GOOD)}
BILL_DAYS = {"Ivy Clinic": 9, "Jay Clinic": 10, "Kim Clinic": 31}
RANGE = 12_000
"""What Eli agreed to be charged without notice, minor units."""


NEWS = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "charge.succeeded",
    "charge.failed",
    "charge.refunded",
    "refund.failed",
    "charge.dispute.created",
)
"""What both listen to."""


def furnish(stage: Stage) -> None:
    _agency(stage)
    _vendor(stage)
    for biller in stage.cast.billers.values():
        _listen(stage, biller)


def _agency(stage: Stage) -> None:
    biller = _biller(stage, "agency", "Simulated Home Care")
    _payers(stage, biller, [NewPayer("patient", name, name, email=f"{name.lower()}@example.test") for name in PATIENTS])
    for name, numbers in PATIENTS.items():
        stage.cast.methods[name] = [saved(stage, name, number, RANGE if name == "Eli" else None) for number in numbers]
        _turn_on(stage, name)


def _vendor(stage: Stage) -> None:
    biller = _biller(stage, "vendor", "Simulated Clearing House")
    accounts = [
        NewPayer("account", name, name, email=f"{name[:3].lower()}@example.test", bill_day=day) for name, day in BILL_DAYS.items()
    ]
    _payers(stage, biller, accounts)
    with stage.database("owner").transaction() as tx:
        _products(tx, biller, [stage.cast.payers[name] for name in BILL_DAYS], stage)
    for name, numbers in ACCOUNTS.items():
        stage.cast.methods[name] = [saved(stage, name, number) for number in numbers]
        _turn_on(stage, name)


def _products(tx: Tx, biller: int, payers: list[int], stage: Stage) -> None:
    tx.run(
        """with product as (insert into product (biller_id, code, name) values (%(b)s, 'center', 'Center') returning id),
           price as (insert into price (biller_id, product_id, source, minor, since, document)
                     select %(b)s, id, 'data_sheet', 3995, %(on)s::date, 'Data Sheet' from product)
           insert into selection (biller_id, payer_id, product_id, since)
           select %(b)s, payer, product.id, %(on)s::date from product, unnest(%(payers)s::bigint[]) payer""",
        b=biller,
        on=stage.time.now().date().replace(day=1),
        payers=payers,
    )


def _biller(stage: Stage, kind: str, name: str) -> int:
    with stage.database("owner").transaction() as tx:
        biller = create_biller(tx, NewBiller(kind, name, "Sim", ZONE, email=f"{kind}@example.test"), stage.by())
        publish(tx, biller)
        keys = Keys(BASE, f"pk_test_b{biller}", f"sk_test_b{biller}", f"whsec_b{biller}")
        connect(tx, biller, keys, SECRET)
    stage.cast.billers[kind] = biller
    return biller


def _listen(stage: Stage, biller: int) -> None:
    form = {"url": f"http://autopay.invalid/webhooks/{biller}"} | {
        f"enabled_events[{nth}]": name for nth, name in enumerate(NEWS)
    }
    stage.cast.webhook_secrets[biller] = str(_ask(stage, f"sk_test_b{biller}", "/v1/webhook_endpoints", form)["secret"])


def _payers(stage: Stage, biller: int, new: list[NewPayer]) -> None:
    with stage.database("app").transaction(biller) as tx:
        ids = create_payers(tx, biller, new, stage.by())
    for each in new:
        stage.cast.payers[each.name] = ids["autopay", each.name]
        stage.cast.biller_of[each.name] = biller


def token_for(stage: Stage, biller: int, number: Number) -> str:
    """Typed into the payment company's own fields by somebody's browser."""
    form = {"type": "card", "card[number]": number.number, "card[exp_month]": "12", "card[exp_year]": "2044", "card[cvc]": "123"}
    if number.bank:
        bank = {"account_number": number.number, "routing_number": "110000000", "account_holder_type": "individual"}
        form = {"type": "us_bank_account", "billing_details[name]": "A Payer"}
        form |= {f"us_bank_account[{name}]": value for name, value in bank.items()}
    return str(_ask(stage, f"pk_test_b{biller}", "/v1/payment_methods", form)["id"])


def _ask(stage: Stage, key: str, path: str, form: dict[str, str]) -> dict[str, object]:
    request = Request("POST", path, "", {"authorization": f"Bearer {key}"}, urlencode(form).encode())
    answer: dict[str, object] = json.loads(stage.sandbox.handle(request).body)
    if "id" not in answer:
        raise RuntimeError(f"{path}: {answer}")
    return answer


def saved(stage: Stage, name: str, number: Number, range_minor: int | None = None) -> Saved:
    db, biller = stage.database("app"), stage.cast.biller_of[name]
    token = token_for(stage, biller, number)
    method = offer(db, biller, stage.cast.payers[name], Kind.BANK if number.bank else Kind.CARD, token, stage.by())
    if (state := asyncio.run(_save(stage, db, method, biller))) != "usable":
        raise RuntimeError(f"a test number was not saved: {state}")
    if number.bank:
        _prove(stage, db, method, biller)
    with db.transaction(biller) as tx:
        record_consent(tx, biller, method, Signature(f"{name} themselves", range_minor=range_minor), stage.by())
    return Saved(method, token, number.bank, number.announced and name in PATIENTS)


def _prove(stage: Stage, db: OneConnection, method: int, biller: int) -> None:
    """The payer types the two small deposits they found on their account."""
    setup = stage.rows("select verification from method where id = %(id)s", id=method)[0]["verification"]
    _ask(stage, f"sk_test_b{biller}", f"/v1/setup_intents/{setup}/verify_microdeposits", {"amounts[0]": "32", "amounts[1]": "45"})
    asyncio.run(_save(stage, db, method, biller))


async def _save(stage: Stage, db: OneConnection, method: int, biller: int) -> str:
    return await save(stage.wallets(db), method, biller)


def _turn_on(stage: Stage, name: str) -> None:
    db, biller = stage.database("app"), stage.cast.biller_of[name]
    set_default(db, biller, stage.cast.methods[name][0].id, stage.by())
    set_switch(db, biller, stage.cast.payers[name], Switch.ON, stage.by())
