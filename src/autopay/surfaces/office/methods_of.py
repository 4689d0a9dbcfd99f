"""A patient's saved methods as the office sees them: beside each, whether its payer has allowed it to be charged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from autopay.database import Tx
from autopay.surfaces.shared.wallet import Saved, saved_methods

CONSENTS = """
    select distinct on (c.method_id) c.method_id as method, c.channel, c.signed_by, c.at, c.range_minor, p.uid as paper
    from consent c left join paper p on p.consent_id = c.id
    where c.method_id = any(%(ids)s::bigint[]) and not exists (select from consent_end e where e.consent_id = c.id)
    order by c.method_id, c.id desc
"""


@dataclass(frozen=True, slots=True)
class Agreed:
    """The consent that holds for one method; `paper` is the file that proves it, if there is one."""

    method: int
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
    saved = saved_methods(tx, [payer])
    agreed = {each.method: each for each in tx.all(Agreed, CONSENTS, ids=[each.id for each in saved])}
    return [Method(each, agreed.get(each.id)) for each in saved]
