"""Rules payment intents and set-up intents share: whose method, whose secret, which parameters need a confirmation."""

from __future__ import annotations

from sandbox_processor.errors import ApiError, invalid
from sandbox_processor.operations.saving import USED_UP
from sandbox_processor.state import Row
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work


def check_method(name: str, intent: Object, method: Row) -> None:
    """Raises ApiError 400 unless the method is one this intent may use. `name` is PaymentIntent or SetupIntent."""
    value, customer = method.object, intent["customer"]
    if method.private.get("used") or method.private.get("detached"):
        raise invalid(USED_UP, "payment_method")
    if value["customer"] is not None and customer is None:
        raise invalid(
            f"The payment method supplied ({value['id']}) belongs to the Customer {value['customer']}. Please include the "
            f"Customer in the `customer` parameter on the {name}.",
            "payment_method",
        )
    if value["customer"] not in (None, customer):
        raise invalid(
            f"The PaymentMethod {value['id']} does not belong to the Customer you supplied {customer}. Please use this "
            "PaymentMethod with the Customer that it belongs to instead.",
            "payment_method",
        )
    if value["type"] not in intent["payment_method_types"]:
        raise invalid(
            f"The PaymentMethod provided ({value['type']}) is not allowed for this {name}. Please attach a PaymentMethod of one "
            f"of the following types: {', '.join(intent['payment_method_types'])}.",
            "payment_method",
            "payment_intent_incompatible_payment_method" if name == "PaymentIntent" else None,
        )


def unless_confirming(params: Params, name: str, only_then: tuple[str, ...]) -> None:
    """Refuse parameters that say how to confirm where nothing is confirmed."""
    if params.get("confirm"):
        return
    for param in only_then:
        if params.get(param):
            raise invalid(
                f"The parameter `{param}` cannot be passed when creating a {name} unless `confirm` is set to true.", param
            )


def check_client_secret(work: Work, intent: Object, params: Params, name: str) -> None:
    """A publishable key must bring the secret; whoever brings one must bring the right one."""
    given = params.get("client_secret")
    if given is None and not work.publishable:
        return
    if given is None:
        raise invalid("Missing required param: client_secret.", "client_secret", "parameter_missing")
    if given != intent["client_secret"]:
        raise invalid(
            f"The client_secret provided does not match the client_secret associated with this {name}.",
            "client_secret",
            f"{intent['object']}_invalid_parameter" if name == "PaymentIntent" else None,
        )


def unexpected_state(intent: Object, message: str, param: str | None = None) -> ApiError:
    kind: str = intent["object"]
    return invalid(message, param, f"{kind}_unexpected_state", **{kind: intent})
