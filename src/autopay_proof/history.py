"""What happened, as the simulator itself saw it: who asked for what and when it held, and every request that left. The auditor's only source
beside the processor's book. It knows nothing of the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


class Who(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def committed(self) -> list[int]: ...


@dataclass(frozen=True, slots=True)
class Call:
    """A request that changes something: what, what became of it on the way, the form that was sent, its idempotency key, and whether a
    database transaction of ours was open when it left."""

    what: str
    fate: str
    form: Mapping[str, str]
    key: str = ""
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """`claimed` is the step of the sender's commit before it; `when` the simulated instant."""

    at: int
    claimed: int
    call: Call
    when: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody wants `what` (switch, default, company, invoice, refund...) of `about` to be `value`, from their commit on."""

    what: str
    about: Any
    value: Any


@dataclass(slots=True)
class Fact:
    """`since`: the step of the commit. `told`: what the answer named, once it came; `answered` its step."""

    since: int
    wish: Wish
    answered: int | None = None
    told: Any = None


@dataclass
class History:
    now: Callable[[], int] = lambda: 0
    """The step."""
    time: Callable[[], datetime | None] = lambda: None
    sent: list[Sent] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    wishes: dict[str, Wish] = field(default_factory=dict)
    """By the actor that has one."""
    acknowledged: list[str] = field(default_factory=list)
    """Messages of the payment company that were answered with yes."""

    def called(self, actor: Who, call: Call) -> None:
        self.sent.append(Sent(self.now(), actor.committed[-1] if actor.committed else 0, call, self.time()))

    def committed(self, actor: Who) -> None:
        """A commit of this actor: what it wished for holds from here on, whether or not it lives to say so."""
        wish = self.wishes.get(actor.name)
        if wish is not None:
            self.facts.append(Fact(actor.committed[-1], wish))

    def answered(self, actor: Who, told: Any = None) -> None:
        wish = self.wishes.get(actor.name)
        fact = next((each for each in reversed(self.facts) if each.wish is wish), None)
        if fact is not None:
            fact.answered, fact.told = self.now(), told

    def before(self, step: int) -> Iterator[Wish]:
        """What people had settled when this step began, in the order of its commits."""
        return (fact.wish for fact in self.facts if fact.since < step)
