"""Make the catalogue's vendors and accounts: bills, charges and cancellations by the product's own verbs; what only time or a payment
company could bring is told to `settle` as a worker would tell it, and then frozen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password

from autopay.agreements.change import Change, change_agreement
from autopay.agreements.consent import Signature, record_consent
from autopay.agreements.models import Switch
from autopay.agreements.terms import publish
from autopay.billing.bill import refresh_balances
from autopay.clock import local_date, start_of
from autopay.conf import Role as DatabaseRole
from autopay.conf import Settings
from autopay.database import Database, PooledDatabase, Tx
from autopay.demo_states.accounts import ACCOUNTS, HOUSES, SOURCE, Account, House, owner_of, staff_of
from autopay.demo_states.history import NOTICE, ZONE, History, Made, bill_days, let_happen
from autopay.journal.write import By
from autopay.parties.create import NewBiller, NewPayer, create_biller, create_payers
from autopay.parties.models import Membership, Role, User
from autopay.processors.accounts import Keys, connect
from autopay.wallet.default import make_default

ROLES: tuple[DatabaseRole, ...] = ("owner", "app", "engine")
LONG_AGO = 700
"""Days since when the accounts exist."""
PRICES = {"service-center": 3995, "practice-mate": 5995, "ehr": 15695}
NEVER = datetime(2999, 1, 1)  # noqa: DTZ001  # no instant of anybody's zone: it does not come

FREEZE = """
    with mails as (insert into notice_cursor (biller_id, seq) values (%(biller)s, 9000000000000000000)),
         methods as (update method set retry_at = null where biller_id = %(biller)s),
         refunds as (update refund set look_at = null where biller_id = %(biller)s)
    update charge set look_at = null, called_at = %(never)s,
           lease_until = case when state = 'sending' then %(never)s::timestamptz end,
           run_at = case when state = 'due' then %(now)s::timestamptz + interval '9 days' else run_at end
    where biller_id = %(biller)s
"""
NO_NIGHT = """insert into night (biller_id, "on", done_at, counts) values (%(biller)s, '2999-01-01', %(now)s, '{}')"""
"""No night bills these vendors, no mail tells of them, no worker claims, looks up or sweeps their rows; `doctor` finds nothing late."""


@dataclass(frozen=True, slots=True)
class Hands:
    """The roles that do the work: owner makes billers and freezes, app does what people do, engine what a worker does."""

    owner: Database
    app: Database
    engine: Database
    secret: bytes


def build(conf: Settings, now: datetime) -> None:
    """`now` is the business instant at which every state is to be looked at. Needs no worker and no payment company."""
    with _hands(conf) as hands:
        for house in HOUSES:
            accounts = [each for each in ACCOUNTS if each.house == house.slug]
            _users(house, accounts)
            biller, made = _house(hands, house, accounts, conf.sandbox_url, now)
            let_happen(History(hands.app, hands.engine, hands.owner, biller, now), made)
            with hands.owner.transaction() as tx:
                refresh_balances(tx, biller, local_date(now, ZONE), ZONE, _as_of(now))
                tx.run(FREEZE, biller=biller, now=now, never=NEVER.replace(tzinfo=now.tzinfo))
                if house.frozen:
                    tx.run(NO_NIGHT, biller=biller, now=now)
            _people(house, biller, made)


def _users(house: House, accounts: Sequence[Account]) -> None:
    """An owner for each account and one of the vendor's staff. Nobody knows their passwords; the address of a state logs them in."""
    names = [staff_of(house.slug), *(owner_of(each.slug) for each in accounts)]
    unknown = make_password(None)
    User.objects.bulk_create(User(email=email, password=unknown, first_name="Alex", last_name="Morgan") for email in names)


def _people(house: House, biller: int, made: Sequence[Made]) -> None:
    """Who of them may see what."""
    names = [staff_of(house.slug), *(owner_of(each.account.slug) for each in made)]
    people = {user.email: user for user in User.objects.filter(email__in=names)}
    payers = {each.account.slug: each.payer for each in made}
    owned = [(owner_of(each.account.slug), slug) for each in made for slug in (each.account.slug, *each.account.also)]
    Membership.objects.bulk_create(
        [
            Membership(user=people[staff_of(house.slug)], biller_id=biller, role=Role.OWNER),
            *(Membership(user=people[o], biller_id=biller, role=Role.ACCOUNT_OWNER, payer_id=payers[slug]) for o, slug in owned),
        ]
    )


@contextmanager
def _hands(conf: Settings) -> Iterator[Hands]:
    owner, app, engine = (PooledDatabase(conf.dsn(role), size=1) for role in ROLES)
    try:
        yield Hands(owner, app, engine, conf.secret)
    finally:
        for pool in (owner, app, engine):
            pool.close()


def _as_of(now: datetime) -> datetime:
    """This morning's refresh, or the one before."""
    morning = start_of(local_date(now, ZONE), ZONE) + timedelta(hours=1, minutes=4)
    return min(morning, now)


