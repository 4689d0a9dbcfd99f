"""The catalogue's accounts, one per state: what happened to each, in a line. `build.py` lets it happen by the product's own verbs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autopay.processors.protocol import Reason

SOURCE = "catalogue"
"""Under this source a payer's external id is the slug below."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A method in the wallet. `months` until its card expires; `refused` is the reason with which a try ended."""

    last4: str = "4242"
    brand: str = "visa"
    bank: bool = False
    months: int = 40
    verified: bool = True
    agreed: bool = True
    default: bool = True
    state: str = "usable"
    refused: str = ""
    held: bool = False
    """A hold was placed and released a few days ago."""
    funding: str = ""
    """Of a card, if not credit."""
    once: bool = False
    """Typed for one payment."""
    token: str = ""
    """By which a screen may name it again, as a Submit pressed twice does."""


@dataclass(frozen=True, slots=True)
class End:
    """What became of the newest bill, `days` ago: planned only ("held", "due"), or a state of its charge. `minor`: a part of it."""

    state: str
    reason: Reason | None = None
    by_hand: bool = False
    days: int = 3
    minor: int = 0
    sent_back: int = 0
    """Refunded, in minor units."""


@dataclass(frozen=True, slots=True)
class Account:
    """`months` of bills; those before the newest were paid on their day if the account was enrolled. `due` is in days from today.
    `then` is a last thing that happened: cancelled, voided, elsewhere or blocked."""

    slug: str
    says: str
    enrolled: bool = True
    methods: tuple[Saved, ...] = (Saved(),)
    months: int = 1
    newest: End | None = None
    due: int = 4
    products: tuple[str, ...] = ("service-center", "practice-mate", "ehr")
    cap: int | None = None
    then: str = ""
    house: str = "catalogue"
    name: str = ""
    also: tuple[str, ...] = ()
    """Other accounts of the same owner."""


@dataclass(frozen=True, slots=True)
class House:
    """A vendor of the catalogue. What is the vendor's own, such as a missing payment company, needs a vendor of its own."""

    slug: str
    name: str
    short: str
    connected: bool = True
    frozen: bool = True
    """Otherwise its nights run with the demo's clock: a run that is to come cannot stand still."""
    products: tuple[str, ...] = ("Service Center", "Practice Mate", "EHR 24/7")


LONG = "The Saint Bartholomew-on-the-Hill Interdisciplinary Pediatric Rehabilitation and Behavioral Health Associates, P.L.L.C."
HOUSES = (
    House("catalogue", "Catalogue Vendor", "CV"),
    House("unconnected", "Unconnected Vendor", "UV", connected=False, frozen=False),
    House("runs", "Running Vendor", "RV", frozen=False),
    House("new", "Brand New Vendor", "BN", connected=False, frozen=False),
    House(
        "long",
        "Consolidated Clearinghouse and Practice Management Services of the Pacific Northwest, Incorporated",
        "CCPMS-PNW",
        frozen=False,
        products=(
            "Service Center with Eligibility, Claims Attachments and Remittance Reconciliation",
            "Practice Mate for Multi-Location Groups",
            "EHR 24/7 with Telehealthandremotepatientmonitoring",
        ),
    ),
)


def owner_of(account: str) -> str:
    """The email of the person whose account it is."""
    return f"{account}@states.test"


def staff_of(house: str) -> str:
    return f"staff.{house}@states.test"


GOOD, MASTERCARD = Saved(), Saved("4444", "mastercard", default=False)
BANK = Saved("6789", bank=True)


def _refused(last4: str, reason: str) -> Saved:
    return Saved(last4, default=False, agreed=False, state="refused", refused=reason, token=f"pm_catalogue_{reason}")


