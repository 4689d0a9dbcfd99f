"""A page of the catalogue, and one page in one state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autopay.demo_states.accounts import ACCOUNTS
from autopay.demo_states.patients import PATIENTS

SAYS = {each.slug: each.says for each in ACCOUNTS} | {each.slug: each.says for each in PATIENTS}
HOUSES = {each.slug: each.house for each in ACCOUNTS} | {each.slug: each.house for each in PATIENTS}
"""Whose payer each is: a vendor or an agency of the catalogue."""


@dataclass(frozen=True, slots=True)
class Page:
    """`address` may name the account's newest `{bill}`, its newest `{receipt}`, its `{payer}`, a `{method}`, its newest
    `{charge}`, its `{cancellation}`, a `{product}` it uses and an `{unused}` one, the `{ticket}` of a mail,
    the `{pay_ticket}` of a patient's, and the `{basket}` of all that can be paid at once."""

    slug: str
    title: str
    address: str
    staff: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One page in one state. `words` stand on it and tell the state from every other. `account` where it is not named like the state,
    `@` and a vendor for what has no account;
    `posted` is what was sent to the page, for what only a Submit shows."""

    page: str
    state: str
    words: str
    account: str = ""
    posted: Mapping[str, str] = field(default_factory=dict)
    says: str = ""

    @property
    def of(self) -> str:
        return self.account or self.state

    @property
    def title(self) -> str:
        return self.says or SAYS[self.of]
