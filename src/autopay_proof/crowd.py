"""The people of a run with real processes: patients with a card each, their visits, and what the books say in the end."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections import Counter
from typing import Any

from autopay.agreements.consent import Signature, record_consent
from autopay.agreements.models import Switch
from autopay.agreements.terms import publish
from autopay.billing.visits import CompletedVisit, complete_visit
from autopay.charging.issue import issue_visits
from autopay.charging.switch import set_switch
from autopay.clock import Clock
from autopay.conf import conf
from autopay.database import PooledDatabase
from autopay.demo_sandbox import card_token
from autopay.journal.write import By
from autopay.parties.create import NewBiller, NewPayer, create_biller, create_payers
from autopay.processors.accounts import Keys, Processors, connect
from autopay.processors.protocol import Kind
from autopay.wallet.default import set_default
from autopay.wallet.offer import offer
from autopay.wallet.save import Wallets, save

ZONE = "America/Los_Angeles"
LEAST = 100
"""Minor units of the first invoice; each is one more than the one before."""


class Crowd:
    def __init__(self, sandbox: str) -> None:
        self._sandbox, self._clock = sandbox, Clock()
        self._app, self._owner = PooledDatabase(conf().dsn("app"), size=2), PooledDatabase(conf().dsn("owner"), size=1)
        self._biller = 0

    def furnish(self, number: int) -> list[int]:
        with self._owner.transaction() as tx:
            self._biller = create_biller(tx, NewBiller("agency", "Many", "Many", ZONE), self._by())
            publish(tx, self._biller)
            name = f"b{self._biller}"
            connect(tx, self._biller, Keys(self._sandbox, f"pk_test_{name}", f"sk_test_{name}", f"whsec_{name}"), conf().secret)
        with self._app.transaction(self._biller) as tx:
            new = [NewPayer("patient", f"P{nth}", f"P{nth}") for nth in range(number)]
            payers = list(create_payers(tx, self._biller, new, self._by()).values())
        asyncio.run(self._cards(payers))
        return payers

    async def _cards(self, payers: list[int]) -> None:
        processors = Processors(self._app, conf().secret)
        wallets = Wallets(self._app, processors, self._clock, conf().secret)
        for payer in payers:
            token = await asyncio.to_thread(card_token, self._sandbox, "4242424242424242", f"pk_test_b{self._biller}", "P")
            method = offer(self._app, self._biller, payer, Kind.CARD, token, self._by())
            if await save(wallets, method, self._biller) != "usable":
                raise RuntimeError("a test card was not saved")
            with self._app.transaction(self._biller) as tx:
                record_consent(tx, self._biller, method, Signature("the payer"), self._by())
            set_default(self._app, self._biller, method, self._by())
            set_switch(self._app, self._biller, payer, Switch.ON, self._by())
        await processors.close()

    def issue(self, payers: list[int], number: int, before: int) -> int:
        """So many visits, invoiced in one transaction; `before` were issued already. Asked again after a lost commit, it makes none twice."""
        by = self._by()
        with self._app.transaction(self._biller) as tx:
            visits = [
                complete_visit(
                    tx,
                    self._biller,
                    CompletedVisit(payers[nth % len(payers)], self._clock.today(ZONE), LEAST + nth, f"visit {nth}"),
                    by,
                )
                for nth in range(before, before + number)
            ]
            issue_visits(tx, self._biller, visits, by)
        return number

    def wrong(self, number: int) -> list[str]:
        """By the sandbox's own book, then our books beside it."""
        with urllib.request.urlopen(f"{self._sandbox}/_sandbox/book", timeout=60) as answer:
            payments = [each for each in json.load(answer)["payments"] if each["captures"]]
        expected = sum(LEAST + nth for nth in range(number))
        of = Counter(each["metadata"]["charge"] for each in payments)
        found = [f"charge {uid} was captured {times} times" for uid, times in of.items() if times > 1]
        found += [f"{each['payment_intent']} was captured twice" for each in payments if each["captures"] > 1]
        kept = sum(each["kept"] for each in payments)
        ours = self._sums()
        told = {"payments": len(payments), "kept": kept, **ours}
        wanted = {"payments": number, "kept": expected, "invoices": number, "captured": expected, "ledger": expected}
        wanted |= {"paid": number, "open": 0, "unmatched": 0}
        found += [f"{name} is {told[name]}, not {value}" for name, value in wanted.items() if told[name] != value]
        return found

    def _sums(self) -> dict[str, Any]:
        with PooledDatabase(conf().dsn("owner"), size=1).transaction() as tx:  # the connections of before were cut
            return (
                tx.record(
                    """select (select count(*) from invoice) as invoices, (select sum(captured)::bigint from invoice) as captured,
                          (select sum(minor)::bigint from ledger_transfer where kind = 'captured') as ledger,
                          (select count(*) from charge where state = 'paid') as paid,
                          (select count(*) from charge where state not in ('paid', 'withdrawn')) as open,
                          (select count(*) from unmatched_receipt) as unmatched"""
                )
                or {}
            )

    def _by(self) -> By:
        return By("office", self._clock.now())
