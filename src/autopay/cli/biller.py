"""`autopay biller`: start a real installation: a biller, its processor, its first people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from autopay.cli.started import fail, one_biller, start
from autopay.conf import conf
from autopay.refusal import Refusal

app = typer.Typer(no_args_is_help=True, help="Billers: create one, connect its processor, invite its people.")


@app.command()
def create(
    name: str = typer.Option(..., prompt=True),
    short_name: str = typer.Option(..., prompt=True),
    kind: str = typer.Option("agency", help="agency (bills visits) or vendor (bills accounts monthly)"),
    zone: str = typer.Option(..., prompt="Time zone (IANA, like America/New_York)"),
    owner: str = typer.Option(..., prompt="Owner's email"),
    phone: str = "",
    email: str = "",
) -> None:
    """Create a biller and print the single-use link with which its owner logs in the first time."""
    start()
    from autopay.agreements.terms import publish
    from autopay.database import PooledDatabase
    from autopay.journal.write import By
    from autopay.parties.create import NewBiller, create_biller, invite
    from autopay.parties.models import Role
    from autopay.running import clock

    by = By("cli", clock().now())
    if kind not in ("agency", "vendor"):
        raise fail("--kind is agency or vendor.")
    try:
        with PooledDatabase(conf().dsn("owner"), size=1).transaction() as tx:
            biller = create_biller(tx, NewBiller(kind, name, short_name, zone, phone, email or owner), by)
            publish(tx, biller)
            token = invite(tx, biller, owner, Role.OWNER, by.at)
    except Refusal as refusal:
        raise fail(refusal.text) from None
    typer.echo(f"{name} is there. Its owner begins here (valid for 7 days, once):\n{link(biller, token)}")


@app.command("invite")
def invite_person(email: str, role: str = typer.Option("billing_manager"), biller: str = typer.Option(None)) -> None:
    """Print a single-use link for a member of the staff."""
    start()
    from autopay.parties.create import invite
    from autopay.parties.models import Role
    from autopay.running import clock
    from autopay.tenancy import WebDatabase

    staff = [Role.OWNER, Role.BILLING_MANAGER, Role.FRONT_DESK, Role.AUDITOR]
    if role not in staff:
        raise fail("--role is one of: " + ", ".join(staff))
    found = one_biller(biller)
    with WebDatabase().transaction(found.id) as tx:
        token = invite(tx, found.id, email, Role(role), clock().now())
    typer.echo(link(found.id, token))


@app.command("connect")
def connect_processor(
    biller: str = typer.Option(None),
    publishable_key: str = typer.Option(..., prompt=True),
    secret_key: str = typer.Option(..., prompt=True, hide_input=True),
    webhook_secret: str = typer.Option("", prompt=True, hide_input=True),
    api_base: str = typer.Option("", help="Empty: Stripe itself."),
) -> None:
    """Connect the biller's Stripe account. Keys are stored encrypted and never shown again."""
    start()
    from autopay.processors.accounts import Keys, connect
    from autopay.tenancy import WebDatabase

    found = one_biller(biller)
    with WebDatabase().transaction(found.id) as tx:
        connect(tx, found.id, Keys(api_base, publishable_key, secret_key, webhook_secret), conf().secret)
    typer.echo(f"{found.name} is connected. Let Stripe send its webhooks to {conf().site_url}/webhooks/{found.id}")


@app.command("pace")
def pace(
    a_second: float = typer.Option(None, help="Charges and refunds a second, on average, like 15 or 0.5."),
    no_limit: bool = typer.Option(False, "--no-limit", help="As many as there are."),
    biller: str = typer.Option(None),
) -> None:
    """Say how fast the biller's account may be asked. Without it, an account at Stripe itself gets 15 a second, any other no limit."""
    start()
    from autopay.processors.pace import set_rate
    from autopay.tenancy import WebDatabase

    if (a_second is None) is not no_limit:
        raise fail("Say either --a-second N or --no-limit.")
    if a_second is not None and not 0.01 <= a_second <= 10_000:
        raise fail("--a-second is from 0.01 to 10000.")
    found = one_biller(biller)
    with WebDatabase().transaction(found.id) as tx:
        set_rate(tx, found.id, a_second)
    typer.echo(f"{found.name}: " + (f"at most {a_second:g} charges and refunds a second." if a_second else "no limit."))


@app.command("rates")
def rates(
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], prompt="In force since (local date)")],
    card_points: int = typer.Option(..., prompt="Cards: basis points (2.9% is 290)"),
    card_fixed: int = typer.Option(..., prompt="Cards: and minor units each (30 cents is 30)"),
    bank_points: int = typer.Option(..., prompt="Bank debits: basis points"),
    bank_fixed: int = typer.Option(0, help="Bank debits: and minor units each."),
    bank_cap: int = typer.Option(None, help="A debit costs at most so many minor units."),
    dispute_fixed: int = typer.Option(..., prompt="A dispute: minor units"),
    biller: str = typer.Option(None),
) -> None:
    """Say what your contract with the payment company says, so that its fees are checked. Earlier rates stay for earlier days."""
    start()
    from autopay.journal.write import By
    from autopay.reconciliation.fees import Rates
    from autopay.reconciliation.rates import set_rates
    from autopay.running import clock
    from autopay.tenancy import WebDatabase

    found = one_biller(biller)
    try:
        with WebDatabase().transaction(found.id) as tx:
            currency = tx.value("select currency from biller where id = %(id)s", id=found.id)
            said = Rates(since.date(), currency, card_points, card_fixed, bank_points, bank_fixed, bank_cap, dispute_fixed)
            set_rates(tx, found.id, said, By("cli", clock().now()))
    except Refusal as refusal:
        raise fail(refusal.text) from None
    typer.echo(f"{found.name}: fees are checked by these rates from {since.date()} on.")


def link(biller: int, token: str) -> str:
    return f"{conf().site_url}/invitation/{biller}/{token}"
