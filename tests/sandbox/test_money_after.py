"""What becomes of money once taken: fees, payouts, disputes, refunds that fail."""

from __future__ import annotations

import pytest
import stripe

from .conftest import MONDAY, Control, Payer


def test_each_banking_day_pays_out_what_became_available(payer: Payer, control: Control) -> None:
    """Monday's money on Wednesday; Wednesday's on the Monday after Thanksgiving (Friday is the first banking day)."""
    client = payer.client
    first = [payer.pay(1_000), payer.pay(2_000)]
    client.v1.refunds.create({"payment_intent": first[0].id, "amount": 500})
    assert client.v1.payouts.list().data == []
    pending = client.v1.balance.retrieve().pending[0].amount
    control.advance(days=2)
    second = payer.pay(4_000)
    (payout,) = client.v1.payouts.list().data
    assert (payout.status, payout.amount) == ("paid", 1_000 - 59 + 2_000 - 88 - 500)
    assert payout.amount == pending
    lines = client.v1.balance_transactions.list({"payout": payout.id, "expand": ["data.source"]}).data
    assert sorted(line.type for line in lines) == ["charge", "charge", "payout", "refund"]
    assert sum(line.net for line in lines if line.type != "payout") == payout.amount
    assert {line.source.id for line in lines if line.type == "charge"} == {intent.latest_charge for intent in first}
    control.advance(days=4)
    assert len(client.v1.payouts.list().data) == 1
    control.advance(days=1)
    newest = client.v1.payouts.list().data[0]
    assert newest.amount == 4_000 - 146
    assert (
        client.v1.payment_intents.retrieve(
            second.id, {"expand": ["latest_charge.balance_transaction"]}
        ).latest_charge.balance_transaction.status
        == "available"
    )


def test_a_balance_below_zero_waits_for_the_next_money(payer: Payer, control: Control) -> None:
    intent = payer.pay(1_000)
    control.advance(days=2)
    payer.client.v1.refunds.create({"payment_intent": intent.id})
    control.advance(days=7)
    assert len(payer.client.v1.payouts.list().data) == 1
    payer.pay(5_000)
    control.advance(days=7)
    assert payer.client.v1.payouts.list().data[0].amount == 5_000 - 175 - 1_000


@pytest.mark.parametrize(("outcome", "kept"), [("won", 3_000), ("lost", 0)])
def test_a_dispute_takes_the_money_and_may_give_it_back(payer: Payer, control: Control, outcome: str, kept: int) -> None:
    client, intent = payer.client, payer.pay(3_000)
    made = control.post("disputes", payment_intent=intent.id, reason="fraudulent")
    dispute = client.v1.disputes.retrieve(made["id"])
    assert (dispute.status, dispute.amount, dispute.charge) == ("needs_response", 3_000, intent.latest_charge)
    assert dispute.balance_transactions[0].fee == 1_500
    assert control.kept() == 0
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert caught.value.code == "charge_disputed"
    answered = client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "It was delivered."}})
    assert (answered.status, answered.evidence_details.submission_count) == ("under_review", 1)
    control.post("disputes/decide", dispute=dispute.id, outcome=outcome)
    assert client.v1.disputes.retrieve(dispute.id).status == outcome
    assert control.kept() == kept
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        client.v1.disputes.close(dispute.id)
    events = {event.type for event in client.v1.events.list({"type": "charge.dispute.*"}).data}
    assert "charge.dispute.closed" in events
    assert ("charge.dispute.funds_reinstated" in events) is (outcome == "won")


def test_a_dispute_is_given_up(payer: Payer, control: Control) -> None:
    payer.pay(3_000)
    card = payer.client.v1.payment_methods.attach("pm_card_createDispute", {"customer": payer.customer.id})
    intent = Payer(payer.client, payer.customer, card).pay(1_000)
    (dispute,) = payer.client.v1.disputes.list({"charge": str(intent.latest_charge)}).data
    assert payer.client.v1.disputes.close(dispute.id).status == "lost"
    assert control.kept() == 3_000


def test_a_refund_can_fail_later(client: stripe.StripeClient, customer: stripe.Customer, control: Control) -> None:
    card = client.v1.payment_methods.attach("pm_card_refundFail", {"customer": customer.id})
    intent = Payer(client, customer, card).pay(1_000)
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert (refund.status, control.kept()) == ("pending", 0)
    control.advance(days=10)
    assert client.v1.refunds.retrieve(refund.id).status == "failed"
    assert control.kept() == 1_000


def test_a_refund_keeps_its_metadata_and_is_expanded(payer: Payer) -> None:
    intent = payer.pay(1_000)
    refund = payer.client.v1.refunds.create(
        {"payment_intent": intent.id, "metadata": {"a": "1"}, "expand": ["charge", "balance_transaction"]}
    )
    assert (refund.charge.id, refund.balance_transaction.amount) == (intent.latest_charge, -1_000)
    changed = payer.client.v1.refunds.update(refund.id, {"metadata": {"b": "2"}})
    assert changed.metadata.to_dict() == {"a": "1", "b": "2"}


def test_the_ledger_and_the_book_agree(payer: Payer, control: Control) -> None:
    """Two records of one history, kept by different code."""
    for amount in (1_000, 2_500, 99_999):
        payer.pay(amount)
    intent = payer.pay(700)
    payer.client.v1.refunds.create({"payment_intent": intent.id, "amount": 300})
    control.post("disputes", payment_intent=payer.pay(5_000).id)
    lines = payer.client.v1.balance_transactions.list({"limit": 100}).data
    assert sum(line.amount for line in lines if line.type != "payout") == control.kept()
    assert all(line.net == line.amount - line.fee for line in lines)


def test_a_charge_takes_a_note(payer: Payer) -> None:
    charge = payer.client.v1.charges.update(str(payer.pay().latest_charge), {"description": "Visit 7", "metadata": {"a": "1"}})
    assert (charge.description, charge.metadata.to_dict()) == ("Visit 7", {"a": "1"})


def test_a_company_that_books_wrongly_does_so_on_command(payer: Payer, control: Control) -> None:
    client, first, second = payer.client, payer.pay(1_000), payer.pay(2_000)
    lines = client.v1.balance_transactions
    control.post("misbook", account="tests", source=first.id, amount=1_100, fee=70, created=MONDAY - 86_400)
    wrong = lines.list({"created": {"lt": MONDAY}}).data
    assert [(line.amount, line.fee, line.net) for line in wrong] == [(1_100, 70, 1_030)]
    control.post("misbook", account="tests", source=second.id, gone=True)
    assert len(lines.list().data) == 1
    third = payer.pay(3_000)
    control.post("misbook", account="tests", source=third.id, left_out=True)
    control.advance(days=2)
    (payout,) = client.v1.payouts.list().data
    assert payout.amount == 1_030
    control.post("misbook", account="tests", source=payout.id, amount=999)
    assert client.v1.payouts.retrieve(payout.id).amount == 999
    for wrongly in ({"source": first.id}, {"source": "ch_none", "gone": True}, {"source": second.id, "gone": True}):
        with pytest.raises(ValueError, match=r"Say what is wrong|Nothing was booked"):
            control.post("misbook", account="tests", **wrongly)
