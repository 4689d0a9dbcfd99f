"""The sandbox's first page: what goes wrong next, the saved methods, the book, the clock. And what one request was."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from sandbox_processor.commands import AS_NUMBER, PAYING, methods
from sandbox_processor.control import COMMANDS, show_clock
from sandbox_processor.faults import DEFAULT_MS, DEFAULT_SECONDS, REQUEST_ACTIONS, WEBHOOK_ACTIONS
from sandbox_processor.known_numbers import RETURNS
from sandbox_processor.oracle import book
from sandbox_processor.page_frame import instant, money, page
from sandbox_processor.sandbox import Sandbox
from sandbox_processor.wire import Answer, Object

METHODS_SHOWN, MOVEMENTS_SHOWN = 50, 100
SCOPES: dict[str, tuple[str, tuple[str, ...]]] = {
    "payments": ("payment", PAYING),
    "saving": ("saving of a method", ("setup_intents.create", "setup_intents.confirm", "payment_methods.attach")),
    "refunds": ("refund", ("refunds.create",)),
    "all": ("request of any kind", ()),
}
"""What the form offers a fault for: its name there, and the operations it stands for (none: all)."""

FIRST = ("lost_after", "lost_before", "slow", "error_after")
"""The faults a visitor most likely came for, offered first."""


def overview(sandbox: Sandbox, asked: dict[str, str]) -> Answer:
    """`said`: what the last form answered; `find`: which saved methods to show."""
    said = asked.get("said", "")
    return page(
        "Sandbox processor",
        "<header><h1>Sandbox processor</h1><p>It plays the payment processor: cards, accounts and money are made up. What you set "
        "here, the application finds out as it would from a real one.</p><nav><a href=#next>What goes wrong next</a> "
        "<a href=#methods>Saved methods</a> <a href=#book>Book</a> <a href=#clock>Clock</a> <a href=#commands>Commands</a></nav></header>"
        + (f"<section role=status>{escape(said)}</section>" if said else "")
        + _faults_section(sandbox)
        + _methods_section(sandbox, asked.get("find", "").strip())
        + _book_section(sandbox)
        + _clock_section(sandbox)
        + _commands_section(),
    )


def _faults_section(sandbox: Sandbox) -> str:
    wire = [*FIRST, *(name for name in REQUEST_ACTIONS if name not in FIRST)]
    offered = (
        f"<optgroup label=Requests>{_options((name, _in_words(name)) for name in wire)}</optgroup>"
        f"<optgroup label=Webhooks>{_options((name, _in_words(name)) for name in WEBHOOK_ACTIONS)}</optgroup>"
    )
    scopes = _options((name, words) for name, (words, _) in SCOPES.items())
    return (
        f"<section id=next><h2>What goes wrong next</h2>{_armed(sandbox)}<form class=row method=post action='/_sandbox/do/fault'>"
        "<label>To the next<input name=times type=number min=1 max=9999 value=1 required></label>"
        f"<label>of kind<select name=scope>{scopes}</select></label>"
        f"<label>What happens<select name=action>{offered}</select></label><button>Arm</button></form></section>"
    )


def _options(offered: Iterable[tuple[str, str]], chosen: str = "") -> str:
    return "".join(
        f"<option value='{escape(name)}'{' selected' if name == chosen else ''}>{escape(words)}</option>"
        for name, words in offered
    )


def _in_words(action: str, ms: int = DEFAULT_MS, seconds: int = DEFAULT_SECONDS) -> str:
    words = (REQUEST_ACTIONS | WEBHOOK_ACTIONS)[action]
    return words.replace("`ms`", f"{ms:,} ms").replace("`seconds`", f"{seconds:,} seconds")


def _armed(sandbox: Sandbox) -> str:
    rows = "".join(
        f"<tr><td>{escape(_in_words(fault['action'], fault['ms'], fault['seconds']))}<td>{fault['times'] or 'every time'}"
        f"<td>{escape(_scope(fault))}<td><form method=post action='/_sandbox/do/disarm'>"
        f"<button name=id value='{escape(fault['id'])}'>End</button></form></tr>"
        for fault in sandbox.state.faults.values()
    )
    return f"<table><tr><th>What happens<th>Times left<th>To<th></tr>{rows}</table>" if rows else "<p>All goes well so far.</p>"


def _scope(fault: Object) -> str:
    names = {operations: words for words, operations in SCOPES.values()}
    operation = fault.get("operation")
    told = [names.get(tuple(operation), ", ".join(operation)) if isinstance(operation, list) else operation] if operation else []
    rest = ("customer", "payment_method", "metadata", "event", "account")
    return ", ".join([*told, *(f"{name} {fault[name]}" for name in rest if name in fault)]) or (
        "any request" if fault["action"] in REQUEST_ACTIONS else "any webhook"
    )


def _methods_section(sandbox: Sandbox, find: str) -> str:
    known = methods(sandbox, {})
    found = [method for method in known["methods"] if find.lower() in _words(method).lower()]
    rows = "".join(_method_row(method, known["choices"][method["type"]]) for method in found[:METHODS_SHOWN])
    table = (
        f"<table class=stack><tr><th>Method<th>Holder<th>Customer<th>From now on</tr>{rows}</table>" if rows else "<p>None.</p>"
    )
    count = f"<p>The newest {METHODS_SHOWN} of {len(found)}.</p>" if len(found) > METHODS_SHOWN else ""
    return (
        "<section id=methods><h2>Saved methods</h2><form class=row action='/_sandbox/#methods'><label>Holder, customer or last four"
        f"<input name=find value='{escape(find)}'></label><button>Find</button></form>{count}{table}"
        "<p><a href='/_sandbox/fields'>Try the card and bank fields</a></p></section>"
    )


def _words(method: Object) -> str:
    parts = (method["account"], method["name"], method["customer"], method["brand"], method["last4"], _tags(method["metadata"]))
    return " ".join(part or "" for part in parts)


def _tags(metadata: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in metadata.items())


def _method_row(method: Object, choices: list[str]) -> str:
    which = f"{method['brand'].capitalize()} ending in {method['last4']}"
    options = _options(((name, _behaviour(name)) for name in choices), method["behaviour"])
    owner = f"{escape(method['customer'])}<br><small>{escape(', '.join(filter(None, (method['account'], _tags(method['metadata'])))))}</small>"
    return (
        f"<tr><td>{escape(which)}<td>{escape(method['name'] or '')}<td>{owner}"
        f"<td><form class=row method=post action='/_sandbox/do/behaviour'><input type=hidden name=payment_method "
        f"value='{escape(method['id'])}'><select name=behaviour aria-label='{escape(which)}, {escape(method['name'] or '')}: from now on'>"
        f"{options}</select><button>Set</button></form></tr>"
    )


def _behaviour(name: str) -> str:
    """A behaviour in words: a bank's return code says what it means."""
    if name == AS_NUMBER:
        return "as its test number says"
    back = RETURNS.get(name)
    return f"{name} {back.code.replace('_', ' ')}" if back else name.replace("_", " ")


