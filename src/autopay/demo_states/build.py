"""Make the catalogue's vendors and accounts: bills, charges and cancellations by the product's own verbs; what only time or a payment
company could bring is told to `settle` as a worker would tell it, and then frozen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password

from autopay.agreements.change import Change, change_agreement
from autopay.agreements.consent import Signature, record_consent
from autopay.agreements.models import Switch
from autopay.agreements.terms import publish
from autopay.billing.bill import refresh_balances
from autopay.clock import local_date, start_of
from autopay.conf import Settings
from autopay.database import Tx
from autopay.demo_states.accounts import ACCOUNTS, HOUSES, SOURCE, Account, House, owner_of, staff_of
from autopay.demo_states.build_patients import build_agencies
from autopay.demo_states.hands import FREEZE, LONG_AGO, NEVER, NO_NIGHT, Hands, hands_of, put_method
from autopay.demo_states.history import NOTICE, ZONE, History, Made, bill_days, let_happen
from autopay.journal.write import By
from autopay.parties.create import NewBiller, NewPayer, create_biller, create_payers
from autopay.parties.models import Membership, Role, User
from autopay.processors.accounts import Keys, connect
from autopay.wallet.default import make_default

PRICES = {"service-center": 3995, "practice-mate": 5995, "ehr": 15695}


def build(conf: Settings, now: datetime) -> None:
    """`now` is the business instant at which every state is to be looked at. Needs no worker and no payment company."""
    with hands_of(conf) as hands:
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
        build_agencies(hands, conf.sandbox_url, now)


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
        method = put_method(tx, biller, made, nth, now)
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
