"""The catalogue's patients, one per state of the Patient Portal: what happened to each, in a line. `build_patients.py` lets it happen."""

from __future__ import annotations

from dataclasses import dataclass

from autopay.demo_states.accounts import LONG, End, Saved
from autopay.processors.protocol import Reason

BANK = Saved("6789", bank=True)
SPARE = Saved("4444", "mastercard", default=False)


@dataclass(frozen=True, slots=True)
class Visit:
    """Invoiced `days` ago at `minor`; `end` is what became of its charge, on that same day. `then`: voided, elsewhere or blocked."""

    days: int = 3
    minor: int = 9600
    end: End | None = None
    then: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """`on`: Auto-Pay. Who logs in is the patient, or with `family` a contact who pays for these patients, too.

    `asked`: requests to the office, each with whether it is answered.
    """

    slug: str
    says: str
    on: bool = True
    methods: tuple[Saved, ...] = (Saved(),)
    visits: tuple[Visit, ...] = ()
    name: str = ""
    house: str = "agency"
    family: tuple[str, ...] = ()
    asked: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Agency:
    slug: str
    name: str
    short: str
    connected: bool = True


AGENCIES = (
    Agency("agency", "Catalogue Home Care", "CHC"),
    Agency("agency-unconnected", "Unconnected Home Care", "UHC", connected=False),
    Agency(
        "agency-long", "Consolidated Interdisciplinary Home Care and Rehabilitation Services of the Pacific Northwest", "CIHCR"
    ),
)


def _one(state: str, reason: Reason | None = None, days: int = 3, sent_back: int = 0) -> tuple[Visit, ...]:
    return (Visit(days, end=End(state, reason, days=days, sent_back=sent_back)),)


def _by_hand(state: str, days: int = 3) -> tuple[Visit, ...]:
    return (Visit(days, end=End(state, by_hand=True, days=days)),)


SEVERAL = (Visit(21), Visit(14, 11000), Visit(2, 8500))
PATIENTS = (
    Patient("patient-on", "Auto-Pay is on, everything is paid", visits=_one("paid")),
    Patient(
        "patient-off", "Auto-Pay is off, a bill is open, a card is saved", on=False, methods=(Saved(), SPARE), visits=(Visit(),)
    ),
    Patient("patient-off-no-card", "Auto-Pay is off, a bill is open, no card is saved", on=False, methods=(), visits=(Visit(),)),
    Patient("patient-new", "Nothing has happened yet", on=False, methods=()),
    Patient("patient-no-card", "Auto-Pay is on, but no card is on file", methods=(), visits=(Visit(),)),
    Patient(
        "patient-no-consent", "Auto-Pay is on, but nobody agreed to be charged", methods=(Saved(agreed=False),), visits=(Visit(),)
    ),
    Patient(
        "patient-being-checked",
        "Auto-Pay is on, the bank account is still being checked",
        methods=(Saved("6789", bank=True, verified=False),),
        visits=(Visit(),),
    ),
    Patient("patient-bank", "Auto-Pay is on with a bank account", methods=(BANK,)),
    Patient("patient-expired", "Auto-Pay is on, its card has expired", methods=(Saved(months=-2), SPARE)),
    Patient(
        "patient-expired-off",
        "Auto-Pay is off, the default card has expired, a bill is open",
        on=False,
        methods=(Saved(months=-2), SPARE),
        visits=(Visit(),),
    ),
    Patient(
        "patient-unconnected",
        "No payment company is connected",
        on=False,
        methods=(),
        visits=(Visit(),),
        house="agency-unconnected",
    ),
    Patient(
        "patient-declined",
        "The charge failed: the bank said no",
        methods=(Saved(), SPARE),
        visits=_one("failed", Reason.DECLINED),
    ),
    Patient("patient-card-expired", "The charge failed: the card has expired", visits=_one("failed", Reason.EXPIRED)),
    Patient("patient-poor", "The charge failed: not enough money", visits=_one("failed", Reason.INSUFFICIENT_FUNDS)),
    Patient("patient-processing", "A charge was sent, its answer is not there yet", visits=_one("sending", days=0)),
    Patient("patient-unknown", "Nobody knows yet whether the charge went through", visits=_one("unknown", days=1)),
    Patient("patient-on-its-way", "A bank payment is on its way", methods=(BANK,), visits=_one("pending", days=1)),
    Patient("patient-confirm", "The bank wants the payer to confirm", on=False, visits=_by_hand("needs_payer", days=0)),
    Patient("patient-paid-by-hand", "Paid with Pay Now", on=False, visits=_by_hand("paid")),
    Patient("patient-paid-by-bank", "Paid by bank, may come back", methods=(BANK,), visits=_one("paid", days=2)),
    Patient(
        "patient-sent-back",
        "The bank sent the payment back",
        methods=(BANK,),
        visits=_one("returned", Reason.INSUFFICIENT_FUNDS, 2),
    ),
    Patient(
        "patient-held", "Above what was agreed: announced first", methods=(Saved(funding="debit"),), visits=(Visit(1, 31240),)
    ),
    Patient("patient-refunded-part", "Twenty dollars were sent back", visits=_one("paid", days=5, sent_back=2000)),
    Patient("patient-refunded", "All of it was sent back", visits=_one("paid", days=5, sent_back=9600)),
    Patient("patient-void", "The bill was taken back", on=False, visits=(Visit(then="void"),)),
    Patient("patient-elsewhere", "Paid by check", on=False, visits=(Visit(then="elsewhere"),)),
    Patient(
        "patient-blocked",
        "Our books and the payment company's differ: a person must look",
        visits=(Visit(end=End("failed", Reason.DECLINED), then="blocked"),),
    ),
    Patient("patient-several", "Three bills are open", on=False, methods=(Saved(), SPARE), visits=SEVERAL),
    Patient(
        "patient-typed",
        "A card was typed for this payment",
        on=False,
        methods=(Saved(default=False, once=True, agreed=False),),
        visits=(Visit(),),
    ),
    Patient(
        "patient-much",
        "Forty visits were paid",
        visits=tuple(Visit(n * 7 + 3, end=End("paid", days=n * 7 + 3)) for n in reversed(range(40))),
    ),
    Patient(
        "patient-asked",
        "Asked the office twice, one is answered",
        asked=(
            ("card", "My new card comes on Friday.", False),
            ("off", "", True),
        ),
    ),
    Patient(
        "patient-family",
        "Pays for three patients",
        name="Maria Alvarez",
        on=False,
        visits=SEVERAL,
        family=("patient-family-two", "patient-family-three"),
    ),
    Patient(
        "patient-family-two", "Of the family, without a card", name="Ruth Cohen", on=False, methods=(), visits=(Visit(4, 7200),)
    ),
    Patient("patient-family-three", "Of the family, nothing open", name="James Lee", visits=_one("paid")),
    Patient(
        "patient-long",
        "Long names, a charge failed",
        methods=(Saved(), SPARE),
        visits=(Visit(9), Visit(3, 1234567, End("failed", Reason.DECLINED))),
        name=LONG,
        house="agency-long",
        asked=(("card", "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstelle " * 6, False),),
    ),
    Patient(
        "patient-refused",
        "The bank said no to the card typed in",
        on=False,
        visits=(Visit(),),
        methods=(
            Saved("0002", default=False, agreed=False, state="refused", refused="declined", token="pm_catalogue_pt_declined"),
        ),
    ),
    Patient(
        "patient-answer-lost",
        "The payment company did not answer in time",
        on=False,
        visits=(Visit(),),
        methods=(Saved(default=False, agreed=False, state="holding", token="pm_catalogue_pt_holding"),),
    ),
)
