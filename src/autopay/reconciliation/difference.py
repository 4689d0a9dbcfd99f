"""A difference between our books and the payment company's, and the one thing to do about it. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    MISSING_WITH_US = "missing_with_us"  # they moved money, our books have none of it
    MISSING_WITH_THEM = "missing_with_them"  # our books say that money moved, theirs do not
    WRONG_AMOUNT = "wrong_amount"
    WRONG_CURRENCY = "wrong_currency"
    WRONG_FEE = "wrong_fee"
    DUPLICATE = "duplicate"  # two of theirs for one of ours
    NOT_PAID_OUT = "not_paid_out"  # captured, its day has passed, in no payout
    UNKNOWN_LINE = "unknown_line"  # a payout pays something that neither book has
    PAYOUT_SUM = "payout_sum"  # a payout is not the sum of its lines


BLOCKING = frozenset(
    {Kind.MISSING_WITH_US, Kind.MISSING_WITH_THEM, Kind.WRONG_AMOUNT, Kind.WRONG_CURRENCY, Kind.DUPLICATE},
)
"""About one of our charges, these block its invoices: what the payer owes is in doubt. A fee or a payout is between the biller and
the payment company, and no payer waits for it."""


class About(StrEnum):
    PAYMENT = "payment"
    REFUND = "refund"
    RETURN = "return"
    DISPUTE = "dispute"
    PAYOUT = "payout"


class Step(StrEnum):
    """What to do next; the sentence is in NEXT."""

    TAKEN_THERE = "taken_there"
    LOST_HERE = "lost_here"
    WE_SAID_NO = "we_said_no"
    ASK_AGAIN = "ask_again"
    SENT_BACK_THERE = "sent_back_there"
    CAME_BACK = "came_back"
    NOT_THERE = "not_there"
    NOT_SENT_BACK = "not_sent_back"
    NOT_CAME_BACK = "not_came_back"
    AMOUNTS = "amounts"
    CURRENCIES = "currencies"
    FEE = "fee"
    TWICE = "twice"
    REFUNDED_TWICE = "refunded_twice"
    WHERE_IS_IT = "where_is_it"
    WHAT_IS_IT = "what_is_it"
    SUM = "sum"


NEXT = {
    Step.TAKEN_THERE: "It was taken at the payment company, not here. Refund it there, or record it on the bill it was meant for as a "
    "payment made elsewhere, then resolve this.",
    Step.LOST_HERE: "It carries our reference, but our books have no such charge: was an older backup restored? Refund it there, or "
    "record it on its bill as a payment made elsewhere, then resolve this.",
    Step.WE_SAID_NO: "Our books say that this charge took nothing. Refund it at the payment company: then this closes by itself. Or "
    "resolve this, and record it on its bill at once as a payment made elsewhere.",
    Step.ASK_AGAIN: "A worker asks about this charge, and has not been told for days. Is one running, and does its log say "
    "look_up_failed? It closes by itself once the answer is known.",
    Step.SENT_BACK_THERE: "It was sent back at the payment company, not here. Our books still hold the money as kept: tell whoever "
    "keeps your accounts, then resolve this.",
    Step.CAME_BACK: "The payer's bank took the money back. Our books still hold the bill as paid: charge it anew, then resolve this.",
    Step.NOT_THERE: "Ask the payment company for this payment by its reference. If it never took place, the bill is still owed: bill "
    "it anew, then resolve this.",
    Step.NOT_SENT_BACK: "The payer did not get this refund. Send it at the payment company, then resolve this.",
    Step.NOT_CAME_BACK: "The payment company has the money after all. Resolve this, and record it on its bill at once as a payment "
    "made elsewhere.",
    Step.AMOUNTS: "Compare both with the bill. Refund what is too much at the payment company; what is missing is still owed. Then "
    "resolve this.",
    Step.CURRENCIES: "It was taken in another currency than it was billed in. Refund it at the payment company and charge it anew, "
    "then resolve this.",
    Step.FEE: "Compare the fee with your contract (autopay biller rates) and claim it back from the payment company, then resolve this.",
    Step.TWICE: "The payer paid twice. Refund this one at the payment company; it closes by itself.",
    Step.REFUNDED_TWICE: "It was sent back twice. Ask the payer for it or let it go, then resolve this.",
    Step.WHERE_IS_IT: "Ask the payment company why it was not paid out. It closes by itself once it is.",
    Step.WHAT_IS_IT: "Ask the payment company what this line of the payout is for, then resolve this.",
    Step.SUM: "Compare the payout with your bank statement and ask the payment company for the rest, then resolve this.",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """`ours` and `theirs` in minor units, None where that side has nothing; `ref` is the processor's name of what it is about.

    `payment` is the payment behind it, or the payout. At most one difference of a kind is open about one `ref`.
    """

    kind: Kind
    about: About
    ref: str
    payment: str
    ours: int | None
    theirs: int | None
    currency: str
    step: Step
    charge: int | None = None
    refund: int | None = None
    invoice: int | None = None
