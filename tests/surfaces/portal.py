"""What the tests of the Patient Portal share: who looks, what they read, and a worker's rounds in between."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from django.test import Client

from autopay.agreements.consent import Signature, record_consent
from autopay.charging.let_go import let_go
from autopay.charging.look_up import look_up_open_charges
from autopay.charging.send import Engine, send_due_charges
from autopay.clock import Clock
from autopay.conf import conf
from autopay.database import PooledDatabase
from autopay.parties.models import Role
from autopay.processors.accounts import Processors
from autopay.processors.protocol import Kind
from autopay.tenancy import WebDatabase
from autopay.wallet.default import set_default
from autopay.wallet.offer import offer
from autopay.wallet.save import Wallets, sweep
from tests.surfaces.house import House, text

BILLING = "/portal/billing/"


def portal(agency: House, payer: int) -> Client:
    """The patient, logged in."""
    return agency.login(f"payer{payer}@patients.test", Role.PATIENT, payer_id=payer)


def family(agency: House, *patients: tuple[int, bool], email: str = "dana@family.test") -> Client:
    """A billing contact of these patients; each says whether lines may be seen."""
    contact = agency.value(
        """insert into billing_contact (biller_id, name, email, external_id) values (%(b)s, 'Dana', %(email)s, %(email)s)
           returning id""",
        b=agency.id,
        email=email,
    )
    for payer, lines in patients:
        agency.run(
            "insert into contact_patient (biller_id, contact_id, payer_id, sees_lines) values (%(b)s, %(c)s, %(p)s, %(l)s)",
            b=agency.id,
            c=contact,
            p=payer,
            l=lines,
        )
    return agency.login(email, Role.BILLING_CONTACT, contact_id=contact)


def read(client: Client, address: str = BILLING) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return text(answer.content)


def hidden(page: str) -> dict[str, str]:
    """What the page's form carries along."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: value for name, value in found if name not in ("csrfmiddlewaretoken", "next", "theme")}


def pay_with(client: Client, address: str, method: str, **other: str) -> object:
    """Open the page, pick a saved method, press its button."""
    page = client.get(address).content.decode()
    return client.post(address, hidden(page) | {"kind": "saved", "saved": method} | other)


def real_card(agency: House, payer: int, number: str = "4242424242424242") -> int:
    """The default, saved by the saga at the sandbox of `paying`, with the payer's consent."""
    base, key = agency.rows("select api_base, publishable_key from processor_account")[0].values()
    fields = {"type": "card", "card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2040", "card[cvc]": "123"}
    asked = urllib.request.Request(
        f"{base}/v1/payment_methods", urllib.parse.urlencode(fields).encode(), {"Authorization": f"Bearer {key}"}
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        token = str(json.load(answer)["id"])
    method = offer(WebDatabase(), agency.id, payer, Kind.CARD, token, agency.by())
    agency.run("update method set retry_at = now() where id = %(m)s", m=method)
    work(1)
    with WebDatabase().transaction(agency.id) as tx:
        record_consent(tx, agency.id, method, Signature("the payer"), agency.by())
    set_default(WebDatabase(), agency.id, method, agency.by())
    return method


def work(rounds: int = 2) -> None:
    """A worker's rounds, in a thread of its own: Playwright's loop may run in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _work(rounds)).result()


async def _work(rounds: int) -> None:
    db = PooledDatabase(conf().dsn("engine"), size=2)
    processors = Processors(db, conf().secret)
    engine = Engine(db, processors, Clock(), conf().secret)
    wallets = Wallets(db, processors, engine.clock, conf().secret)
    for _ in range(rounds):
        await send_due_charges(engine)
        await look_up_open_charges(engine)
        await asyncio.to_thread(let_go, engine)
        await sweep(wallets)
    await processors.close()
    await asyncio.sleep(0.05)
    db.close()
