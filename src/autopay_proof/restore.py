"""One seed, one restore: a history, a backup at some moment, more history that the restored books know nothing of, and what comes after."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from psycopg.sql import SQL, Identifier

from autopay.agreements.models import Switch
from autopay.billing.visits import CompletedVisit, complete_visit
from autopay.charging.after_restore import compare
from autopay.charging.issue import issue_visits
from autopay.charging.recognize import recognize
from autopay.charging.refund import RefundWish, refund
from autopay.charging.unexplained import explain
from autopay.clock import local_date
from autopay.installation.watch import Place, Quarantine, lift, watch
from autopay.installation.witness import Witness
from autopay.processors.book import CannotAsk
from autopay.refusal import Refusal
from autopay_proof.connections import ConnectionCut, OneConnection
from autopay_proof.furnish import ACCOUNTS
from autopay_proof.ground import Ground, clone, copy_of, name_of_copy
from autopay_proof.people import something, switch
from autopay_proof.restore_auditor import Ours, Restored, audit_restore
from autopay_proof.scheduler import Actor, Scheduler
from autopay_proof.simulate import QUIET, Habits, Plan, Report, Run
from autopay_proof.stage import ZONE, Stage
from autopay_proof.work import WORK, Job
from autopay_proof.work import work as one_of
from sandbox_processor.oracle import book

BEFORE, LOST, AFTER = 120, 160, 100
"""Steps of the storm until the backup, until the restore, and after it."""
AGES = (600, 3600, 20 * 3600, 30 * 3600, 5 * 86400, 20 * 86400)
"""Seconds between backup and restore: within the processor's memory of keys, and long after it."""
VISITS = 4

PARTS = """select c.uid::text as charge, i.debt, p.minor, i.total from charge c join charge_part p on p.charge_id = c.id
           join invoice i on i.id = p.invoice_id where p.minor is not null order by 1, 2"""
CHARGES = "select uid::text as uid, state, ref, minor from charge order by id"
REFUNDS = """select r.uid::text as uid, c.ref as payment, r.ref, r.minor, r.state
             from refund r join charge c on c.id = r.charge_id order by r.id"""
KEPT = "select id, captured - returned - refunded as kept from invoice where captured > returned + refunded order by id"
RECEIPTS = "select kind, ref, minor from unmatched_receipt where resolved_at is null order by id"
FORGOTTEN = """
    select 'forgotten ' || f.kind || ' ' || f.state || case when f.resolved_at is null then '' else ', booked' end as what, count(*)::int as n
    from forgotten_payment f group by 1 union all
    select 'receipt' || case when resolved_at is null then '' else ', resolved' end, count(*)::int from unmatched_receipt group by 1
"""
LEDGER = """select coalesce(sum(case when debit = 'processor' then minor when credit = 'processor' then -minor else 0 end), 0)::bigint as held
            from ledger_transfer"""


def simulate_restore(ground: Ground, seed: int, keep: bool = False) -> Report:
    with (
        copy_of(ground, seed) as stage,
        psycopg.connect(ground.admin, autocommit=True) as monitor,
        _backup(ground, seed) as backup,
        TemporaryDirectory() as home,
    ):
        run = _Restore(stage, seed, Scheduler(monitor), Plan(BEFORE, keep=keep))
        run.place = Place("", Witness(Path(home) / "witness.json"))
        return run.all(ground, backup, seed)


