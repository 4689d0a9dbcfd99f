"""One seed, one history: safety with crashes and faults, then a quiet time in which everything must come to its end; then the auditor."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from autopay_proof.auditor import Books, audit
from autopay_proof.history import History
from autopay_proof.jobs import WORK, Job, something, visit, work
from autopay_proof.scheduler import Actor, Scheduler
from autopay_proof.stage import SimulatedTime, Stage, Weather, furnish, new_sandbox
from sandbox_processor.book import MemoryBook
from sandbox_processor.oracle import book

STEPS = 200
BILLS = 4
"""Before the storm."""
AT_ONCE = 5
"""Actors at most."""
WEIGHTS = (8, 3, 2, 1, 1)
"""How often each of WORK begins, beside the others."""
ROUNDS = 60
"""Of all jobs, in the quiet time, until nothing may be left open."""
OPEN = "select id, state from charge where state in ('sending', 'unknown') or (state = 'due' and run_at <= %(now)s)"
OPEN_REFUNDS = "select id, state from refund where state in ('due', 'sending', 'unknown')"
CHARGES = """
    select c.id, c.uid::text as uid, c.payer_id as payer, c.state, c.minor,
           coalesce((select sum(r.minor) from refund r where r.charge_id = c.id and r.state = 'done'), 0)::bigint as refunded
    from charge c order by c.id
"""
INVOICES = """select payer_id as payer, total, captured, returned, refunded, elsewhere, voided_at is not null as voided
              from invoice order by id"""
LEDGER = """select coalesce(sum(case when debit = 'processor' then minor when credit = 'processor' then -minor else 0 end), 0)::bigint as held
            from ledger_transfer"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long the storm lasts; the numbers of the events that do not happen; whether every step is kept to be read."""

    steps: int = STEPS
    dropped: frozenset[int] = frozenset()
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """`trace` is the hash of every step by whom; the same seed and commit give the same. `wrong` is empty if all is well."""

    seed: int
    steps: int
    trace: str
    wrong: list[str]
    events: int = 0
    """What people did, what died, what broke and what time passed: each can be dropped."""
    fired: dict[str, int] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ground:
    """A database with the agency in it and the sandbox's book beside it, of which every seed gets a copy. `admin` may create databases."""

    admin: str
    template: str
    dsns: Mapping[str, str]
    stage: Stage


def prepare(admin: str, migrated: str, dsns: Mapping[str, str], name: str = "proof_template") -> Ground:
    """`migrated` is an empty, migrated database nobody is connected to; `dsns` by role (owner, app, engine)."""
    clone(admin, migrated, name)
    of = {role: make_conninfo(dsn, dbname=name) for role, dsn in dsns.items()}
    time = SimulatedTime()
    stage = Stage(of, time, new_sandbox(time, -1), Weather(random.Random(0)), History())
    furnish(stage)
    return Ground(admin, name, dsns, stage)


@contextmanager
def copy_of(ground: Ground, seed: int) -> Iterator[Stage]:
    name = f"proof_{seed}"
    clone(ground.admin, ground.template, name)
    time = SimulatedTime(ground.stage.time.passed)
    entries = MemoryBook()
    for entry in ground.stage.sandbox.book.replay():
        entries.append(deepcopy(entry))
    dsns = {role: make_conninfo(dsn, dbname=name) for role, dsn in ground.dsns.items()}
    old = ground.stage
    try:
        yield Stage(
            dsns,
            time,
            new_sandbox(time, seed, entries),
            Weather(random.Random(seed)),
            History(),
            old.biller,
            old.payers,
            old.methods,
            old.tokens,
        )
    finally:
        with psycopg.connect(ground.admin, autocommit=True) as server:
            server.execute(SQL("drop database {} with (force)").format(Identifier(name)))


def simulate(ground: Ground, seed: int, plan: Plan | None = None) -> Report:
    plan = plan or Plan()
    with copy_of(ground, seed) as stage, psycopg.connect(ground.admin, autocommit=True) as monitor:
        run = Run(stage, seed, Scheduler(monitor), plan)
        run.storm()
        run.calm()
        wrong = [*run.wrong, *audit(stage.history, _books(stage))]
        fired = dict(Counter(stage.weather.fired) + Counter(run.fired))
        return Report(seed, run.scheduler.number, run.hash.hexdigest()[:16], wrong, run.events, fired, run.lines)


