"""What the Billing page says of each patient, read in one transaction and worked out from the engine's rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from autopay.charging.charge import Why
from autopay.clock import local_date
from autopay.database import Tx
from autopay.money import Money
from autopay.surfaces.patient_portal.people import Patient, patients
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.invoices import (
    Invoice,
    Line,
    following,
    invoice,
    invoice_badge,
    invoice_box,
    invoice_lines,
    open_invoices,
    payable,
)
from autopay.surfaces.shared.payment import Badge, Box
from autopay.surfaces.shared.payments import Made, newest_of, payments, still_returnable
from autopay.surfaces.shared.standing import Standing, standings
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.shared.wallet import saved_methods

MOST = 200
"""Payments on one page."""


@dataclass(frozen=True, slots=True)
class Row:
    """One outstanding invoice."""

    invoice: Invoice
    badge: Badge
    payable: bool


@dataclass(frozen=True, slots=True)
class Paid:
    """One line of Payment History."""

    payment: Made
    returnable_until: date | None


@dataclass(frozen=True, slots=True)
class Billing:
    """One patient's cards and lists."""

    patient: Patient
    standing: Standing
    balance: Money
    open: list[Row]
    last: Made | None
    history: list[Paid]
    older: bool
    """There are payments before those of `history`."""
    newer: bool
    """There are payments after them: a page holds MOST."""
    expired: bool
    """Auto-Pay's card has expired: the next charge would fail."""

    @property
    def following(self) -> bool:
        """A payment is on its way whose answer comes by itself."""
        return any(following(row.invoice) for row in self.open)

    @property
    def payable(self) -> list[Invoice]:
        return [row.invoice for row in self.open if row.payable]

    @property
    def stands(self) -> str:
        """What the page says of each bill: changed, it has news."""
        told = [f"{row.invoice.id} {row.badge.word} {row.invoice.open} {row.payable}" for row in self.open]
        paid = [f"{row.payment.charge} {row.payment.refunded}" for row in self.history]
        return "|".join([*told, *paid, self.standing.method_words, str(self.standing.on)])

    @property
    def obstacle(self) -> str:
        """What the truthful note in the banner says when no charge can run (V4, design 4.6)."""
        return {
            Why.NO_DEFAULT: _(
                "No card is on file, so charges do not run. Ask the office to add a card, or open each bill and press Pay Now."
            ),
            Why.NO_CONSENT: _("You have not yet agreed to be charged, so charges do not run. Ask the office."),
            Why.BEING_VERIFIED: _("Your bank account is still being checked. Charges wait until that is done."),
        }.get(self.standing.obstacle or Why.CHARGED, _("Charges cannot run right now. Ask the office."))


def billings(tx: Tx, picked: Sequence[Patient], office: Biller, now: datetime, recent: int = 100) -> list[Billing]:
    """`recent`: up to which of each patient's payments, the newest being the first, the page goes; it lists the last MOST of these."""
    ids = [patient.id for patient in picked]
    open_ones, stands = open_invoices(tx, ids), standings(tx, ids)
    made = payments(tx, ids, recent + 1)
    today = office.today_at(now)
    expired = {each.payer for each in saved_methods(tx, ids) if each.is_default and each.expired(today)}
    all_of = _All(open_ones, made, recent, expired, office, now)
    return [_billing(patient, stands[patient.id], all_of) for patient in picked]


def pick(mine: Sequence[Patient], wanted: str) -> list[Patient]:
    """The patient asked for, or all; somebody else's is not found."""
    found = [patient for patient in mine if not wanted or str(patient.uid) == wanted]
    if not found:
        raise Http404
    return found


@dataclass(frozen=True, slots=True)
class InvoicePage:
    agency: Biller
    patient: Patient
    invoice: Invoice
    lines: list[Line]
    box: Box
    payable: bool
    waiting: bool
    """The page asks again by itself: an answer is on its way."""


def invoice_page(tx: Tx, visitor: Visitor, uid: UUID) -> InvoicePage:
    """One invoice, if it is theirs; its lines only where the patient allowed them (V12)."""
    mine, office, found = patients(tx, visitor), biller(tx), invoice(tx, uid)
    patient = next((each for each in mine if found and each.id == found.payer), None)
    if found is None or patient is None:
        raise Http404
    lines = invoice_lines(tx, found.id) if patient.sees_lines else []
    box = invoice_box(found, visitor.now, _("Ask the office to change the card, then press Pay Now."))
    return InvoicePage(office, patient, found, lines, box, office.connected and payable(found, visitor.now), following(found))


@dataclass(frozen=True, slots=True)
class _All:
    """What was read of all picked patients together."""

    open: list[Invoice]
    made: list[Made]
    recent: int
    expired: set[int]
    office: Biller
    now: datetime


def _billing(patient: Patient, stands: Standing, read: _All) -> Billing:
    mine, now = [each for each in read.open if each.payer == patient.id], read.now
    made = [each for each in read.made if each.payer == patient.id]
    today, end = local_date(now, read.office.zone), min(read.recent, len(made))
    return Billing(
        patient,
        stands,
        Money(sum(each.open for each in mine), read.office.currency),
        [Row(each, invoice_badge(each, now), read.office.connected and payable(each, now)) for each in mine],
        newest_of(read.made, patient.id),
        [Paid(each, still_returnable(each, today)) for each in made[max(0, end - MOST) : end]],
        len(made) > read.recent,
        end > MOST,
        patient.id in read.expired,
    )
