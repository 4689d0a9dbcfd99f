"""What every page of the sandbox has: the notice of what it is, one style sheet, no script but our own."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

from sandbox_processor import NOTICE
from sandbox_processor.wire import Answer


def page(title: str, body: str, status: int = 200, attributes: str = "") -> Answer:
    html = (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<title>{escape(title)} | Sandbox</title><link rel=stylesheet href=/_sandbox/style.css><body {attributes}>"
        f"<p class=notice>{NOTICE}</p><main>{body}</main></body></html>"
    )
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; frame-src 'self'; base-uri 'none'; "
        "form-action *; frame-ancestors 'none'",
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    return Answer(status, headers, html.encode())


def go(to: str) -> Answer:
    return Answer(303, {"Location": quote(to, safe=":/?&=%#+,;@!$'()*~[]")}, b"")


def instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%a %Y-%m-%d %H:%M UTC")


def money(amount: int, currency: str) -> str:
    """An amount in minor units as a person reads it; of the sandbox's currencies only yen has no smaller unit."""
    return f"{amount:,} {currency}" if currency == "jpy" else f"{amount / 100:,.2f} {currency}"
