"""Commands on what is already there: how a saved method behaves from now on, disputes, late returns."""

from __future__ import annotations

from sandbox_processor.book import Armed, Disarmed, Event
from sandbox_processor.faults import fault_of
from sandbox_processor.known_numbers import RETURNS
from sandbox_processor.operations.bank_debits import return_debit
from sandbox_processor.operations.behaviour import BANK_BEHAVIOURS, CARD_BEHAVIOURS, FAULT_BEHAVIOURS
from sandbox_processor.operations.disputes import decide, open_dispute
from sandbox_processor.operations.webhook_endpoints import make_endpoint
from sandbox_processor.sandbox import Sandbox
from sandbox_processor.state import Account, Row
from sandbox_processor.wire import Object
from sandbox_processor.work import Work

AS_NUMBER = "as its number"
PAYING = ("payment_intents.create", "payment_intents.confirm")
DISPUTE_OF_RETURN = {
    "R01": "insufficient_funds",
    "R02": "incorrect_account_details",
    "R03": "incorrect_account_details",
    "R04": "incorrect_account_details",
    "R09": "insufficient_funds",
    "R16": "bank_cannot_process",
    "R20": "bank_cannot_process",
}
"""The reason Stripe gives the dispute a late return becomes; unauthorized ones are `debit_not_authorized`."""


def methods(sandbox: Sandbox, sent: Object) -> Object:
    """The saved methods, their customer's metadata, and how each behaves. Filters: `account`, `customer`."""
    shown = [
        _method(sandbox, account, row)
        for name, account in sandbox.state.accounts.items()
        if sent.get("account", name) == name
        for row in account.table("payment_method").newest_first()
        if row.object["customer"] and sent.get("customer", row.object["customer"]) == row.object["customer"]
    ]
    choices = {"card": list(CARD_BEHAVIOURS), "us_bank_account": list(BANK_BEHAVIOURS)}
    return {"methods": shown, "choices": {kind: [AS_NUMBER, *names, *FAULT_BEHAVIOURS] for kind, names in choices.items()}}


def _method(sandbox: Sandbox, account: Account, row: Row) -> Object:
    value, kind = row.object, row.object["type"]
    wire = next((f["behaviour"] for f in sandbox.state.faults.values() if f.get("behaviour_of") == value["id"]), None)
    return {
        "account": account.name,
        "id": value["id"],
        "customer": value["customer"],
        "type": kind,
        "brand": value[kind].get("brand", "bank"),
        "last4": value[kind]["last4"],
        "name": value["billing_details"]["name"],
        "metadata": account.table("customer").rows[value["customer"]].object["metadata"] if value["customer"] else {},
        "behaviour": wire or row.private.get("behaviour", AS_NUMBER),
    }


def behave(sandbox: Sandbox, sent: Object) -> Object:
    """`{"payment_method": "pm_...", "behaviour": "declined"}`: from now on, until told otherwise (`as its number`)."""
    account, row = _find(sandbox, "payment_method", sent["payment_method"])
    told, method = sent["behaviour"], row.object["id"]
    known = CARD_BEHAVIOURS if row.object["type"] == "card" else BANK_BEHAVIOURS
    if told not in (AS_NUMBER, *known, *FAULT_BEHAVIOURS):
        raise ValueError(f"behaviour must be one of: {', '.join([AS_NUMBER, *known, *FAULT_BEHAVIOURS])}")
    work = sandbox.work_on(account)
    for event in _end_faults(sandbox, method):
        work.add(event)
    work.note("payment_method", method, behaviour=told if told in known else None)
    if told in FAULT_BEHAVIOURS:
        work.add(_fault(sandbox, method, told, sent))
    sandbox.finish(work)
    return _method(sandbox, sandbox.state.account(account), work.known("payment_method", method))


def _end_faults(sandbox: Sandbox, method: str) -> list[Event]:
    return [Disarmed(fault["id"]) for fault in sandbox.state.faults.values() if fault.get("behaviour_of") == method]


