"""One seed, one history: safety with crashes and faults, then a quiet time in which everything must come to its end; then the auditor."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg

from autopay_proof.furnish import PATIENTS
from autopay_proof.ground import Ground, copy_of
from autopay_proof.judge import judge
from autopay_proof.people import PEOPLE, something, visit
from autopay_proof.scheduler import Actor, Scheduler
from autopay_proof.stage import Stage
from autopay_proof.work import WORK, Job, deliver_message, waiting_messages, work

STEPS = 400
BILLS = (1, 3, 8)
"""Of each patient who is in it, before the storm."""
NO_NOTICE = ("Ada", "Ben", "Cleo", "Hal")
"""Their cards need no notice: what they owe is charged within the storm, not in the quiet time after it."""
LONGEST_SLEEP = 20 * 3600
"""Seconds a worker may sleep with a request in its hand: less than the processor remembers a key."""
QUIET = (1200,) * 8 + (86_400,) * 45
"""Seconds that pass after each round of the quiet time, as long as anything is open: a notice takes eleven days, a bank debit six (I21), and
a round sends two charges."""
OFTEN = ("news", "send", "look up", "refunds", "look up refunds")
DAILY = (*OFTEN, "wallets", "letters")
CHASED, CHASED_DAILY = ("look up", "look up refunds"), ("look up", "letters", "night", "send")
MOST_ACTORS = 8
ROUNDS_OF_A_DAY = 8
A_DAY, A_WEEK = 86_400, 7 * 86_400
MOST_DAYS = 90
"""A day of each biller is compared in a round."""
OPEN = """select id, state from charge
          where state in ('sending', 'unknown', 'needs_payer', 'pending') or (state = 'due' and run_at <= %(now)s)"""
OPEN_REFUNDS = "select id, state from refund where state in ('due', 'sending', 'unknown')"
OPEN_NEWS = "select id, type as state from webhook_event where applied_at is null"
OPEN_METHODS = "select id, state from method where state in ('offered', 'attached', 'holding')"


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
    edges: dict[str, int] = field(default_factory=dict)
    """Moves of charges and refunds that were seen, by "from>to"."""
    lines: list[str] = field(default_factory=list)


def simulate(ground: Ground, seed: int, plan: Plan | None = None) -> Report:
    with copy_of(ground, seed) as stage, psycopg.connect(ground.admin, autocommit=True) as monitor:
        run = Run(stage, seed, Scheduler(monitor), plan or Plan())
        run.storm()
        run.calm()
        wrong = [*run.wrong, *judge(stage)]
        fired = dict(Counter(stage.weather.fired) + Counter(run.fired))
        edges = {
            row["edge"]: row["seen"]
            for row in stage.rows("select edge, count(*) as seen from proof_edge group by edge order by edge")
        }
        return Report(seed, run.scheduler.number, run.hash.hexdigest()[:16], wrong, run.events, fired, edges, run.lines)


class Habits:
    """What this seed is like: few people and much to do at once find other things than many and little."""

    def __init__(self, chance: random.Random, people: Sequence[str]) -> None:
        first = [chance.choice(NO_NOTICE)] if chance.random() < 0.7 and set(NO_NOTICE) <= set(people) else []
        self.who: Sequence[str] = [*first, *chance.sample(people, chance.choice((1, 1, 2, 3)))]
        self.people = chance.choice((0.2, 0.4, 0.7))
        self.weights = [chance.choice((1, 2, 4)) * weight for weight in (18, 6, 3, 2, 0.7, 0.7, 3, 0.4, 0.3)]
        self.fond = chance.choice(("", "", "refund", "pays now", "switch", "save"))
        self.messages = chance.choice((1, 6, 20, 60))
        self.at_once = chance.choice((2, 3, 5))
        self.begin = chance.choice((0.06, 0.1, 0.2))
        self.crash = chance.choice((0.0, 0.01, 0.03))
        self.freeze = chance.choice((0.0, 0.0, 0.25))
        self.passing = chance.choice((0.01, 0.03, 0.06))
        self.leaps = chance.choice(((1, 5, 15, 60), (1, 10, 60, 300, 3600, 40_000), (100, 3600, 90_000, 12 * 86_400)))
        self.bills = chance.choice(BILLS)
        self.paid = chance.random() < 0.5  # some of the bills, before the storm: there is something to refund
        self.chase = chance.choice((0.0, 0.5, 1.0))
        self.worst = chance.choice((0, 15, 40, 60))
        self.commits = chance.choice((0, 2, 6, 20))


class Run:
    people: Sequence[str] = PEOPLE
    wallets = True
    """Methods come and go."""
    habits: Habits

    def __init__(self, stage: Stage, seed: int, scheduler: Scheduler, plan: Plan) -> None:
        self.stage, self.chance, self.scheduler, self.plan = stage, random.Random(seed), scheduler, plan
        self.hash, self.lines, self.wrong, self.number, self.events = hashlib.sha256(), list[str](), list[str](), 0, 0
        self.fired: dict[str, int] = {}
        self.rounds = 0
        """Of the quiet time."""
        self.doom: int | None = None
        """How many steps until whoever is at work alone dies."""
        self.died_before = ""
        self.asleep: dict[Actor, float] = {}
        """Workers stopped with a request in their hand, and since when."""
        stage.history.now = lambda: scheduler.number
        stage.history.time = stage.time.now
        scheduler.seen, scheduler.committed = self._seen, stage.history.committed
        stage.weather.happens = self._happens

    def storm(self) -> None:
        """Until so many steps were taken: jobs begin, take a step each as chance has it, sleep, die; time passes."""
        habits = self.habits = Habits(self.chance, self.people)
        self.stage.weather.worst, self.stage.weather.commits = habits.worst, habits.commits
        for name in habits.who:
            for _ in range(habits.bills if name in PATIENTS else 0):
                self.do(visit(self.stage, name, self.chance))
        if habits.paid:
            for _ in habits.who:
                self.do(work(self.stage, "send"))
        self.stage.weather.stormy = True
        end = self.scheduler.number + self.plan.steps
        while self.scheduler.number < end:
            self._one_thing(habits)
        self.asleep.clear()
        if self.chance.random() < 0.5 and self._happens():
            self._count("crash of everybody")
            self.scheduler.kill_all()

    def _one_thing(self, habits: Habits) -> None:
        ready = [each for each in self.scheduler.ready() if each not in self.asleep]
        dice = self.chance.random()
        if not ready or (dice < habits.begin and len(self.scheduler.actors) < habits.at_once + len(self.asleep)):
            self._begin_something(habits)
        elif dice > 1 - habits.passing:
            seconds = self.chance.choice(habits.leaps)
            if self._happens():
                self.pass_(seconds)
                self._chase(habits, seconds)
        elif dice > 1 - habits.passing - habits.crash:
            doomed = self.chance.choice(ready)
            if self._happens():
                self._count("crash")
                self.scheduler.kill(doomed)
        elif dice > 0.97 - habits.passing - habits.crash and self.asleep:
            self.asleep.pop(next(iter(self.asleep)))
        else:
            self._step(self.chance.choice(ready), habits)

    def _chase(self, habits: Habits, seconds: int) -> None:
        """Real workers look every second and do every night; here, in some histories, whenever time has passed."""
        for name in CHASED_DAILY if seconds >= A_DAY else CHASED:
            if self.chance.random() < habits.chase and len(self.scheduler.actors) < MOST_ACTORS:
                self.begin(work(self.stage, name))

    def _step(self, actor: Actor, habits: Habits) -> None:
        if actor.label.startswith("send post") and self.chance.random() < habits.freeze and self._happens():
            self._count("sleep with a request in hand")
            self.asleep[actor] = self.stage.time.passed
        else:
            self.take(actor)

    def calm(self) -> None:
        """No faults any more: whoever is under way ends, then workers work and time passes, until nothing is open."""
        self.stage.weather.stormy = False
        self.finish()
        self.do(work(self.stage, "night"))  # the last: no new bills from here on
        for number, passing in enumerate(QUIET):
            self.rounds += 1
            self._deliver_all()
            for name in DAILY if number == 0 or number >= ROUNDS_OF_A_DAY else OFTEN:
                self.do(work(self.stage, name))
            if not self.open():
                self._compare_books()
                return
            self.pass_(passing)
        self.wrong.append(f"I21: still open in the end: {self.open()}")

    def _compare_books(self) -> None:
        """Where a refund failed days after it was done: by now the payment company's book has been read."""
        if any(move.kind == "refund_failed" for move in self.stage.sandbox.state.moves):
            self.pass_(A_WEEK)
            for _ in range(MOST_DAYS):
                self.do(work(self.stage, "reconcile"))

    def _begin_something(self, habits: Habits) -> None:
        if self.chance.random() < habits.people:
            drawn = something(self.stage, self.chance, habits, wallets=self.wallets)
            job = drawn if self._happens() else work(self.stage, "look up")
        else:
            name = self.chance.choices([*WORK, "message"], [*habits.weights, habits.messages])[0]
            job = self._message() if name == "message" else work(self.stage, name)
        self.begin(job)

    def _message(self) -> Job:
        """Of those waiting, any; it may come twice, as the first may still be under way."""
        waiting = waiting_messages(self.stage)
        return deliver_message(self.stage, *self.chance.choice(waiting)) if waiting else work(self.stage, "news")

    def _deliver_all(self) -> None:
        for account, delivery in waiting_messages(self.stage):
            self.do(deliver_message(self.stage, account, delivery))

    def _happens(self) -> bool:
        """Every event has a number, by which it can be dropped."""
        self.events += 1
        return self.events - 1 not in self.plan.dropped

    def begin(self, job: Job) -> Actor:
        self.number += 1
        name = f"{self.number} {job.name}"
        if job.wish:
            self.stage.history.wishes[name] = job.wish
        self._line(f"begin {name}")
        return self.scheduler.begin(name, job.run)

    def do(self, job: Job) -> None:
        """From its beginning to its end, while nobody else does anything."""
        actor = self.begin(job)
        if self.doom is None:
            self.scheduler.run(actor)
            self._look_at(actor)
        while not actor.over:
            self._take_or_die(actor)

    def _take_or_die(self, actor: Actor) -> None:
        if self.doom is not None:
            self.doom -= 1
            if self.doom < 0:
                self.doom, self.died_before = None, actor.label
                self.scheduler.kill(actor)
                return
        self.take(actor)

    def take(self, actor: Actor) -> None:
        self.scheduler.take(actor)
        self._look_at(actor)

    def _look_at(self, actor: Actor) -> None:
        if actor.state == "failed":
            self.wrong.append(f"I21: {actor.name} failed: {type(actor.error).__name__}: {str(actor.error).splitlines()[:1]}")

    def finish(self) -> None:
        while self.scheduler.actors:
            for each in self.scheduler.ready():
                self.take(each)

    def pass_(self, seconds: int) -> None:
        """Not longer than a sleeper may sleep."""
        since = min([self.stage.time.passed, *self.asleep.values()])
        if self.stage.time.passed + seconds - since > LONGEST_SLEEP and self.asleep:
            return
        self._line(f"{seconds} s pass")
        self.stage.time.passed += seconds
        self._arrive()
        self.stage.sandbox.settle_due()

    def _arrive(self) -> None:
        if number := self.stage.network.arrive():
            self._line(f"{number} late requests arrive")

    def open(self) -> list[object]:
        now = self.stage.time.now()
        return [
            *self.stage.rows(OPEN, now=now),
            *self.stage.rows(OPEN_REFUNDS),
            *self.stage.rows(OPEN_METHODS),
            *self.stage.rows(OPEN_NEWS),
        ]

    def _count(self, what: str) -> None:
        self.fired[what] = self.fired.get(what, 0) + 1

    def _seen(self, actor: Actor, label: str) -> None:
        self._line(f"{actor.name}: {'dies before ' if actor.doomed else ''}{' '.join(label.split())[:70]}")

    def _line(self, text: str) -> None:
        self.hash.update(text.encode() + b"\n")
        if self.plan.keep:
            self.lines.append(f"{self.scheduler.number:4} {text}")
