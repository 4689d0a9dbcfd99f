"""What the biller's staff must know now, at the top of their pages: `{% include "shell/alerts.html" %}` with `alerts` in the context."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from autopay import words
from autopay.database import Tx
from autopay.surfaces.shared.visitor import Visitor

PAUSED = """
    select b.zone, p.refused, p.tried, p.until - now() as left
    from saving_pause p join biller b on b.id = p.biller_id where p.until > now()
"""


@dataclass(frozen=True, slots=True)
class Alert:
    head: str
    text: str


@dataclass(frozen=True, slots=True)
class _Paused:
    zone: str
    refused: int
    tried: int
    left: timedelta

    def until(self, now: datetime) -> str:
        """`now` is the business instant: pauses run by the machine's clock, people read the other."""
        return words.moment(now + self.left, self.zone)


def alerts(tx: Tx, visitor: Visitor) -> list[Alert]:
    """Of this biller. Empty most of the time."""
    paused = tx.one(_Paused, PAUSED)
    if paused is None:
        return []
    told = {"refused": paused.refused, "tried": paused.tried, "until": paused.until(visitor.now)}
    return [
        Alert(
            _("Saving new payment methods is paused until %(until)s.") % told,
            _("%(refused)s of %(tried)s cards were refused within an hour: somebody may be trying out stolen ones.") % told
            + " "
            + _("Whoever saved a card before still can, and autopay goes on."),
        )
    ]
