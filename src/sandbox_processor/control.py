"""The control API under `/_sandbox/`: JSON in, JSON out. Faults, behaviour, clock, idempotency window, book, health, reset."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from sandbox_processor import API_VERSION, NOTICE
from sandbox_processor.book import Armed, Disarmed
from sandbox_processor.clock import DAY
from sandbox_processor.commands import behave, decide_dispute, dispute, listen, methods, return_charge
from sandbox_processor.faults import REQUEST_ACTIONS, WEBHOOK_ACTIONS, fault_of
from sandbox_processor.misbook import misbook
from sandbox_processor.oracle import book
from sandbox_processor.sandbox import Sandbox
from sandbox_processor.visit import DEFAULT_WINDOW
from sandbox_processor.wire import Answer, Object, Request


class BadCommand(Exception):
    """What was wrong with a command and what to do; answered with 400."""


def command(sandbox: Sandbox, request: Request) -> Answer:
    """Answer one request to `/_sandbox/...`; nothing here needs a key, so the server binds to this machine by default."""
    name = request.path.removeprefix("/_sandbox/").strip("/")
    action = COMMANDS.get((request.method, name))
    if action is None:
        return _json(404, {"error": f"No command {request.method} /_sandbox/{name}. See /_sandbox/ for what there is."})
    try:
        sandbox.settle_due()
        return _json(200, action(sandbox, _sent(request)))
    except json.JSONDecodeError:
        return _json(400, {"error": "The body must be JSON."})
    except (BadCommand, ValueError, KeyError, TypeError) as problem:
        said = f"missing or unknown: {problem}" if isinstance(problem, KeyError) else str(problem)
        return _json(400, {"error": said})


def _sent(request: Request) -> Object:
    sent: Object = dict(parse_qsl(request.query))
    if request.body:
        body = json.loads(request.body)
        if not isinstance(body, dict):
            raise BadCommand("The body must be a JSON object.")
        sent |= body
    return sent


def _json(status: int, value: Object) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(value).encode())


def _health(sandbox: Sandbox, sent: Object) -> Object:
    return {"status": "ok", "notice": NOTICE, "api_version": API_VERSION, "now": sandbox.now()}


def show_clock(sandbox: Sandbox, sent: Object) -> Object:
    now, setting = sandbox.now(), sandbox.state.settings.get("clock") or {}
    return {"now": now, "utc": datetime.fromtimestamp(now, UTC).isoformat(), "frozen": setting.get("frozen") is not None}


def _set_clock(sandbox: Sandbox, sent: Object) -> Object:
    """`{"to": "2026-12-01T09:00:00Z"}` or seconds; `frozen` lets it stand still there, `{"running": true}` sets it free."""
    if sent.get("running"):
        target, frozen = sandbox.now(), False
    else:
        target, frozen = _instant(sent["to"]), bool(sent.get("frozen", False))
    return _move_clock(sandbox, target, frozen=frozen)


def _instant(sent: Any) -> int:
    if isinstance(sent, int):
        return sent
    try:
        parsed = datetime.fromisoformat(str(sent))
    except ValueError as problem:
        raise BadCommand(f"{sent} is no instant. Give one such as 2026-12-01T09:00:00Z.") from problem
    if parsed.tzinfo is None:
        raise BadCommand("Give the instant with its offset from UTC, such as 2026-12-01T09:00:00Z.")
    return int(parsed.timestamp())


def advance_clock(sandbox: Sandbox, sent: Object) -> Object:
    """`{"days": 4}`, `{"hours": 2}`, `{"seconds": 30}`, added up."""
    units = {"days": DAY, "hours": 3600, "minutes": 60, "seconds": 1}
    if not sent or set(sent) - set(units):
        raise BadCommand(f"Say how far: any of {', '.join(units)}.")
    try:
        step = sum(int(sent[name]) * size for name, size in units.items() if name in sent)
    except (TypeError, ValueError) as problem:
        raise BadCommand("Say how far in whole numbers.") from problem
    frozen = show_clock(sandbox, {})["frozen"]
    return _move_clock(sandbox, sandbox.now() + step, frozen=frozen)


def _move_clock(sandbox: Sandbox, target: int, *, frozen: bool) -> Object:
    sandbox.set("clock", sandbox.clock.setting_for(target, frozen=frozen))
    sandbox.settle_due()
    return show_clock(sandbox, {})


def _faults(sandbox: Sandbox, sent: Object) -> Object:
    return {"faults": list(sandbox.state.faults.values()), "actions": REQUEST_ACTIONS | WEBHOOK_ACTIONS}


def arm(sandbox: Sandbox, sent: Object) -> Object:
    fault = fault_of(sent, sandbox.ids.new("flt_", 8))
    sandbox.append([Armed(fault["id"], fault)])
    return fault


def disarm(sandbox: Sandbox, sent: Object) -> Object:
    """One fault by `id`, or all."""
    known = list(sandbox.state.faults)
    if "id" in sent and sent["id"] not in known:
        raise BadCommand(f"No fault {sent['id']} is armed.")
    gone = [sent["id"]] if "id" in sent else known
    sandbox.append([Disarmed(fault_id) for fault_id in gone])
    return {"disarmed": gone}


def _window(sandbox: Sandbox, sent: Object) -> Object:
    return {"seconds": sandbox.state.settings.get("idempotency_window", DEFAULT_WINDOW)}


def _set_window(sandbox: Sandbox, sent: Object) -> Object:
    """`{"seconds": 1800}`; 0 remembers nothing, null forgets nothing."""
    seconds = sent["seconds"]
    if seconds is not None and (type(seconds) is not int or seconds < 0):
        raise BadCommand("seconds must be a whole number, 0 or more, or null.")
    sandbox.set("idempotency_window", seconds)
    return _window(sandbox, {})


def _set_lag(sandbox: Sandbox, sent: Object) -> Object:
    """`{"seconds": 60}`: how long a new object stays unknown to `/v1/.../search`; lists know it at once."""
    if type(sent["seconds"]) is not int or sent["seconds"] < 0:
        raise BadCommand("seconds must be a whole number, 0 or more.")
    sandbox.set("search_lag", sent["seconds"])
    return {"seconds": sent["seconds"]}


def _reset(sandbox: Sandbox, sent: Object) -> Object:
    sandbox.reset()
    return {"status": "ok"}


COMMANDS: dict[tuple[str, str], Callable[[Sandbox, Object], Object]] = {
    ("GET", "health"): _health,
    ("GET", "clock"): show_clock,
    ("POST", "clock"): _set_clock,
    ("POST", "clock/advance"): advance_clock,
    ("GET", "faults"): _faults,
    ("POST", "faults"): arm,
    ("DELETE", "faults"): disarm,
    ("GET", "idempotency"): _window,
    ("POST", "idempotency"): _set_window,
    ("POST", "search"): _set_lag,
    ("GET", "book"): book,
    ("GET", "methods"): methods,
    ("POST", "behaviour"): behave,
    ("POST", "disputes"): dispute,
    ("POST", "disputes/decide"): decide_dispute,
    ("POST", "returns"): return_charge,
    ("POST", "endpoints"): listen,
    ("POST", "misbook"): misbook,
    ("POST", "reset"): _reset,
}