class Run:
    def __init__(self, stage: Stage, seed: int, scheduler: Scheduler, plan: Plan) -> None:
        self.stage, self.chance, self.scheduler, self.plan = stage, random.Random(seed), scheduler, plan
        self.hash, self.lines, self.wrong, self.number, self.events = hashlib.sha256(), list[str](), list[str](), 0, 0
        self.fired: dict[str, int] = {}
        stage.history.now = lambda: scheduler.number
        scheduler.seen, scheduler.committed = self._seen, stage.history.committed
        stage.weather.happens = self._happens

    def storm(self) -> None:
        """Until so many steps were taken: jobs begin, take a step each as chance has it, die; time passes."""
        for _ in range(BILLS):
            self._begin(visit(self.stage, self.chance))
            self._finish()
        self.stage.weather.stormy = True
        end = self.scheduler.number + self.plan.steps
        while self.scheduler.number < end:
            ready = self.scheduler.ready()
            dice = self.chance.random()
            if not ready or (dice < 0.08 and len(self.scheduler.actors) < AT_ONCE):
                self._begin_something()
            elif dice < 0.10:
                seconds = self.chance.choice((1, 10, 60, 300, 3600, 40_000))
                if self._happens():
                    self._pass(seconds)
            elif dice < 0.115:
                doomed = self.chance.choice(ready)
                if self._happens():
                    self._count("crash")
                    self.scheduler.kill(doomed)
            else:
                self._take(self.chance.choice(ready))
        if self.chance.random() < 0.5 and self._happens():
            self._count("crash of everybody")
            self.scheduler.kill_all()

    def calm(self) -> None:
        """No faults any more: whoever is under way ends, then workers work and time passes, until nothing is open."""
        self.stage.weather.stormy = False
        self._finish()
        for _ in range(ROUNDS):
            for name in WORK:
                self._begin(work(self.stage, name))
                self._finish()
            if not self._open():
                return
            self._pass(1200)
        self.wrong.append(f"I21: still open after {ROUNDS} quiet rounds: {self._open()}")

    def _begin_something(self) -> None:
        if self.chance.random() < 0.55:
            drawn = something(self.stage, self.chance)
            job = drawn if self._happens() else work(self.stage, "look up")
        else:
            job = work(self.stage, self.chance.choices(list(WORK), WEIGHTS)[0])
        self._begin(job)

    def _happens(self) -> bool:
        """Every event has a number, by which it can be dropped."""
        self.events += 1
        return self.events - 1 not in self.plan.dropped

    def _begin(self, job: Job) -> None:
        self.number += 1
        name = f"{self.number} {job.name}"
        if job.wish:
            self.stage.history.wishes[name] = job.wish
        self._line(f"begin {name}")
        self.scheduler.begin(name, job.run)

    def _take(self, actor: Actor) -> None:
        self.scheduler.take(actor)
        if actor.state == "failed":
            self.wrong.append(f"I21: {actor.name} failed: {type(actor.error).__name__}: {str(actor.error).splitlines()[:1]}")

    def _finish(self) -> None:
        while self.scheduler.actors:
            for each in self.scheduler.ready():
                self._take(each)

    def _pass(self, seconds: int) -> None:
        self._line(f"{seconds} s pass")
        self.stage.time.passed += seconds
        self.stage.sandbox.settle_due()

    def _open(self) -> list[object]:
        now = self.stage.time.now()
        return [*self.stage.rows(OPEN, now=now), *self.stage.rows(OPEN_REFUNDS)]

    def _count(self, what: str) -> None:
        self.fired[what] = self.fired.get(what, 0) + 1

    def _seen(self, actor: Actor, label: str) -> None:
        self._line(f"{actor.name}: {'dies before ' if actor.doomed else ''}{' '.join(label.split())[:70]}")

    def _line(self, text: str) -> None:
        self.hash.update(text.encode() + b"\n")
        if self.plan.keep:
            self.lines.append(f"{self.scheduler.number:4} {text}")


def _books(stage: Stage) -> Books:
    payments = [each for each in book(stage.sandbox, {})["payments"] if each["metadata"].get("charge") and each["captures"]]
    return Books(
        stage.biller,
        payments,
        stage.rows(CHARGES),
        stage.rows(INVOICES),
        stage.rows(LEDGER)[0]["held"],
        {stage.tokens[method]: stage.payers[name] for name, methods in stage.methods.items() for method in methods},
        {stage.payers[name]: stage.tokens[methods[0]] for name, methods in stage.methods.items() if methods},
    )


def clone(admin: str, template: str, name: str) -> None:
    with psycopg.connect(admin, autocommit=True) as server:
        server.execute(SQL("drop database if exists {} with (force)").format(Identifier(name)))
        made = SQL("create database {} template {} owner autopay_owner strategy file_copy")
        server.execute(made.format(Identifier(name), Identifier(template)))
