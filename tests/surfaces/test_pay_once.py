"""Pay once from an account, in the new Service Center and the classic products: one flow, one charge at most (A53)."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from autopay.agreements.models import Switch
from autopay.charging.pay_now import Wish, pay_now
from autopay.charging.reviewed import review_of
from autopay.charging.send import split
from autopay.parties.models import Role
from autopay.refusal import Refusal
from autopay.surfaces.shared.invoices import invoices
from autopay.surfaces.shared.paying import oldest_first
from autopay.tenancy import WebDatabase
from tests.surfaces.house import House, text
from tests.surfaces.test_accounts import PAY_OA_BILL, account, bill, confirm_payment, enroll, hidden, practice, read
from tests.surfaces.test_enroll import DECLINED, be_human, type_card
from tests.surfaces.test_looks import log_in

MANAGE = "/service-center/account-management/"
PLACES = ((PAY_OA_BILL + "pay", PAY_OA_BILL + "review", MANAGE), ("/classic/ehr/pay", "/classic/ehr/pay/review", "/classic/ehr/"))


@pytest.fixture
def payer(vendor: House) -> int:
    payer = account(vendor)
    bill(vendor)
    return payer


def second_bill(vendor: House, payer: int, minor: int = 5000) -> None:
    """Of the next month, as the engine leaves one."""
    vendor.run(
        """insert into invoice (biller_id, payer_id, number, kind, period, currency, issued_on, issued_at, due_on, total, debt)
           select biller_id, payer_id, number + 1, kind, (period + interval '1 month')::date, currency, issued_on, issued_at,
                  due_on, %(minor)s, debt || ' next'
           from invoice where payer_id = %(p)s""",
        p=payer,
        minor=minor,
    )


def due(vendor: House) -> list[dict[str, Any]]:
    return vendor.rows("select asked_minor, state from charge where trigger = 'pay_now' order by id")


@pytest.mark.parametrize(("pay", "review", "root"), PLACES)
def test_A53_W2_a_part_is_paid_with_a_saved_method_over_one_page_with_one_sentence(
    vendor: House, payer: int, pay: str, review: str, root: str
) -> None:
    uid = vendor.uid("method", vendor.card(payer))
    client = practice(vendor, payer)
    assert "You can pay up to $256.85." in read(client, pay)
    chosen = client.post(pay, {"amount": "100", "kind": "saved", "saved": uid})
    assert chosen.url == f"{review}?amount=100.00&method={uid}"  # type: ignore[attr-defined]
    page = client.get(chosen.url)  # type: ignore[attr-defined]
    said = text(page.content)
    assert "Pay $100.00 to Office Ally with Visa ending in 4242 now." in said
    assert "Invoice 1 $156.85 stays open $100.00" in re.sub(r"Invoice \d+", "Invoice 1", said)
    assert re.search(r'<button class="btn main-act" type="submit" >Pay \$100\.00</button>', page.content.decode())
    assert due(vendor) == []
    paid = client.post(review, hidden(page.content.decode()))
    charge = vendor.value("select uid::text from charge")
    assert paid.url == f"{root}payments/{charge}/"  # type: ignore[attr-defined]
    assert "We are taking your payment of $100.00" in read(client, paid.url)  # type: ignore[attr-defined]
    assert due(vendor) == [{"asked_minor": 10000, "state": "due"}]
    assert vendor.value("select switch from agreement") == Switch.OFF


@pytest.mark.parametrize(
    ("amount", "why"),
    [
        ("300", "You can pay up to $256.85."),
        ("0.20", "The smallest payment is $0.50."),
        ("-5", "The smallest payment is $0.50."),
        ("much", "Please type an amount, like 100.00."),
        ("1.005", "Please type an amount, like 100.00."),
        ("", "Please fill this in."),
    ],
)
def test_A53_an_amount_that_cannot_be_paid_is_answered_beside_the_field_and_kept(
    vendor: House, payer: int, amount: str, why: str
) -> None:
    uid = vendor.uid("method", vendor.card(payer))
    client = practice(vendor, payer)
    answer = client.post(PAY_OA_BILL + "pay", {"amount": amount, "kind": "saved", "saved": uid})
    assert answer.status_code == 422
    assert why in text(answer.content)
    assert f'value="{amount}"' in answer.content.decode() or not amount
    assert client.get(f"{PAY_OA_BILL}review?amount={amount}&method={uid}").status_code == 302


def test_A53_an_expired_card_is_marked_and_another_is_offered_first(vendor: House, payer: int) -> None:
    gone, other = vendor.card(payer), vendor.card(payer, "4444", "mastercard", default=False)
    vendor.run("update method set exp_year = 2020 where id = %(id)s", id=gone)
    client = practice(vendor, payer)
    page = client.get(PAY_OA_BILL + "pay").content.decode()
    assert "Visa ending in 4242 Expires 04/20 Expired" in text(page.encode())
    assert re.findall(r'value="([\w-]+)" data-kind="card"[^>]* checked', page) == [vendor.uid("method", other)]
    answer = client.post(PAY_OA_BILL + "pay", {"amount": "100", "kind": "saved", "saved": vendor.uid("method", gone)})
    assert "This card has expired. Please use a card with a later date." in text(answer.content)


def test_A53_enrolled_it_pays_once_and_changes_no_setting(vendor: House, payer: int) -> None:
    card = vendor.card(payer)
    other = vendor.card(payer, "4444", "mastercard", default=False)
    enroll(vendor, payer)
    before = vendor.rows("select switch, version from agreement") + vendor.rows("select id, is_default from method order by id")
    client = practice(vendor, payer)
    page = read(client, f"{PAY_OA_BILL}review?amount=100.00&method={vendor.uid('method', other)}")
    assert "Autopay stays as it is." in page
    confirm_payment(client, PAY_OA_BILL, "100.00", vendor.uid("method", other))
    assert vendor.value("select chosen_method_id from charge") == other != card
    after = vendor.rows("select switch, version from agreement") + vendor.rows("select id, is_default from method order by id")
    assert after == before


def test_A53_a_part_of_several_bills_goes_to_the_oldest_first_as_the_engine_splits_it(vendor: House, payer: int) -> None:
    card = vendor.card(payer)
    second_bill(vendor, payer)
    client = practice(vendor, payer)
    confirm_payment(client, PAY_OA_BILL, "280.00", vendor.uid("method", card))
    uid = vendor.value("select uid::text from charge")
    page = read(client, f"{MANAGE}payments/{uid}/")
    one, two = (row["number"] for row in vendor.rows("select number from invoice order by id"))
    assert f"Invoice {one} $256.85 Invoice {two} part of $50.00 $23.15" in page
    with WebDatabase().transaction(vendor.id) as tx:
        bills = invoices(tx, [payer])
        told = [(each.bill.id, each.amount.minor) for each in oldest_first(bills, 28000)]
        ordered = sorted(bills, key=lambda each: each.id)
        assert told == [(of.invoice, share) for of, share in split(28000, [_facts(each.id, each.open) for each in ordered])]


def _facts(invoice: int, open_: int) -> Any:
    return type("Facts", (), {"invoice": invoice, "open": open_})()


def test_A53_a_part_of_the_oldest_bill_leaves_the_other_bills_free(vendor: House, payer: int) -> None:
    card = vendor.card(payer)
    second_bill(vendor, payer)
    confirm_payment(practice(vendor, payer), PAY_OA_BILL, "10.00", vendor.uid("method", card))
    assert vendor.value("select count(*) from charge_part") == 1


@pytest.mark.parametrize("after", ["due", "sending", "paid", "failed"])
def test_A53_pressing_again_leads_to_the_first_payment_whatever_became_of_it(vendor: House, payer: int, after: str) -> None:
    uid = vendor.uid("method", vendor.card(payer))
    client = practice(vendor, payer)
    address = f"{PAY_OA_BILL}review?amount=100.00&method={uid}"
    form = hidden(client.get(address).content.decode())
    first = client.post(address, form)
    if after != "due":
        vendor.came_to(vendor.value("select id from invoice"), after)
    again = client.post(address, form)
    assert again.url == first.url  # type: ignore[attr-defined]
    assert "started from another page" not in read(client, again.url)  # type: ignore[attr-defined]
    assert vendor.value("select count(*) from charge") == 1


def test_A53_two_tabs_with_two_amounts_are_one_charge_and_the_second_is_told_so(vendor: House, payer: int) -> None:
    uid = vendor.uid("method", vendor.card(payer))
    client = practice(vendor, payer)
    tabs = [f"{PAY_OA_BILL}review?amount={amount}&method={uid}" for amount in ("100.00", "50.00")]
    forms = [hidden(client.get(tab).content.decode()) for tab in tabs]
    first, second = (client.post(tab, form) for tab, form in zip(tabs, forms, strict=True))
    assert second.url == first.url  # type: ignore[attr-defined]
    page = read(client, second.url)  # type: ignore[attr-defined]
    assert "This payment was started from another page a moment ago. Nothing else was charged." in page
    assert due(vendor) == [{"asked_minor": 10000, "state": "due"}]


def test_A53_pressed_at_the_same_moment_by_many_it_is_one_charge_with_one_answer(vendor: House, payer: int) -> None:
    card = vendor.card(payer)
    with WebDatabase().transaction(vendor.id) as tx:
        review = review_of(tx, payer)
        ids = tuple(each.id for each in invoices(tx, [payer]))
    wish, answers = Wish(payer, ids, 10000, card, review), []
    gate = threading.Barrier(6)

    def press() -> None:
        gate.wait()
        answers.append(pay_now(WebDatabase(), vendor.id, wish, vendor.by()))
        connections.close_all()

    presses = [threading.Thread(target=press) for _ in range(6)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()
    assert len(answers) == 6
    assert len(set(answers)) == 1
    assert vendor.value("select count(*) from charge") == 1


def test_A53_the_database_refuses_a_second_charge_of_one_review(vendor: House, payer: int) -> None:
    card = vendor.card(payer)
    confirm_payment(practice(vendor, payer), PAY_OA_BILL, "100.00", vendor.uid("method", card))
    with pytest.raises(Exception, match="charge_review_once"):
        vendor.run(
            """insert into charge (biller_id, payer_id, trigger, debt, currency, review)
               select biller_id, payer_id, trigger, 'another', currency, review from charge"""
        )


def test_A53_a_bill_that_changed_meanwhile_charges_nothing_and_says_what_it_is_now(vendor: House, payer: int) -> None:
    uid = vendor.uid("method", vendor.card(payer))
    client = practice(vendor, payer)
    address = f"{PAY_OA_BILL}review?amount=256.85&method={uid}"
    form = hidden(client.get(address).content.decode())
    vendor.run("update invoice set total = total + 500")
    page = text(client.post(address, form, follow=True).content)
    assert "Your bill is now $261.85. Please look again." in page
    assert vendor.value("select count(*) from charge") == 0
    form = hidden(client.get(address).content.decode())
    vendor.run("update invoice set total = total - 10000")
    page = text(client.post(address, form, follow=True).content)
    assert "Your bill is now $161.85. Please look again." in page
    assert vendor.value("select count(*) from charge") == 0


def test_A53_what_changed_without_changing_the_sum_asks_to_look_again(vendor: House, payer: int) -> None:
    uid = vendor.uid("method", vendor.card(payer))
    second_bill(vendor, payer)
    client = practice(vendor, payer)
    address = f"{PAY_OA_BILL}review?amount=100.00&method={uid}"
    form = hidden(client.get(address).content.decode())
    vendor.run("update invoice set total = total + case when total = 5000 then 100 else -100 end")
    page = text(client.post(address, form, follow=True).content)
    assert "Things changed since you opened this page. Nothing was charged. Please look again." in page
    assert vendor.value("select count(*) from charge") == 0


def test_A53_a_form_that_names_no_review_charges_nothing(vendor: House, payer: int) -> None:
    card = vendor.card(payer)
    client = practice(vendor, payer)
    sent = {"amount": "256.85", "method": vendor.uid("method", card), "total": "256.85"}
    assert "Things changed" in text(client.post(PAY_OA_BILL + "review", sent, follow=True).content)
    assert vendor.value("select count(*) from charge") == 0


def test_A53_N4_a_bank_account_being_verified_cannot_pay_and_says_so(vendor: House, payer: int) -> None:
    bank = vendor.card(payer, "6789", kind="bank")
    vendor.run("update method set verified = false")
    client = practice(vendor, payer)
    sent = {"amount": "100", "kind": "saved", "saved": vendor.uid("method", bank)}
    answer = client.post(PAY_OA_BILL + "pay", sent)
    assert answer.status_code == 422
    assert "This bank account is still being checked. It can pay as soon as you have confirmed it." in text(answer.content)
    with WebDatabase().transaction(vendor.id) as tx:
        review, ids = review_of(tx, payer), tuple(each.id for each in invoices(tx, [payer]))
    with pytest.raises(Refusal):
        pay_now(WebDatabase(), vendor.id, Wish(payer, ids, 10000, bank, review), vendor.by())
    assert vendor.value("select count(*) from charge") == 0


def test_A53_an_expired_card_cannot_pay_and_says_so(vendor: House, payer: int) -> None:
    card = vendor.card(payer)
    vendor.run("update method set exp_year = 2020")
    answer = practice(vendor, payer).post(
        PAY_OA_BILL + "pay", {"amount": "100", "kind": "saved", "saved": vendor.uid("method", card)}
    )
    assert "This card has expired. Please use a card with a later date." in text(answer.content)


def test_A53_nothing_of_another_account_is_found(vendor: House, payer: int) -> None:
    other = account(vendor, "Lakeside Pediatrics")
    theirs = vendor.card(other)
    vendor.card(payer)
    confirm_payment(practice(vendor, payer), PAY_OA_BILL, "100.00", vendor.uid("method", _method_of(vendor, payer)))
    uid = vendor.value("select uid::text from charge")
    client = practice(vendor, other)
    assert client.get(f"{MANAGE}payments/{uid}/").status_code == 404
    assert client.get(f"/classic/ehr/payments/{uid}/").status_code == 404
    refused = practice_again(vendor, payer).get(f"{PAY_OA_BILL}review?amount=100.00&method={vendor.uid('method', theirs)}")
    assert refused.status_code == 302


def _method_of(vendor: House, payer: int) -> int:
    return int(vendor.value("select id from method where payer_id = %(p)s", p=payer))


def practice_again(vendor: House, payer: int) -> Client:
    return vendor.login(f"second{payer}@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)


@pytest.mark.parametrize("address", ["/classic/service-center/pay", "/classic/service-center/wallet/"])
def test_A6_the_new_service_center_has_no_classic_address(vendor: House, payer: int, address: str) -> None:
    assert practice(vendor, payer).get(address).status_code == 404


ENDS = (
    ("paid", "", "We charged $100.00 to Visa ending in 4242"),
    ("failed", "declined", "We could not charge Visa ending in 4242"),
    ("unknown", "", "We do not know yet whether this payment went through."),
    ("needs_payer", "", "Your bank wants you to confirm this payment"),
    ("pending", "", "Your bank payment of $100.00 is on its way"),
    ("returned", "account_closed", "Your bank sent back the payment of $100.00"),
)


@pytest.mark.parametrize(("state", "reason", "said"), ENDS)
def test_A53_A56_the_payments_own_page_follows_it_to_each_end(
    vendor: House, payer: int, state: str, reason: str, said: str
) -> None:
    card = vendor.card(payer)
    client = practice(vendor, payer)
    confirm_payment(client, PAY_OA_BILL, "100.00", vendor.uid("method", card))
    vendor.came_to(vendor.value("select id from invoice"), state, reason)
    uid = vendor.value("select uid::text from charge")
    for address in (f"{MANAGE}payments/{uid}/", f"/classic/practice-mate/payments/{uid}/"):
        page = client.get(address).content.decode()
        assert said in text(page.encode())
        assert ('hx-trigger="every 2s"' in page) == (state == "unknown")
        assert ("View receipt" in page) == (state == "paid")
        assert ("Pay with another method" in page) == (state in ("failed", "returned"))


def test_A53_a_payment_withdrawn_before_it_was_sent_says_why(vendor: House, payer: int) -> None:
    card = vendor.card(payer)
    client = practice(vendor, payer)
    confirm_payment(client, PAY_OA_BILL, "100.00", vendor.uid("method", card))
    vendor.run("update charge set state = 'withdrawn', reason = 'changed'")
    uid = vendor.value("select uid::text from charge")
    page = read(client, f"{MANAGE}payments/{uid}/")
    assert "This payment of $100.00 was not made Not charged: the invoice was changed. Nothing was charged." in page


def test_A52_A56_what_is_on_its_way_and_history_lead_to_the_payment(vendor: House, payer: int) -> None:
    card = vendor.card(payer)
    client = practice(vendor, payer)
    confirm_payment(client, PAY_OA_BILL, "100.00", vendor.uid("method", card))
    vendor.came_to(vendor.value("select id from invoice"), "pending")
    uid = vendor.value("select uid::text from charge")
    assert f'href="{MANAGE}payments/{uid}/"' in client.get(PAY_OA_BILL).content.decode()
    assert f'href="{MANAGE}payments/{uid}/"' in client.get(f"{MANAGE}history/").content.decode()
    assert f'href="/classic/ehr/payments/{uid}/"' in client.get("/classic/ehr/pay-bill/").content.decode()


@pytest.fixture
def owing(enrolling: str, vendor: House, page: Page) -> Iterator[int]:
    """One open bill, nobody enrolled, nothing saved; the owner is logged in."""
    payer = account(vendor)
    bill(vendor)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    log_in(page, enrolling, "owner@practice.test")
    yield payer
    page.goto("about:blank")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def test_A53_A15_C5_a_new_card_is_typed_refused_typed_again_saved_and_pays_a_part(vendor: House, owing: int, page: Page) -> None:
    page.get_by_role("link", name="Pay $256.85").click()
    expect(page.get_by_label("Amount", exact=True)).to_have_value("256.85")
    page.get_by_label("Amount", exact=True).fill("1,000")
    type_card(page, DECLINED)
    press(page, "Review")
    expect(page.locator("form .error", has_text="You can pay up to $256.85.")).to_be_visible()
    page.get_by_label("Amount", exact=True).fill("100")
    be_human(page)
    press(page, "Review")
    problem = page.get_by_role("alert").filter(has_text="We could not save this payment method. Nothing was charged.")
    expect(problem).to_contain_text("The bank said no. Please type your card details again.", timeout=40_000)
    expect(page.get_by_label("Amount", exact=True)).to_have_value("100")
    type_card(page)
    expect(page.get_by_text("Payment method will be saved to wallet.")).to_be_visible()
    press(page, "Review")
    expect(page.get_by_text("Please check the box. Then we finish for you.")).to_be_visible()
    page.get_by_label("I'm not a robot").click()
    expect(page.locator("main")).to_contain_text("Pay $100.00 to Office Ally with Visa ending in 4242 now.", timeout=40_000)
    page.get_by_role("link", name="Go back").click()
    expect(page.get_by_label("Amount", exact=True)).to_have_value("100.00")
    expect(page.get_by_label("Visa ending in 4242")).to_be_checked()
    press(page, "Review")
    page.get_by_role("button", name="Pay $100.00").click()
    expect(page.locator("#payment")).to_contain_text("We are taking your payment of $100.00")
    assert due(vendor) == [{"asked_minor": 10000, "state": "due"}]
    assert vendor.value("select count(*) from consent") == 0
    assert vendor.value("select switch from agreement") == "off"
    assert vendor.value("select count(*) from method where is_default") == 0
    kept = vendor.rows("select data->>'text' as text from journal_entry where action = 'own payments allowed'")
    assert len(kept) == 1
    assert "Autopay does not charge it unless I enroll it." in kept[0]["text"]
    page.go_back()
    expect(page.locator(".flash")).to_contain_text("This payment is on its way. There is nothing else to pay right now.")
    expect(page.locator("#payment")).to_contain_text("We are taking your payment of $100.00")
    assert len(due(vendor)) == 1


@pytest.mark.parametrize(("pay", "review", "root"), PLACES)
def test_A53_L1_with_a_saved_method_it_works_without_javascript_from_end_to_end(
    site: str, vendor: House, browser: Browser, pay: str, review: str, root: str
) -> None:
    payer = account(vendor)
    bill(vendor)
    vendor.card(payer)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, site, "owner@practice.test")
    page.goto(site + pay)
    expect(page.get_by_text("needs JavaScript")).to_be_hidden()
    page.get_by_label("Amount", exact=True).fill("100")
    page.get_by_role("button", name="Review").click()
    assert page.url.startswith(f"{site}{review}?amount=100.00&method=")
    page.get_by_role("button", name="Pay $100.00").click()
    assert page.url.startswith(f"{site}{root}payments/")
    expect(page.locator("#payment")).to_contain_text("We are taking your payment of $100.00")
    assert due(vendor) == [{"asked_minor": 10000, "state": "due"}]
    context.close()


def test_A53_two_presses_on_the_last_button_are_one_charge(site: str, vendor: House, page: Page, payer: int) -> None:
    vendor.card(payer)
    vendor.login("owner@practice.test", Role.ACCOUNT_OWNER, payer_id=payer)
    log_in(page, site, "owner@practice.test")
    page.goto(site + PAY_OA_BILL + "pay")
    page.get_by_role("button", name="Review").click()
    page.get_by_role("button", name="Pay $256.85").dblclick()
    expect(page.locator("#payment")).to_contain_text("We are taking your payment of $256.85")
    assert len(due(vendor)) == 1


def test_a_page_that_asks_again_by_itself_uses_up_no_message(vendor: House, payer: int) -> None:
    uid = vendor.uid("method", vendor.card(payer))
    client = practice(vendor, payer)
    confirm_payment(client, PAY_OA_BILL, "100.00", uid)
    following = f"{MANAGE}payments/{vendor.value('select uid::text from charge')}/"
    client.get(PAY_OA_BILL + "pay")
    said = "This payment is on its way. There is nothing else to pay right now."
    assert said not in text(client.get(following, headers={"HX-Request": "true"}).content)
    assert said in read(client, following)


def test_A53_A56_a_bill_paid_in_part_says_what_was_paid_and_what_is_open(vendor: House, payer: int) -> None:
    card = vendor.card(payer)
    client = practice(vendor, payer)
    confirm_payment(client, PAY_OA_BILL, "100.00", vendor.uid("method", card))
    vendor.came_to(vendor.value("select id from invoice"), "paid")
    vendor.run("update invoice set captured = 10000")
    assert re.search(
        r"Payment for invoice \d+ Visa ending in 4242 .* \$100\.00 Paid By Pay Now\.", read(client, f"{MANAGE}history/")
    )
    assert "$100.00 of it was paid with Pay Now. $156.85 is still open." in read(client, f"{MANAGE}history/")
    bill_page = read(client, f"{MANAGE}bills/{vendor.value('select uid from invoice')}/")
    assert "$156.85 is open $100.00 of this bill was paid." in bill_page
    assert "Nothing was charged yet" not in bill_page
