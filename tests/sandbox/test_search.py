"""Search finds what lists find, by Stripe's query language, and may lag behind."""

from __future__ import annotations

import pytest
import stripe

from .conftest import Control, Payer


@pytest.fixture
def people(client: stripe.StripeClient) -> dict[str, str]:
    made = {
        "Ann": client.v1.customers.create({"name": "Ann Bee", "email": "ann@x.test", "metadata": {"site": "north 1"}}),
        "Bob": client.v1.customers.create({"name": "Bob Cee", "email": "bob@x.test", "metadata": {"site": "south"}}),
        "Nil": client.v1.customers.create({"name": "Nil Dee"}),
    }
    return {customer.id: name for name, customer in made.items()}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ('email:"ann@x.test"', ["Ann"]),
        ('email:"ANN@X.TEST"', ["Ann"]),
        ("metadata['site']:'north 1'", ["Ann"]),
        ('metadata["site"]:null', ["Nil"]),
        ('-metadata["site"]:null', ["Bob", "Ann"]),
        ('email~"x.test"', ["Bob", "Ann"]),
        ('email~"x.test" AND -name:"ann bee"', ["Bob"]),
        ('email~"x.test" name~"Ann"', ["Ann"]),
        ('name~"ann" OR name~"nil"', ["Nil", "Ann"]),
        ('email:"c@x.test"', []),
        ("created<5", []),
        ("created>=5", ["Nil", "Bob", "Ann"]),
    ],
)
def test_a_query_finds_whom_it_says(client: stripe.StripeClient, people: dict[str, str], query: str, names: list[str]) -> None:
    assert [people[found.id] for found in client.v1.customers.search({"query": query}).data] == names


@pytest.mark.parametrize(
    "query",
    ["bogus", 'colour:"red"', 'name:"a" AND', 'name:"a" AND name:"b" OR name:"c"', 'name:"open', "created>soon", "   "],
)
def test_a_query_that_means_nothing_is_400(client: stripe.StripeClient, people: dict[str, str], query: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.customers.search({"query": query})
    assert (refused.value.http_status, refused.value.param) == (400, "query")


def test_payments_are_searched_and_paged(payer: Payer) -> None:
    made = [payer.pay(amount, metadata={"visit": "7"}) for amount in (600, 700, 800)]
    api = payer.client.v1
    query = 'metadata["visit"]:"7" AND status:"succeeded" AND amount>=700'
    assert [found.id for found in api.payment_intents.search({"query": query}).data] == [made[2].id, made[1].id]
    every = api.payment_intents.search({"query": f'customer:"{payer.customer.id}"', "limit": 2, "expand": ["data.latest_charge"]})
    assert every.has_more
    assert every.data[0].latest_charge is not None
    assert [found.id for found in every.auto_paging_iter()] == [intent.id for intent in reversed(made)]
    last4 = api.charges.search({"query": 'payment_method_details.card.last4:"4242" AND refunded:"false"'})
    assert len(last4.data) == 3


def test_O3_search_lags_behind_as_long_as_told_while_lists_do_not(payer: Payer, control: Control) -> None:
    control.post("search", seconds=60)
    paid, api = payer.pay(), payer.client.v1
    query = f'customer:"{payer.customer.id}"'
    assert api.payment_intents.search({"query": query}).data == []
    assert [found.id for found in api.payment_intents.list({"customer": payer.customer.id}).data] == [paid.id]
    control.advance(seconds=60)
    assert [found.id for found in api.payment_intents.search({"query": query}).data] == [paid.id]
    with pytest.raises(ValueError, match="whole number"):
        control.post("search", seconds=-1)
