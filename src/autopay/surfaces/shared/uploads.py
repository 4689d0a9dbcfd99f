"""Files people send stay in memory and are small: what is larger is dropped while it comes in, and never touches a disk."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler, SkipFile

from autopay.agreements.papers import LARGEST


class SmallFiles(MemoryFileUploadHandler):
    """Django's upload handler. A page that finds no file says which it takes, and how large."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.activated = True

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self._size = 0
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self._size += len(raw_data)
        if self._size > LARGEST:
            raise SkipFile
        kept: bytes | None = super().receive_data_chunk(raw_data, start)
        return kept
