"""The judge itself: it passes what Stripe documents and fails what it does not."""

from __future__ import annotations

import json

import pytest

from sandbox_processor import API_VERSION
from sandbox_processor.sandbox import Sandbox
from sandbox_processor.wire import Request

from .published_document import PublishedDocument


def test_the_sandbox_speaks_the_version_of_the_document(document: PublishedDocument) -> None:
    assert document.version == API_VERSION


@pytest.mark.parametrize(
    "form",
    [
        "amount=500&currency=usd",
        "amount=500&currency=usd&confirm=true&off_session=true&metadata[a]=b&expand[]=latest_charge&payment_method_types[0]=card",
        "amount=500&currency=usd&off_session=recurring&payment_method_options[card][request_three_d_secure]=any",
    ],
)
def test_good_requests_pass(document: PublishedDocument, form: str) -> None:
    assert document.check_request("POST", "/v1/payment_intents", "", form) == []


@pytest.mark.parametrize(
    ("form", "about"),
    [
        ("amount=500", "currency"),
        ("amount=12.50&currency=usd", "amount"),
        ("amount=500&currency=usd&colour=red", "colour"),
        ("amount=500&currency=usd&capture_method=later", "capture_method"),
        ("amount=500&currency=usd&payment_method_options[card][request_three_d_secure]=perhaps", "payment_method_options"),
        ("amount=500&currency=usd&statement_descriptor_suffix=" + "x" * 40, "statement_descriptor_suffix"),
    ],
)
def test_bad_requests_fail_and_name_the_field(document: PublishedDocument, form: str, about: str) -> None:
    (problem,) = document.check_request("POST", "/v1/payment_intents", "", form)
    assert about in problem


@pytest.mark.parametrize("change", [{"amount": "500"}, {"status": "paid"}, {"colour": "red"}, {"livemode": None}, {"id": None}])
def test_a_reply_that_is_not_stripes_fails(document: PublishedDocument, change: dict[str, object]) -> None:
    headers = {"authorization": "Bearer sk_test_x"}
    good = json.loads(Sandbox().handle(Request("POST", "/v1/payment_intents", "", headers, b"amount=500&currency=usd")).body)
    assert document.check_reply("POST", "/v1/payment_intents", 200, json.dumps(good)) == []
    assert document.check_reply("POST", "/v1/payment_intents", 200, json.dumps({**good, **change})) != []
