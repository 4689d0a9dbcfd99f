"""The vendor's console: accounts, one account, its bills, and the runs."""

from __future__ import annotations

from autopay.surfaces.demo.catalogue.line import Line, Page

CONSOLE_PAGES = tuple(
    Page(slug, f"Console: {title}", f"/vendor/{address}", staff=True)
    for slug, title, address in (
        ("accounts", "Accounts", "accounts/"),
        ("accounts-stuck", "Accounts that cannot be charged", "accounts/?enrollment=stuck"),
        ("accounts-none", "No account matches", "accounts/?q=zzzz"),
        ("account", "one account", "accounts/{payer}/"),
        ("account-payments", "charges and payments", "accounts/{payer}/payments/"),
        ("account-changes", "changes", "accounts/{payer}/changes/"),
        ("console-bill", "one bill", "bills/{bill}/"),
        ("console-refund", "refund", "bills/{bill}/refund"),
        ("runs", "tonight", "runs/"),
        ("runs-month", "this month", "runs/month/"),
        ("runs-past", "a past day", "runs/past/"),
    )
)

BILLS = {
    "not-enrolled": "Record payment",
    "charge-processing": "Until the payment above has ended",
    "charge-unknown": "We do not know yet",
    "charge-on-its-way": "is on its way",
    "paid": "Paid",
    "failed-declined": "The bank said no.",
    "sent-back": "sent back the payment",
    "refunded-part": "$20.00",
    "void": "took this bill back",
    "blocked": "The bank said no",
    "paid-elsewhere": "check",
}
CONSOLE = (
    Line("accounts", "catalogue", "Find an account", account="enrolled", says="Every account of the catalogue"),
    Line("accounts", "new", "No accounts yet.", account="@new", says="A vendor without accounts"),
    Line("accounts", "long", "P.L.L.C.", account="long-names", says="Long names"),
    Line("accounts-stuck", "catalogue", "Enrolled, but", account="enrolled", says="Filtered"),
    Line("accounts-none", "catalogue", "No account matches.", account="enrolled", says="Nothing found"),
    Line("account", "enrolled", "Enrolled"),
    Line("account", "not-enrolled", "Never enrolled"),
    Line("account", "no-method", "no default card"),
    Line("account", "no-processor", "no payment company is connected"),
    Line("account", "failed-declined", "was not paid"),
    Line("account", "needs-ok", "$100.00"),
    Line("account", "cancelled-late", "Cancelled on"),
    Line("account", "charge-unknown", "Not known yet"),
    Line("account", "many-bills", "Bills"),
    Line("account", "long-names", "P.L.L.C."),
    Line("account-payments", "paid", "$256.85"),
    Line("account-payments", "refunded-part", "$20.00"),
    Line("account-payments", "not-enrolled-first", "Charges and payments"),
    Line("account-changes", "cancelled", "Who changed what"),
    *(Line("console-bill", state, words) for state, words in BILLS.items()),
    Line("console-refund", "paid", "$256.85"),
    Line("console-refund", "refunded-part", "$236.85"),
    Line("runs", "tonight", "Will be charged", account="runs-charged", says="Charged, held and not charged"),
    Line("runs", "new", "Runs", account="@new", says="A vendor without accounts"),
    Line("runs-month", "month", "Will be charged", account="runs-charged", says="Charged, held and not charged"),
    Line("runs-past", "adds-up", "adds up", account="runs-charged", says="It adds up"),
    Line("runs-past", "new", "Nothing fell due on", account="@new", says="Nothing fell due"),
)
