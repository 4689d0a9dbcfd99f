"""What a mail may say: payee, amount, date, last four, a link; not a word about care (rules H2, H4; V40)."""

from __future__ import annotations

import ast
import re
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils.translation import override

import autopay.notices
from autopay.charging.approve import Asked, read_ticket
from autopay.charging.charge import ChargeNow, Hold, Skip, Why
from autopay.charging.coming import Coming
from autopay.charging.on_invoice import Facts as Open
from autopay.notices.facts import Agreed, Bill, Event, Facts, House, Payment, Saved, SentBack
from autopay.notices.invited import Invited
from autopay.notices.letter import Draft
from autopay.notices.letters import WRITERS, draft
from autopay.notices.linked import Linked
from autopay.notices.render import rendered
from autopay.parties.mail_address import Person
from autopay.processors.protocol import Reason

HERE = Path(autopay.notices.__file__).parent
CARE = re.compile(
    r"\b(visits?|patients?|doctors?|nurses?|care|caregivers?|health\w*|clinic\w*|medic\w*|treat\w+|therap\w+|diagnos\w+|symptoms?|"
    r"appointments?|procedures?|prescri\w+|pediatric\w*|insur\w+|visitas?|pacientes?|médic\w+|enfermer\w+|salud|cuidados?|tratamiento\w*|cita|citas)\b",
    re.IGNORECASE,
)
AT = datetime(2026, 5, 21, 16, 12, tzinfo=UTC)
DUE = date(2026, 6, 1)
DATA = {
    "method": 9,
    "was": "on",
    "last_day": "2026-06-30",
    "days": 30,
    "refused": 21,
    "tried": 30,
    "until": "2026-05-21T17:12:00+00:00",
}
HOUSE = House(
    1, "Sunrise", "(415) 555-0142", "billing@sunrise.test", "Monday to Friday, 8 AM to 5 PM", "America/Los_Angeles", "SUNRISE"
)


def facts(account: bool = False, bank: bool = False, name: str = "Sunrise") -> Facts:
    house = House(1, name, HOUSE.phone, HOUSE.email, HOUSE.hours, HOUSE.zone, HOUSE.descriptor)
    paid = Payment(12, uuid4(), 7, 8500, "USD", AT, bank, "" if bank else "visa", "4242", [1042, 1043])
    return Facts(
        house,
        {7: Person(7, account, "en", "maria@patients.test")},
        {12: paid},
        {5: SentBack(5, 12, 7, 2000, "USD", 1042)},
        {3: Agreed(3, 7, "The exact text.", "ab" * 32, AT, bank, "visa", "4242")},
        {9: Saved(9, bank, "visa", "4242")},
        {77: [paid]},
        {4: Bill(4, uuid4(), 7, str(uuid4()), 1044, 61800, "USD", DUE, False, bank, "" if bank else "visa", "4242")},
        {7: Coming(DUE, [open_bill()], Hold(Why.OVER_CAP))},
        {4: Invited(4, 1, 7 if account else None, "maria@family.test", "owner", AT, "GV-2044" if account else None)},
        links={6: Linked(6, 1, 7, "maria@family.test", AT, "en")},
    )


def open_bill() -> Open:
    blank = dict.fromkeys(Open.__dataclass_fields__, None)
    return Open(**{**blank, "invoice": 4, "payer": 7, "open": 61800, "cap_minor": 40000, "currency": "USD"})  # type: ignore[arg-type]


def event(action: str, **data: object) -> Event:
    about = {
        "charge": ("charge", 12),
        "receipt": ("charge", 12),
        "refund": ("refund", 5),
        "consent": ("consent", 3),
        "invoice": ("invoice", 4),
        "bill": ("invoice", 4),
        "person": ("invitation", 4),
        "link": ("method_link", 6),
    }.get("link" if action == "method link sent" else action.split(maxsplit=1)[0], ("payer", 7))
    return Event(1, 77, AT, action, *about, DATA | data)


def every_letter(name: str = "Sunrise") -> list[tuple[Draft, Facts]]:
    made = []
    for account in (True, False):
        for bank in (True, False):
            known = facts(account, bank, name)
            events = [event(action) for action in WRITERS]
            events += [event(action, reason=r.value) for r in Reason for action in ("charge failed", "charge returned")]
            events.append(event("bill held", why="notice_first", minor=61800, until="2026-07-01"))
            drafts = [draft(each, known) for each in events]
            assert [e.action for e, d in zip(events, drafts, strict=True) if d is None] == ([] if account else ["invoice issued"])
            made += [(each, known) for each in drafts if each]
    return made


@pytest.mark.parametrize("language", ["en", "es"])
def test_H4_no_mail_says_a_word_about_care(language: str) -> None:
    with override(language):
        for drafted, known in every_letter():
            text, html = rendered(drafted.letter, known.house, "http://localhost:8000")
            for said in (drafted.letter.subject, text, re.sub(r"<[^>]+>", " ", html)):
                assert CARE.findall(said) == [], drafted.kind


@pytest.mark.parametrize("path", sorted(HERE.rglob("templates/**/*.*")), ids=lambda path: path.name)
def test_H4_no_template_says_a_word_about_care(path: Path) -> None:
    assert CARE.findall(re.sub(r"{#.*?#}", "", path.read_text())) == []