def _house(hands: Hands, house: House, accounts: Sequence[Account], sandbox: str, now: datetime) -> tuple[int, list[Made]]:
    long_ago = By("autopay", now - timedelta(days=LONG_AGO))
    phone, hours = "(360) 555-0118", "Monday to Friday, 8 AM to 5 PM"
    new = NewBiller("vendor", house.name, house.short, ZONE, phone, f"billing@{house.slug}.test", hours, notice_days=NOTICE)
    with hands.owner.transaction() as tx:
        biller = create_biller(tx, new, long_ago)
        tx.run('update night set "on" = %(on)s where biller_id = %(b)s', on=local_date(now, ZONE), b=biller)
        publish(tx, biller)
        if house.connected:
            keys = Keys(sandbox, f"pk_test_{house.slug}", f"sk_test_{house.slug}", f"whsec_{house.slug}")
            connect(tx, biller, keys, hands.secret)
    with hands.app.transaction(biller) as tx:
        _products(tx, biller, house)
        made = _accounts(tx, biller, accounts, now)
        for each in made:
            _agreement(tx, biller, each, now)
    return biller, made


def _products(tx: Tx, biller: int, house: House) -> None:
    tx.run(
        """with product as (
               insert into product (biller_id, code, name)
               select %(b)s, code, name from unnest(%(codes)s::text[], %(names)s::text[]) as new (code, name) returning id, code)
           insert into price (biller_id, product_id, source, minor, since, document)
           select %(b)s, product.id, 'data_sheet', new.minor, '2020-01-01', new.name || ' Data Sheet'
           from product join unnest(%(codes)s::text[], %(names)s::text[], %(minors)s::bigint[]) as new (code, name, minor) using (code)""",
        b=biller,
        codes=list(PRICES),
        names=list(house.products),
        minors=list(PRICES.values()),
    )


def _accounts(tx: Tx, biller: int, accounts: Sequence[Account], now: datetime) -> list[Made]:
    days = bill_days(now, max((each.months for each in accounts), default=1))
    news = [
        NewPayer("account", each.name or each.says, each.slug, SOURCE, owner_of(each.slug), bill_day=days[0].day)
        for each in accounts
    ]
    ids = create_payers(tx, biller, news, By("autopay", now - timedelta(days=LONG_AGO)))
    users = dict(User.objects.filter(email__in=[owner_of(each.slug) for each in accounts]).values_list("email", "pk"))
    made = [Made(ids[SOURCE, each.slug], each, f"user:{users[owner_of(each.slug)]}") for each in accounts]
    since = {each.slug: days[each.months - 1] if each.months else local_date(now, ZONE) for each in accounts}
    used = [(each.payer, code, since[each.account.slug]) for each in made for code in each.account.products]
    tx.run(
        """insert into selection (biller_id, payer_id, product_id, since)
           select %(b)s, used.payer, product.id, used.since
           from unnest(%(payers)s::bigint[], %(codes)s::text[], %(sinces)s::date[]) as used (payer, code, since)
           join product on product.code = used.code""",
        b=biller,
        payers=[payer for payer, _, _ in used],
        codes=[code for _, code, _ in used],
        sinces=[day for _, _, day in used],
    )
    return made


def _agreement(tx: Tx, biller: int, made: Made, now: datetime) -> None:
    """Wallet, consent and switch, as enrolling leaves them."""
    by = By(made.owner, now - timedelta(days=LONG_AGO - 1))
    for nth, each in enumerate(made.account.methods):
        method = _method(tx, biller, made, nth, now)
        if each.agreed:
            record_consent(tx, biller, method, Signature("Alex Morgan", ip="127.0.0.1", user_agent="demo"), by)
        if each.default:
            make_default(tx, biller, method, by)
    if made.account.enrolled:
        change_agreement(tx, biller, made.payer, Change(Switch.ON, cap_minor=made.account.cap), by)
    tx.run(
        """insert into billing_information (biller_id, payer_id, email, phone, company, first_name, last_name, street, street2, city, state,
                                            zip, country)
           values (%(b)s, %(p)s, 'alex@practice.test', '(415) 555-0118', left(%(name)s, 120), 'Alex', 'Morgan', '218 Orchard Road', '',
                   'Petaluma', 'CA', '94952', 'US')""",
        b=biller,
        p=made.payer,
        name=made.account.name or "Orchard Family Practice",
    )


def _method(tx: Tx, biller: int, made: Made, nth: int, now: datetime) -> int:
    each = made.account.methods[nth]
    month = local_date(now, ZONE).replace(day=1)
    years, months = divmod(month.year * 12 + month.month - 1 + each.months, 12)
    saved: int = tx.value(
        """insert into method (biller_id, payer_id, state, kind, token, brand, last4, exp_month, exp_year, funding, verified, refused_reason,
                               hold_ref, hold_minor, hold_placed_at, hold_released_at, verification_link, verify_until)
           values (%(b)s, %(p)s, %(state)s, %(kind)s, %(token)s, %(brand)s, %(last4)s, %(month)s, %(year)s, %(funding)s, %(verified)s,
                   %(refused)s, %(hold)s, %(hold_minor)s, %(placed)s, %(placed)s::timestamptz + interval '1 minute', %(link)s, %(until)s)
           returning id""",
        b=biller,
        p=made.payer,
        state=each.state,
        kind="bank" if each.bank else "card",
        token=each.token or f"pm_catalogue_{made.payer}_{nth}",
        brand="" if each.bank else each.brand,
        last4=each.last4,
        month=None if each.bank else months + 1,
        year=None if each.bank else years,
        funding="bank" if each.bank else "credit",
        verified=each.verified,
        refused=each.refused,
        hold="pi_catalogue" if each.state == "holding" or each.held else "",
        hold_minor=100 if each.held else None,
        placed=now - timedelta(days=4) if each.held else None,
        link="" if each.verified else "https://bank.example/deposits",
        until=None if each.verified else now + timedelta(days=9),
    )
    return saved
