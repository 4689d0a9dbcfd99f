"""Fill an agency of its own with the large world, a step at a time: every step commits, and a load that was stopped goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from autopay.agreements.terms import publish
from autopay.clock import local_date
from autopay.conf import Settings
from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.large_world import people, visits
from autopay.parties.create import NewBiller, create_biller
from autopay.processors.accounts import Keys, connect
from autopay.refusal import Refusal

NAME, ZONE = "Large Home Care", "America/Los_Angeles"
DAYS = 730
PEOPLE_STEP, VISIT_STEP = 20_000, 40_000
NEVER = "2999-01-01 00:00+00"
TABLES = [
    "payer",
    "agreement",
    "agreement_version",
    "wallet",
    "method",
    "consent",
    "visit",
    "invoice",
    "invoice_line",
    "charge",
    "charge_part",
    "refund",
    "elsewhere",
    "ledger_transfer",
    "journal_entry",
    "billing_contact",
    "contact_patient",
]
BEGUN = """
    select e.biller_id as biller, e.at, e.data::text as data from journal_entry e where e.action = 'large world begun' order by e.id limit 1
"""
DONE = """
    select coalesce((select max(substr(external_id, 2)::bigint) from payer where biller_id = %(biller)s and source = %(source)s), 0) as people,
           coalesce((select next - 1001 from invoice_counter where biller_id = %(biller)s), 0) as visits
"""
LIVE_KEYS = "select exists (select from processor_account where publishable_key like 'pk_live%%')"
# Seen as told: no mail is written about two years that never were.
QUIET = """
    insert into notice_cursor (biller_id, seq) select %(biller)s, count(*) from journal_entry where biller_id = %(biller)s
    on conflict (biller_id) do update set seq = excluded.seq
"""


@dataclass(frozen=True, slots=True)
class Size:
    patients: int
    visits: int
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Loaded:
    """`written`: rows of this call; `resumed`: a load that was stopped was ended by it."""

    biller: int
    written: int
    resumed: bool


Progress = Callable[[str, int, int], None]
"""Called with what, how many of how many."""


def load(db: Database, conf: Settings, size: Size, now: datetime, progress: Progress) -> Loaded:
    """`db` is the owner's, on one connection (what is drawn stands in its temporary tables). `now` is the business instant the two years end
    at. Raises Refusal beside live keys, and for a world of another size.
    """
    with db.transaction() as tx:
        biller, ends, resumed = _begin(tx, conf, size, now)
        tx.run(people.DRAW.format(seed=int(size.seed)))
        tx.run("set synchronous_commit = off")  # of this session: what a crash loses is loaded again
        done = tx.record(DONE, biller=biller, source=people.SOURCE) or {}
    last = local_date(ends, ZONE) - timedelta(days=1)
    since = ends - timedelta(days=DAYS + 30)
    written = 0
    for numbers in _steps(done["people"], size.patients, PEOPLE_STEP):
        with db.transaction() as tx:
            people.add_people(tx, biller, size.seed, numbers, since, last)
        progress("patients", numbers.stop - 1, size.patients)
    with db.transaction() as tx:
        tx.run("drop table if exists standing")
        tx.run(visits.STANDING, biller=biller, source=people.SOURCE)
        tx.run("analyze standing")
    known = _known(biller, size, last)
    for numbers in _steps(done["visits"], size.visits, VISIT_STEP):
        with db.transaction() as tx:
            written += visits.add_visits(tx, numbers, known)
        progress("visits", numbers.stop - 1, size.visits)
    with db.transaction() as tx:
        tx.run(QUIET, biller=biller)
    return Loaded(biller, written, resumed)


def _known(biller: int, size: Size, last: date) -> dict[str, object]:
    return {
        "biller": biller,
        "seed": str(size.seed),
        "source": people.SOURCE,
        "patients": size.patients,
        "visits": size.visits,
        "days": DAYS,
        "first_day": last - timedelta(days=DAYS - 1),
        "last": last,
        "zone": ZONE,
        "never": NEVER,
    }


def _steps(done: int, wanted: int, step: int) -> Iterator[range]:
    """Numbers from 1, in steps, without those that are there."""
    for first in range(done + 1, wanted + 1, step):
        yield range(first, min(first + step, wanted + 1))


def there(db: Database) -> tuple[int, Size] | None:
    """The biller and the size of the world in this database, if there is one."""
    with db.transaction() as tx:
        begun = tx.record(BEGUN)
    return (begun["biller"], Size(**json.loads(begun["data"]))) if begun else None


def _begin(tx: Tx, conf: Settings, size: Size, now: datetime) -> tuple[int, datetime, bool]:
    """The world's agency and the instant it ends at: a new one, or the one of a load that was stopped."""
    if tx.value(LIVE_KEYS):
        raise Refusal("live", "A biller of this database has live keys. Load a large world into a database of its own.")
    begun = tx.record(BEGUN)
    if begun is None:
        return _agency(tx, conf, size, now), now, False
    there = Size(**json.loads(begun["data"]))
    if there != size:
        raise Refusal(
            "other_size",
            f"This database holds a world of {there.patients} patients and {there.visits} visits (seed {there.seed}), whole or in part. "
            "Give its numbers to go on with it, or load yours into a database of its own.",
        )
    return begun["biller"], begun["at"], True


def _agency(tx: Tx, conf: Settings, size: Size, now: datetime) -> int:
    by = By("cli", now)
    biller = create_biller(tx, NewBiller("agency", NAME, "Large", ZONE, "(415) 555-0100", "billing@large.test"), by)
    publish(tx, biller)
    key = f"b{biller}"
    connect(tx, biller, Keys(conf.sandbox_url, f"pk_test_{key}", f"sk_test_{key}", f"whsec_{key}"), conf.secret)
    note(tx, biller, by, "large world begun", ("biller", biller), **asdict(size))
    return biller