STANDING = (
    # may we charge
    Account("not-enrolled", "Not enrolled, a bill is open, nothing saved", enrolled=False, methods=()),
    Account(
        "not-enrolled-saved",
        "Not enrolled, a card and a bank account are saved",
        enrolled=False,
        methods=(GOOD, Saved("6789", bank=True, default=False)),
    ),
    Account("enrolled", "Enrolled, the coming charge is known", months=3),
    Account("enrolled-first", "Enrolled, the first bill is still to come", months=0),
    Account("not-enrolled-first", "Not enrolled, the first bill is still to come", enrolled=False, methods=(), months=0),
    Account("no-method", "Enrolled, but no card is set", methods=(Saved(default=False),)),
    Account("no-consent", "Enrolled, but no consent is on record", methods=(Saved(agreed=False),)),
    Account(
        "being-verified",
        "Enrolled with a bank account that is still being checked",
        methods=(Saved("6789", bank=True, verified=False),),
    ),
    Account("no-processor", "Enrolled, but no payment company is connected", house="unconnected"),
    Account("no-processor-off", "Not enrolled, and no payment company is connected", enrolled=False, house="unconnected"),
    Account("cancelled", "Autopay was cancelled two days ago", months=3, then="cancelled"),
    Account(
        "cancelled-late", "Autopay was cancelled while a charge was on its way", newest=End("sending", days=2), then="cancelled"
    ),
    Account(
        "enrolled-moving", "Enrolled, and a charge is on its way that a cancellation cannot stop", newest=End("sending", days=0)
    ),
    # the bill
    Account("late", "Not enrolled, a bill is twenty days late", enrolled=False, newest=End("held", days=20)),
    Account("nothing-to-pay", "Enrolled, everything is paid", newest=End("paid")),
    Account("nothing-to-pay-off", "Not enrolled, everything is paid", enrolled=False, newest=End("paid", by_hand=True, days=9)),
    Account("two-accounts", "Its owner has another account, too", also=("late",)),
    Account("one-product", "Has Practice Mate only", products=("practice-mate",)),
    Account("many-bills", "Twenty bills", months=20, newest=End("paid")),
    # one charge, every state
    Account("charge-due", "The charge is due and waits for the payment company", newest=End("due", days=1)),
    Account("charge-processing", "The charge was sent, its answer is not there yet", newest=End("sending", days=0)),
    Account("charge-unknown", "Nobody knows yet whether the charge went through", newest=End("unknown", days=1)),
    Account("charge-on-its-way", "A bank payment is on its way", methods=(BANK,), newest=End("pending", days=1)),
    Account("charge-confirm", "The bank wants the payer to confirm", newest=End("needs_payer", by_hand=True, days=0)),
    Account("paid", "Paid by card", months=2, newest=End("paid")),
    Account("paid-by-bank", "Paid by bank, may come back", methods=(BANK,), newest=End("paid", days=2)),
    Account(
        "paid-online",
        "Paid once online yesterday, not in the balance yet",
        enrolled=False,
        newest=End("paid", by_hand=True, days=1),
    ),
    Account("paid-in-part", "A part was paid once online", enrolled=False, newest=End("paid", by_hand=True, days=1, minor=10000)),
    Account("failed-expired", "The charge failed: the card has expired", newest=End("failed", Reason.EXPIRED)),
    Account("failed-declined", "The charge failed: the bank said no", newest=End("failed", Reason.DECLINED)),
    Account("failed-poor", "The charge failed: not enough money", newest=End("failed", Reason.INSUFFICIENT_FUNDS)),
    Account(
        "sent-back",
        "The bank sent the payment back: not enough money",
        methods=(BANK,),
        newest=End("returned", Reason.INSUFFICIENT_FUNDS, days=2),
    ),
    Account(
        "sent-back-for-good",
        "The bank sent the payment back for good",
        methods=(BANK,),
        newest=End("returned", Reason.ACCOUNT_CLOSED, days=2),
    ),
    Account("refunded-part", "Twenty dollars were sent back", newest=End("paid", days=5, sent_back=2000)),
    Account("refunded-full", "All of it was sent back", newest=End("paid", days=5, sent_back=25685)),
    Account("needs-ok", "A bill above the account's limit waits for a yes", cap=10000, newest=End("held")),
    Account("void", "The bill was taken back", then="void"),
    Account(
        "blocked",
        "Our books and the payment company's differ: a person must look",
        newest=End("failed", Reason.DECLINED),
        then="blocked",
    ),
    Account("paid-elsewhere", "Paid by check", then="elsewhere"),
    # the wallet
    Account("wallet-empty", "Nothing is saved", enrolled=False, methods=()),
    Account(
        "wallet-full",
        "Five cards and a bank account",
        methods=(
            Saved(held=True),
            MASTERCARD,
            Saved("0005", "amex", default=False),
            Saved("1117", "discover", default=False),
            Saved("6789", bank=True, default=False),
            Saved("3222", default=False),
        ),
    ),
    Account("wallet-expires-soon", "The enrolled card expires this month", methods=(Saved(months=0), MASTERCARD)),
    Account("wallet-expired", "The enrolled card has expired", methods=(Saved(months=-2),)),
    Account(
        "wallet-being-checked",
        "A bank account is being checked",
        enrolled=False,
        methods=(Saved("6789", bank=True, verified=False, default=False),),
    ),
    # what came of a Submit
    Account("refused-expired", "The card typed in has expired", enrolled=False, methods=(_refused("0069", "expired"),)),
    Account("refused-declined", "The bank said no to the card typed in", enrolled=False, methods=(_refused("0002", "declined"),)),
    Account(
        "refused-poor",
        "There was not enough money for the card's check",
        enrolled=False,
        methods=(_refused("9995", "insufficient_funds"),),
    ),
    Account(
        "answer-lost",
        "The payment company did not answer in time",
        enrolled=False,
        methods=(Saved(default=False, agreed=False, state="holding", token="pm_catalogue_holding"),),
    ),
    Account(
        "changed-elsewhere",
        "The agreement was changed in another tab",
        methods=(GOOD, Saved("4444", "mastercard", default=False, token="pm_catalogue_other")),
    ),
    # a vendor whose night is to come
    Account("runs-charged", "Enrolled, due tomorrow", due=1, house="runs", months=3),
    Account("runs-held", "Above its limit, due tomorrow", due=1, cap=10000, house="runs"),
    Account("runs-off", "Not enrolled, due tomorrow", enrolled=False, methods=(), due=1, house="runs"),
    Account("runs-without-card", "Enrolled without a card, due tomorrow", methods=(), due=1, house="runs"),
    Account("runs-later", "Enrolled, due next week", due=7, house="runs"),
    # words that do not fit
    Account(
        "long-names", "Long names, a charge failed", house="long", name=LONG, months=3, newest=End("failed", Reason.DECLINED)
    ),
    Account("long-names-off", "Long names, not enrolled", house="long", name=LONG, enrolled=False, methods=()),
)
IN_A_RUN = (
    "enrolled",
    "not-enrolled",
    "no-method",
    "cancelled-late",
    "charge-unknown",
    "paid",
    "failed-declined",
    "needs-ok",
    "many-bills",
)
"""What a vendor's console says of these depends on its next night, which a frozen vendor has not."""
ACCOUNTS = (*STANDING, *(replace(each, slug=f"runs-{each.slug}", house="runs") for each in STANDING if each.slug in IN_A_RUN))
