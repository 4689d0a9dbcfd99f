"""The biller whose page this is: its own row is the only one row-level security leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from autopay.clock import local_date
from autopay.database import Tx
from autopay.surfaces.shared.visitor import Visitor

BILLER = """
    select id, kind, name, short_name, phone, email, hours, zone, currency,
           exists (select from processor_account where connected) as connected
    from biller
"""


@dataclass(frozen=True, slots=True)
class Biller:
    id: int
    kind: str
    name: str
    short_name: str
    phone: str
    email: str
    hours: str
    zone: str
    currency: str
    connected: bool
    """A payment company is connected; without it there is no Pay Now (V8)."""

    @property
    def vendor(self) -> bool:
        return self.kind == "vendor"

    def today(self, visitor: Visitor) -> date:
        return self.today_at(visitor.now)

    def today_at(self, now: datetime) -> date:
        return local_date(now, self.zone)


def biller(tx: Tx) -> Biller:
    found = tx.one(Biller, BILLER)
    if found is None:
        raise LookupError("no biller is open in this transaction")
    return found
