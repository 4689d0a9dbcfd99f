"""What the patient owes for a visit: the ExplanationOfBenefit's patient responsibility, else an Invoice, else self-pay ChargeItems.

Never a Claim: it says what the provider asked, not what the patient owes. Pure.

Codes read, whatever their system's address: HL7 adjudication (copay, deductible), CARIN Blue Button (coinsurance, memberliability,
paidbypatient), CMS Blue Button variables as Synthea writes them (line_coinsrnc_amt, line_bene_ptb_ddctbl_amt, rev_cntr_…).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from autopay.interop.fhir.read import Json
from autopay.interop.fhir.references import ref_of
from autopay.interop.fhir.resources import items
from autopay.interop.records import LARGEST_MINOR, Unfit
from autopay.money import MINOR_DIGITS

LIABILITY, COPAY, COINSURANCE, DEDUCTIBLE, PAID = "liability", "copay", "coinsurance", "deductible", "paid"
CATEGORIES = {
    # What the patient owes in all: where it is stated, nothing is added up.
    "memberliability": LIABILITY,
    "patientresponsibility": LIABILITY,
    "patientliability": LIABILITY,
    "patientpay": LIABILITY,
    "revcntrptntrspnsbltypmt": LIABILITY,
    # What it is made of: disjoint, and added up where the whole is not stated.
    "copay": COPAY,
    "copayment": COPAY,
    "coinsurance": COINSURANCE,
    "linecoinsrncamt": COINSURANCE,
    "revcntrcoinsrncwgeadjstdc": COINSURANCE,
    "revcntrcoinsrncwgeadjstdamt": COINSURANCE,
    "revcntrrdcdcoinsrncamt": COINSURANCE,
    "deductible": DEDUCTIBLE,
    "linebeneptbddctblamt": DEDUCTIBLE,
    "revcntrcashddctblamt": DEDUCTIBLE,
    "revcntrbloodddctblamt": DEDUCTIBLE,
    # Already paid by the patient at the visit.
    "paidbypatient": PAID,
}
SELF_PAY_SYSTEM = "coverage-selfpay"


@dataclass(frozen=True, slots=True)
class Stated:
    """What one resource says. `links` point to the visit, the nearest way first: directly, through a claim or line, an account."""

    kind: str
    amount: Decimal
    currency: str
    patient_ref: str = ""
    links: tuple[tuple[str, ...], ...] = ()
    shared: bool = False
    """It is about several visits and does not say what each comes to."""


@dataclass(frozen=True, slots=True)
class Share:
    """In minor units. `basis` says which kind of resource stated it; empty if none did."""

    minor: int
    basis: str


def share_of(stated: Sequence[Stated], currency: str) -> Share:
    """One visit's share. Raises Unfit if resources of the kind that counts contradict each other, or the currency is another."""
    for kind in ("ExplanationOfBenefit", "Invoice"):
        taken = [each for each in stated if each.kind == kind]
        amounts = {in_minor(each, currency) for each in taken}
        if any(each.shared for each in taken):
            raise Unfit(f"has a patient share that a resource of type {kind} states for several visits together")
        if len(amounts) > 1:
            raise Unfit(f"has {len(taken)} resources of type {kind} that state different patient shares")
        if amounts:
            return Share(amounts.pop(), kind)
    lines = [in_minor(each, currency) for each in stated if each.kind == "ChargeItem"]
    return Share(sum(lines), "ChargeItem") if lines else Share(0, "")


def in_minor(stated: Stated, currency: str) -> int:
    """Rounded half up to what the currency can pay, once, after adding up: sources write binary fractions such as 52.224000000000004."""
    if stated.currency not in ("", currency):
        raise Unfit(f"has a patient share in another currency than {currency}")
    minor = stated.amount.scaleb(MINOR_DIGITS[currency]).quantize(Decimal(1), ROUND_HALF_UP)
    if not 0 <= minor <= LARGEST_MINOR:
        raise Unfit("has a patient share that is below zero or beyond reason")
    return int(minor)


def read_explanation(resource: Json) -> Stated | None:
    """Of a finished adjudication of a claim for care; a pharmacy's or a pre-authorization is no visit's share."""
    if resource.get("status") != "active" or resource.get("outcome") != "complete" or resource.get("use", "claim") != "claim":
        return None
    if "prescription" in resource or "pharmacy" in _codes(resource.get("type")):
        return None
    owed = _responsibility(resource)
    if owed is None:
        return None
    visits = [ref_of(each, "Encounter") for item in items(resource, "item") for each in items(item, "encounter")]
    links = (_refs(visits), _refs([ref_of(resource.get("claim"), "Claim")]))
    return Stated("ExplanationOfBenefit", owed.amount, owed.currency, ref_of(resource.get("patient"), "Patient"), links)


def read_claim(resource: Json) -> list[str]:
    """The visits a claim is about; nothing else of it is read."""
    return list(_refs([ref_of(each, "Encounter") for item in items(resource, "item") for each in items(item, "encounter")]))


