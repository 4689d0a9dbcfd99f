"""The sandbox's own pages, small and plain. Each says what it is. Forms work without JavaScript and come back to their page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from sandbox_processor import NOTICE
from sandbox_processor.commands import behave, methods
from sandbox_processor.control import COMMANDS, BadCommand, advance_clock, arm, disarm, show_clock
from sandbox_processor.errors import ApiError
from sandbox_processor.faults import REQUEST_ACTIONS, WEBHOOK_ACTIONS
from sandbox_processor.field_pages import KINDS, field_page
from sandbox_processor.operations.authentication import finish, waiting_intent
from sandbox_processor.operations.payment_intents import verify_microdeposits as verify_payment
from sandbox_processor.operations.setup_intents import verify_microdeposits as verify_setup
from sandbox_processor.oracle import book
from sandbox_processor.sandbox import Sandbox
from sandbox_processor.wire import Answer, Object, Request, decode_query
from sandbox_processor.work import Work

FIELDS_KEY = "pk_test_fields"


def page_for(sandbox: Sandbox, request: Request, app_origins: tuple[str, ...]) -> Answer | None:
    """The page at this address, or None: then it is a command or nothing."""
    sandbox.settle_due()
    if request.path in ("/", "/_sandbox"):
        return _go("/_sandbox/")
    if request.path == "/_sandbox/":
        return _overview(sandbox, decode_query(request.query).get("said", ""))
    if request.path == "/_sandbox/fields":
        return _fields()
    if request.path.startswith("/_sandbox/do/") and request.method == "POST":
        return _do(sandbox, request)
    if request.path.startswith("/_sandbox/authenticate/"):
        return _authenticate(sandbox, request)
    if request.path.startswith("/_sandbox/verify/"):
        return _verify(sandbox, request)
    return field_page(sandbox, request, app_origins)


def _overview(sandbox: Sandbox, said: str) -> Answer:
    message = f"<section role=status>{escape(said)}</section>" if said else ""
    return _page(
        "Sandbox processor",
        message
        + _clock_section(sandbox)
        + _methods_section(sandbox)
        + _faults_section(sandbox)
        + _book_section(sandbox)
        + _commands_section(),
    )


def _clock_section(sandbox: Sandbox) -> str:
    shown = show_clock(sandbox, {})
    still = ", standing still" if shown["frozen"] else ""
    steps = "".join(f"<button name=days value={days}>{words}</button>" for days, words in ((1, "One day on"), (7, "One week on")))
    return (
        f"<section><h2>Clock</h2><p>It is {_instant(shown['now'])}{still}.</p>"
        f'<form class=row method=post action="/_sandbox/do/clock">{steps}</form></section>'
    )


def _methods_section(sandbox: Sandbox) -> str:
    known = methods(sandbox, {})
    rows = "".join(_method_row(method, known["choices"][method["type"]]) for method in known["methods"][:200])
    table = f"<table><tr><th>Method<th>Holder<th>Customer<th>From now on</tr>{rows}</table>" if rows else "<p>None yet.</p>"
    return f'<section><h2>Saved methods</h2>{table}<p><a href="/_sandbox/fields">Try the card and bank fields</a></p></section>'


def _method_row(method: Object, choices: list[str]) -> str:
    options = "".join(f"<option{' selected' if name == method['behaviour'] else ''}>{name}</option>" for name in choices)
    which = f"{method['brand']} ending in {method['last4']}"
    return (
        f"<tr><td>{escape(which)}<td>{escape(method['name'] or '')}<td>{escape(method['customer'])}"
        f'<td><form class=row method=post action="/_sandbox/do/behaviour"><input type=hidden name=payment_method '
        f'value="{escape(method["id"])}"><select name=behaviour aria-label="Behaviour of {escape(which)}">{options}</select>'
        "<button>Set</button></form></tr>"
    )


def _faults_section(sandbox: Sandbox) -> str:
    actions = "".join(
        f"<option value={name}>{escape(words)}</option>" for name, words in (REQUEST_ACTIONS | WEBHOOK_ACTIONS).items()
    )
    armed = "".join(
        f"<tr><td>{fault['action']}<td>{'all' if fault['times'] is None else fault['times']}<td>{escape(_scope(fault))}"
        f'<td><form method=post action="/_sandbox/do/disarm"><button name=id value="{fault["id"]}">End</button></form></tr>'
        for fault in sandbox.state.faults.values()
    )
    table = f"<table><tr><th>What<th>How many more<th>For<th></tr>{armed}</table>" if armed else ""
    return (
        f"<section><h2>Faults</h2>{table}<form class=row method=post action='/_sandbox/do/fault'><label>What goes wrong"
        f"<select name=action>{actions}</select></label><label>For the next<input name=times type=number min=1 value=1></label>"
        "<label>Only operation<input name=operation placeholder='payment_intents.create'></label><button>Arm</button></form></section>"
    )


def _scope(fault: Object) -> str:
    told = ("operation", "customer", "payment_method", "metadata", "event", "account")
    return ", ".join(f"{name} {fault[name]}" for name in told if name in fault) or "any request"


def _book_section(sandbox: Sandbox) -> str:
    known = book(sandbox, {})
    rows = "".join(
        f"<tr><td>{_instant(move['at'])}<td>{move['kind']}<td class=amount>{move['amount'] / 100:,.2f} {move['currency']}"
        f"<td>{escape(move['payment_intent'] or '')}<td>{escape(', '.join(f'{k}={v}' for k, v in move['metadata'].items()))}</tr>"
        for move in reversed(known["movements"][-100:])
    )
    kept = known["summary"]["kept"] / 100
    return (
        f"<section><h2>Book</h2><p>{known['summary']['payments']} payments, {kept:,.2f} kept. The last 100 movements; all of it as "
        f'<a href="/_sandbox/book">JSON</a>.</p><table><tr><th>When<th>What<th class=amount>Amount<th>Payment<th>Metadata</tr>'
        f"{rows}</table></section>"
    )


def _commands_section() -> str:
    rows = "".join(
        f"<tr><td>{method} /_sandbox/{name}<td>{escape((action.__doc__ or '').partition(chr(10))[0])}</tr>"
        for (method, name), action in COMMANDS.items()
    )
    return f"<section><h2>Commands</h2><p>The same by program, as JSON.</p><table>{rows}</table></section>"


def _do(sandbox: Sandbox, request: Request) -> Answer:
    """A form of the overview: the command, then back with what it said."""
    sent: Object = {name: value for name, value in decode_query(request.body.decode()).items() if value}
    known: dict[str, tuple[Callable[[Sandbox, Object], Object], str]] = {
        "clock": (advance_clock, "The clock was moved."),
        "behaviour": (behave, "The method behaves so from now on."),
        "fault": (arm, "The fault is armed."),
        "disarm": (disarm, "The fault was ended."),
    }
    action, said = known.get(request.path.removeprefix("/_sandbox/do/"), (None, ""))
    if action is None:
        return _page("Not here", "<section><p>There is no such form.</p></section>", 404)
    try:
        action(sandbox, sent | ({"times": int(sent["times"])} if "times" in sent else {}))
    except (BadCommand, ValueError, KeyError) as problem:
        said = str(problem)
    return _go("/_sandbox/?" + urlencode({"said": said}))


def _fields() -> Answer:
    def mount(kind: str, placeholder: str = "") -> str:
        label = KINDS[kind][0]
        return (
            f'<div><label>{label}<span class=field data-field={kind} data-label="{label}" data-placeholder="{placeholder}"></span>'
            f"</label><div class=said data-said={kind}></div></div>"
        )

    def form(kind: str, title: str, mounts: str) -> str:
        return (
            f"<section><h2>{title}</h2><form class=fields data-type={kind}><label>Account holder name<input name=holder required>"
            f"</label>{mounts}<button>Save</button><output></output></form></section>"
        )

    card = mount("cardNumber", "1234 5678 9012 3456") + mount("cardExpiry", "MM/YY") + mount("cardCvc", "123")
    bank = mount("bankRouting") + mount("bankAccount") + mount("bankAccountAgain")
    scripts = '<script src="/fields.js"></script><script src="/_sandbox/demo.js" defer></script>'
    body = form("card", "Card", card) + form("us_bank_account", "Bank account", bank) + scripts
    return _page("Card and bank fields", body, attributes=f"data-key={FIELDS_KEY}")


def _authenticate(sandbox: Sandbox, request: Request) -> Answer:
    """Where a payer proves who they are: Complete or Fail, then back to the page that sent them."""
    found = _waiting(sandbox, request)
    if found is None:
        return _page("Nothing to do", "<section><p>This payment is not waiting for you, or no longer.</p></section>", 404)
    work, intent = found
    if request.method != "POST":
        return _page("Authenticate", _authenticate_form(intent, request))
    back = (intent["next_action"].get("redirect_to_url") or {}).get("return_url")
    completed = decode_query(request.body.decode()).get("answer") == "complete"
    after = finish(work, intent, completed=completed)
    sandbox.finish(work)
    if back:
        return _go(_with_result(back, after))
    return _page("Done", f"<section><p>The status is now <b>{after['status']}</b>. You can close this page.</p></section>")


def _waiting(sandbox: Sandbox, request: Request) -> tuple[Work, Object] | None:
    intent_id, secret = request.path.rpartition("/")[2], decode_query(request.query).get("client_secret", "")
    for account in sandbox.state.accounts:
        work = sandbox.work_on(account)
        intent = waiting_intent(work, intent_id, secret)
        if intent is not None:
            return work, intent
    return None


def _authenticate_form(intent: Object, request: Request) -> str:
    what = "save this card" if intent["object"] == "setup_intent" else f"pay {intent['amount'] / 100:,.2f} {intent['currency']}"
    return (
        f"<section><h1>Is it you?</h1><p>You are asked to {what}. A bank would ask for a code here.</p>"
        f'<form class=row method=post action="?{escape(request.query)}"><button name=answer value=complete>Complete</button>'
        "<button name=answer value=fail>Fail</button></form></section>"
    )


def _with_result(back: str, intent: Object) -> str:
    parts, kind = urlsplit(back), intent["object"]
    result = {
        kind: intent["id"],
        f"{kind}_client_secret": intent["client_secret"],
        "redirect_status": "succeeded" if intent["status"] in ("succeeded", "requires_capture", "processing") else "failed",
    }
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode(result))))))


def _verify(sandbox: Sandbox, request: Request) -> Answer:
    """Where a payer types the two small amounts."""
    intent_id, secret = request.path.rpartition("/")[2], decode_query(request.query).get("client_secret", "")
    if request.method != "POST":
        return _page("Verify your account", _verify_form(request, ""))
    sent = decode_query(request.body.decode())
    verify = verify_setup if intent_id.startswith("seti_") else verify_payment
    for account in list(sandbox.state.accounts):
        work = sandbox.work_on(account)
        if work.row("setup_intent" if intent_id.startswith("seti_") else "payment_intent", intent_id) is None:
            continue
        try:
            amounts = [int(sent.get(name) or 0) for name in ("first", "second")]
            verify(work, {"client_secret": secret, "amounts": amounts}, intent_id)
            return _page("Done", "<section><p>Your account is verified. You can close this page.</p></section>")
        except (ApiError, ValueError) as problem:
            return _page("Verify your account", _verify_form(request, str(problem)))
        finally:
            sandbox.finish(work)
    return _page("Nothing to do", "<section><p>There is nothing to verify here.</p></section>", 404)


def _verify_form(request: Request, said: str) -> str:
    return (
        "<section><h1>Two small deposits</h1><p>Type the cents of both. In the sandbox 32 and 45 verify the account.</p>"
        f'<p class=said role=status>{escape(said)}</p><form class=row method=post action="?{escape(request.query)}">'
        "<label>First<input name=first inputmode=numeric required></label><label>Second<input name=second inputmode=numeric required>"
        "</label><button>Verify</button></form></section>"
    )


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%a %Y-%m-%d %H:%M UTC")


def _go(to: str) -> Answer:
    return Answer(303, {"Location": quote(to, safe=":/?&=%#+,;@!$'()*~[]")}, b"")


def _page(title: str, body: str, status: int = 200, attributes: str = "") -> Answer:
    html = (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width, initial-scale=1'>"
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
