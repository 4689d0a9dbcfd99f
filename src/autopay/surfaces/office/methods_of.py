"""A patient's saved methods as the office sees them: beside each, whether its payer has allowed it to be charged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from autopay.database import Tx
from autopay.surfaces.shared.wallet import KEPT, Saved

WITH_CONSENT = f"""
    select s.*, c.channel, c.signed_by, c.at, c.range_minor, c.paper
    from ({KEPT}) s
    left join lateral (
        select c.channel, c.signed_by, c.at, c.range_minor, p.uid as paper
        from consent c left join paper p on p.consent_id = c.id
        where c.method_id = s.id and not exists (select from consent_end e where e.consent_id = c.id)
        order by c.id desc limit 1) c on true
    order by s.is_default desc, s.id
"""


@dataclass(frozen=True, slots=True)
class Agreed:
    """The consent that holds for one method; `paper` is the file that proves it, if there is one."""

    channel: str
    signed_by: str
    at: datetime
    range_minor: int | None
    paper: UUID | None

    @property
    def how(self) -> str:
        return {"online": _("agreed online"), "paper": _("signed on paper")}.get(self.channel) or _("recorded")


@dataclass(frozen=True, slots=True)
class Method:
    saved: Saved
    agreed: Agreed | None


def consented_methods(tx: Tx, payer: int) -> list[Method]:
    return tx.all(_method, WITH_CONSENT, payers=[payer])


def _method(**row: Any) -> Method:
    agreed = {name: row.pop(name) for name in Agreed.__dataclass_fields__}
    return Method(Saved(**row), Agreed(**agreed) if agreed["channel"] else None)
