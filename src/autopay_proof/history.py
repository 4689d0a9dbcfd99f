"""What happened, as the simulator itself saw it: who asked for what and when it held, and every request that left. The auditor's only source
beside the processor's book. It knows nothing of the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class Who(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def committed(self) -> list[int]: ...


@dataclass(frozen=True, slots=True)
class Call:
    """A request that changes something: what, what became of it on the way, and the form that was sent."""

    what: str
    fate: str
    form: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sent:
    """`claimed` is the step of the sender's commit before it."""

    at: int
    claimed: int
    call: Call


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
    sent: list[Sent] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    wishes: dict[str, Wish] = field(default_factory=dict)
    """By the actor that has one."""

    def called(self, actor: Who, call: Call) -> None:
        self.sent.append(Sent(self.now(), actor.committed[-1] if actor.committed else 0, call))

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

    def value(self, what: str, about: Any, step: int, otherwise: Any) -> Any:
        """What held when this step began."""
        found = otherwise
        for fact in self.facts:
            if fact.wish.what == what and fact.wish.about == about and fact.since < step:
                found = fact.wish.value
        return found
