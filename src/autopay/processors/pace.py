"""The pace of a processor account: how fast it may be asked, and when it is left alone for a while (decision 25).

A token bucket and a circuit breaker in one row per account, shared by all workers. Instants are the machine's and come from whoever asks,
never from the database: a demo or a simulation has another time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from autopay.database import Database, Tx
from autopay.processors.protocol import NotSent, Unknown

STRIPE, STRIPES_RATE = "https://api.stripe.com", 15.0
"""Charges and refunds a second to one account at Stripe itself. Stripe allows 25 requests a second to one endpoint, 25 to all together with
test keys and 100 with live ones (https://docs.stripe.com/rate-limits, read in November 2026). With the burst it is 22 in the worst
second; the rest is for look-ups and for what pages ask."""
BURST = 0.5
"""Seconds of its rate that an account which was idle may get at once, and at least one call. Workers look at least as often."""
TRIPS_AT = 5
"""So many calls in a row without an answer, and the account is paused."""
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
"""Seconds; each pause is twice the one before."""
LONGEST_ASKED = 3600.0
"""Seconds of a Retry-After that are believed; after that one call asks again."""
PROBE = timedelta(seconds=45)
"""Longer than a call may take. When nobody tells what became of the one call that asks again, another one does."""

_FULL = f"greatest(1, p.rate * {BURST})"
_TOKENS = f"least({_FULL}, p.tokens + p.rate * greatest(0, coalesce(extract(epoch from %(machine)s::timestamptz - p.refilled_at), 86400)))"

ALLOWED = f"""case when p.paused_until > %(machine)s then 0
    else least(case when p.failures >= {TRIPS_AT} then 1 end, case when p.rate > 0 then greatest(0, floor({_TOKENS})) end) end"""
"""How many calls an account may make now, of `processor_pace p`; null: as many as one likes. Paused none, after a pause one, to see."""

_ASKS_AGAIN = f"(p.failures >= {TRIPS_AT} and coalesce(p.paused_until <= %(machine)s, true))"

SPEND = f"""
    with sent as (select biller, count(*) as calls from unnest(%(billers)s::bigint[]) as x (biller) group by biller),
    mine as (
        select p.biller_id from processor_pace p join sent on sent.biller = p.biller_id
        where p.rate is not null or p.failures > 0 order by p.biller_id for update of p),
    spent as (
        update processor_pace p set
            tokens = case when p.rate > 0 then {_TOKENS} - sent.calls else 0 end,
            refilled_at = case when p.rate is not null then greatest(p.refilled_at, %(machine)s) end,
            probing = p.probing or {_ASKS_AGAIN},
            paused_until = case when {_ASKS_AGAIN} then %(machine)s + %(probe)s::interval else p.paused_until end
        from mine join sent on sent.biller = mine.biller_id where p.biller_id = mine.biller_id
        returning p.biller_id, p.failures)
    select biller_id from spent where failures > 0
"""
"""At the very end of a claim's transaction, for what is really sent: the row is locked for a moment. Two claims at once may both take what is
there; the bucket is then in debt, and nothing goes until that is repaid. Rows that have nothing to say are not touched. Gives the billers whose
account did not answer lately."""

TROUBLED = """select biller_id as biller, failures, coalesce(paused_until > %(machine)s, false) as waits from processor_pace
    where failures > 0 order by biller_id"""
MISSING = "insert into processor_pace (biller_id) select unnest(%(billers)s::bigint[]) on conflict do nothing"
REFILLING = f"""select exists (select from processor_pace p where p.failures < {TRIPS_AT} and {ALLOWED} = 0
    and exists (select from charge c where c.biller_id = p.biller_id and c.state = 'due' and c.run_at <= %(now)s and c.ref = ''))"""
LOCK = """select biller_id as biller, failures, since, paused_until, probing, too_fast, why from processor_pace
    where biller_id = any(%(billers)s::bigint[]) order by biller_id for update"""
STORE = """update processor_pace set failures = %(failures)s, since = %(since)s, paused_until = %(paused_until)s, probing = %(probing)s,
    too_fast = %(too_fast)s, why = %(why)s where biller_id = %(biller)s"""
CONNECTED = """insert into processor_pace (biller_id, rate) values (%(biller)s, %(rate)s)
    on conflict (biller_id) do update set rate = case when processor_pace.by_hand then processor_pace.rate else excluded.rate end,
        failures = 0, since = null, paused_until = null, probing = false, too_fast = false, why = ''"""
SET = """insert into processor_pace (biller_id, rate, by_hand) values (%(biller)s, %(rate)s, true)
    on conflict (biller_id) do update set rate = excluded.rate, by_hand = true, tokens = 0, refilled_at = null"""
PAUSED = f"""select p.biller_id as biller, failures, since, paused_until, probing, too_fast, why from processor_pace p
    join processor_account a on a.biller_id = p.biller_id and a.connected where p.failures >= {TRIPS_AT} order by p.biller_id"""


@dataclass(frozen=True, slots=True)
class Pace:
    """The breaker of one account. `since`: when the first of the pauses began; None while nothing is wrong."""

    biller: int
    failures: int = 0
    since: datetime | None = None
    paused_until: datetime | None = None
    probing: bool = False
    too_fast: bool = False
    why: str = ""

    @property
    def keys_refused(self) -> bool:
        """By its own status: it answers, yet nothing can be sent before a person replaced the keys."""
        return " 401" in self.why


@dataclass(slots=True)
class Heard:
    """What one account said to a batch of calls. `retry_after`: the longest wait it asked for, in seconds."""

    answers: int = 0
    silent: int = 0
    too_fast: bool = False
    retry_after: float = 0.0
    why: str = ""

    def add(self, outcome: object) -> None:
        """An answer is whatever the account said of this one call, be it no; a refusal that names its own pause is about that call too."""
        match outcome:
            case NotSent(why, retry_after, True):
                self.too_fast, self.retry_after, self.why = True, max(self.retry_after, retry_after), why
            case Unknown(why) | NotSent(why, 0.0):
                self.silent, self.why = self.silent + 1, self.why if self.too_fast else why
            case _:
                self.answers += 1


def hear(db: Database, machine: datetime, outcomes: Iterable[tuple[int, object]], troubled: set[int]) -> None:
    """After the commit that settled these (biller, outcome): a process that dies in between loses only a hint.

    `troubled` is what this process knows of accounts that did not answer lately; it is brought up to date. Biller 0: nobody was called.
    """
    heard: dict[int, Heard] = {}
    for biller, outcome in outcomes:
        if biller:
            heard.setdefault(biller, Heard()).add(outcome)
    telling = sorted(biller for biller, each in heard.items() if each.silent or each.too_fast or biller in troubled)
    if not telling:
        return
    with db.transaction() as tx:
        tx.run(MISSING, billers=telling)
        paces = [after(pace, heard[pace.biller], machine) for pace in tx.all(Pace, LOCK, billers=telling)]
        for pace in paces:
            tx.run(STORE, **{name: getattr(pace, name) for name in Pace.__slots__})
    for pace in paces:
        (troubled.add if pace.failures else troubled.discard)(pace.biller)


def after(pace: Pace, heard: Heard, machine: datetime) -> Pace:
    """Pure. Calls sent before a pause began say nothing new while it lasts, except that an answer ends it.

    A pause we were asked for is kept, whatever other calls come to.
    """
    waits = pace.paused_until is not None and machine < pace.paused_until and not pace.probing
    if heard.answers and not (waits and pace.too_fast):
        pace, waits = Pace(pace.biller), False
    if heard.too_fast:
        return _paused(pace, heard, machine, waits)
    if waits or heard.answers or not heard.silent:
        return pace
    if pace.failures + heard.silent < TRIPS_AT:
        return replace(pace, failures=pace.failures + heard.silent, why=heard.why)
    return _paused(pace, heard, machine, waits)


def _paused(pace: Pace, heard: Heard, machine: datetime, waits: bool) -> Pace:
    failures = pace.failures if waits else max(TRIPS_AT, pace.failures + 1)
    growing = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - TRIPS_AT, 10))
    until = machine + timedelta(seconds=min(heard.retry_after, LONGEST_ASKED) or growing)
    if waits and pace.paused_until is not None:
        until = max(until, pace.paused_until)
    return Pace(pace.biller, failures, pace.since or machine, until, False, heard.too_fast, heard.why[:200])


def spend(tx: Tx, billers: list[int], machine: datetime, troubled: set[int]) -> None:
    """For a claim of refunds; a claim of charges runs SPEND itself."""
    if billers:
        troubled.update(tx.column(SPEND, billers=billers, machine=machine, probe=PROBE))


def look_ups(tx: Tx, machine: datetime, troubled: set[int]) -> tuple[list[int], list[int]]:
    """(billers whose open charges are not looked up like everybody's, those of them of whom one charge may be: their pause is over)."""
    rows = tx.all(dict[str, Any], TROUBLED, machine=machine)
    troubled.update(row["biller"] for row in rows)
    alone = [row for row in rows if row["failures"] >= TRIPS_AT]
    return [row["biller"] for row in alone], [row["biller"] for row in alone if not row["waits"]]


def rate_of(api_base: str) -> float | None:
    """What an account gets that nobody set a rate for."""
    return STRIPES_RATE if api_base.rstrip("/") in ("", STRIPE) else None


def connected(tx: Tx, biller: int, api_base: str) -> None:
    """New keys: whatever kept the account from answering may be over."""
    tx.run(CONNECTED, biller=biller, rate=rate_of(api_base))


def set_rate(tx: Tx, biller: int, rate: float | None) -> None:
    """Charges and refunds a second; None: no limit. Above zero, the database sees to it."""
    tx.run(SET, biller=biller, rate=rate)


def paused(tx: Tx) -> list[Pace]:
    """Accounts that are left alone, or asked one call at a time."""
    return tx.all(Pace, PAUSED)
