"""From the stage into the books: patients, contacts, then visits with their invoices and what happened to these since.

In batches, each a transaction; killed or stopped at any point, the same import begun again finishes the work. `strict` puts
everything into one transaction, and takes all of it back if anything is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg.errors import DeadlockDetected, SerializationFailure

from autopay.clock import Clock
from autopay.database import Database, Tx
from autopay.interop import staged
from autopay.interop.apply.follow_ups import take_follow_ups
from autopay.interop.apply.known import Target
from autopay.interop.apply.patients import take_contacts, take_patients
from autopay.interop.apply.savepoint import savepoint
from autopay.interop.apply.visits import take_visits
from autopay.interop.records import Kind, Visit
from autopay.interop.stage import BATCH, Place, Stage
from autopay.interop.tally import Tally
from autopay.journal.write import By, note

Work = Callable[[Tx, Target, Stage, Any], Tally]
Progress = Callable[[str, int, int], None]
"""What is being done, how far, of how many."""

TRIES = 5
ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtext('autopay import'), %(biller)s::int)"
UNSTORABLE = "is not taken by the database; mend it, or report it with this line"


class TakenBack(Exception):
    """A strict import found something to refuse: nothing of it was taken in."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to import into whose books. `since`: the visits on or after this local date are invoiced; without it none."""

    biller: int
    kind: str
    source: str
    since: date | None = None
    strict: bool = False


def take_in(books: Books, between: Callable[[], None] = lambda: None) -> Tally:
    """All that is staged. `between` runs when the patients are there and no visit is. Raises TakenBack if strict refuses."""
    stage = books.stage
    with books.opened():
        books.take("patients", staged.patients(stage), take_patients, stage.count("patient"))
        books.take("contacts", staged.contacts(stage), take_contacts, stage.count("contact"))
        between()
        books.take("visits", staged.visits(stage), take_visits_and_bills, stage.count("visit"))
        books.take("payments and changes", staged.follow_ups_left(stage), take_follow_ups, stage.count("follow_up"))
    return books.tally


def take_visits_and_bills(tx: Tx, target: Target, stage: Stage, batch: Sequence[tuple[Visit, Place]]) -> Tally:
    """In one transaction, so that no worker charges a bill which the next row of the file says was paid."""
    tally = take_visits(tx, target, stage, batch)
    tally.add(take_follow_ups(tx, target, stage, staged.follow_ups_of(stage, [visit.identity for visit, _ in batch])))
    return tally


class Books:
    """Where one import's transactions come from: one for each batch or, if it is strict, one for all of it."""

    def __init__(self, db: Database, clock: Clock, stage: Stage, order: Order, progress: Progress = lambda *_: None) -> None:
        self._db, self._clock, self._order, self._progress = db, clock, order, progress
        self.stage, self.tally = stage, Tally()
        self._whole: Tx | None = None
        self._run = 0

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Everything happens inside; the run is on record from its beginning, with what it came to at its end."""
        with self._db.transaction(self._order.biller) if self._order.strict else nullcontext() as whole:
            self._whole = whole
            with self.transaction() as tx:
                self._run = begin_run(tx, self._order)
            yield
            if self._order.strict and self.stage.count("refusal"):
                raise TakenBack
            with self.transaction() as tx:
                end_run(tx, self._order.biller, self._run, self.tally, self._by())

    def take(self, what: str, batches: Iterable[Sequence[Any]], work: Work, total: int) -> None:
        done = 0
        for batch in batches:
            self._batch(batch, work)
            done += len(batch)
            self._progress(what, done, total)
            if len(batch) == BATCH:
                self._refresh_statistics()

    def _refresh_statistics(self) -> None:
        """Tables that were empty a second ago are planned for as the full ones they are."""
        with self.transaction() as tx:
            tx.value("select refresh_statistics()")

    def _batch(self, batch: Sequence[Any], work: Work) -> None:
        """A batch with something in it that the database does not take is halved, down to the one that is refused."""
        before = self.stage.count("refusal")
        try:
            self.tally.add(self._committed(batch, work))
        except (psycopg.DataError, psycopg.IntegrityError):
            self.stage.forget_refusals_after(before)
            if len(batch) == 1:
                self.stage.refuse(KIND_OF[work], UNSTORABLE, batch[0][-1])
                return
            self._batch(batch[: len(batch) // 2], work)
            self._batch(batch[len(batch) // 2 :], work)
        if work is take_visits_and_bills:
            staged.take_follow_ups_of(self.stage, [visit.identity for visit, _ in batch])

    def _committed(self, batch: Sequence[Any], work: Work) -> Tally:
        before = self.stage.count("refusal")
        for tried in range(TRIES):
            try:
                with self.transaction() as tx:
                    return work(tx, self._target(), self.stage, batch)
            except (DeadlockDetected, SerializationFailure):
                self.stage.forget_refusals_after(before)
                if self._whole or tried == TRIES - 1:
                    raise
        raise AssertionError("the last try returns or raises")

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """Two imports into the same books wait for each other, batch by batch."""
        if self._whole:
            with savepoint(self._whole):
                yield self._whole
        else:
            with self._db.transaction(self._order.biller) as tx:
                prepare(tx, self._order.biller)
                yield tx

    def _target(self) -> Target:
        return Target(self._order.biller, self._by(), self._run, self._order.source, self._order.since)

    def _by(self) -> By:
        return By("import", self._clock.now())


KIND_OF: dict[Work, Kind] = {
    take_patients: Kind.PATIENT,
    take_contacts: Kind.CONTACT,
    take_visits_and_bills: Kind.VISIT,
    take_follow_ups: Kind.PAYMENT,
}


def prepare(tx: Tx, biller: int) -> None:
    tx.value(ONE_AT_A_TIME, biller=biller)


def begin_run(tx: Tx, order: Order) -> int:
    prepare(tx, order.biller)
    run: int = tx.value(
        "insert into import_run (biller_id, kind, counts) values (%(biller)s, %(kind)s, '{}') returning id",
        biller=order.biller,
        kind=order.kind,
    )
    return run


def end_run(tx: Tx, biller: int, run: int, tally: Tally, by: By) -> None:
    counts = json.dumps(tally.counts())
    tx.run("update import_run set finished_at = now(), counts = %(counts)s::jsonb where id = %(run)s", counts=counts, run=run)
    note(tx, biller, by, "import finished", ("import_run", run), invoices=tally.invoices)
