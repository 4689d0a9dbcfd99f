"""A file for one person: saved, not shown in the browser's frame, and kept by no cache on the way."""

from __future__ import annotations

from django.http import HttpResponse

TYPES = {"pdf": "application/pdf", "json": "application/json"}


def download(content: bytes, name: str) -> HttpResponse:
    """`name` is ours, never typed by anybody."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=TYPES[name.rpartition(".")[2]], headers=headers)
