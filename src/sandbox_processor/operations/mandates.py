"""Mandates: what a payer agreed to for a bank account. Retrieve only; set-up and payment make them."""

from __future__ import annotations

from sandbox_processor.state import Row
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work


def retrieve(work: Work, params: Params, mandate_id: str) -> Object:
    return work.find("mandate", mandate_id, "mandate").object


def new_mandate(work: Work, method: Row, data: Params, status: str, once: int | None = None) -> str:
    """A mandate as accepted, for one debit of `once` cents or for all from now on; answers its id."""
    acceptance = data["customer_acceptance"]
    kind = "multi_use" if once is None else "single_use"
    terms: Object = {} if once is None else {"amount": once, "currency": "usd"}
    mandate = {
        "id": work.new_id("mandate_"),
        "object": "mandate",
        "customer_acceptance": {"accepted_at": acceptance.get("accepted_at", work.now), **_accepted(acceptance)},
        "livemode": False,
        kind: terms,
        "payment_method": method.object["id"],
        "payment_method_details": {"type": "us_bank_account", "us_bank_account": {}},
        "status": status,
        "type": kind,
    }
    work.put("mandate", mandate, {})
    if once is None:
        work.note("payment_method", method.object["id"], mandate=mandate["id"])
    return str(mandate["id"])


def _accepted(acceptance: Params) -> Object:
    how = acceptance["type"]
    if how == "offline":
        return {"type": how, "offline": {}}
    online = acceptance.get("online", {})
    return {"type": how, "online": {"ip_address": online.get("ip_address"), "user_agent": online.get("user_agent")}}
