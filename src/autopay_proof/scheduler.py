"""Runs several actors one step at a time, in an order somebody else chooses, so that a seed decides every interleaving.

An actor is a thread that does one job of the product. Its database and its network call `step` before each statement, around each commit,
and around each request; there it waits for its turn. A statement that waits for a lock of another's is found by asking PostgreSQL:
that actor cannot run until somebody lets go, and then goes on by itself to its next step.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Literal

import psycopg

State = Literal["waiting", "running", "locked", "done", "died", "failed"]
NOT_YET = 0.004
"""Seconds after which we ask PostgreSQL whether a statement waits for a lock; a statement without locks takes less."""
STUCK = 30.0
"""Seconds a step may take at all: more is a bug of the simulator, or a deadlock PostgreSQL does not see."""
# From the table of locks: what a backend shows of itself lags behind on a busy machine, when it has its lock and has not run yet.
WAITING = "select pid from unnest(%s::int[]) as x (pid) where cardinality(pg_blocking_pids(pid)) > 0"


@contextmanager
def _one_by_one(queue: Sequence[Actor]) -> Iterator[Callable[[Actor], None]]:
    """Of two that wait for one row, PostgreSQL lets whichever runs first have its newest version. So the server's processes that work for
    them are stopped while somebody takes a step, and woken in the order they stand in the queue."""
    several = list(queue) if len(queue) > 1 else []
    _signal(several, signal.SIGSTOP)
    try:
        yield lambda each: _signal([each] if several else [], signal.SIGCONT)
    finally:
        _signal(several, signal.SIGCONT)


def _signal(actors: Iterable[Actor], number: int) -> None:
    for pid in [pid for each in actors for pid in each.pids]:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


class Crash(BaseException):
    """The process died on this very line."""


class Stuck(RuntimeError):
    """A step that does not end."""


class Actor:
    """One job. `label` is the step it stands before; `pids` its database connections; `committed` the steps that were its commits."""

    def __init__(self, name: str, job: Callable[[Actor], None], scheduler: Scheduler) -> None:
        self.name, self._job, self._scheduler = name, job, scheduler
        self.state: State = "waiting"
        self.label = "begin"
        self.queued = 0
        """The step at which it came to wait for a lock."""
        self.pids: set[int] = set()
        self.committed: list[int] = []
        self.error: BaseException | None = None
        self.doomed = False
        self.alone = False
        self.turn = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._live, daemon=True, name=name)
        self._thread.start()

    @property
    def over(self) -> bool:
        return self.state in ("done", "died", "failed")

    def step(self, what: str) -> None:
        """Called by the job, in its own thread."""
        if self.alone:
            self._scheduler.passed(self, what)
            return
        self._scheduler.park(self, what)
        self.turn.acquire()
        if self.doomed:
            raise Crash(what)

    def join(self) -> None:
        self._thread.join(STUCK)

    def _live(self) -> None:
        self.turn.acquire()
        end: State = "done"
        try:
            if self.doomed:
                raise Crash("begin")
            self._job(self)
        except Crash:
            end = "died"
        except BaseException as error:
            self.error, end = error, "failed"
        self._scheduler.ended(self, end)


class Scheduler:
    """`monitor` is a connection of its own, which asks who waits. `number` counts the steps taken."""

    def __init__(self, monitor: psycopg.Connection[tuple[int]]) -> None:
        self._monitor = monitor
        self._changed = threading.Condition()
        self.number = 0
        self.actors: list[Actor] = []
        self.seen: Callable[[Actor, str], None] = lambda _actor, _label: None
        """Told of every step when it is taken."""
        self.committed: Callable[[Actor], None] = lambda _actor: None
        """Told of every commit, whether or not its actor lives to go on."""

    def begin(self, name: str, job: Callable[[Actor], None]) -> Actor:
        actor = Actor(name, job, self)
        self.actors.append(actor)
        return actor

    def ready(self) -> list[Actor]:
        """Who can take a step, in the order they came."""
        return [each for each in self.actors if each.state == "waiting"]

    def take(self, actor: Actor) -> None:
        """Let this one take its step: it runs to the next, to its end, or into a lock."""
        label = actor.label
        self._count(actor, label)
        with self._changed:
            actor.state = "running"
        queue = sorted((each for each in self.actors if each.state == "locked"), key=lambda each: each.queued)
        with _one_by_one(queue) as wake:
            actor.turn.release()
            self._await(actor)
            if (label, actor.label) == ("commit", "committed"):
                self._note_commit(actor)
            for each in queue:
                wake(each)
                self._await(each)
        self.actors = [each for each in self.actors if not each.over]

    def run(self, actor: Actor) -> None:
        """To its end without a stop, for when nobody else is there: the same steps, counted and told, without waiting for a turn."""
        actor.alone = True
        self._count(actor, actor.label)
        actor.turn.release()
        actor.join()
        self.actors = [each for each in self.actors if not each.over]
        if not actor.over:
            raise Stuck(f"{actor.name} does not come back from {actor.label!r}")

    def kill(self, actor: Actor) -> None:
        """It dies on the step it stands before; the database rolls back what it had not committed."""
        actor.doomed = True
        self.take(actor)

    def kill_all(self) -> None:
        while self.actors:
            for each in self.ready():
                self.kill(each)

    # Called by the actors' threads

    def park(self, actor: Actor, label: str) -> None:
        with self._changed:
            actor.state, actor.label = "waiting", label
            self._changed.notify_all()

    def passed(self, actor: Actor, label: str) -> None:
        if (actor.label, label) == ("commit", "committed"):
            self._note_commit(actor)
        actor.label = label
        self._count(actor, label)

    def ended(self, actor: Actor, how: State) -> None:
        with self._changed:
            actor.state = how
            self._changed.notify_all()

    # Ours

    def _count(self, actor: Actor, label: str) -> None:
        self.number += 1
        self.seen(actor, label)

    def _note_commit(self, actor: Actor) -> None:
        actor.committed.append(self.number)
        self.committed(actor)

    def _await(self, actor: Actor) -> None:
        """Until it stands before its next step or is over, or PostgreSQL says that it waits for a lock."""
        waited = 0.0
        while waited < STUCK:
            with self._changed:
                if self._changed.wait_for(lambda: actor.state not in ("running", "locked"), NOT_YET):
                    return
            waited += NOT_YET
            if self._waits(actor):
                with self._changed:
                    if actor.state == "running":
                        actor.state, actor.queued = "locked", self.number
                    if actor.state == "locked":
                        return
        raise Stuck(f"{actor.name} does not come back from {actor.label!r}")

    def _waits(self, actor: Actor) -> bool:
        return bool(actor.pids) and self._monitor.execute(WAITING, [list(actor.pids)]).fetchone() is not None
