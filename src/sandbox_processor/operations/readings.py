"""What is only read: events, balance transactions, payouts, the balance, set-up attempts."""

from __future__ import annotations

from sandbox_processor.errors import invalid
from sandbox_processor.lists import created_within, page
from sandbox_processor.parameters import PAGE, Spec, boolean, created, list_of, text
from sandbox_processor.present import present
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work

EVENTS: Spec = {**PAGE, "created": created, "delivery_success": boolean, "type": text(), "types": list_of(text())}
TRANSACTIONS: Spec = {
    **PAGE,
    "created": created,
    "currency": text(),
    "payout": text(),
    "source": text(),
    "type": text(),
}
PAYOUTS: Spec = {**PAGE, "arrival_date": created, "created": created, "destination": text(), "status": text()}
ATTEMPTS: Spec = {**PAGE, "created": created, "setup_intent": text()}


def event(work: Work, params: Params, event_id: str) -> Object:
    return work.find("event", event_id, "id").object


def events(work: Work, params: Params) -> Object:
    if "type" in params and "types" in params:
        raise invalid("You may only specify one of these parameters: type, types.", "types")
    wanted = created_within(params)
    names = [params["type"]] if "type" in params else params.get("types")
    rows = (row for row in work.rows("event") if wanted(row) and (names is None or _named(row.object["type"], names)))
    return page(work, "event", "/v1/events", params, rows)


def _named(kind: str, names: list[str]) -> bool:
    return any(kind == name or (name.endswith("*") and kind.startswith(name[:-1])) for name in names)


def balance_transaction(work: Work, params: Params, transaction_id: str) -> Object:
    return present(work.find("balance_transaction", transaction_id, "id"), work.now)


def balance_transactions(work: Work, params: Params) -> Object:
    wanted, payout, source = created_within(params), params.get("payout"), params.get("source")
    by, value = ("payout", payout) if payout else ("source", source) if source else (None, None)
    rows = (
        row
        for row in work.rows("balance_transaction", by, value)
        if wanted(row) and all(params.get(name, row.object[name]) == row.object[name] for name in ("currency", "type", "source"))
    )
    return page(work, "balance_transaction", "/v1/balance_transactions", params, rows)


def payout(work: Work, params: Params, payout_id: str) -> Object:
    return work.find("payout", payout_id, "payout").object


def payouts(work: Work, params: Params) -> Object:
    made, arriving, status = created_within(params), created_within(params, "arrival_date"), params.get("status")
    rows = (row for row in work.rows("payout") if made(row) and arriving(row) and status in (None, row.object["status"]))
    return page(work, "payout", "/v1/payouts", params, rows)


def balance(work: Work, params: Params) -> Object:
    """What is available and what is pending, per currency."""
    sums: dict[str, dict[str, int]] = {"available": {}, "pending": {}}
    for row in work.rows("balance_transaction"):
        shown = present(row, work.now)
        money = sums[shown["status"]]
        money[shown["currency"]] = money.get(shown["currency"], 0) + shown["net"]
    lists = {name: [_amount(cents, money) for money, cents in sorted(of.items())] for name, of in sums.items()}
    return {"object": "balance", "livemode": False, **{name: of or [_amount(0, "usd")] for name, of in lists.items()}}


def _amount(cents: int, money: str) -> Object:
    return {"amount": cents, "currency": money, "source_types": {"card": cents}}


def setup_attempts(work: Work, params: Params) -> Object:
    wanted, intent = created_within(params), params["setup_intent"]
    rows = (row for row in work.rows("setup_attempt") if wanted(row) and row.object["setup_intent"] == intent)
    return page(work, "setup_attempt", "/v1/setup_attempts", params, rows)
