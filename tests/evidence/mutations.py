"""Every way to change one thing of an evidence file: each value, each field and each row, edited, deleted, repeated, swapped, made up."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from autopay.evidence.verify.shape import local

Path = tuple[str | int, ...]
Change = Callable[[Any, str | int], None]


@dataclass(frozen=True)
class Mutation:
    """`change` is given the container and the key of what it changes."""

    what: str
    path: Path
    change: Change

    @property
    def name(self) -> str:
        return f"{self.what} {'.'.join(map(str, self.path))}"

    def of(self, document: dict[str, Any]) -> dict[str, Any]:
        changed = copy.deepcopy(document)
        container: Any = changed
        for step in self.path[:-1]:
            container = container[step]
        self.change(container, self.path[-1])
        return changed


def mutations(document: dict[str, Any]) -> Iterator[Mutation]:
    for path, value in _walk(document, ()):
        if isinstance(value, dict):
            yield Mutation("add a field to", (*path, "made up"), lambda c, k: c.update({k: 1}))
        elif isinstance(value, list):
            continue
        elif not str(path[-1]).endswith("_local"):
            yield Mutation("edit", path, lambda c, k, zone=document["biller"]["zone"]: _edit(c, k, zone))
        yield Mutation("delete", path, lambda c, k: c.__delitem__(k))
        if isinstance(path[-1], int):
            yield Mutation("repeat", path, lambda c, k: c.insert(k, copy.deepcopy(c[k])))
            if path[-1]:
                yield Mutation("swap with the one before", path, _swap)


def _walk(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key), child
        yield from _walk(child, (*path, key))


def _swap(container: Any, key: Any) -> None:
    container[key - 1], container[key] = container[key], container[key - 1]


def _edit(container: Any, key: Any, zone: str) -> None:
    """To something that looks as good: another hour on both clocks, the next day, another digit."""
    container[key] = _other(container[key])
    if isinstance(container, dict) and container.get(f"{key}_local"):
        container[f"{key}_local"] = local(container[key], zone)


def _other(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return 1
    if isinstance(value, int):
        return value + 1
    if re.fullmatch(r"[0-9a-f]{64}", value):
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return (date.fromisoformat(value) + timedelta(days=1)).isoformat()
    if re.match(r"\d{4}-\d\d-\d\dT", value):
        return (datetime.fromisoformat(value) + timedelta(hours=1)).isoformat()
    return value + "x"
