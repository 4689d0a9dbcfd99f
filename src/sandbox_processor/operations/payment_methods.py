"""Payment methods, cards and US bank accounts: create, retrieve, update, attach, detach, list."""

from __future__ import annotations

from sandbox_processor.errors import invalid, not_found
from sandbox_processor.lists import page
from sandbox_processor.operations.instruments import ACCOUNT_TYPE, HOLDER, REDISPLAY, billing, create_from, find, obtain
from sandbox_processor.operations.saving import attach_to
from sandbox_processor.parameters import (
    BILLING_DETAILS,
    EXPAND,
    PAGE,
    Spec,
    choice,
    group,
    integer,
    merge_metadata,
    metadata,
    text,
)
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work

UPDATE: Spec = {
    **EXPAND,
    "allow_redisplay": REDISPLAY,
    "billing_details": group(BILLING_DETAILS),
    "card": group({"exp_month": integer(), "exp_year": integer(), "networks": group({"preferred": text()})}),
    "metadata": metadata,
    "us_bank_account": group({"account_holder_type": HOLDER, "account_type": ACCOUNT_TYPE}),
}
ATTACH: Spec = {**EXPAND, "customer": text()}
LIST: Spec = {**PAGE, "allow_redisplay": REDISPLAY, "customer": text(), "type": choice("card", "us_bank_account")}


def create(work: Work, params: Params) -> Object:
    return create_from(work, params).object


def retrieve(work: Work, params: Params, method_id: str) -> Object:
    """A test name such as `pm_card_visa` is answered with a new method, as Stripe does."""
    return obtain(work, method_id, 404).object


def update(work: Work, params: Params, method_id: str) -> Object:
    before = find(work, method_id, 404).object
    if before["customer"] is None:
        raise invalid("You must save this PaymentMethod to a customer before you can update it.")
    after = dict(before)
    if "metadata" in params:
        after["metadata"] = merge_metadata(before["metadata"], params["metadata"])
    if "billing_details" in params:
        after["billing_details"] = billing(params["billing_details"], before["billing_details"])
    after["allow_redisplay"] = params.get("allow_redisplay", before["allow_redisplay"])
    for kind in ("card", "us_bank_account"):
        if kind in params:
            if kind != before["type"]:
                raise invalid(f"You cannot update `{kind}` on a PaymentMethod of type `{before['type']}`.", kind)
            after[kind] = {**before[kind], **{k: v for k, v in params[kind].items() if k != "networks"}}
    work.put("payment_method", after)
    changed = {name: before[name] for name in after if after[name] != before[name]}
    if changed:
        work.emit("payment_method.updated", after, changed)
    return after


def attach(work: Work, params: Params, method_id: str) -> Object:
    if "customer" not in params:
        raise invalid("Must provide customer or customer_account.", "customer", "parameter_missing")
    work.customer(params["customer"])
    return attach_to(work, obtain(work, method_id, 404), params["customer"])


def detach(work: Work, params: Params, method_id: str) -> Object:
    row = find(work, method_id, 404)
    if row.object["customer"] is None:
        raise invalid("The payment method you provided is not attached to a customer so detachment is impossible.")
    customer = row.object["customer"]
    detached = work.put("payment_method", {**row.object, "customer": None}, {**row.private, "detached": True})
    holder = work.known("customer", customer).object
    settings = holder.get("invoice_settings", {})
    if settings.get("default_payment_method") == method_id:
        work.put("customer", {**holder, "invoice_settings": {**settings, "default_payment_method": None}})
    work.emit("payment_method.detached", detached, {"customer": customer})
    return detached


def listing(work: Work, params: Params) -> Object:
    """Only what is attached to the customer asked for; without a customer the list is empty, as Stripe's is."""
    if "customer" not in params:
        return page(work, "payment_method", "/v1/payment_methods", params, ())
    work.customer(params["customer"])
    return _of_customer(work, "/v1/payment_methods", params, params["customer"])


def listing_of_customer(work: Work, params: Params, customer_id: str) -> Object:
    work.customer(customer_id, status=404)
    return _of_customer(work, f"/v1/customers/{customer_id}/payment_methods", params, customer_id)


def retrieve_of_customer(work: Work, params: Params, customer_id: str, method_id: str) -> Object:
    work.customer(customer_id, status=404)
    row = find(work, method_id, 404)
    if row.object["customer"] != customer_id:
        raise not_found("PaymentMethod", method_id, "payment_method")
    return row.object


def _of_customer(work: Work, url: str, params: Params, customer_id: str) -> Object:
    rows = (
        row
        for row in work.rows("payment_method", "customer", customer_id)
        if params.get("type", row.object["type"]) == row.object["type"]
        and params.get("allow_redisplay", row.object["allow_redisplay"]) == row.object["allow_redisplay"]
    )
    return page(work, "payment_method", url, params, rows)