def _fault(sandbox: Sandbox, method: str, told: str, sent: Object) -> Armed:
    scope = {"action": FAULT_BEHAVIOURS[told], "times": None, "payment_method": method, "operation": list(PAYING)}
    fault = fault_of(scope | ({"ms": sent["ms"]} if "ms" in sent else {}), sandbox.ids.new("flt_", 8))
    return Armed(fault["id"], fault | {"behaviour_of": method, "behaviour": told})


def dispute(sandbox: Sandbox, sent: Object) -> Object:
    """`{"charge": "ch_..."}` or `{"payment_intent": "pi_..."}`, with `reason` and `amount` if wanted."""
    work, charge = _charge(sandbox, sent)
    if charge["status"] != "succeeded" or not charge["captured"]:
        raise ValueError(f"{charge['id']} took no money, so there is nothing to dispute.")
    bank = charge["payment_method_details"]["type"] == "us_bank_account"
    made = open_dispute(
        work, charge["id"], sent.get("reason", "fraudulent"), sent.get("amount"), "lost" if bank else "needs_response"
    )
    sandbox.finish(work)
    return made


def decide_dispute(sandbox: Sandbox, sent: Object) -> Object:
    """`{"dispute": "du_...", "outcome": "won"}` or lost."""
    account, row = _find(sandbox, "dispute", sent["dispute"])
    if sent.get("outcome") not in ("won", "lost"):
        raise ValueError("outcome must be won or lost")
    if row.object["status"] in ("won", "lost"):
        raise ValueError(f"{row.object['id']} is already {row.object['status']}.")
    work = sandbox.work_on(account)
    decided = decide(work, row.object["id"], sent["outcome"])
    sandbox.finish(work)
    return decided


def return_charge(sandbox: Sandbox, sent: Object) -> Object:
    """`{"payment_intent": "pi_...", "code": "R10"}`: the bank sends a debit back.

    Before success the payment fails. After it, Stripe makes it a dispute that is lost at once; with `"as": "failure"` the
    charge itself fails instead.
    """
    code = sent.get("code", "R01")
    if code not in RETURNS:
        raise ValueError(f"code must be one of: {', '.join(RETURNS)}")
    work, charge = _charge(sandbox, sent)
    if charge["payment_method_details"]["type"] != "us_bank_account" or charge["status"] == "failed":
        raise ValueError(f"{charge['id']} is not a bank debit that could come back.")
    if charge["status"] == "pending" or sent.get("as") == "failure":
        answer = return_debit(work, charge["id"], code)
    else:
        answer = open_dispute(work, charge["id"], DISPUTE_OF_RETURN.get(code, "debit_not_authorized"), status="lost")
    sandbox.finish(work)
    return answer


def listen(sandbox: Sandbox, sent: Object) -> Object:
    """`{"account": "demo", "url": "http://...", "secret": "whsec_..."}`: an endpoint with a secret of the caller's choice.

    The API itself makes secrets up, as Stripe does. One endpoint per address: sending it again changes it.
    """
    work = sandbox.work_on(sent["account"])
    for row in list(work.rows("webhook_endpoint")):
        if row.object["url"] == sent["url"]:
            work.remove("webhook_endpoint", row.object["id"])
    made = make_endpoint(work, {"url": sent["url"], "enabled_events": sent.get("enabled_events", ["*"])}, sent["secret"])
    sandbox.finish(work)
    return made


def _charge(sandbox: Sandbox, sent: Object) -> tuple[Work, Object]:
    if "payment_intent" in sent:
        account, row = _find(sandbox, "payment_intent", sent["payment_intent"])
        charge_id = row.object["latest_charge"]
        if charge_id is None:
            raise ValueError(f"{row.object['id']} has no charge.")
    else:
        charge_id = sent["charge"]
    account, row = _find(sandbox, "charge", charge_id)
    return sandbox.work_on(account), row.object


def _find(sandbox: Sandbox, kind: str, object_id: str) -> tuple[str, Row]:
    for name, account in sandbox.state.accounts.items():
        row = account.table(kind).rows.get(object_id)
        if row is not None:
            return name, row
    raise ValueError(f"No {kind} {object_id}.")
