"""CSV files into a real database: visits, and what happened to their bills elsewhere."""

from __future__ import annotations

import gzip
import re
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopay.interop.csv.read import Header, Line, read_lines
from autopay.interop.csv.rows import read_row
from autopay.interop.csv.template import template
from autopay.interop.records import Kind, Unfit
from autopay.interop.report import Ending
from autopay.refusal import Refusal
from tests.fixtures.world import World
from tests.interop.conftest import Import
from tests.interop.test_import_fhir import line, snapshot

EVERY = date(2026, 1, 1)
HEAD = "type,id,patient,name,email,phone,date,amount,visit,invoice,how\n"
VISIT = "visit,V-1,P-1,Ana Windler,ana@example.test,555,2026-11-10,35.00,,,\n"


def csv(tmp_path: Path, *rows: str, head: str = HEAD) -> Path:
    path = tmp_path / "visits.csv"
    path.write_text(head + "".join(rows), "utf-8")
    return path


def bills(world: World) -> list[dict[str, Any]]:
    return world.rows(
        """select v.external_id as visit, i.total, i.elsewhere, i.voided_at is not null as voided
           from invoice i join visit v on v.id = i.visit_id order by 1"""
    )


def test_the_template_can_be_imported_as_it_is_and_twice_changes_nothing(imports: Import, world: World, tmp_path: Path) -> None:
    path = tmp_path / "template.csv"
    path.write_text(template())
    first = imports("csv", path, since=EVERY)
    assert first.refused == 0
    assert bills(world) == [
        {"visit": "V-1001", "total": 3000, "elsewhere": 1000, "voided": False},
        {"visit": "V-1002", "total": 2000, "elsewhere": 0, "voided": True},
    ]
    before = snapshot(world)
    second = imports("csv", path, since=EVERY)
    assert snapshot(world) == before
    assert [line(second, kind) for kind in (Kind.PATIENT, Kind.VISIT, Kind.PAYMENT, Kind.ADJUSTMENT, Kind.VOID)] == [
        (1, 0, 1, 0, 0),
        (2, 0, 2, 0, 0),
        (1, 0, 1, 0, 0),
        (1, 0, 1, 0, 0),
        (1, 0, 1, 0, 0),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_commas_semicolons_tabs_with_or_without_a_byte_order_mark(tmp_path: Path, delimiter: str, mark: bytes, pack: Any) -> None:
    path = tmp_path / "v.csv"
    rows = f"id,patient,name,date,amount\r\nV-1,P-1,Añna,2026-11-10,35\r\n".replace(",", delimiter)  # noqa: F541
    path.write_bytes(pack(mark + rows.encode()))
    _, row = read_lines(path)
    assert isinstance(row, Line)
    assert (row.number, row.fields) == (2, {"id": "V-1", "patient": "P-1", "name": "Añna", "date": "2026-11-10", "amount": "35"})


BAD_ROWS = [
    ("visit,B-1,P-1,,,,2026-11-10,abc,,,", "visit", "column amount"),
    ("visit,B-2,P-1,,,,2026-11-10,-5,,,", "visit", "column amount"),
    ("visit,B-3,P-1,,,,2026-11-10,35.001,,,", "visit", "more digits"),
    ("visit,B-4,P-1,,,,11/10/2026,35,,,", "visit", "column date"),
    ("visit,B-5,P-1,,,,2026-02-30,35,,,", "visit", "column date"),
    ("visit,B-6,,,,,2026-11-10,35,,,", "visit", "nothing in column patient"),
    ("visit,,P-1,,,,2026-11-10,35,,,", "visit", "nothing in column id"),
    ("visit,B-7,P-1,Bo Other,,,2026-11-10,35,,,", "visit", "says otherwise of this patient"),
    ("visit,B-8,P-1,,nobody,,2026-11-10,35,,,", "visit", "column email"),
    ("visit,V-1,P-1,,,,2026-11-11,35,,,", "visit", "says something else"),
    ("visit,B-9,P-9,,,,2026-11-10,35,,,", "patient", "no row gives a name"),
    ("refund,R-1,,,,,2026-11-10,35,V-1,,", "file", "column type"),
    ("payment,PAY-1,,,,,2026-11-10,35,V-9,,check", "payment", "not known"),
    ("payment,PAY-2,,,,,2026-11-10,35,V-1,,barter", "payment", "column how"),
    ("payment,PAY-3,,,,,2026-11-10,0,V-1,,cash", "payment", "above it"),
    ("payment,PAY-4,,,,,2026-11-10,36,V-1,,cash", "payment", "more than is open"),
    ("payment,PAY-5,,,,,2026-11-10,5,,,cash", "payment", "names no visit and no invoice"),
    ("payment,PAY-6,,,,,2026-11-10,5,V-1,1001,cash", "payment", "one is enough"),
    ("adjustment,A-1,,,,,,5,,7,", "adjustment", "not known"),
    ('visit,B-10,P-1,"Ana,,,2026-11-10,35,,,', "visit", "quotation mark"),
    ("visit,B-11,P-1,Windler, Ana,,,2026-11-10,35,,,", "visit", "12 cells"),
]


def test_bad_rows_are_refused_each_with_its_line_and_reason_and_stop_no_good_one(
    imports: Import, world: World, tmp_path: Path
) -> None:
    rows = [f"{row}\n" for row, _, _ in BAD_ROWS]
    path = csv(tmp_path, VISIT, *rows, "visit,V-3,P-1,,,,2026-11-12,20,,,\n")
    report = imports("csv", path, since=EVERY)
    assert report.refused_file
    said: dict[int, str] = defaultdict(str)
    for number, why in re.findall(r"# line (\d+): (.*)", report.refused_file.read_text()):
        said[int(number)] += why
    assert [(number, reason) for number, (_, _, reason) in enumerate(BAD_ROWS, start=3) if reason not in said[number]] == []
    assert {kind for _, kind, _ in BAD_ROWS} == {kind for kind, _ in report.reasons}
    assert [bill["visit"] for bill in bills(world)] == ["V-1", "V-3"]
    kept = report.refused_file.read_bytes()
    assert all(row.encode() in kept for row in rows)


def test_a_decimal_comma_is_refused_because_it_must_never_become_a_hundred_times_as_much() -> None:
    fields = {"id": "V", "patient": "P", "date": "2026-11-10"}
    with pytest.raises(Unfit, match="column amount"):
        read_row(fields | {"amount": "96,00"}, "csv", "USD")
    good = {text: read_row(fields | {"amount": text}, "csv", "USD").visit for text in ("96", "96.5", "$1,096.00")}
    assert [visit and visit.minor for visit in good.values()] == [9600, 9650, 109600]


@given(st.text(max_size=12))
def test_no_amount_is_taken_that_is_not_written_like_one(text: str) -> None:
    try:
        visit = read_row({"id": "V", "patient": "P", "date": "2026-11-10", "amount": text}, "csv", "USD").visit
    except Unfit:
        return
    assert visit
    assert visit.minor is not None
    assert set(text) <= set("$0123456789,. ")


def test_what_was_refused_is_mended_and_imported(imports: Import, world: World, tmp_path: Path) -> None:
    first = imports("csv", csv(tmp_path, VISIT, "visit,V-2,P-1,,,,2026-11-10,2O.00,,,\n"), since=EVERY)
    assert first.refused_file
    mended = tmp_path / "mended.csv"
    mended.write_text(first.refused_file.read_text().replace("2O.00", "20.00"))
    second = imports("csv", mended, since=EVERY)
    assert (first.refused, second.refused, line(second, Kind.VISIT)) == (1, 0, (1, 1, 0, 0, 0))
    assert [bill["total"] for bill in bills(world)] == [3500, 2000]


def test_a_line_that_is_not_utf_8_keeps_its_bytes(imports: Import, tmp_path: Path) -> None:
    path = csv(tmp_path, VISIT)
    bad = "visit,V-2,P-2,Añna,,,2026-11-10,35,,,\n".encode("latin-1")
    path.write_bytes(path.read_bytes() + bad)
    report = imports("csv", path)
    assert [reason for _, reason in report.reasons] == ["is not UTF-8; save the file as CSV UTF-8"]
    assert report.refused_file
    assert bad in report.refused_file.read_bytes()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        ("id,patient,date,amont\n", "'amont'"),
        ("id,patient,date\n", "no column 'amount'"),
        ("id,id,patient,date,amount\n", "twice"),
        ("\ufeffid,patient\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_file_that_is_not_ours_is_refused_whole_and_says_which_columns_there_are(
    tmp_path: Path, content: Any, says: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(Refusal, match=says):
        list(read_lines(path))


def test_V38_a_payment_in_the_same_file_withdraws_the_charge_before_anybody_can_send_it(
    imports: Import, world: World, tmp_path: Path
) -> None:
    """Visit, invoice, due charge and payment are one transaction: no other connection ever sees the charge due."""
    seen: list[Any] = []

    def look(what: str) -> None:
        if "insert into elsewhere" in what:
            seen.append(world.value("select count(*) from charge"))

    world.step = look
    imports("csv", csv(tmp_path, VISIT, "payment,PAY-1,,,,,2026-11-11,35,V-1,,check\n"), since=EVERY)
    assert seen == [0]
    assert bills(world) == [{"visit": "V-1", "total": 3500, "elsewhere": 3500, "voided": False}]
    assert world.value("select count(*) from charge where state <> 'withdrawn'") == 0


def test_a_payment_finds_its_visit_whatever_the_identifier_is_made_of(imports: Import, world: World, tmp_path: Path) -> None:
    """Two visits differ by their source alone, a third has a name with quotes and a backslash."""
    head = HEAD.replace("type,id", "type,source,id")
    names = [("north", "V-1"), ("south", "V-1"), ("north", '"Ö\'\\"""')]
    visits = [f"visit,{source},{name},P-1,Ana Windler,,,2026-11-10,35.00,,,\n" for source, name in names]
    payments = [f"payment,{source},PAY-{n},,,,,2026-11-11,{n},{name},,check\n" for n, (source, name) in enumerate(names, start=1)]
    assert imports("csv", csv(tmp_path, *visits, *payments, head=head), since=EVERY).refused == 0
    paid = world.rows("select v.source, v.external_id as visit, i.elsewhere from invoice i join visit v on v.id = i.visit_id")
    assert {(row["source"], row["visit"], row["elsewhere"]) for row in paid} == {
        ("north", "V-1", 100),
        ("south", "V-1", 200),
        ("north", "Ö'\\\"", 300),
    }


def test_follow_ups_find_a_bill_by_its_number_and_visits_of_earlier_files(imports: Import, world: World, tmp_path: Path) -> None:
    imports("csv", csv(tmp_path, VISIT, "visit,V-2,P-1,,,,2026-11-11,20,,,\n"), since=EVERY)
    number = world.value("select min(number) from invoice")
    rows = [f"payment,PAY-1,,,,,2026-11-11,5,,{number},wire\n", "void,,,,,,,,V-2,,\n"]
    report = imports("csv", csv(tmp_path, *rows))
    assert report.refused == 0
    assert [(bill["elsewhere"], bill["voided"]) for bill in bills(world)] == [(500, False), (0, True)]


def test_a_payment_that_says_something_else_later_is_refused(imports: Import, world: World, tmp_path: Path) -> None:
    imports("csv", csv(tmp_path, VISIT, "payment,PAY-1,,,,,2026-11-11,5,V-1,,wire\n"), since=EVERY)
    report = imports("csv", csv(tmp_path, "payment,PAY-1,,,,,2026-11-11,6,V-1,,wire\n"))
    assert [reason for _, reason in report.reasons] == [
        "was taken in before and said something else; correct it with a row that has an identifier of its own"
    ]
    assert bills(world)[0]["elsewhere"] == 500


def test_an_adjustment_below_what_was_paid_undoes_nothing_else(imports: Import, world: World, tmp_path: Path) -> None:
    """The due charge that it withdrew for a moment is due again."""
    rows = [
        VISIT,
        "payment,PAY-1,,,,,2026-11-11,10,V-1,,wire\n",
        "adjustment,A-1,,,,,,5,V-1,,\n",
        "adjustment,A-2,,,,,,40,V-1,,\n",
    ]
    report = imports("csv", csv(tmp_path, *rows), since=EVERY)
    assert line(report, Kind.ADJUSTMENT) == (2, 1, 0, 0, 1)
    assert [(bill["total"], bill["elsewhere"]) for bill in bills(world)] == [(4000, 1000)]


def test_strict_takes_in_all_or_nothing(imports: Import, world: World, tmp_path: Path) -> None:
    before = snapshot(world)
    late = "payment,PAY-1,,,,,2026-11-11,36,V-1,,check\n"
    report = imports("csv", csv(tmp_path, VISIT, late), since=EVERY, strict=True)
    assert (report.ending, report.refused) == (Ending.TAKEN_BACK, 1)
    assert snapshot(world) == before
    assert imports("csv", csv(tmp_path, VISIT), since=EVERY, strict=True).ending is Ending.DONE


def test_stopped_and_begun_again_an_import_finishes_the_work(imports: Import, world: World, tmp_path: Path) -> None:
    rows = [f"visit,V-{n},P-{n},Patient {n},,,2026-11-10,20,,,\n" for n in range(2500)]
    path, left = csv(tmp_path, *rows), [2]

    def stop(what: str) -> None:
        if "insert into visit" in what:
            left[0] -= 1
            if not left[0]:
                raise KeyboardInterrupt

    world.step = stop
    stopped = imports("csv", path, since=EVERY)
    world.step = lambda _what: None
    assert (stopped.ending, line(stopped, Kind.VISIT)[1], len(bills(world))) == (Ending.STOPPED, 1000, 1000)
    again = imports("csv", path, since=EVERY)
    assert line(again, Kind.VISIT) == (2500, 1500, 1000, 0, 0)
    assert len(bills(world)) == 2500


def test_a_row_the_database_does_not_take_is_refused_alone(
    imports: Import, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should a check of ours ever miss something, the batch is halved down to the one row."""
    monkeypatch.setattr("autopay.interop.csv.rows._mail", lambda text: text)
    rows = [f"visit,V-{n},P-{n},Patient {n},{'x' * 300 if n == 7 else ''},,2026-11-10,20,,,\n" for n in range(20)]
    report = imports("csv", csv(tmp_path, *rows))
    assert [place for place, kind, _ in report.first if kind == "patient"] == [f"{tmp_path / 'visits.csv'}:9"]
    assert line(report, Kind.PATIENT) == (20, 19, 0, 0, 1)
    assert line(report, Kind.VISIT) == (20, 19, 0, 0, 1)


def test_the_header_is_kept_in_the_file_of_refused_rows(tmp_path: Path) -> None:
    header, _ = read_lines(csv(tmp_path, VISIT))
    assert isinstance(header, Header)
    assert header.columns[:3] == ("type", "id", "patient")
