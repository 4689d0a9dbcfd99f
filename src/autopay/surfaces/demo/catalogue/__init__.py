"""The catalogue: page x state, one line each, with the words by which that state is known. The demo shows it, the tests iterate it."""

from __future__ import annotations

from autopay.surfaces.demo.catalogue.account_screens import SERVICE_CENTER
from autopay.surfaces.demo.catalogue.classic_screens import CLASSIC
from autopay.surfaces.demo.catalogue.console_screens import CONSOLE, CONSOLE_PAGES
from autopay.surfaces.demo.catalogue.line import Line, Page
from autopay.surfaces.demo.catalogue.portal_screens import PORTAL, PORTAL_PAGES
from autopay.surfaces.demo.catalogue.submits import SUBMITS

__all__ = ["LINES", "PAGES", "Line", "Page"]

SC, EHR = "/service-center/account-management/", "/classic/ehr/"
PAGES = {
    each.slug: each
    for each in (
        Page("account-management", "Account Management", SC),
        Page("pay-bill", "Pay Bill", f"{SC}pay-bill/"),
        Page("settings", "Autopay Settings", f"{SC}autopay-settings/"),
        Page("cancel", "Cancel Autopay?", f"{SC}autopay-settings/cancel"),
        Page("wallet", "Wallet", f"{SC}wallet/"),
        Page("add-method", "Add payment method", f"{SC}wallet/add"),
        Page("remove-method", "Remove a method", f"{SC}wallet/{{method}}/remove"),
        Page("review", "Please check", f"{SC}pay-bill/review?amount=100.00&method={{method}}"),
        Page("payment", "One payment", f"{SC}payments/{{charge}}/"),
        Page("cancellation", "Cancellation", "/service-center/cancellations/{cancellation}/"),
        Page("pay", "Pay once", f"{SC}pay-bill/pay"),
        Page("history", "History", f"{SC}history/"),
        Page("products", "Products", f"{SC}products/"),
        Page("data-sheets", "Data Sheets", f"{SC}products/data-sheets/"),
        Page("drop-product", "Drop a product", f"{SC}products/{{product}}/"),
        Page("add-product", "Add a product", "/classic/practice-mate/products/{unused}/"),
        Page("bill", "One bill", f"{SC}bills/{{bill}}/"),
        Page("receipt", "Receipt", "/service-center/receipts/{receipt}/"),
        Page("classic-pay-bill", "Pay Bill, EHR 24/7", f"{EHR}pay-bill/"),
        Page("practice-mate-pay-bill", "Pay Bill, Practice Mate", "/classic/practice-mate/pay-bill/"),
        Page("classic-sc-pay-bill", "Pay Bill, Classic Service Center", "/classic/classic/pay-bill/"),
        Page("classic-enroll", "Set Up Autopay, EHR 24/7", f"{EHR}pay-bill/enroll"),
        Page("classic-settings", "Autopay Settings, EHR 24/7", f"{EHR}autopay-settings/"),
        Page("classic-manage-office", "Manage Office, EHR 24/7", f"{EHR}manage-office/"),
        Page("classic-history", "History, EHR 24/7", f"{EHR}history/"),
        Page("classic-products", "Products, EHR 24/7", f"{EHR}products/"),
        Page("classic-data-sheets", "Data Sheets, EHR 24/7", f"{EHR}products/data-sheets/"),
        Page("classic-bill", "One bill, EHR 24/7", f"{EHR}bills/{{bill}}/"),
        Page("classic-wallet", "Wallet, EHR 24/7", f"{EHR}wallet/"),
        Page("classic-review", "Please check, EHR 24/7", f"{EHR}pay/review?amount=100.00&method={{method}}"),
        Page("classic-payment", "One payment, EHR 24/7", f"{EHR}payments/{{charge}}/"),
        Page("classic-cancellation", "Cancellation, EHR 24/7", "/classic/ehr/cancellations/{cancellation}/"),
        Page("classic-pay", "Pay Once, EHR 24/7", f"{EHR}pay"),
        Page("classic-receipt", "Receipt, EHR 24/7", "/classic/ehr/receipts/{receipt}/"),
        *PORTAL_PAGES,
        *CONSOLE_PAGES,
        Page("approval", "The link of a mail that asks for a yes", "/approval/{ticket}"),
    )
}

APPROVALS = (
    Line("approval", "needs-ok", "With your yes it is charged to Visa ending in 4242"),
    Line("approval", "paid", "There is nothing left to say yes to"),
)

LINES: tuple[Line, ...] = (*SERVICE_CENTER, *CLASSIC, *SUBMITS, *APPROVALS, *PORTAL, *CONSOLE)
