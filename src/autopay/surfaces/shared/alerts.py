"""What the biller's staff must know now, at the top of their pages: `{% include "shell/alerts.html" %}` with `alerts` in the context."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from autopay import words
from autopay.database import Tx
from autopay.processors import pace
from autopay.processors.pace import Pace
from autopay.running import clock
from autopay.surfaces.shared.visitor import Visitor

TOLD = f"""
    select b.zone, p.refused, p.tried, p.until - now() as left, not sending_allowed() as quarantined,
           exists (select from processor_pace where failures >= {pace.TRIPS_AT}) as waits
    from biller b left join saving_pause p on p.biller_id = b.id and p.until > now()
"""


@dataclass(frozen=True, slots=True)
class Alert:
    head: str
    text: str
    tone: str = "warn"
    icon: str = "shield-alert"


@dataclass(frozen=True, slots=True)
class _Told:
    zone: str
    refused: int | None
    tried: int | None
    left: timedelta | None
    """Of the pause in saving; None where there is none."""
    quarantined: bool
    waits: bool
    """The account may have paused; most of the time it has not, and nothing more is read."""

    def until(self, now: datetime) -> str:
        """`now` is the business instant: pauses run by the machine's clock, people read the other."""
        return words.moment(now + (self.left or timedelta()), self.zone)


def alerts(tx: Tx, visitor: Visitor) -> list[Alert]:
    """Of this biller. Empty most of the time."""
    told = tx.one(_Told, TOLD)
    if told is None:
        return []
    paused = pace.paused(tx) if told.waits and not told.quarantined else []
    found = [_quarantine()] if told.quarantined else [_waits(each, told.zone, visitor.now) for each in paused]
    return [*found, _paused(told, visitor.now)] if told.left is not None else found


def _quarantine() -> Alert:
    return Alert(
        _("Nothing is charged or refunded for now."),
        _(
            "These books were restored or copied. Charges and refunds wait until whoever runs this installation has compared them with the "
            "payment company's."
        ),
    )


def _waits(account: Pace, zone: str, now: datetime) -> Alert:
    """The account of this biller is left alone for a while (processors/pace.py). Whoever reads it need do nothing, but for refused keys."""
    left = timedelta() if account.probing or not account.paused_until else account.paused_until - clock().machine()
    again = (
        _("Next try: %(at)s.") % {"at": words.clock_time(now + left, zone)}
        if left > timedelta()
        else _("It is being asked again now.")
    )
    if account.keys_refused:
        text = _("Charges wait, and nothing is lost. They go out by themselves once the keys are replaced under Settings.")
        return Alert(_("The payment company refuses our keys."), f"{text} {again}")
    if account.too_fast:
        text = _("Charges wait a moment and go out by themselves; nothing is lost.")
        return Alert(_("The payment company asks us to go slower."), f"{text} {again}", "info", "clock")
    text = _("Charges wait and go out by themselves when it does; nothing is lost.")
    return Alert(_("The payment company does not answer."), f"{text} {again}", "info", "clock")


def _paused(told: _Told, now: datetime) -> Alert:
    values = {"refused": told.refused, "tried": told.tried, "until": told.until(now)}
    return Alert(
        _("Saving new payment methods is paused until %(until)s.") % values,
        _("%(refused)s of %(tried)s cards were refused within an hour: somebody may be trying out stolen ones.") % values
        + " "
        + _("Whoever saved a card before still can, and autopay goes on."),
    )
