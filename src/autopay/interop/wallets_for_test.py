"""Sandbox cards and consents for imported patients, in the mix one asks for. Only beside test keys: nobody agreed to anything here.

The mix is written like `good=90, declines=4, none=3, off=3` (or `90% good, 4 declines, …`). The numbers are shares of the patients;
every kind that is named gets at least one as long as there are patients enough. Who gets what is decided by a patient's identifier and
the mix alone, so that a second run changes nothing.

good: a card that pays; declines: a card that is saved, and declines every charge; none: auto-pay on, no card; off: auto-pay off, a good
card. Cards go through the same saga as a payer's own, agreements through the same verb.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import aiohttp

from autopay.agreements.change import Change, change_agreement
from autopay.agreements.consent import Signature, record_consent
from autopay.agreements.models import Switch
from autopay.database import Tx
from autopay.interop.apply.patients import find_patients
from autopay.interop.records import Identity
from autopay.interop.take_in import Progress
from autopay.journal.write import By
from autopay.processors.accounts import Keys
from autopay.processors.protocol import Kind
from autopay.processors.stripe.client import LIVE_API
from autopay.refusal import Refusal
from autopay.wallet.default import make_default
from autopay.wallet.offer import offer
from autopay.wallet.save import Wallets, save

AT_ONCE = 16
EVIDENCE = "autopay import --wallet-for-test"


class Fate(StrEnum):
    GOOD = "good"
    DECLINES = "declines"
    NONE = "none"
    OFF = "off"


WORDS = {"declining": Fate.DECLINES, "decline": Fate.DECLINES, "declined": Fate.DECLINES} | {fate.value: fate for fate in Fate}
TOKENS = {Fate.GOOD: "tok_visa", Fate.DECLINES: "tok_chargeCustomerFail", Fate.OFF: "tok_visa"}
"""Stripe's published test tokens; each use makes a card of its own."""
_item = re.compile(r"^(?:(?P<word>[a-z]+)\s*[=:]\s*(?P<number>\d+)%?|(?P<number2>\d+)%?\s+(?P<word2>[a-z]+))$")


def read_mix(text: str) -> dict[Fate, int]:
    """Raises Refusal on what is no mix."""
    mix: dict[Fate, int] = {}
    for part in text.lower().split(","):
        found = _item.match(part.strip())
        fate = WORDS.get(found["word"] or found["word2"]) if found else None
        if not found or not fate or fate in mix:
            raise Refusal("mix", f"{part.strip()!r} is no part of a mix. Write it like good=90,declines=4,none=3,off=3.")
        mix[fate] = int(found["number"] or found["number2"])
    if not sum(mix.values()):
        raise Refusal("mix", "A mix needs a number above zero.")
    return mix


