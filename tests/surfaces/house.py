"""A small world for the screens: billers made by the product's own verbs, cards and outcomes written as the engine leaves them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from html import unescape
from itertools import count
from typing import Any

from django.test import Client

from autopay.agreements.consent import Signature, record_consent
from autopay.agreements.models import Switch
from autopay.agreements.terms import publish
from autopay.billing.visits import CompletedVisit, complete_visit
from autopay.charging.issue import issue_visits
from autopay.charging.switch import set_switch
from autopay.clock import local_date
from autopay.conf import Settings
from autopay.database import PooledDatabase
from autopay.journal.write import By
from autopay.parties.create import NewBiller, NewPayer, create_biller, create_payers
from autopay.parties.models import Role, User
from autopay.processors.accounts import Keys, connect
from autopay.tenancy import WebDatabase
from autopay.wallet.default import set_default

ZONE = "America/Los_Angeles"
SECRET = b"a secret of the tests"
_numbers = count(1)


@dataclass
class House:
    """One biller with its owner connection. Amounts in cents; `now` is the present."""

    owner: PooledDatabase
    kind: str
    name: str
    short_name: str
    connected: bool = True
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    id: int = 0

    def __post_init__(self) -> None:
        new = NewBiller(
            self.kind,
            self.name,
            self.short_name,
            ZONE,
            "(415) 555-0142",
            "billing@sunrise.test",
            "Monday to Friday, 8 AM to 5 PM",
        )
        with self.owner.transaction() as tx:
            self.id = create_biller(tx, new, self.by())
            publish(tx, self.id)
            if self.connected:
                key = f"b{self.id}"
                connect(tx, self.id, Keys("http://127.0.0.1:9", f"pk_test_{key}", f"sk_test_{key}", f"whsec_{key}"), SECRET)

    @property
    def today(self) -> date:
        return local_date(self.now, ZONE)

    def by(self, days_ago: int = 0) -> By:
        return By("test", self.now - timedelta(days=days_ago))

    def payer(self, name: str, switch: Switch | None = None, kind: str = "patient") -> int:
        new = NewPayer(kind, name, name, email="", bill_day=1 if kind == "account" else None)
        with WebDatabase().transaction(self.id) as tx:
            payer = create_payers(tx, self.id, [new], self.by(90))["autopay", name]
        if switch:
            set_switch(WebDatabase(), self.id, payer, switch, self.by(90))
        return payer

    def card(self, payer: int, last4: str = "4242", brand: str = "visa", default: bool = True, kind: str = "card") -> int:
        """Saved and usable, with the payer's consent, as the saga leaves it."""
        method: int = self.value(
            """insert into method (biller_id, payer_id, state, kind, token, brand, last4, exp_month, exp_year, funding, verified)
               values (%(b)s, %(p)s, 'usable', %(kind)s, %(token)s, %(brand)s, %(last4)s, 4, 2040, 'credit', true) returning id""",
            b=self.id,
            p=payer,
            kind=kind,
            token=f"pm_{next(_numbers)}",
            brand="" if kind == "bank" else brand,
            last4=last4,
        )
        with WebDatabase().transaction(self.id) as tx:
            record_consent(tx, self.id, method, Signature("the payer"), self.by())
        if default:
            set_default(WebDatabase(), self.id, method, self.by())
        return method

    def visit(self, payer: int, minor: int = 8500, days_ago: int = 0) -> int:
        """Completed and invoiced by the product's own verbs; returns the invoice."""
        visit = CompletedVisit(payer, self.today - timedelta(days=days_ago), minor, f"visit {next(_numbers)}")
        with WebDatabase().transaction(self.id) as tx:
            made = complete_visit(tx, self.id, visit, self.by(days_ago))
            return issue_visits(tx, self.id, [made], self.by(days_ago)).invoices[0]

    def came_to(self, invoice: int, state: str, reason: str = "", days_ago: int = 0) -> int:
        """Take the invoice's due charge to `state` as claim and settle would. Returns the charge."""
        charge: int = self.value(
            "select c.id from charge c join charge_part p on p.charge_id = c.id where p.invoice_id = %(i)s and c.state = 'due'",
            i=invoice,
        )
        at, n = self.now - timedelta(days=days_ago), next(_numbers)
        self.run(
            """update charge c set state = 'sending', key = %(key)s, minor = coalesce(c.asked_minor, i.total),
                   sent_at = %(at)s, lease_until = %(at)s,
                   method_id = coalesce(c.chosen_method_id, m.id), agreement_version_id = v.id
               from invoice i join agreement_version v on v.payer_id = i.payer_id left join method m on m.payer_id = i.payer_id and m.is_default
               where c.id = %(c)s and i.id = %(i)s""",
            key=f"key{n}",
            at=at,
            c=charge,
            i=invoice,
        )
        self.run("update charge_part p set minor = c.minor from charge c where c.id = p.charge_id and c.id = %(c)s", c=charge)
        if state == "sending":
            return charge
        if state == "returned":
            self.run("update charge set state = 'pending', ref = %(ref)s where id = %(c)s", c=charge, ref=f"pi_{n}")
        settled = at if state in ("paid", "failed", "returned") else None
        self.run(
            "update charge set state = %(s)s, ref = %(ref)s, reason = %(r)s, settled_at = %(at)s, lease_until = null where id = %(c)s",
            s=state,
            ref=f"pi_{n}",
            r=reason,
            at=settled,
            c=charge,
        )
        if state == "paid":
            self.run("update invoice set captured = total where id = %(i)s", i=invoice)
        return charge

    def login(self, email: str, role: Role, **what: int) -> Client:
        user = User.objects.create_user(email, "autopay-demo", first_name=email.partition("@")[0].title())
        user.memberships.create(biller_id=self.id, role=role, **what)
        client = Client()
        client.force_login(user)
        return client

    def uid(self, table: str, row: int) -> str:
        return str(self.value(f"select uid from {table} where id = %(row)s", row=row))

    def value(self, sql: str, **params: object) -> Any:
        with self.owner.transaction() as tx:
            return tx.value(sql, **params)

    def rows(self, sql: str, **params: object) -> list[dict[str, Any]]:
        with self.owner.transaction() as tx:
            return tx.all(dict[str, Any], sql, **params)

    def run(self, sql: str, **params: object) -> None:
        with self.owner.transaction() as tx:
            tx.run(sql, **params)


def owner_of(database: Settings) -> PooledDatabase:
    return PooledDatabase(database.dsn("owner"), size=2)


def text(html: bytes) -> str:
    """What a person reads: tags gone, spaces joined."""

    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", html.decode(), flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))
