"""A changed bill day neither bills a month twice nor leaves one out, whatever is changed when, however late the nights are (A64, I19)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random

import psycopg
import pytest
from django.db import ProgrammingError

from autopay.billing.bill import bill_accounts
from autopay.billing.bill_day import BillDay, bill_day, change_bill_day, first_of_next_month
from autopay.clock import local_date
from autopay.journal.write import By
from autopay.parties.create import NewPayer, create_payers
from autopay.refusal import Refusal
from autopay.tenancy import WebDatabase
from tests.surfaces.house import ZONE, House

DAY = timedelta(days=1)


def by(day: date) -> By:
    return By("test", datetime(day.year, day.month, day.day, 20, tzinfo=UTC))


def accounts(vendor: House, anchors: list[int], since: date) -> list[int]:
    with WebDatabase().transaction(vendor.id) as tx:
        new = [NewPayer("account", f"Practice {n}", f"P-{n}", bill_day=anchor) for n, anchor in enumerate(anchors)]
        ids = create_payers(tx, vendor.id, new, by(since))
        payers = [ids["autopay", each.external_id] for each in new]
        product = tx.value("insert into product (biller_id, code, name) values (%(b)s, 'ehr', 'EHR') returning id", b=vendor.id)
        tx.run(
            "insert into price (biller_id, product_id, source, minor, since) values (%(b)s, %(p)s, 'data_sheet', 1000, %(s)s)",
            b=vendor.id,
            p=product,
            s=since,
        )
        tx.run(
            """insert into selection (biller_id, payer_id, product_id, since)
               select %(b)s, unnest(%(payers)s::bigint[]), %(p)s, %(s)s""",
            b=vendor.id,
            payers=payers,
            p=product,
            s=since,
        )
    return payers


def night(vendor: House, on: date) -> None:
    """What night.py does for billing: the row of the date, the bills of the date, the row marked done."""
    with vendor.owner.transaction() as tx:
        tx.run(
            """insert into night (biller_id, "on", done_at, counts) values (%(b)s, %(on)s, now(), '{}') on conflict do nothing""",
            b=vendor.id,
            on=on,
        )
        bill_accounts(tx, vendor.id, on, by(on).at)


def begin(vendor: House, first: date) -> None:
    vendor.run("""update night set "on" = %(on)s""", on=first - DAY)


def billed(vendor: House) -> dict[int, list[date]]:
    found: dict[int, list[date]] = defaultdict(list)
    for row in vendor.rows("select payer_id, period from invoice order by period"):
        found[row["payer_id"]].append(row["period"])
    return found


def days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


def change(vendor: House, payer: int, day: int, today: date) -> date:
    with WebDatabase().transaction(vendor.id) as tx:
        seen = bill_day(tx, payer, today)
    assert seen
    return change_bill_day(WebDatabase(), vendor.id, payer, day, seen, by(today))


@pytest.mark.parametrize("seed", range(2))
def test_A64_I19_every_month_has_one_bill_whatever_bill_days_are_chosen_when(vendor: House, seed: int) -> None:
    """31 anchors, four accounts each, some dozen changes of each over 14 months, nights up to 12 days late, and what the page says comes."""
    random, first, last = Random(seed), date(2027, 12, 1), date(2029, 1, 31)
    begin(vendor, first)
    payers = accounts(vendor, [1 + n % 31 for n in range(124)], first)
    done = first - DAY
    for today in days(first, last):
        if random.random() < 0.2 or today - done > timedelta(days=12) or today == last:
            for on in days(done + DAY, today):
                night(vendor, on)
            done = today
        for payer in random.sample(payers, 4):
            change(vendor, payer, random.randint(1, 31), today)
    wanted = [(2027, 12), *((2028, month) for month in range(1, 13)), (2029, 1)]
    found = billed(vendor)
    assert {payer: found[payer] for payer in payers if [(day.year, day.month) for day in found[payer]] != wanted} == {}
    assert vendor.value("select count(distinct (payer_id, day)) from anchor_day") > 300


def test_A64_the_page_says_the_day_on_which_the_next_bill_then_comes(vendor: House) -> None:
    random, first, last = Random(7), date(2028, 1, 1), date(2028, 7, 31)
    begin(vendor, first)
    payers, said, wrong = accounts(vendor, [1 + n % 31 for n in range(62)], first), {}, []
    for today in days(first, last):
        before = {payer: len(periods) for payer, periods in billed(vendor).items()}
        night(vendor, today)
        came = {payer for payer, periods in billed(vendor).items() if len(periods) > before.get(payer, 0)}
        wrong += [(today, payer) for payer in payers if said and (payer in came) is not (said[payer] == today)]
        for payer in random.sample(payers, 3):
            change(vendor, payer, random.randint(1, 31), today)
        with WebDatabase().transaction(vendor.id) as tx:
            found = {payer: bill_day(tx, payer, today) for payer in payers}
        said = {payer: each.after(today) for payer, each in found.items() if each}
    assert wrong == []


def test_A64_a_new_bill_day_holds_from_the_next_month_on_and_a_second_change_replaces_the_first(vendor: House) -> None:
    begin(vendor, date(2028, 3, 1))
    (payer,) = accounts(vendor, [10], date(2028, 1, 1))
    assert change(vendor, payer, 28, date(2028, 3, 15)) == date(2028, 4, 1)
    assert change(vendor, payer, 31, date(2028, 3, 16)) == date(2028, 4, 1)
    with WebDatabase().transaction(vendor.id) as tx:
        found = bill_day(tx, payer, date(2028, 3, 16))
    assert found == BillDay(10, 31)
    assert found.after(date(2028, 3, 16)) == date(2028, 4, 30)
    assert found.after(date(2028, 3, 9)) == date(2028, 3, 10)
    journal = vendor.rows("select data from journal_entry where action = 'bill day changed' order by id")
    assert [(row["data"]["was"], row["data"]["now"]) for row in journal] == [(10, 28), (28, 31)]


def test_A64_a_stale_page_changes_no_bill_day(vendor: House) -> None:
    begin(vendor, date(2028, 3, 1))
    (payer,) = accounts(vendor, [10], date(2028, 1, 1))
    change(vendor, payer, 28, date(2028, 3, 15))
    with pytest.raises(Refusal, match="Please look again"):
        change_bill_day(WebDatabase(), vendor.id, payer, 5, BillDay(10, 10), by(date(2028, 3, 15)))
    with pytest.raises(Refusal, match="from 1 to 31"):
        change_bill_day(WebDatabase(), vendor.id, payer, 32, BillDay(10, 28), by(date(2028, 3, 15)))
    assert vendor.value("select count(*) from anchor_day") == 1


def test_A64_the_database_keeps_the_bill_day_of_a_month_that_has_begun_and_takes_one_bill_a_month(vendor: House) -> None:
    begin(vendor, date(2028, 3, 10))
    (payer,) = accounts(vendor, [10], date(2028, 1, 1))
    night(vendor, date(2028, 3, 10))
    begun = "insert into anchor_day (biller_id, payer_id, day, since) values (%(b)s, %(p)s, 20, '2028-03-01')"
    with pytest.raises(psycopg.errors.RaiseException, match="a month that has begun"):
        vendor.run(begun, b=vendor.id, p=payer)
    with pytest.raises(ProgrammingError, match="anchor_day"), WebDatabase().transaction(vendor.id) as tx:
        tx.run("update payer set bill_day = 20 where id = %(p)s", p=payer)
    second = """insert into invoice (biller_id, payer_id, number, kind, period, issued_on, due_on, issued_at, total, currency, debt)
                values (%(b)s, %(p)s, 7, 'monthly', '2028-03-20', '2028-03-20', '2028-03-20', now(), 1, 'USD', 'x')"""
    with pytest.raises(psycopg.errors.UniqueViolation, match="invoice_month_once"):
        vendor.run(second, b=vendor.id, p=payer)


@pytest.mark.parametrize("day", [date(2028, 1, 31), date(2028, 2, 29), date(2028, 12, 1)])
def test_the_first_of_the_next_month(day: date) -> None:
    following = first_of_next_month(day)
    assert following.day == 1
    assert local_date(by(following).at, ZONE) == following
    assert timedelta(0) < following - day <= timedelta(days=31)
