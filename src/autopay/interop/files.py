"""The files a path stands for, opened as they are (plain or gzip), with how far one has read."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from autopay.refusal import Refusal

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

GZIP = b"\x1f\x8b"
BROKEN = (EOFError, zlib.error, gzip.BadGzipFile)
"""What a damaged gzip file raises while it is read."""

Read = Callable[[int], None]
"""Told how many bytes more have been read, as they lie on the disk."""


def files_of(paths: Sequence[Path], endings: Sequence[str]) -> list[Path]:
    """Files as given; of folders, everything below them with one of the endings (or that and `.gz`), in order of name."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise Refusal("no_file", f"{path} does not exist.")
        found += [path] if path.is_file() else _inside(path, endings)
    if not found:
        raise Refusal("no_file", f"No file ending in {', '.join(endings)} was found there.")
    return list(dict.fromkeys(found))


def _inside(folder: Path, endings: Sequence[str]) -> list[Path]:
    wanted = tuple(endings) + tuple(f"{ending}.gz" for ending in endings)
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name.lower().endswith(wanted))


@contextmanager
def opened(path: Path, read: Read) -> Iterator[IO[bytes]]:
    with io.BufferedReader(_Counted(path, read)) as raw:
        if raw.peek(2)[:2] == GZIP:
            with gzip.open(raw) as unpacked:
                yield cast(IO[bytes], unpacked)
        else:
            yield raw


class _Counted(io.FileIO):
    """A file that tells how far it was read."""

    def __init__(self, path: Path, read: Read) -> None:
        super().__init__(path)
        self._told = read

    def readinto(self, buffer: Buffer) -> int:
        size = super().readinto(buffer) or 0
        self._told(size)
        return size
