"""Webhook endpoints: create (the only answer with the secret), retrieve, update, list, delete."""

from __future__ import annotations

from urllib.parse import urlsplit

from sandbox_processor.errors import invalid
from sandbox_processor.lists import page
from sandbox_processor.parameters import EXPAND, PAGE, Spec, boolean, clearable, list_of, merge_metadata, metadata, text
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work

CREATE: Spec = {
    **EXPAND,
    "api_version": text(),
    "connect": boolean,
    "description": clearable(text()),
    "enabled_events": list_of(text()),
    "metadata": metadata,
    "url": text(),
}
UPDATE: Spec = {name: check for name, check in CREATE.items() if name not in ("api_version", "connect")} | {"disabled": boolean}
LIST = PAGE


def create(work: Work, params: Params) -> Object:
    return make_endpoint(work, params, work.new_id("whsec_", 32))


def make_endpoint(work: Work, params: Params, secret: str) -> Object:
    """The endpoint with its secret, which no later answer shows."""
    _check_url(params["url"])
    if not params["enabled_events"]:
        raise invalid("You must enable at least one event.", "enabled_events")
    endpoint = {
        "id": work.new_id("we_"),
        "object": "webhook_endpoint",
        "api_version": params.get("api_version"),
        "application": None,
        "created": work.now,
        "description": params.get("description"),
        "enabled_events": params["enabled_events"],
        "livemode": False,
        "metadata": merge_metadata({}, params.get("metadata", {})),
        "status": "enabled",
        "url": params["url"],
    }
    work.put("webhook_endpoint", endpoint, {"secret": secret})
    return {**endpoint, "secret": secret}


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise invalid("Invalid URL: An explicit scheme (such as https) must be provided.", "url", "url_invalid")


def retrieve(work: Work, params: Params, endpoint_id: str) -> Object:
    return work.find("webhook_endpoint", endpoint_id, "webhook_endpoint").object


def update(work: Work, params: Params, endpoint_id: str) -> Object:
    after = dict(work.find("webhook_endpoint", endpoint_id, "webhook_endpoint").object)
    if "url" in params:
        _check_url(params["url"])
    after |= {name: params[name] for name in ("url", "enabled_events", "description") if name in params}
    if "disabled" in params:
        after["status"] = "disabled" if params["disabled"] else "enabled"
    if "metadata" in params:
        after["metadata"] = merge_metadata(after["metadata"], params["metadata"])
    return work.put("webhook_endpoint", after)


def delete(work: Work, params: Params, endpoint_id: str) -> Object:
    work.find("webhook_endpoint", endpoint_id, "webhook_endpoint")
    work.remove("webhook_endpoint", endpoint_id)
    return {"id": endpoint_id, "object": "webhook_endpoint", "deleted": True}


def listing(work: Work, params: Params) -> Object:
    return page(work, "webhook_endpoint", "/v1/webhook_endpoints", params, work.rows("webhook_endpoint"))
