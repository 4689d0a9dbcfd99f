"""The account in Classic Service Center, Practice Mate and EHR 24/7: one set of pages, three skins."""

from __future__ import annotations

from autopay.surfaces.demo.catalogue.account_screens import BILL_WORDS, RECEIPT_WORDS, RED
from autopay.surfaces.demo.catalogue.line import Line

CLASSIC_GREEN = "Congratulations! You Are Currently Enrolled in Autopay."

SCREENS = (
    Line("classic-pay-bill", "not-enrolled", 'Click the "Enroll in Autopay" button to enroll.'),
    Line("classic-pay-bill", "not-enrolled-first", "Amount Due: 0.00"),
    Line("classic-pay-bill", "enrolled", CLASSIC_GREEN),
    Line("classic-pay-bill", "no-method", CLASSIC_GREEN),
    Line("classic-pay-bill", "late", "Amount Due: 256.85"),
    Line("classic-pay-bill", "charge-on-its-way", "expected by"),
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
    Line("classic-products", "enrolled", "Your next bill: $256.85 on"),
    Line("classic-data-sheets", "long-names", "Telehealthandremotepatientmonitoring"),
    Line("classic-history", "many-bills", "View receipt"),
    Line("classic-history", "long-names", "Failed"),
    Line("classic-wallet", "wallet-full", "Hold, not a charge"),
    Line("classic-wallet", "wallet-empty", "No saved cards or bank accounts yet."),
    Line("classic-review", "not-enrolled-saved", "It does not enroll you in autopay."),
    Line("classic-payment", "failed-declined", "The bank said no."),
    Line("classic-payment", "charge-unknown", "Please do not pay it again."),
    Line("classic-cancellation", "cancelled-late", "$256.85"),
    Line("classic-pay", "not-enrolled-saved", "Bank account ending in 6789"),
    Line("classic-pay", "wallet-full", "Discover ending in 1117"),
)
BILLS = ("not-enrolled", "charge-unknown", "paid", "failed-declined", "refunded-part", "long-names")
CLASSIC = (
    *SCREENS,
    *(Line("classic-bill", state, BILL_WORDS[state]) for state in BILLS),
    *(Line("classic-receipt", state, RECEIPT_WORDS[state]) for state in ("paid", "refunded-part")),
)