def read_invoice(resource: Json) -> Stated | None:
    """An issued one, addressed to a person. A balanced one was paid at its source: nothing is left to pay."""
    status = resource.get("status")
    if status not in ("issued", "balanced") or _addressed_to_organization(resource):
        return None
    amount = Amount(Decimal(0), "") if status == "balanced" else _money(resource.get("totalGross") or resource.get("totalNet"))
    lines = [ref_of(each.get("chargeItemReference"), "ChargeItem") for each in items(resource, "lineItem")]
    account = ref_of(resource.get("account"), "Account")
    links: tuple[tuple[str, ...], ...] = ((), _refs(lines), _refs([account]))
    return Stated("Invoice", amount.amount, amount.currency, ref_of(resource.get("subject"), "Patient"), links)


def _addressed_to_organization(resource: Json) -> bool:
    recipient = resource.get("recipient")
    if not isinstance(recipient, dict):
        return False
    return recipient.get("type") == "Organization" or str(recipient.get("reference", "")).rpartition("/")[0].endswith(
        "Organization"
    )


def read_charge_item(resource: Json) -> Stated | None:
    """A line the patient pays alone: coded so (coverage-selfpay `pay`, or `self-pay`) in its code, tags or an extension."""
    if resource.get("status") not in ("billable", "billed") or not _is_self_pay(resource):
        return None
    price = _money(resource.get("priceOverride"))
    visit = ref_of(resource.get("context") or resource.get("encounter"), "Encounter")
    return Stated("ChargeItem", price.amount, price.currency, ref_of(resource.get("subject"), "Patient"), (_refs([visit]),))


def visit_of_charge_item(resource: Json) -> str:
    return ref_of(resource.get("context") or resource.get("encounter"), "Encounter")


@dataclass(frozen=True, slots=True)
class Amount:
    amount: Decimal
    currency: str

    def __add__(self, other: Amount) -> Amount:
        if self.currency and other.currency and self.currency != other.currency:
            raise Unfit("states amounts in several currencies")
        return Amount(self.amount + other.amount, self.currency or other.currency)


def _responsibility(resource: Json) -> Amount | None:
    """Each category once: from the totals if it is there, else from the header, else added up over the lines."""
    lines = [each for item in (*items(resource, "item"), *items(resource, "addItem")) for each in _of_line(item)]
    owed = _by_category(lines) | _by_category(items(resource, "adjudication")) | _by_category(items(resource, "total"))
    parts = [owed[part] for part in (COPAY, COINSURANCE, DEDUCTIBLE) if part in owed]
    if LIABILITY not in owed and not parts:
        return None
    stated = owed.get(LIABILITY) or sum(parts[1:], start=parts[0])
    paid = owed.get(PAID, Amount(Decimal(0), ""))
    return Amount(max(Decimal(0), stated.amount - paid.amount), stated.currency) if stated.amount > 0 else stated


def _by_category(adjudications: Iterable[Any]) -> dict[str, Amount]:
    """An adjudication coded twice, by two systems, counts once."""
    found: dict[str, Amount] = {}
    for each in adjudications:
        category = next((CATEGORIES[code] for code in _codes(each.get("category")) if code in CATEGORIES), None)
        if category and each.get("amount") is not None:
            amount = _money(each["amount"])
            found[category] = found[category] + amount if category in found else amount
    return found


def _of_line(item: Any) -> list[Any]:
    """A line's own adjudication; if it has none, its details'."""
    own = list(items(item, "adjudication"))
    return own or [each for detail in items(item, "detail") for each in items(detail, "adjudication")]


def _money(value: Any) -> Amount:
    number = value.get("value") if isinstance(value, dict) else None
    if isinstance(number, bool) or not isinstance(number, (int, Decimal)):
        raise Unfit("states no amount that can be read")
    number = Decimal(number)
    if not number.is_finite() or abs(number) > LARGEST_MINOR:
        raise Unfit("states an amount beyond reason")
    return Amount(number, value.get("currency") or "")


def _is_self_pay(resource: Json) -> bool:
    extensions = [
        each.get("valueCodeableConcept") or {"coding": [each.get("valueCoding") or {}]} for each in items(resource, "extension")
    ]
    tags = {"coding": list(items(resource.get("meta") or {}, "tag"))}
    for concept in (resource.get("code"), tags, *extensions):
        for coding in (concept or {}).get("coding") or ():
            code = _plain(coding.get("code"))
            if code == "selfpay" or (code == "pay" and SELF_PAY_SYSTEM in str(coding.get("system", ""))):
                return True
    return False


def _codes(concept: Any) -> list[str]:
    """Codes without address, case and punctuation; a concept without a code is known by its text."""
    codings = (concept or {}).get("coding") or ()
    return [_plain(coding.get("code")) for coding in codings] or [_plain((concept or {}).get("text"))]


def _plain(code: Any) -> str:
    return _letters(str(code or ""))


@lru_cache(maxsize=256)
def _letters(code: str) -> str:
    """Kept for the next time: a file says the same few codes on each of its lines."""
    return re.sub(r"[^a-z0-9]", "", code.rpartition("/")[2].lower())


def _refs(refs: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, refs)))
