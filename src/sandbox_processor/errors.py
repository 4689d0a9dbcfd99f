"""The errors the API answers with, worded and numbered as Stripe's (docs.stripe.com/api/errors, /error-codes)."""

from __future__ import annotations

from typing import Any

from sandbox_processor.wire import Object


class ApiError(Exception):
    """An answer that is an error. `extra` joins the error object (decline_code, charge, payment_intent...), `headers` the answer's."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers: dict[str, str] = {}
        self.body = _body(message, code, param, extra)


def _body(message: str, code: str | None, param: str | None, extra: Object) -> Object:
    error: Object = {"message": message, "type": extra.pop("type", "invalid_request_error")}
    if code is not None:
        error["code"] = code
        error["doc_url"] = doc_url(code)
    if param is not None:
        error["param"] = param
    error.update({name: value for name, value in extra.items() if value is not None})
    return {"error": dict(sorted(error.items()))}


def doc_url(code: str) -> str:
    return "https://stripe.com/docs/error-codes/" + code.replace("_", "-")


def invalid(message: str, param: str | None = None, code: str | None = None, **extra: Any) -> ApiError:
    return ApiError(400, message, code=code, param=param, **extra)


def missing(param: str) -> ApiError:
    return invalid(f"Missing required param: {param}.", param, "parameter_missing")


def not_found(name: str, object_id: str, param: str, status: int = 404) -> ApiError:
    return ApiError(status, f"No such {name}: '{object_id}'", code="resource_missing", param=param)


def card_error(message: str, code: str, **extra: Any) -> ApiError:
    return ApiError(402, message, code=code, type="card_error", **extra)


def key_reused(key: str) -> ApiError:
    return ApiError(
        400,
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request.",
        type="idempotency_error",
    )


def key_used_elsewhere(key: str, first: str, now: str) -> ApiError:
    return ApiError(
        400,
        f"Keys for idempotent requests can only be used for the same endpoint they were first used for ('{now}' vs '{first}'). "
        f"Try using a key other than '{key}' if you meant to execute a different request.",
        type="idempotency_error",
    )


def key_in_use(key: str) -> ApiError:
    return ApiError(
        409,
        "There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
        f"twice, and the other request is still going through): {key}. Please try again later.",
        code="idempotency_key_in_use",
        type="idempotency_error",
    )


def too_many_requests(retry_after: str | None = None) -> ApiError:
    """`retry_after` is the text of that header; without it there is none."""
    error = ApiError(429, "Request rate limit exceeded. Learn more about rate limits in our docs.", code="rate_limit")
    if retry_after is not None:
        error.headers["Retry-After"] = retry_after
    return error


def internal_error() -> ApiError:
    return ApiError(500, "An unknown error occurred.", type="api_error")