class _Restore(Run):
    """The storm of `Run`, in three acts; visits are imported, so that they can be imported again."""

    people = ("Ada", "Ben", "Cleo")
    wallets = False
    place: Place
    imported: list[CompletedVisit]

    def all(self, ground: Ground, backup: str, seed: int) -> Report:
        self.imported = []
        for account in ACCOUNTS:
            self.do(switch(self.stage, account, Switch.OFF))  # debits that are weeks on their way are the reconciliation's
        self._beat()
        self.storm()
        self._stop()
        name = name_of_copy(ground, seed)
        self._clone(ground, name, backup)
        self._more(LOST)
        self._stop()
        self.pass_(self.chance.choice(AGES))
        lost = _ours(self.stage)
        self._clone(ground, backup, name)
        left = self._in_quarantine()
        after = len(self.stage.history.sent)
        self._import_again()
        self._more(AFTER)
        self.calm()
        books = Restored(_payments(self.stage), lost, _ours(self.stage), left, self.stage.history.sent[after:])
        for row in self.stage.rows(FORGOTTEN):
            self.fired[row["what"]] = row["n"]
        wrong = [*self.wrong, *audit_restore(books)]
        fired = Counter(self.stage.weather.fired) + Counter(self.fired)
        return Report(seed, self.scheduler.number, self.hash.hexdigest()[:16], wrong, self.events, dict(fired), lines=self.lines)

    def _clone(self, ground: Ground, one: str, other: str) -> None:
        """Nobody may be connected to what is copied."""
        self.stage.connections.close()
        clone(ground.admin, one, other)

    def calm(self) -> None:
        self.stage.weather.stormy = False
        self.finish()
        for passing in QUIET:
            self._a_round()
            if not self.open():
                self._a_round()
                return
            self.pass_(passing)
        self.wrong.append(f"I21: still open in the end: {self.open()}")

    def _a_round(self) -> None:
        for job in (self._recognize(), *(one_of(self.stage, name) for name in WORK)):
            self.begin(job)
            self.finish()

    def _begin_something(self, habits: Habits) -> None:
        dice = self.chance.random()
        if dice < 0.15:
            self.begin(self._import())
        elif dice < 0.25:
            self.begin(self._recognize())
        elif dice < 0.4:
            self.begin(one_of(self.stage, self.chance.choice(("refunds", "look up refunds"))))
        elif dice < 0.5 and (paid := self.stage.rows(KEPT)):
            bill = self.chance.choice(paid)
            self.begin(_refunding(self.stage, RefundWish(bill["id"], self.chance.randrange(1, bill["kept"] + 1))))
        else:
            super()._begin_something(habits)

    def _more(self, steps: int) -> None:
        self.plan = Plan(steps, keep=self.plan.keep)
        self.storm()

    def _stop(self) -> None:
        """Everybody ends, or dies where they are."""
        if self.chance.random() < 0.6:
            self._count("crash of everybody")
            self.scheduler.kill_all()
        self.finish()

    def _beat(self) -> Quarantine | None:
        db = self.stage.database("engine")
        return watch(db, self.place, self.stage.time.now())

    def _in_quarantine(self) -> int:
        """Workers that were there before work on, people too; then the comparison, which may die and be done again. Returns what left."""
        before = len(self.stage.history.sent)
        if self.chance.random() < 0.7:
            self._work_and_people()  # nobody has looked yet: the database knows it by itself
        found = self._beat()
        if found is None or found.known_until is None:
            self.wrong.append(f"Q1: no quarantine after a restore: {found}")
            return 0
        self._count(f"found: {found.why}")
        self._work_and_people()
        self._compare(found.known_until)
        self._work_and_people()
        if self.chance.random() < 0.3:
            self._compare(found.known_until)
        left = len(self.stage.history.sent) - before
        db = self.stage.database("engine")
        lift(db, self.place, self.stage.time.now())
        if self._beat() is not None:
            self.wrong.append("Q2: a quarantine that was lifted begins again")
        return left

    def _work_and_people(self) -> None:
        self.stage.weather.stormy = False
        for name in WORK:
            self.begin(one_of(self.stage, name))
            self.finish()
        for _ in range(3):
            self.begin(something(self.stage, self.chance, self.habits, wallets=False))
            self.finish()

    def _compare(self, since: datetime) -> None:
        done: list[bool] = []

        def run(actor: Actor) -> None:
            try:
                asyncio.run(_compared(self.stage, self.stage.database("engine", actor), actor, since))
            except (CannotAsk, ConnectionCut):
                return
            done.append(True)

        self.stage.weather.stormy = True
        while not done:
            self.begin(Job("restored", run))
            while self.scheduler.actors:
                for each in self.scheduler.ready():
                    if self.chance.random() < 0.02:
                        self._count("crash while comparing")
                        self.scheduler.kill(each)
                    else:
                        self.take(each)
            self.stage.weather.stormy = self.chance.random() < 0.5

    def _recognize(self) -> Job:
        def run(actor: Actor) -> None:
            with suppress(ConnectionCut):
                asyncio.run(_recognized(self.stage, self.stage.database("engine", actor), actor))

        return Job("recognize", run)

    def _import(self) -> Job:
        name = self.chance.choice(self.people)
        day, minor = local_date(self.stage.time.now(), ZONE), 100 * self.chance.randrange(10, 200)
        visit = CompletedVisit(self.stage.cast.payers[name], day, minor, f"visit {len(self.imported)}", "ehr")
        self.imported.append(visit)
        return _importing(self.stage, visit)

    def _import_again(self) -> None:
        """The file of the days that were lost comes once more: what it names was paid, refused, or never tried."""
        for visit in self.imported:
            self.begin(_importing(self.stage, visit))
            self.finish()


def _importing(stage: Stage, visit: CompletedVisit) -> Job:
    def run(actor: Actor) -> None:
        agency = stage.cast.agency
        with suppress(ConnectionCut), stage.database("app", actor).transaction(agency) as tx:
            issue_visits(tx, agency, [complete_visit(tx, agency, visit, stage.by())], stage.by())

    return Job("import", run)


def _refunding(stage: Stage, wish: RefundWish) -> Job:
    def run(actor: Actor) -> None:
        with suppress(Refusal, ConnectionCut):
            refund(stage.database("app", actor), stage.cast.agency, wish, stage.by())

    return Job("refund", run)


async def _compared(stage: Stage, db: OneConnection, actor: Actor, since: datetime) -> None:
    await compare(stage.engine(db, actor), since)


async def _recognized(stage: Stage, db: OneConnection, actor: Actor) -> None:
    if not recognize(stage.engine(db, actor)):
        explain(db, stage.time.now())


@contextmanager
def _backup(ground: Ground, seed: int) -> Iterator[str]:
    name = f"proof_backup_{seed}"
    try:
        yield name
    finally:
        with psycopg.connect(ground.admin, autocommit=True) as server:
            server.execute(SQL("drop database if exists {} with (force)").format(Identifier(name)))


def _ours(stage: Stage) -> Ours:
    return Ours(stage.rows(PARTS), stage.rows(CHARGES), stage.rows(REFUNDS), stage.rows(RECEIPTS), stage.rows(LEDGER)[0]["held"])


def _payments(stage: Stage) -> list[dict[str, object]]:
    return [each for each in book(stage.sandbox, {})["payments"] if each["metadata"].get("charge") and each["captures"]]