def share_out(mix: Mapping[Fate, int], count: int) -> dict[Fate, int]:
    """How many patients of `count` meet which fate: by largest remainder, at least one of each kind that is asked for."""
    asked = {fate: number for fate, number in mix.items() if number}
    total = sum(asked.values())
    shares = {fate: count * number // total for fate, number in asked.items()}
    by_remainder = sorted(asked, key=lambda fate: -(count * asked[fate] % total))
    for fate in by_remainder[: count - sum(shares.values())]:
        shares[fate] += 1
    for fate in [fate for fate, number in shares.items() if not number]:
        richest = max(shares, key=lambda each: shares[each])
        if shares[richest] > 1:
            shares[fate], shares[richest] = 1, shares[richest] - 1
    return shares


def fates(mix: Mapping[Fate, int], patients: Sequence[Identity]) -> dict[Identity, Fate]:
    """Who meets which: in an order that looks like chance and is always the same."""
    shuffled = sorted(set(patients), key=lambda each: hashlib.sha256(f"{each.source}\x1f{each.external_id}".encode()).digest())
    drawn = (fate for fate, count in share_out(mix, len(shuffled)).items() for _ in range(count))
    return dict(zip(shuffled, drawn, strict=True))


@dataclass(frozen=True, slots=True)
class Giving:
    """Where cards are saved: whose, with which keys, by whom, through which saga."""

    biller: int
    keys: Keys
    source: str
    wallets: Wallets

    @property
    def by(self) -> By:
        return By("import", self.wallets.clock.now())


def check_test_keys(keys: Keys | None) -> Keys:
    """Raises Refusal unless both keys are a processor's test keys."""
    if keys is None:
        raise Refusal("no_processor", "No processor is connected: autopay biller connect")
    if not (keys.secret.startswith(("sk_test_", "rk_test_")) and keys.publishable.startswith("pk_test_")):
        raise Refusal("live_keys", "--wallet-for-test works with a processor's test keys only. This biller's keys are not.")
    return keys


async def give_wallets(giving: Giving, drawn: Mapping[Identity, Fate], progress: Progress) -> Counter[str]:
    """Every patient what was drawn, several at once. Safe to run again after any crash. Counts by fate, or by what went wrong."""
    given: Counter[str] = Counter()
    todo = _payers(giving, drawn)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:

        async def lane() -> None:
            for payer, fate in todo:
                given[await _give(giving, session, payer, fate)] += 1
                progress("test cards", given.total(), len(drawn))

        try:
            async with asyncio.TaskGroup() as lanes:
                for _ in range(AT_ONCE):
                    lanes.create_task(lane())
        except ExceptionGroup as group:
            raise group.exceptions[0] from None
    return given


def _payers(giving: Giving, drawn: Mapping[Identity, Fate]) -> Iterator[tuple[int, Fate]]:
    identities = list(drawn)
    with giving.wallets.db.transaction(giving.biller) as tx:
        found = find_patients(tx, giving.biller, giving.source, [(identity, "") for identity in identities])
    return ((payer, drawn[identity]) for identity, payer in zip(identities, found, strict=True) if payer)


async def _give(giving: Giving, session: aiohttp.ClientSession, payer: int, fate: Fate) -> str:
    _switch(giving, payer, Switch.OFF if fate is Fate.OFF else Switch.ON)
    if fate is Fate.NONE:
        return fate.value
    method = _begun(giving, payer)
    if method is None:
        token = await _token(giving.keys, session, TOKENS[fate])
        method = offer(giving.wallets.db, giving.biller, payer, Kind.CARD, token, giving.by)
    state = await save(giving.wallets, method, giving.biller)
    if state != "usable":
        return f"card {state}"
    _agree(giving, payer, method)
    return fate.value


def _switch(giving: Giving, payer: int, switch: Switch) -> None:
    """Only of a patient whom nobody has set yet."""
    with giving.wallets.db.transaction(giving.biller) as tx:
        if tx.value("select switch from agreement where payer_id = %(payer)s", payer=payer) == Switch.FOLLOW:
            change_agreement(tx, giving.biller, payer, Change(switch), giving.by)


def _begun(giving: Giving, payer: int) -> int | None:
    """A card the patient has, or that an earlier run did not finish."""
    with giving.wallets.db.transaction(giving.biller) as tx:
        method: int | None = tx.value(
            """select id from method where payer_id = %(payer)s and state in ('offered', 'attached', 'holding', 'usable')
               order by is_default desc, id limit 1""",
            payer=payer,
        )
    return method


def _agree(giving: Giving, payer: int, method: int) -> None:
    with giving.wallets.db.transaction(giving.biller) as tx:
        if not _has_default(tx, payer):
            make_default(tx, giving.biller, method, giving.by)
        if not tx.value("select id from consent where method_id = %(method)s", method=method):
            record_consent(tx, giving.biller, method, Signature("nobody: a test", "paper", EVIDENCE), giving.by)


def _has_default(tx: Tx, payer: int) -> bool:
    return bool(tx.value("select id from method where payer_id = %(payer)s and is_default", payer=payer))


async def _token(keys: Keys, session: aiohttp.ClientSession, card: str) -> str:
    """What the processor's fields would give a browser."""
    where, headers = f"{keys.api_base or LIVE_API}/v1/payment_methods", {"Authorization": f"Bearer {keys.publishable}"}
    try:
        async with session.post(where, data={"type": "card", "card[token]": card}, headers=headers) as answer:
            made = await answer.json()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Refusal(
            "no_answer", f"The processor at {keys.api_base or LIVE_API} does not answer ({type(error).__name__})."
        ) from None
    if answer.status != 200:
        raise Refusal("no_token", f"The processor makes no test card: {made.get('error', {}).get('message', answer.status)}")
    return str(made["id"])