def _book_section(sandbox: Sandbox) -> str:
    known = book(sandbox, {})
    rows = "".join(
        f"<tr><td>{instant(move['at'])}<td>{move['kind'].replace('_', ' ')}<td class=amount>{money(move['amount'], move['currency'])}"
        f"<td>{escape(move['payment_intent'] or '')}<td>{escape(_tags(move['metadata']))}</tr>"
        for move in reversed(known["movements"][-MOVEMENTS_SHOWN:])
    )
    table = f"<table class=stack><tr><th>When<th>What<th class=amount>Amount<th>Payment<th>Metadata</tr>{rows}</table>"
    kept = known["summary"]["kept"] / 100
    return (
        f"<section id=book><h2>Book</h2><p>{known['summary']['payments']} payments, {kept:,.2f} kept after refunds, returns and "
        f"disputes. The last {MOVEMENTS_SHOWN} movements; all of it as <a href='/_sandbox/book'>JSON</a>.</p>"
        f"{table if rows else '<p>No money has moved yet.</p>'}</section>"
    )


def _clock_section(sandbox: Sandbox) -> str:
    shown = show_clock(sandbox, {})
    still = ", standing still" if shown["frozen"] else ""
    steps = "".join(f"<button name=days value={days}>{words}</button>" for days, words in ((1, "One day on"), (7, "One week on")))
    return (
        f"<section id=clock><h2>Clock</h2><p>It is {instant(shown['now'])}{still}. It moves this processor alone; where the "
        "application has a clock of its own, move both together there.</p>"
        f"<form class=row method=post action='/_sandbox/do/clock'>{steps}</form></section>"
    )


def _commands_section() -> str:
    rows = "".join(
        f"<tr><td>{method} /_sandbox/{name}<td>{escape((action.__doc__ or '').partition(chr(10))[0])}</tr>"
        for (method, name), action in COMMANDS.items()
    )
    return (
        "<section id=commands><details><summary><h2>Commands</h2></summary><p>The same by program, as JSON.</p>"
        f"<table class=stack>{rows}</table></details></section>"
    )


def request_page(sandbox: Sandbox, request_id: str) -> Answer:
    """What an error's `request_log_url` leads to. Reads are not kept."""
    found = next((kept for kept in reversed(sandbox.state.requests) if kept.request == request_id), None)
    if found is None:
        return page(
            "Request", "<section><h1>Nothing kept</h1><p>Only requests that could change something are kept.</p></section>", 404
        )
    said = {**found._asdict(), "at": instant(found.at), "status": found.status or "no answer", "fault": found.fault or "none"}
    rows = "".join(f"<tr><th>{name}<td>{escape(str(value))}</tr>" for name, value in said.items())
    return page("Request", f"<section><h1>{escape(found.method)} {escape(found.path)}</h1><table>{rows}</table></section>")
