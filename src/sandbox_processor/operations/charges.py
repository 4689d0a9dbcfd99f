"""Charges: retrieve, update, list. They are made by payment intents only."""

from __future__ import annotations

from sandbox_processor.lists import created_within, page
from sandbox_processor.parameters import EXPAND, PAGE, Spec, clearable, created, merge_metadata, metadata, text
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work

UPDATE: Spec = {**EXPAND, "description": clearable(text(40_000)), "metadata": metadata, "receipt_email": clearable(text())}
LIST: Spec = {**PAGE, "created": created, "customer": text(), "payment_intent": text()}


def retrieve(work: Work, params: Params, charge_id: str) -> Object:
    return work.find("charge", charge_id, "id").object


def update(work: Work, params: Params, charge_id: str) -> Object:
    before = work.find("charge", charge_id, "id").object
    after: Object = {**before, **{name: params[name] for name in ("description", "receipt_email") if name in params}}
    if "metadata" in params:
        after["metadata"] = merge_metadata(before["metadata"], params["metadata"])
    work.put("charge", after)
    work.emit("charge.updated", after, {name: before[name] for name in after if after[name] != before[name]})
    return after


def listing(work: Work, params: Params) -> Object:
    wanted = created_within(params)
    intent, customer = params.get("payment_intent"), params.get("customer")
    by, value = ("payment_intent", intent) if intent else ("customer", customer) if customer else (None, None)
    rows = (row for row in work.rows("charge", by, value) if wanted(row) and customer in (None, row.object["customer"]))
    return page(work, "charge", "/v1/charges", params, rows)
