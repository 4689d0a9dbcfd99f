"""The sandbox's own pages."""

from __future__ import annotations

from sandbox_processor.sandbox import Sandbox
from sandbox_processor.wire import Answer, Request


def page_for(sandbox: Sandbox, request: Request, app_origins: tuple[str, ...]) -> Answer | None:
    return None
