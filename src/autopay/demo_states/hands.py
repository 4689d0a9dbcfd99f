"""Who builds the catalogue, what freezes a biller of it, and how a saved method is put into a wallet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from autopay.clock import local_date
from autopay.conf import Role as DatabaseRole
from autopay.conf import Settings
from autopay.database import Database, PooledDatabase, Tx
from autopay.demo_states.history import ZONE, Made

ROLES: tuple[DatabaseRole, ...] = ("owner", "app", "engine")
LONG_AGO = 700
"""Days since when the accounts exist."""
NEVER = datetime(2999, 1, 1)  # noqa: DTZ001  # no instant of anybody's zone: it does not come

FREEZE = """
    with mails as (insert into notice_cursor (biller_id, seq) values (%(biller)s, 9000000000000000000)),
         compared as (insert into reconciliation (biller_id, "on", done_at) values (%(biller)s, '2999-01-01', %(now)s)),
         methods as (update method set retry_at = null where biller_id = %(biller)s),
         refunds as (update refund set look_at = null where biller_id = %(biller)s)
    update charge set look_at = null, called_at = %(never)s,
           lease_until = case when state = 'sending' then %(never)s::timestamptz end,
           run_at = case when state = 'due' then %(now)s::timestamptz + interval '9 days' else run_at end
    where biller_id = %(biller)s
"""
NO_NIGHT = """insert into night (biller_id, "on", done_at, counts) values (%(biller)s, '2999-01-01', %(now)s, '{}')"""
"""No night bills these vendors, no day of theirs is compared with a payment company, no mail tells of them, no worker claims, looks up
or sweeps their rows; `doctor` finds nothing late."""


@dataclass(frozen=True, slots=True)
class Hands:
    """The roles that do the work: owner makes billers and freezes, app does what people do, engine what a worker does."""

    owner: Database
    app: Database
    engine: Database
    secret: bytes


@contextmanager
def hands_of(conf: Settings) -> Iterator[Hands]:
    owner, app, engine = (PooledDatabase(conf.dsn(role), size=1) for role in ROLES)
    try:
        yield Hands(owner, app, engine, conf.secret)
    finally:
        for pool in (owner, app, engine):
            pool.close()


def put_method(tx: Tx, biller: int, made: Made, nth: int, now: datetime) -> int:
    each = made.account.methods[nth]
    month = local_date(now, ZONE).replace(day=1)
    years, months = divmod(month.year * 12 + month.month - 1 + each.months, 12)
    saved: int = tx.value(
        """insert into method (biller_id, payer_id, state, kind, token, brand, last4, exp_month, exp_year, funding, verified, refused_reason,
                               once, created_at, hold_ref, hold_minor, hold_placed_at, hold_released_at, verification_link, verify_until)
           values (%(b)s, %(p)s, %(state)s, %(kind)s, %(token)s, %(brand)s, %(last4)s, %(month)s, %(year)s, %(funding)s, %(verified)s,
                   %(refused)s, %(once)s, case when %(once)s then %(never)s else now() end, %(hold)s, %(hold_minor)s, %(placed)s,
                   %(placed)s::timestamptz + interval '1 minute', %(link)s, %(until)s)
           returning id""",
        b=biller,
        p=made.payer,
        state=each.state,
        kind="bank" if each.bank else "card",
        token=each.token or f"pm_catalogue_{made.payer}_{nth}",
        brand="" if each.bank else each.brand,
        last4=each.last4,
        month=None if each.bank else months + 1,
        year=None if each.bank else years,
        funding=each.funding or ("bank" if each.bank else "credit"),
        once=each.once,
        never=NEVER.replace(tzinfo=now.tzinfo),
        verified=each.verified,
        refused=each.refused,
        hold="pi_catalogue" if each.state == "holding" or each.held else "",
        hold_minor=100 if each.held else None,
        placed=now - timedelta(days=4) if each.held else None,
        link="" if each.verified else "https://bank.example/deposits",
        until=None if each.verified else now + timedelta(days=9),
    )
    return saved
