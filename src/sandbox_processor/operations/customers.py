"""Customers: create, retrieve, update, list, delete."""

from __future__ import annotations

from sandbox_processor.errors import invalid
from sandbox_processor.lists import created_within, page
from sandbox_processor.operations.instruments import obtain
from sandbox_processor.operations.saving import attach_to
from sandbox_processor.parameters import (
    ADDRESS,
    EXPAND,
    PAGE,
    SHIPPING,
    Spec,
    choice,
    clearable,
    created,
    email,
    group,
    integer,
    list_of,
    merge_metadata,
    metadata,
    text,
)
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work

PLAIN = ("description", "email", "name", "phone", "preferred_locales", "tax_exempt", "business_name", "individual_name")

UPDATE: Spec = {
    **EXPAND,
    "address": clearable(group(ADDRESS)),
    "balance": integer(),
    "business_name": clearable(text(150)),
    "description": clearable(text()),
    "email": clearable(email),
    "individual_name": clearable(text(150)),
    "invoice_prefix": text(),
    "invoice_settings": group({"default_payment_method": clearable(text()), "footer": clearable(text())}),
    "metadata": metadata,
    "name": clearable(text(256)),
    "next_invoice_sequence": integer(1),
    "phone": clearable(text(20)),
    "preferred_locales": list_of(text()),
    "shipping": clearable(group(SHIPPING, "address", "name")),
    "tax_exempt": clearable(choice("exempt", "none", "reverse")),
}
CREATE: Spec = {**UPDATE, "payment_method": text()}
LIST: Spec = {**PAGE, "created": created, "email": text(512)}


def create(work: Work, params: Params) -> Object:
    customer: Object = {
        "id": work.new_id("cus_", 14),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": work.now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": work.new_id("", 8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    method = obtain(work, params["payment_method"]) if "payment_method" in params else None
    work.put("customer", customer)
    if method is not None:
        attach_to(work, method, customer["id"])
    customer = work.put("customer", _changed(work, customer, params))
    work.emit("customer.created", customer)
    return customer


def update(work: Work, params: Params, customer_id: str) -> Object:
    before = work.customer(customer_id, "id", 404)
    after = work.put("customer", _changed(work, before, params))
    changed = {name: before.get(name) for name in after if after[name] != before.get(name)}
    if changed:
        work.emit("customer.updated", after, changed)
    return after


def _changed(work: Work, customer: Object, params: Params) -> Object:
    after = {**customer, **{name: params[name] for name in PLAIN if name in params}}
    for name in ("balance", "invoice_prefix", "next_invoice_sequence"):
        after[name] = params.get(name, after[name])
    if after["balance"]:
        after["currency"] = after["currency"] or "usd"
    if "metadata" in params:
        after["metadata"] = merge_metadata(after["metadata"], params["metadata"])
    for name, whole in (("address", ADDRESS), ("shipping", SHIPPING)):
        if name in params:
            after[name] = _filled(params[name], customer[name], whole)
    if "invoice_settings" in params:
        after["invoice_settings"] = {**after["invoice_settings"], **_default_method(work, customer, params)}
    return after


def _filled(sent: Params | None, before: Object | None, spec: Spec) -> Object | None:
    """Parts merge leaf by leaf, and every leaf is there."""
    if sent is None:
        return None
    merged = dict.fromkeys(spec) | (before or {}) | sent
    if "address" in spec:
        merged["address"] = dict.fromkeys(ADDRESS) | ((before or {}).get("address") or {}) | (sent.get("address") or {})
        merged = {name: value for name, value in merged.items() if name in ("address", "name", "phone") or value is not None}
    return merged


def _default_method(work: Work, customer: Object, params: Params) -> Object:
    settings: Object = params["invoice_settings"]
    method = settings.get("default_payment_method")
    if method is not None:
        row = work.find("payment_method", method, "invoice_settings[default_payment_method]", 400)
        if row.object["customer"] != customer["id"]:
            raise invalid(
                f"The customer does not have a payment method with the ID {method}. The payment method must be attached "
                "to the customer.",
                "invoice_settings[default_payment_method]",
                "resource_missing",
            )
    return settings


def retrieve(work: Work, params: Params, customer_id: str) -> Object:
    return work.find("customer", customer_id, "id").object


def delete(work: Work, params: Params, customer_id: str) -> Object:
    customer = work.customer(customer_id, "id", 404)
    stub = {"id": customer_id, "object": "customer", "deleted": True}
    work.put("customer", stub, {})
    for row in list(work.rows("payment_method", "customer", customer_id)):
        work.put("payment_method", {**row.object, "customer": None}, {**row.private, "detached": True})
    work.emit("customer.deleted", customer)
    return stub


def listing(work: Work, params: Params) -> Object:
    wanted, address = created_within(params), params.get("email")
    rows = (
        row
        for row in work.rows("customer")
        if "deleted" not in row.object and wanted(row) and address in (None, row.object["email"])
    )
    return page(work, "customer", "/v1/customers", params, rows)
