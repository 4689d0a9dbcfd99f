"""The sandbox's own pages, small and plain. Each says what it is. Forms work without JavaScript and come back to their page."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from urllib.parse import urlencode, urlsplit, urlunsplit

from sandbox_processor.commands import behave
from sandbox_processor.control import BadCommand, advance_clock, arm, disarm
from sandbox_processor.errors import ApiError
from sandbox_processor.faults import REQUEST_ACTIONS
from sandbox_processor.field_pages import KINDS, field_page
from sandbox_processor.operations.authentication import finish, waiting_intent
from sandbox_processor.operations.payment_intents import verify_microdeposits as verify_payment
from sandbox_processor.operations.setup_intents import verify_microdeposits as verify_setup
from sandbox_processor.overview import SCOPES, overview, request_page
from sandbox_processor.page_frame import go, money, page
from sandbox_processor.sandbox import Sandbox
from sandbox_processor.wire import Answer, Object, Request, decode_query
from sandbox_processor.work import Work

FIELDS_KEY = "pk_test_fields"


def page_for(sandbox: Sandbox, request: Request, app_origins: tuple[str, ...]) -> Answer | None:
    """The page at this address, or None: then it is a command or nothing."""
    sandbox.settle_due()
    if request.path in ("/", "/_sandbox"):
        return go("/_sandbox/")
    if request.path == "/_sandbox/":
        return overview(sandbox, decode_query(request.query))
    if request.path.startswith("/_sandbox/requests/"):
        return request_page(sandbox, request.path.rpartition("/")[2])
    if request.path == "/_sandbox/fields":
        return _fields()
    if request.path.startswith("/_sandbox/do/") and request.method == "POST":
        return _do(sandbox, request)
    if request.path.startswith("/_sandbox/authenticate/"):
        return _authenticate(sandbox, request)
    if request.path.startswith("/_sandbox/verify/"):
        return _verify(sandbox, request)
    return field_page(sandbox, request, app_origins)


def _do(sandbox: Sandbox, request: Request) -> Answer:
    """A form of the overview: the command, then back with what it said."""
    sent: Object = {name: value for name, value in decode_query(request.body.decode()).items() if value}
    known: dict[str, tuple[Callable[[Sandbox, Object], Object], str]] = {
        "clock": (advance_clock, "The clock was moved."),
        "behaviour": (behave, "From now on this method behaves as you chose."),
        "fault": (_arm, "It is armed."),
        "disarm": (disarm, "All goes well there again."),
    }
    action, said = known.get(request.path.removeprefix("/_sandbox/do/"), (None, ""))
    if action is None:
        return page("Not here", "<section><h1>Not here</h1><p>There is no such form.</p></section>", 404)
    try:
        action(sandbox, sent)
    except (BadCommand, ValueError, KeyError) as problem:
        said = str(problem)
    return go("/_sandbox/?" + urlencode({"said": said}))


def _arm(sandbox: Sandbox, sent: Object) -> Object:
    """The form's `times` and `scope`, as the command takes them; a webhook has no operation to be scoped by."""
    operations = SCOPES[sent.get("scope", "all")][1] if sent.get("action") in REQUEST_ACTIONS else ()
    scope: Object = {"operation": list(operations)} if operations else {}
    return arm(sandbox, {"action": sent.get("action"), "times": int(sent["times"]), **scope})


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
    return page("Card and bank fields", body, attributes=f"data-key={FIELDS_KEY}")


def _authenticate(sandbox: Sandbox, request: Request) -> Answer:
    """Where a payer proves who they are: Complete or Fail, then back to the page that sent them."""
    found = _waiting(sandbox, request)
    if found is None:
        return page(
            "Nothing to do",
            "<section><h1>Nothing to do</h1><p>This payment is not waiting for you, or no longer.</p></section>",
            404,
        )
    work, intent = found
    if request.method != "POST":
        return page("Authenticate", _authenticate_form(intent, request))
    back = (intent["next_action"].get("redirect_to_url") or {}).get("return_url")
    completed = decode_query(request.body.decode()).get("answer") == "complete"
    after = finish(work, intent, completed=completed)
    sandbox.finish(work)
    if back:
        return go(_with_result(back, after))
    return page(
        "Done", f"<section><h1>Done</h1><p>The status is now <b>{after['status']}</b>. You can close this page.</p></section>"
    )


def _waiting(sandbox: Sandbox, request: Request) -> tuple[Work, Object] | None:
    intent_id, secret = request.path.rpartition("/")[2], decode_query(request.query).get("client_secret", "")
    for account in sandbox.state.accounts:
        work = sandbox.work_on(account)
        intent = waiting_intent(work, intent_id, secret)
        if intent is not None:
            return work, intent
    return None


def _authenticate_form(intent: Object, request: Request) -> str:
    what = "save this card" if intent["object"] == "setup_intent" else f"pay {money(intent['amount'], intent['currency'])}"
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
        return page("Verify your account", _verify_form(request, ""))
    sent = decode_query(request.body.decode())
    verify = verify_setup if intent_id.startswith("seti_") else verify_payment
    for account in list(sandbox.state.accounts):
        work = sandbox.work_on(account)
        if work.row("setup_intent" if intent_id.startswith("seti_") else "payment_intent", intent_id) is None:
            continue
        try:
            amounts = [int(sent.get(name) or 0) for name in ("first", "second")]
            verify(work, {"client_secret": secret, "amounts": amounts}, intent_id)
            return page("Done", "<section><h1>Done</h1><p>Your account is verified. You can close this page.</p></section>")
        except (ApiError, ValueError) as problem:
            return page("Verify your account", _verify_form(request, str(problem)))
        finally:
            sandbox.finish(work)
    return page("Nothing to do", "<section><h1>Nothing to do</h1><p>There is nothing to verify here.</p></section>", 404)


def _verify_form(request: Request, said: str) -> str:
    return (
        "<section><h1>Two small deposits</h1><p>Type the cents of both. In the sandbox 32 and 45 verify the account.</p>"
        f'<p class=said role=status>{escape(said)}</p><form class=row method=post action="?{escape(request.query)}">'
        "<label>First<input name=first inputmode=numeric required></label><label>Second<input name=second inputmode=numeric required>"
        "</label><button>Verify</button></form></section>"
    )
