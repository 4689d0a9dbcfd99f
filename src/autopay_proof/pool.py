"""Several processes over one PostgreSQL, each with a template of its own, that take tasks and give results."""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from autopay_proof.ground import Ground

T = TypeVar("T")
R = TypeVar("R")
_grounds: list[Ground] = []
"""The one of this process, once it is prepared."""


def all_of(admin: str, processes: int, what: Callable[[Ground, T], R], over: Iterable[T]) -> Iterator[R]:
    """In the order in which they end. `admin` may create databases; `what` is a function of a module."""
    spawn = multiprocessing.get_context("spawn")
    numbers = spawn.Queue()
    for number in range(processes):
        numbers.put(number)
    with spawn.Pool(processes, _begin, (admin, numbers)) as pool:
        yield from pool.imap_unordered(_Doing(what), over)


class _Doing:
    def __init__(self, what: Callable[[Ground, Any], Any]) -> None:
        self._what = what

    def __call__(self, one: Any) -> Any:
        return self._what(_grounds[0], one)


def _begin(admin: str, numbers: multiprocessing.Queue[int]) -> None:
    from autopay.cli.started import start

    start()
    ground(admin, numbers.get())


def ground(admin: str, number: int = 0) -> Ground:
    """Of this process. What the product logs of faults we made is of no use here."""
    import structlog

    from autopay_proof.ground import prepare
    from autopay_proof.server import MIGRATED, dsns

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    _grounds[:] = [prepare(admin, MIGRATED, dsns(), f"proof_template_{number}")]
    return _grounds[0]
