"""Everything the sandbox can do: method and path, what it accepts, what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox_processor.errors import ApiError
from sandbox_processor.operations import (
    charges,
    customers,
    disputes,
    mandates,
    payment_methods,
    readings,
    refunds,
    search,
    setup_intents,
    tokens,
    webhook_endpoints,
)
from sandbox_processor.operations import payment_intent_endings as endings
from sandbox_processor.operations import payment_intent_parameters as intent
from sandbox_processor.operations import payment_intents as intents
from sandbox_processor.operations import setup_intent_parameters as setup
from sandbox_processor.operations.instruments import CREATE as CREATE_METHOD
from sandbox_processor.operations.verification import VERIFY
from sandbox_processor.parameters import EXPAND, Spec
from sandbox_processor.wire import Object

Run = Callable[..., Object]


@dataclass(frozen=True, slots=True)
class Operation:
    """`returns` is the kind of object answered (or listed); `publishable`: a publishable key may do it too."""

    name: str
    run: Run
    spec: Spec = field(default_factory=lambda: EXPAND)
    required: tuple[str, ...] = ()
    publishable: bool = False
    returns: str = ""
    lists: bool = False
    path_kind: str = ""


def _table() -> dict[tuple[str, ...], Operation]:
    table: dict[tuple[str, ...], Operation] = {}
    for asked, operation in _OPERATIONS.items():
        method, path = asked.split()
        parts = path.strip("/").split("/")
        kind = _singular(parts[0])
        lists = operation.run.__name__ in _LISTERS
        returns = operation.returns or (_singular(parts[2]) if len(parts) > 2 and parts[2] in _RESOURCES else kind)
        table[(method, *parts)] = Operation(
            operation.name, operation.run, operation.spec, operation.required, operation.publishable, returns, lists, kind
        )
    return table


def _singular(resource: str) -> str:
    return resource.removesuffix("s")


def find_operation(method: str, path: str) -> tuple[Operation, tuple[str, ...]]:
    """The operation and the ids in its path. Raises ApiError 404."""
    parts = path.strip("/").split("/")
    pattern = [part if place % 2 == 0 else "*" for place, part in enumerate(parts[1:])]
    if parts[0] == "v1" and (method, *parts[1:]) in TABLE:
        return TABLE[(method, *parts[1:])], ()
    if parts[0] == "v1" and (method, *pattern) in TABLE:
        return TABLE[(method, *pattern)], tuple(parts[2::2])
    raise ApiError(404, f"Unrecognized request URL ({method}: {path}). The sandbox serves a subset of Stripe's API.")


_RESOURCES = ("payment_methods",)
SEARCHED = ("customers", "payment_intents", "charges")
_LISTERS = ("listing", "listing_of_customer", "events", "balance_transactions", "payouts", "setup_attempts", *SEARCHED)
_REASON = ("amount", "currency")

_OPERATIONS: dict[str, Operation] = {
    "POST customers": Operation("customers.create", customers.create, customers.CREATE),
    "GET customers": Operation("customers.list", customers.listing, customers.LIST),
    "GET customers/search": Operation("customers.search", search.customers, search.SEARCH, required=("query",)),
    "GET customers/*": Operation("customers.retrieve", customers.retrieve),
    "POST customers/*": Operation("customers.update", customers.update, customers.UPDATE),
    "DELETE customers/*": Operation("customers.delete", customers.delete, {}),
    "GET customers/*/payment_methods": Operation(
        "customers.payment_methods.list", payment_methods.listing_of_customer, payment_methods.LIST
    ),
    "GET customers/*/payment_methods/*": Operation("customers.payment_methods.retrieve", payment_methods.retrieve_of_customer),
    "POST payment_methods": Operation("payment_methods.create", payment_methods.create, CREATE_METHOD, publishable=True),
    "GET payment_methods": Operation("payment_methods.list", payment_methods.listing, payment_methods.LIST),
    "GET payment_methods/*": Operation("payment_methods.retrieve", payment_methods.retrieve),
    "POST payment_methods/*": Operation("payment_methods.update", payment_methods.update, payment_methods.UPDATE),
    "POST payment_methods/*/attach": Operation("payment_methods.attach", payment_methods.attach, payment_methods.ATTACH),
    "POST payment_methods/*/detach": Operation("payment_methods.detach", payment_methods.detach),
    "POST tokens": Operation("tokens.create", tokens.create, tokens.CREATE, publishable=True),
    "GET tokens/*": Operation("tokens.retrieve", tokens.retrieve, publishable=True),
    "POST setup_intents": Operation("setup_intents.create", setup_intents.create, setup.CREATE),
    "GET setup_intents": Operation("setup_intents.list", setup_intents.listing, setup.LIST),
    "GET setup_intents/*": Operation("setup_intents.retrieve", setup_intents.retrieve, setup.RETRIEVE, publishable=True),
    "POST setup_intents/*": Operation("setup_intents.update", setup_intents.update, setup.UPDATE),
    "POST setup_intents/*/confirm": Operation("setup_intents.confirm", setup_intents.confirm, setup.CONFIRM, publishable=True),
    "POST setup_intents/*/cancel": Operation("setup_intents.cancel", setup_intents.cancel, setup.CANCEL),
    "POST setup_intents/*/verify_microdeposits": Operation(
        "setup_intents.verify_microdeposits", setup_intents.verify_microdeposits, VERIFY, publishable=True
    ),
    "GET setup_attempts": Operation(
        "setup_attempts.list", readings.setup_attempts, readings.ATTEMPTS, required=("setup_intent",)
    ),
    "POST payment_intents": Operation("payment_intents.create", intents.create, intent.CREATE, required=_REASON),
    "GET payment_intents": Operation("payment_intents.list", intents.listing, intent.LIST),
    "GET payment_intents/search": Operation("payment_intents.search", search.payment_intents, search.SEARCH, required=("query",)),
    "GET payment_intents/*": Operation("payment_intents.retrieve", intents.retrieve, intent.RETRIEVE, publishable=True),
    "POST payment_intents/*": Operation("payment_intents.update", intents.update, intent.UPDATE),
    "POST payment_intents/*/confirm": Operation("payment_intents.confirm", intents.confirm, intent.CONFIRM, publishable=True),
    "POST payment_intents/*/capture": Operation("payment_intents.capture", endings.capture, intent.CAPTURING),
    "POST payment_intents/*/cancel": Operation("payment_intents.cancel", endings.cancel, intent.CANCEL),
    "POST payment_intents/*/verify_microdeposits": Operation(
        "payment_intents.verify_microdeposits", intents.verify_microdeposits, VERIFY, publishable=True
    ),
    "GET charges": Operation("charges.list", charges.listing, charges.LIST),
    "GET charges/search": Operation("charges.search", search.charges, search.SEARCH, required=("query",)),
    "GET charges/*": Operation("charges.retrieve", charges.retrieve),
    "POST charges/*": Operation("charges.update", charges.update, charges.UPDATE),
    "POST refunds": Operation("refunds.create", refunds.create, refunds.CREATE),
    "GET refunds": Operation("refunds.list", refunds.listing, refunds.LIST),
    "GET refunds/*": Operation("refunds.retrieve", refunds.retrieve),
    "POST refunds/*": Operation("refunds.update", refunds.update, refunds.UPDATE),
    "GET events": Operation("events.list", readings.events, readings.EVENTS),
    "GET events/*": Operation("events.retrieve", readings.event),
    "GET balance": Operation("balance.retrieve", readings.balance),
    "GET balance_transactions": Operation("balance_transactions.list", readings.balance_transactions, readings.TRANSACTIONS),
    "GET balance_transactions/*": Operation("balance_transactions.retrieve", readings.balance_transaction),
    "GET payouts": Operation("payouts.list", readings.payouts, readings.PAYOUTS),
    "GET payouts/*": Operation("payouts.retrieve", readings.payout),
    "GET disputes": Operation("disputes.list", disputes.listing, disputes.LIST),
    "GET disputes/*": Operation("disputes.retrieve", disputes.retrieve),
    "POST disputes/*": Operation("disputes.update", disputes.update, disputes.UPDATE),
    "POST disputes/*/close": Operation("disputes.close", disputes.close),
    "POST webhook_endpoints": Operation(
        "webhook_endpoints.create",
        webhook_endpoints.create,
        webhook_endpoints.CREATE,
        required=("enabled_events", "url"),
    ),
    "GET webhook_endpoints": Operation("webhook_endpoints.list", webhook_endpoints.listing, webhook_endpoints.LIST),
    "GET webhook_endpoints/*": Operation("webhook_endpoints.retrieve", webhook_endpoints.retrieve),
    "POST webhook_endpoints/*": Operation("webhook_endpoints.update", webhook_endpoints.update, webhook_endpoints.UPDATE),
    "DELETE webhook_endpoints/*": Operation("webhook_endpoints.delete", webhook_endpoints.delete, {}),
    "GET mandates/*": Operation("mandates.retrieve", mandates.retrieve),
}
TABLE = _table()