def test_H4_no_sentence_in_the_code_of_the_letters_says_a_word_about_care() -> None:
    tree = ast.parse((HERE / "letters.py").read_text())
    calls = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"
    ]
    said = [str(arg.value) for call in calls for arg in call.args if isinstance(arg, ast.Constant)]
    assert len(said) > 40
    assert [text for text in said if CARE.search(text)] == []


def test_the_linter_finds_the_words_it_looks_for() -> None:
    assert CARE.findall("Your visit to Dr. Lee, your treatment and su visita") == ["visit", "treatment", "visita"]


def test_every_mail_names_the_payee_and_what_comes_next_and_leads_somewhere() -> None:
    for drafted, known in every_letter("Green Valley & Sons"):
        text, html = rendered(drafted.letter, known.house, "https://billing.example.com")
        assert "Green Valley & Sons" in text
        assert "Green Valley &amp; Sons" in html
        assert "https://billing.example.com/" in text
        assert drafted.letter.said, drafted.kind
        assert "%(" not in text + drafted.letter.subject
        assert "\n\n\n" not in text, text


def test_every_mail_about_money_names_amount_and_method() -> None:
    for drafted, known in every_letter():
        if drafted.about[0] in ("charge", "refund"):
            text, _ = rendered(drafted.letter, known.house, "")
            assert re.search(r"\$(85|20)\.00", text)
            assert "ending in 4242" in text


def test_V33_a_failure_says_why_in_words_and_opens_pay_now() -> None:
    known = facts()
    for reason in Reason:
        drafted = draft(event("charge failed", reason=reason.value), known)
        assert drafted is not None
        text, _ = rendered(drafted.letter, known.house, "http://localhost:8000")
        assert f"http://localhost:8000/receipts/{known.payments[12].uid}/pay" in text
        assert reason.value == "declined" or f" {reason.value} " not in text
        assert "Nothing was taken. We will not try again by ourselves." in text


def test_E4_the_copy_holds_the_exact_text_and_its_hash() -> None:
    known = facts()
    exact = "Line one & <two>.\n  Kept as it is: 100%."
    known.consents[3] = Agreed(3, 7, exact, "cd" * 32, AT, False, "visa", "4242")
    drafted = draft(event("consent recorded"), known)
    assert drafted is not None
    text, html = rendered(drafted.letter, known.house, "")
    assert exact in text
    assert "Line one &amp; &lt;two&gt;.\n  Kept as it is: 100%." in html
    assert "cd" * 32 in text


def test_off_that_was_off_is_no_news_and_neither_is_what_nobody_can_be_written_about() -> None:
    assert draft(event("auto-pay off", was="off"), facts()) is None
    assert draft(event("invoice issued"), facts(account=False)) is None
    unknown = facts()
    unknown.people[7] = Person(7, False, "en", "")
    assert draft(event("charge paid"), unknown) is None


def test_A55_a_new_bill_says_what_autopay_will_do_with_it() -> None:
    known = facts(account=True)
    for decision, told in (
        (ChargeNow(61800, 9), "Autopay charges $618.00 on June 1, 2026 to Visa ending in 4242."),
        (Hold(Why.BEING_VERIFIED, DUE), "The bank account is still being checked."),
        (Skip(Why.NOT_ENROLLED), "The account was not enrolled in autopay, so the bill waits for a payment."),
    ):
        known.coming[7] = Coming(DUE, [open_bill()], decision)
        drafted = draft(event("invoice issued"), known)
        assert drafted is not None
        text, _ = rendered(drafted.letter, known.house, "http://localhost:8000")
        assert told in text
        assert ("Please pay it by June 1, 2026." in text) == (not isinstance(decision, ChargeNow))
        assert f"http://localhost:8000/bills/{known.bills[4].uid}" in text


def test_A55_a_bill_above_the_limit_asks_for_a_yes_by_link() -> None:
    known = facts(account=True)
    for action in ("invoice issued", "bill held"):
        drafted = draft(event(action), known)
        assert drafted is not None
        assert drafted.about == ("invoice", 4)
        text, _ = rendered(drafted.letter, known.house, "http://localhost:8000")
        assert "It is $618.00. Your limit is $400.00." in text
        link = re.search(r"http://localhost:8000/approval/(\S+)", text)
        assert link
        assert read_ticket(link[1]) == Asked(1, known.bills[4].payer_uid, 61800)


def test_V39_E6_a_debit_above_what_was_agreed_is_announced_with_amount_method_and_earliest_day() -> None:
    known = facts()
    drafted = draft(event("bill held", why="notice_first", minor=61800, until="2026-07-01"), known)
    assert drafted is not None
    assert drafted.about == ("journal_entry", 77)
    text, _ = rendered(drafted.letter, known.house, "http://localhost:8000")
    assert "We will charge $618.00 to Visa ending in 4242." in text
    assert "Not before July 1, 2026." in text


def test_A58_a_card_that_expires_is_announced_with_its_last_day() -> None:
    drafted = draft(event("method expires"), facts(account=True))
    assert drafted is not None
    assert drafted.letter.subject == "Your card for Sunrise expires in 30 days"
    assert drafted.letter.head == "Visa ending in 4242 expires on June 30, 2026."
