"""The catalogue: page x state, one line each, with the words by which that state is known. The demo shows it, the tests iterate it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autopay.demo_states.accounts import ACCOUNTS

SAYS = {each.slug: each.says for each in ACCOUNTS}


@dataclass(frozen=True, slots=True)
class Page:
    """`address` may name the account's newest `{bill}`, its newest `{receipt}`, its `{payer}`, a `{method}`, and the `{ticket}` of a mail."""

    slug: str
    title: str
    address: str
    staff: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One page in one state. `words` stand on it and tell the state from every other. `account` where it is not named like the state;
    `posted` is what was sent to the page, for what only a Submit shows."""

    page: str
    state: str
    words: str
    account: str = ""
    posted: Mapping[str, str] = field(default_factory=dict)
    says: str = ""

    @property
    def of(self) -> str:
        return self.account or self.state

    @property
    def title(self) -> str:
        return self.says or SAYS[self.of]


SC, EHR = "/service-center/account-management/", "/classic/ehr/"
PAGES = {
    each.slug: each
    for each in (
        Page("account-management", "Account Management", SC),
        Page("pay-bill", "Pay Bill", f"{SC}pay-bill/"),
        Page("settings", "Autopay Settings", f"{SC}autopay-settings/"),
        Page("cancel", "Cancel Autopay?", f"{SC}autopay-settings/cancel"),
        Page("pay", "Pay once", f"{SC}pay-bill/pay"),
        Page("history", "History", f"{SC}history/"),
        Page("bill", "One bill", f"{SC}bills/{{bill}}/"),
        Page("receipt", "Receipt", "/service-center/receipts/{receipt}/"),
        Page("classic-pay-bill", "Pay Bill, EHR 24/7", f"{EHR}pay-bill/"),
        Page("practice-mate-pay-bill", "Pay Bill, Practice Mate", "/classic/practice-mate/pay-bill/"),
        Page("classic-sc-pay-bill", "Pay Bill, Classic Service Center", "/classic/classic/pay-bill/"),
        Page("classic-enroll", "Set Up Autopay, EHR 24/7", f"{EHR}pay-bill/enroll"),
        Page("classic-settings", "Autopay Settings, EHR 24/7", f"{EHR}autopay-settings/"),
        Page("classic-manage-office", "Manage Office, EHR 24/7", f"{EHR}manage-office/"),
        Page("classic-history", "History, EHR 24/7", f"{EHR}history/"),
        Page("classic-bill", "One bill, EHR 24/7", f"{EHR}bills/{{bill}}/"),
        Page("classic-pay", "Pay Once, EHR 24/7", f"{EHR}pay"),
        Page("classic-receipt", "Receipt, EHR 24/7", "/classic/ehr/receipts/{receipt}/"),
        Page("approval", "The link of a mail that asks for a yes", "/approval/{ticket}"),
    )
}

TYPED = {
    "email": "alex@practice.test", "phone": "(415) 555-0118", "company": "Orchard Family Practice", "first_name": "Alex",
    "last_name": "Morgan", "street": "218 Orchard Road", "city": "Petaluma", "state": "CA", "zip": "94952", "country": "US",
    "kind": "card", "holder": "Alex Morgan", "agree": "on", "seen": "1",
}  # fmt: skip
WRONG = TYPED | {"zip": "9495", "email": "alex", "phone": "555", "city": "", "cap": "lots", "agree": ""}


def _typed(token: str, **other: str) -> dict[str, str]:
    return TYPED | {"token": token} | other


NOT_SAVED = "We could not save this payment method."
SUBMITS = (
    Line("settings", "fields-wrong", "A zip code has 5 digits. One is missing.", "not-enrolled", WRONG, "Submit with five things wrong"),
    Line("settings", "refused-expired", "The card has expired.", posted=_typed("pm_catalogue_expired")),
    Line("settings", "refused-declined", "The bank said no.", posted=_typed("pm_catalogue_declined")),
    Line("settings", "refused-poor", "There was not enough money", posted=_typed("pm_catalogue_insufficient_funds")),
    Line("settings", "answer-lost", "We do not know yet if your card was saved.", posted=_typed("pm_catalogue_holding")),
    Line("settings", "not-human", "Please check the box “I'm not a robot”", "not-enrolled", _typed("pm_catalogue_new"), "Submit without the human check"),
    Line("settings", "changed-elsewhere", "Things changed since you opened this page.", posted=_typed("pm_catalogue_other")),
    Line("classic-enroll", "fields-wrong", "A zip code has 5 digits. One is missing.", "not-enrolled", WRONG, "Submit with four things wrong"),
    Line("classic-enroll", "refused-declined", NOT_SAVED, posted=_typed("pm_catalogue_declined")),
    Line("classic-enroll", "answer-lost", "We do not know yet if your card was saved.", posted=_typed("pm_catalogue_holding")),
    Line("classic-settings", "wrong-word", "Type it in small letters: cancel", "enrolled", {"word": "Cancel"}, "`Cancel` was typed instead of `cancel`"),
    Line("classic-settings", "no-word", "The box is empty.", "enrolled", {"word": ""}, "Submit with an empty box"),
)  # fmt: skip

GREEN, RED = "Congratulations! You are enrolled in autopay.", "You are not currently enrolled in autopay."
CLASSIC_GREEN = "Congratulations! You Are Currently Enrolled in Autopay."
OFF_SWITCH = "Click the switch below to avoid disruptions"

NEW = (
    Line("account-management", "enrolled", "What you owe, what is on its way, autopay"),
    Line("account-management", "long-names", "of the Pacific Northwest, Incorporated Bill"),
    Line("pay-bill", "not-enrolled", "Contact us to make a payment"),
    Line("pay-bill", "not-enrolled-saved", "Enroll in Autopay"),
    Line("pay-bill", "not-enrolled-first", "No bill yet"),
    Line("pay-bill", "enrolled", "Next charge: $256.85 on"),
    Line("pay-bill", "enrolled-first", "and is charged to Visa ending in 4242."),
    Line("pay-bill", "no-method", "No charge can run right now: no default card."),
    Line("pay-bill", "no-consent", "No charge can run right now: no consent on record."),
    Line("pay-bill", "being-verified", "the bank account is still being checked."),
    Line("pay-bill", "no-processor", "no payment company is connected."),
    Line("pay-bill", "no-processor-off", RED),
    Line("pay-bill", "cancelled", RED),
    Line("pay-bill", "cancelled-late", "expected by"),
    Line("pay-bill", "late", "20 days late."),
    Line("pay-bill", "nothing-to-pay", "Nothing to pay. Your next bill comes on"),
    Line("pay-bill", "nothing-to-pay-off", "Nothing to pay. Your next bill comes on"),
    Line("pay-bill", "charge-processing", "expected by"),
    Line("pay-bill", "charge-unknown", GREEN),
    Line("pay-bill", "charge-on-its-way", "expected by"),
    Line("pay-bill", "paid-online", "shows in your balance by"),
    Line("pay-bill", "paid-in-part", "shows in your balance by"),
    Line("pay-bill", "failed-declined", GREEN),
    Line("pay-bill", "sent-back-for-good", "No charge can run right now: no default card."),
    Line("pay-bill", "needs-ok", "This bill needs your OK"),
    Line("pay-bill", "long-names", "Telehealthandremotepatientmonitoring"),
    Line("settings", "not-enrolled", OFF_SWITCH),
    Line("settings", "not-enrolled-saved", "Choose from your wallet"),
    Line("settings", "not-enrolled-first", OFF_SWITCH),
    Line("settings", "no-processor-off", "Cards and bank accounts cannot be added here right now."),
    Line("settings", "enrolled", "Switch it off to cancel."),
    Line("settings", "enrolled-moving", "Already on its way: $256.85"),
    Line("settings", "no-method", "no default card."),
    Line("settings", "cancelled", OFF_SWITCH),
    Line("settings", "needs-ok", "Change card or address"),
    Line("settings", "long-names-off", OFF_SWITCH),
    Line("cancel", "enrolled", "Yes, Cancel Autopay"),
    Line("cancel", "enrolled-moving", "It cannot be stopped."),
    Line("pay", "not-enrolled-saved", "Bank account ending in 6789"),
    Line("pay", "wallet-full", "Discover ending in 1117"),
    Line("pay", "wallet-expired", "Pay with"),
    Line("pay", "failed-declined", "Last charge declined"),
    Line("pay", "long-names", "of the Pacific Northwest, Incorporated now."),
    Line("history", "not-enrolled-first", "Nothing here yet"),
    Line("history", "many-bills", "View receipt"),
    Line("history", "paid", "Paid"),
    Line("history", "needs-ok", "It is above the limit"),
    Line("history", "void", "Void"),
    Line("history", "refunded-part", "$20.00 sent back"),
    Line("history", "long-names", "Failed"),
)

BILL_WORDS = {
    "not-enrolled": "$256.85 is open",
    "charge-due": "It waits for the payment company.",
    "charge-processing": "We are taking your payment of $256.85",
    "charge-unknown": "Please do not pay it again.",
    "charge-on-its-way": "Your bank payment of $256.85 is on its way",
    "charge-confirm": "Your bank wants you to confirm this payment",
    "paid": "We charged $256.85 to Visa ending in 4242 on",
    "paid-by-bank": "may still be returned by the bank until",
    "paid-in-part": "$156.85",
    "failed-expired": "The card has expired.",
    "failed-declined": "The bank said no.",
    "failed-poor": "There was not enough money",
    "sent-back": "Your bank sent back the payment of $256.85",
    "sent-back-for-good": "The account is closed.",
    "refunded-part": "$20.00",
    "refunded-full": "$256.85 sent back",
    "needs-ok": "This bill needs your OK",
    "void": "The office took this bill back",
    "blocked": "We could not charge Visa ending in 4242",
    "paid-elsewhere": "Paid",
    "long-names": "We could not charge Visa ending in 4242",
}
RECEIPT_WORDS = {
    "paid": "$256.85",
    "paid-by-bank": "Bank account ending in 6789",
    "paid-online": "$256.85",
    "paid-in-part": "$100.00",
    "refunded-part": "$20.00",
    "refunded-full": "$256.85",
    "long-names": "P.L.L.C.",
}
CLASSIC = (
    Line("classic-pay-bill", "not-enrolled", 'Click the "Enroll in Autopay" button to enroll.'),
    Line("classic-pay-bill", "not-enrolled-first", "Amount Due: 0.00"),
    Line("classic-pay-bill", "enrolled", CLASSIC_GREEN),
    Line("classic-pay-bill", "no-method", CLASSIC_GREEN),
    Line("classic-pay-bill", "late", "Amount Due: 256.85"),
    Line("classic-pay-bill", "charge-on-its-way", "On its way: $256.85"),
    Line("classic-pay-bill", "needs-ok", "This bill needs your OK"),
    Line("classic-pay-bill", "nothing-to-pay", "Amount Due: 0.00"),
    Line("classic-pay-bill", "many-bills", CLASSIC_GREEN),
    Line("classic-pay-bill", "long-names", CLASSIC_GREEN),
    Line("practice-mate-pay-bill", "not-enrolled", 'Click the "Enroll in Autopay" button to enroll.'),
    Line("practice-mate-pay-bill", "one-product", CLASSIC_GREEN),
    Line("classic-sc-pay-bill", "enrolled", CLASSIC_GREEN),
    Line("classic-enroll", "not-enrolled", "Set Up Autopay"),
    Line("classic-enroll", "not-enrolled-saved", "Choose from your wallet"),
    Line("classic-enroll", "enrolled", "An edit charges nothing by itself."),
    Line("classic-enroll", "long-names-off", "Set Up Autopay"),
    Line("classic-settings", "enrolled", "Type the word cancel in small letters"),
    Line("classic-settings", "enrolled-moving", "It cannot be stopped."),
    Line("classic-settings", "cancelled", RED),
    Line("classic-settings", "no-method", "No card is set."),
    Line("classic-manage-office", "enrolled", "Pay Bill"),
    Line("classic-history", "many-bills", "View receipt"),
    Line("classic-history", "long-names", "Failed"),
    Line("classic-pay", "not-enrolled-saved", "Bank account ending in 6789"),
    Line("classic-pay", "wallet-full", "Discover ending in 1117"),
)
APPROVALS = (
    Line("approval", "needs-ok", "With your yes it is charged to Visa ending in 4242"),
    Line("approval", "paid", "There is nothing left to say yes to"),
)

LINES: tuple[Line, ...] = (
    *NEW,
    *(Line("bill", state, words) for state, words in BILL_WORDS.items()),
    *(Line("receipt", state, words) for state, words in RECEIPT_WORDS.items()),
    *SUBMITS,
    *CLASSIC,
    *(Line("classic-bill", state, BILL_WORDS[state]) for state in ("not-enrolled", "charge-unknown", "paid", "failed-declined", "refunded-part", "long-names")),
    *(Line("classic-receipt", state, RECEIPT_WORDS[state]) for state in ("paid", "refunded-part")),
    *APPROVALS,
)  # fmt: skip
