"""What the biller's staff must know now, at the top of their pages: `{% include "shell/alerts.html" %}` with `alerts` in the context."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from autopay import words
from autopay.database import Tx
from autopay.surfaces.shared.visitor import Visitor

TOLD = """
    select b.zone, p.refused, p.tried, p.until - now() as left, not sending_allowed() as quarantined
    from biller b left join saving_pause p on p.biller_id = b.id and p.until > now()
"""


@dataclass(frozen=True, slots=True)
class Alert:
    head: str
    text: str


@dataclass(frozen=True, slots=True)
class _Told:
    zone: str
    refused: int | None
    tried: int | None
    left: timedelta | None
    """Of the pause in saving; None where there is none."""
    quarantined: bool

    def until(self, now: datetime) -> str:
        """`now` is the business instant: pauses run by the machine's clock, people read the other."""
        return words.moment(now + (self.left or timedelta()), self.zone)


def alerts(tx: Tx, visitor: Visitor) -> list[Alert]:
    """Of this biller. Empty most of the time."""
    told = tx.one(_Told, TOLD)
    if told is None:
        return []
    found = [_quarantine()] if told.quarantined else []
    return [*found, _paused(told, visitor.now)] if told.left is not None else found


def _quarantine() -> Alert:
    return Alert(
        _("Nothing is charged or refunded for now."),
        _(
            "These books were restored or copied. Charges and refunds wait until whoever runs this installation has compared them with the "
            "payment company's."
        ),
    )


def _paused(told: _Told, now: datetime) -> Alert:
    values = {"refused": told.refused, "tried": told.tried, "until": told.until(now)}
    return Alert(
        _("Saving new payment methods is paused until %(until)s.") % values,
        _("%(refused)s of %(tried)s cards were refused within an hour: somebody may be trying out stolen ones.") % values
        + " "
        + _("Whoever saved a card before still can, and autopay goes on."),
    )
