"""A price change is seen before it is made, made as it was seen, and never rewrites what was billed (A61, A50)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

import psycopg
import pytest
from django.db import ProgrammingError

from autopay.billing.bill import bill_accounts
from autopay.billing.models import Price
from autopay.billing.price_preview import bills
from autopay.billing.prices import PriceChange, change_price, preview_price
from autopay.billing.products import add_product, rename_product
from autopay.refusal import Refusal
from autopay.tenancy import WebDatabase
from tests.billing.test_bill_day import accounts, begin, by, night
from tests.surfaces.house import House

LISTED, MSA, SOW = Price.Source.DATA_SHEET, Price.Source.MSA, Price.Source.SOW
TODAY = date(2028, 3, 10)
Change = Callable[..., PriceChange]


@pytest.fixture
def practices(vendor: House) -> list[int]:
    """Billed on the 1st, 5th, 10th and 20th; one product at 10.00."""
    begin(vendor, date(2028, 3, 1))
    made = accounts(vendor, [1, 5, 10, 20], date(2028, 1, 1))
    for day in range(1, TODAY.day + 1):
        night(vendor, date(2028, 3, day))
    return made


@pytest.fixture
def to(vendor: House, practices: list[int]) -> Change:
    product = vendor.value("select id from product")

    def made(
        minor: int | None, since: date, source: Price.Source = LISTED, payer: int | None = None, **more: date
    ) -> PriceChange:
        return PriceChange(product, source, payer, minor, since, **more)

    return made


def make(vendor: House, change: PriceChange) -> None:
    change_price(WebDatabase(), vendor.id, change, preview_price(WebDatabase(), vendor.id, change, by(TODAY)).seen, by(TODAY))


def prices(vendor: House) -> list[tuple[str, int, date, date | None]]:
    found = vendor.rows("select source, minor, since, until from price order by id")
    return [(row["source"], row["minor"], row["since"], row["until"]) for row in found]


def totals(vendor: House, last: date) -> dict[int, list[tuple[date, int]]]:
    """What is really billed until `last`, by account."""
    on = TODAY + timedelta(days=1)
    while on <= last:
        night(vendor, on)
        on += timedelta(days=1)
    rows = vendor.rows("select payer_id, period, total from invoice where period > %(t)s order by payer_id, period", t=TODAY)
    found: dict[int, list[tuple[date, int]]] = {}
    for row in rows:
        found.setdefault(row["payer_id"], []).append((row["period"], row["total"]))
    return found


def test_A61_the_preview_names_each_bill_that_changes_with_its_day_and_both_amounts(vendor: House, to: Change) -> None:
    seen = preview_price(WebDatabase(), vendor.id, to(1500, date(2028, 3, 15)), by(TODAY))
    assert [(each.name, each.on, each.before, each.after) for each in seen.changed] == [
        ("Practice 0", date(2028, 4, 1), 1000, 1500),
        ("Practice 1", date(2028, 4, 5), 1000, 1500),
        ("Practice 2", date(2028, 4, 10), 1000, 1500),
        ("Practice 3", date(2028, 3, 20), 1000, 1500),
    ]
    assert (seen.before, seen.after, seen.kept, seen.until) == (4000, 6000, {}, None)
    assert prices(vendor) == [("data_sheet", 1000, date(2028, 1, 1), None)]
    assert vendor.value("select count(*) from journal_entry where action = 'price changed'") == 0


def test_A61_a_bill_issued_this_morning_is_not_touched_by_a_price_from_today(
    vendor: House, practices: list[int], to: Change
) -> None:
    before = vendor.rows("select id, total from invoice order by id")
    seen = preview_price(WebDatabase(), vendor.id, to(1500, TODAY), by(TODAY))
    assert [each.on for each in seen.changed] == [date(2028, m, d) for m, d in ((4, 1), (4, 5), (4, 10), (3, 20))]
    make(vendor, to(1500, TODAY))
    assert vendor.rows("select id, total from invoice order by id") == before
    assert totals(vendor, date(2028, 4, 10)) == {
        payer: [(each.on, each.after)] for payer, each in zip(practices, seen.changed, strict=True)
    }


def test_A61_A50_an_MSA_stands_before_the_data_sheet_and_a_SOW_before_it_and_the_preview_says_so(
    vendor: House, practices: list[int], to: Change
) -> None:
    first, second, *_ = practices
    make(vendor, to(700, TODAY, MSA, first))
    make(vendor, to(500, TODAY, SOW, first))
    make(vendor, to(800, TODAY, MSA, second))
    listed = preview_price(WebDatabase(), vendor.id, to(1500, TODAY), by(TODAY))
    assert ([each.name for each in listed.changed], listed.kept) == (["Practice 2", "Practice 3"], {"sow": 1, "msa": 1})
    negotiated = preview_price(WebDatabase(), vendor.id, to(600, TODAY, MSA, first), by(TODAY))
    assert (negotiated.changed, negotiated.kept) == ((), {"sow": 1})
    make(vendor, to(1500, TODAY))
    assert {payer: bills[0][1] for payer, bills in totals(vendor, date(2028, 4, 10)).items()} == dict(
        zip(practices, (500, 800, 1500, 1500), strict=True)
    )


def test_A61_a_change_closes_what_it_overlaps_and_keeps_what_is_planned(vendor: House, to: Change) -> None:
    april, june, july = date(2028, 4, 1), date(2028, 6, 1), date(2028, 7, 1)
    make(vendor, to(2000, june))
    make(vendor, to(1500, april))
    assert prices(vendor) == [
        ("data_sheet", 1000, date(2028, 1, 1), april),
        ("data_sheet", 2000, june, None),
        ("data_sheet", 1500, april, june),
    ]
    make(vendor, to(1900, june))
    assert prices(vendor)[1:] == [
        ("data_sheet", 2000, june, june),
        ("data_sheet", 1500, april, june),
        ("data_sheet", 1900, june, None),
    ]
    make(vendor, to(1600, july))
    assert prices(vendor)[3:] == [("data_sheet", 1900, june, july), ("data_sheet", 1600, july, None)]
    journal = vendor.rows("select data from journal_entry where action = 'price changed' order by id")
    assert [(row["data"]["was"], row["data"]["now"]) for row in journal] == [
        (1000, 2000),
        (1000, 1500),
        (2000, 1900),
        (1900, 1600),
    ]


def test_A61_a_price_that_holds_already_is_not_set_again(vendor: House, to: Change) -> None:
    make(vendor, to(1500, TODAY))
    for since in (TODAY, TODAY + timedelta(days=5)):
        with pytest.raises(Refusal, match="already"):
            make(vendor, to(1500, since))
    assert len(prices(vendor)) == 2


def test_A61_ending_an_MSA_brings_the_list_price_back_on_its_day(vendor: House, practices: list[int], to: Change) -> None:
    first = practices[0]
    make(vendor, to(700, TODAY, MSA, first))
    ended = to(None, date(2028, 5, 1), MSA, first)
    seen = preview_price(WebDatabase(), vendor.id, ended, by(TODAY))
    assert [(each.on, each.before, each.after) for each in seen.changed] == [(date(2028, 5, 1), 700, 1000)]
    make(vendor, ended)
    assert totals(vendor, date(2028, 5, 1))[first] == [(date(2028, 4, 1), 700), (date(2028, 5, 1), 1000)]
    with pytest.raises(Refusal, match="nothing to end"):
        make(vendor, to(None, date(2028, 6, 1), MSA, first))


def test_A61_when_the_numbers_changed_meanwhile_nothing_is_changed(vendor: House, practices: list[int], to: Change) -> None:
    change = to(1500, TODAY)
    seen = preview_price(WebDatabase(), vendor.id, change, by(TODAY)).seen
    make(vendor, to(700, TODAY, MSA, practices[0]))
    was = prices(vendor)
    with pytest.raises(Refusal, match="The numbers changed"):
        change_price(WebDatabase(), vendor.id, change, seen, by(TODAY))
    assert prices(vendor) == was


@pytest.mark.parametrize(
    ("minor", "since", "more", "said"),
    [
        (1500, TODAY - timedelta(days=1), {}, "before today"),
        (1500, TODAY + timedelta(days=3000), {}, "next five years"),
        (1500, TODAY, {"source": MSA}, "belongs to one account"),
        (-1, TODAY, {}, "between 0.00"),
        (None, TODAY, {}, "would be on no bill"),
        (1500, TODAY, {"until": TODAY + timedelta(days=30)}, "would be on no bill"),
        (1500, TODAY, {"source": MSA, "until": TODAY}, "ends after it begins"),
    ],
)
def test_A61_what_no_price_can_be_is_refused_in_words(
    vendor: House, to: Change, minor: int | None, since: date, more: dict[str, date], said: str
) -> None:
    with pytest.raises(Refusal, match=said):
        preview_price(WebDatabase(), vendor.id, to(minor, since, **more), by(TODAY))


def test_A61_the_database_lets_no_two_prices_overlap_and_rewrites_none(vendor: House, to: Change) -> None:
    insert = """insert into price (biller_id, product_id, source, minor, since)
                select %(b)s, id, 'data_sheet', 1, '2028-02-01' from product"""
    with pytest.raises(psycopg.errors.ExclusionViolation, match="price_never_overlaps"):
        vendor.run(insert, b=vendor.id)
    for rewrite in ("update price set until = since + 9, minor = 1", "update price set until = null"):
        with pytest.raises(psycopg.errors.RaiseException, match="only ever ended"):
            vendor.run(rewrite)
    for refused in ("update price set minor = 1", "delete from price"):
        with pytest.raises(ProgrammingError, match="permission denied"), WebDatabase().transaction(vendor.id) as tx:
            tx.run(refused)


def test_A61_any_sequence_of_changes_bills_what_each_preview_said_last(vendor: House, practices: list[int], to: Change) -> None:
    """Fifty random changes of every source: no two overlap, and every bill is at the price its last preview named."""
    random = Random(11)
    for n in range(50):
        source = random.choice([LISTED, MSA, SOW])
        payer = None if source is LISTED else random.choice(practices)
        since = TODAY + timedelta(days=random.randint(0, 40))
        until = None if source is LISTED or random.random() < 0.5 else since + timedelta(days=random.randint(1, 40))
        make(vendor, PriceChange(to(0, TODAY).product, source, payer, random.randint(1, 40) * 100 + n, since, until))
    with WebDatabase().transaction(vendor.id) as tx:
        told = {each.id: [(each.on, each.minor)] for each in bills(tx, to(0, TODAY).product, None, TODAY)}
    assert len({minor for ((_, minor),) in told.values()}) > 1
    assert totals(vendor, date(2028, 4, 10)) == told


def test_A61_products_are_added_and_renamed_and_bills_keep_what_they_said(vendor: House, practices: list[int]) -> None:
    add_product(WebDatabase(), vendor.id, "Practice  Mate", "practice-mate", by(TODAY))
    product = vendor.value("select id from product where code = 'ehr'")
    rename_product(WebDatabase(), vendor.id, product, "EHR 24/7", by(TODAY))
    rename_product(WebDatabase(), vendor.id, product, "EHR 24/7", by(TODAY))
    assert vendor.rows("select name from product order by id") == [{"name": "EHR 24/7"}, {"name": "Practice Mate"}]
    with WebDatabase().transaction(vendor.id) as tx:
        bill_accounts(tx, vendor.id, date(2028, 4, 1), by(TODAY).at)
    texts = [row["text"] for row in vendor.rows("select text from invoice_line order by id")]
    assert texts == ["EHR", "EHR", "EHR", "EHR 24/7"]
    for name, code, said in (("ehr 24/7", "new", "this name"), ("New", "ehr", "this code"), ("New", "No Good", "small letters")):
        with pytest.raises(Refusal, match=said):
            add_product(WebDatabase(), vendor.id, name, code, by(TODAY))
    with pytest.raises(Refusal, match="this name"):
        rename_product(WebDatabase(), vendor.id, product, "practice mate", by(TODAY))
    assert vendor.value("select count(*) from journal_entry where action like 'product %%'", x=1) == 2


def test_A61_a_price_of_another_billers_product_or_account_cannot_be_changed(
    vendor: House, practices: list[int], to: Change
) -> None:
    other = House(vendor.owner, "vendor", "Another", "AN")
    for change in (to(1500, TODAY), to(1500, TODAY, MSA, practices[0])):
        with pytest.raises(Refusal, match="not yours"):
            preview_price(WebDatabase(), other.id, change, by(TODAY))
