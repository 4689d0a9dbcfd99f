"""The book as the oracle of money tests: what was captured, refunded, returned and disputed, per payment, with the caller's
own metadata. It is read from the movements alone, never from the objects the API shows.
"""

from __future__ import annotations

from collections.abc import Iterable

from sandbox_processor.book import Moved
from sandbox_processor.sandbox import Sandbox
from sandbox_processor.wire import Object

SIGN = {"capture": 1, "refund": -1, "refund_failed": 1, "return": -1, "dispute": -1, "dispute_won": 1}
"""What each movement does to the money kept."""

FILTERS = ("account", "customer", "payment_intent", "metadata", "requests")


def book(sandbox: Sandbox, sent: Object) -> Object:
    """Movements and payments; with `requests=1` also requests. Filters: `account`, `customer`, `payment_intent`, `metadata[name]=value`.

    Raises ValueError for a filter it does not know: an oracle that ignored one would answer another question.
    """
    unknown = [name for name in sent if name not in FILTERS and not name.startswith("metadata[")]
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}. The book is asked by {', '.join(FILTERS)} or metadata[name].")
    wanted = {name[9:-1]: value for name, value in sent.items() if name.startswith("metadata[") and name.endswith("]")}
    wanted |= sent.get("metadata", {})
    moves = [
        move
        for move in sandbox.state.moves
        if sent.get("account", move.account) == move.account
        and sent.get("customer", move.customer) == move.customer
        and sent.get("payment_intent", move.payment_intent) == move.payment_intent
        and all(move.metadata.get(name) == value for name, value in wanted.items())
    ]
    payments = _payments(moves)
    answer: Object = {"summary": _summary(moves, payments), "payments": payments, "movements": [_shown(move) for move in moves]}
    if sent.get("requests"):
        answer["requests"] = [request._asdict() for request in sandbox.state.requests]
    return answer


def _payments(moves: Iterable[Moved]) -> list[Object]:
    """One line per payment intent, its movements added up by kind; `kept` is what is left of the capture."""
    found: dict[str, Object] = {}
    for move in moves:
        key = move.payment_intent or move.charge
        line = found.setdefault(
            key,
            {
                "account": move.account,
                "payment_intent": move.payment_intent,
                "currency": move.currency,
                "metadata": move.metadata,
                "captures": 0,
                **dict.fromkeys(SIGN, 0),
                "kept": 0,
            },
        )
        line[move.kind] += move.amount
        line["captures"] += move.kind == "capture"
        line["kept"] += SIGN[move.kind] * move.amount
    return list(found.values())


def _summary(moves: list[Moved], payments: list[Object]) -> Object:
    totals = {kind: sum(move.amount for move in moves if move.kind == kind) for kind in SIGN}
    counts = {kind: sum(1 for move in moves if move.kind == kind) for kind in SIGN}
    return {
        "payments": len(payments),
        "totals": totals,
        "counts": counts,
        "kept": sum(SIGN[move.kind] * move.amount for move in moves),
    }


def _shown(move: Moved) -> Object:
    return move._asdict()
