"""Why an invoice was, will be or was not charged, and why money did not move: one sentence each, the same for payer and office."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay import words
from autopay.charging.charge import Trigger, Why
from autopay.money import Money
from autopay.processors.protocol import Reason
from autopay.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Story:
    """What one sentence needs. `why` is what auto-pay last decided for the invoice; the rest is about its latest charge, if any."""

    why: str
    visit: bool
    """A visit's invoice says Auto-Pay, a monthly one autopay."""
    trigger: str = ""
    state: str = ""
    reason: str = ""
    method: str = ""
    until: date | None = None
    limit: Money | None = None


PAID_OR_PAYING = ("paid", "pending", "sending", "needs_payer")


def why(story: Story) -> str:
    """The sentence; empty where nothing was decided yet."""
    if story.trigger == Trigger.PAY_NOW and story.state in PAID_OR_PAYING:
        return _by_hand(story)
    if story.state in ("failed", "returned"):
        return _join(_started(story), because(story.reason, story.method))
    if story.state == "unknown":
        return _("The payment company did not answer. We are asking it. Nobody can pay this invoice until we know.")
    if story.why == Why.CHARGED or story.state in PAID_OR_PAYING:
        return _charged(story)
    if story.why == Why.NOTICE_FIRST and story.until:
        return _("The amount is above what was agreed, so we say so first. It is charged on %(day)s.") % {
            "day": words.day(story.until)
        }
    if story.why == Why.NO_PROCESSOR and story.until:
        return _("The payment company is disconnected for now, so the charge waits.")
    if story.why == Why.OVER_CAP and story.limit:
        return _("It is above the limit of %(limit)s.") % {"limit": words.money(story.limit)}
    plain = _PLAIN if story.visit else _PLAIN | _OF_ACCOUNTS
    return str(plain.get(story.why, ""))


def because(reason: str, method: str = "") -> str:
    """Four groups for cards, and what a bank says when it sends a debit back; never a code (V33)."""
    if method and reason in ("", Reason.DECLINED):
        return _("The bank said no to %(method)s.") % {"method": method}
    return str(_REASONS.get(reason) or _PLAIN.get(reason) or _("The bank said no.")) if reason else _("The bank said no.")


def not_taken(account: bool) -> str:
    """What comes of an attempt that failed: a visit's invoice waits for a person (V32), an account's bill for its next charge day."""
    if account:
        return _("Nothing was taken. If autopay is on, the next charge takes it along.")
    return _("Nothing was taken. We will not try again by ourselves.")


def refused(refusal: Refusal) -> str:
    """What a refusal says, in the language of the person who asked."""
    values = {name: words.money(value) if isinstance(value, Money) else value for name, value in refusal.values.items()}
    return _(refusal.template) % values if values else _(refusal.template)


def _by_hand(story: Story) -> str:
    return _("It was paid with Pay Now.") if story.state in ("paid", "pending") else _("It is being paid with Pay Now.")


def _charged(story: Story) -> str:
    if story.trigger == Trigger.PAY_NOW and story.state in ("sending", "needs_payer"):
        return _("It is being paid with Pay Now.")
    if not story.visit:
        return _("Autopay was on and its charge day had come.")
    if story.state == "paid":
        return _("Auto-Pay was on, so the default payment method was charged.")
    return _("Auto-Pay is on and charges the default payment method.")


def _started(story: Story) -> str:
    if story.trigger == Trigger.PAY_NOW:
        return _("It was tried with Pay Now.")
    return _("Auto-Pay was on.") if story.visit else _("Autopay was on.")


def _join(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


_REASONS: dict[str, Promise] = {
    Reason.EXPIRED: gettext_lazy("The card has expired."),
    Reason.INSUFFICIENT_FUNDS: gettext_lazy("There was not enough money for this payment."),
    Reason.DECLINED: gettext_lazy("The bank said no."),
    Reason.NEEDS_AUTHENTICATION: gettext_lazy("The bank wants the payer to confirm the payment."),
    Reason.ACCOUNT_CLOSED: gettext_lazy("The account is closed."),
    Reason.NO_ACCOUNT: gettext_lazy("The bank could not find the account."),
    Reason.NOT_AUTHORIZED: gettext_lazy("The bank was told that this payment was not allowed."),
    Reason.CANCELLED: gettext_lazy("The payment was cancelled."),
    Reason.METHOD_GONE: gettext_lazy("The payment company no longer has this payment method."),
}
_OF_ACCOUNTS: dict[str, Promise] = {
    Why.NO_DEFAULT: gettext_lazy("Autopay was on, but no card or bank account was enrolled, so nothing was charged."),
    Why.NO_CONSENT: gettext_lazy("Autopay was on, but the account had not agreed to be charged, so nothing was charged."),
    Why.PAID_OTHERWISE: gettext_lazy("It was paid before autopay charged it."),
    Why.BLOCKED: gettext_lazy("A person must look at this bill before anybody pays it."),
}
_PLAIN: dict[str, Promise] = {
    Why.COMPANY_OFF: gettext_lazy("Auto-Pay is off for the whole company, so the invoice waits for Pay Now."),
    Why.OWN_OFF: gettext_lazy("Auto-Pay is off for this patient, so the invoice waits for Pay Now."),
    Why.NOT_ENROLLED: gettext_lazy("The account was not enrolled in autopay, so the bill waits for a payment."),
    Why.BEFORE_ENROLLMENT: gettext_lazy("The bill is older than the enrollment, so autopay does not take it."),
    Why.NO_DEFAULT: gettext_lazy("Auto-Pay is on, but no card is the default, so nothing was charged."),
    Why.NO_CONSENT: gettext_lazy("Auto-Pay is on, but the payer has not agreed to be charged, so nothing was charged."),
    Why.BEING_VERIFIED: gettext_lazy("The bank account is still being checked. It is charged when that is done."),
    Why.NOTICE_FIRST: gettext_lazy("The amount is above what was agreed, so we say so first."),
    Why.OVER_CAP: gettext_lazy("It is above the limit that was set."),
    Why.QUARANTINE: gettext_lazy("Payments are paused for the moment, so the charge waits."),
    Why.NO_PROCESSOR: gettext_lazy("No payment company is connected, so nothing could be charged."),
    Why.BLOCKED: gettext_lazy("A person must look at this invoice before anybody pays it."),
    Why.NOTHING_OPEN: gettext_lazy("There was nothing to pay."),
    Why.IN_FLIGHT: gettext_lazy("Another payment of this invoice is on its way."),
    Why.DECLINED: gettext_lazy("The bank said no."),
    Why.CANCELLED: gettext_lazy("Autopay was cancelled before the charge was sent."),
    Why.VOIDED: gettext_lazy("The office took the invoice back."),
    Why.CHANGED: gettext_lazy("Not charged: the invoice was changed."),
    Why.PAID_ELSEWHERE: gettext_lazy("It was paid another way: the office recorded the payment."),
    Why.PAID_OTHERWISE: gettext_lazy("It was paid before Auto-Pay charged it."),
    Why.ABANDONED: gettext_lazy("The payment was not confirmed in time, so it was cancelled. Nothing was taken."),
    Why.METHOD_GONE: gettext_lazy("The payment method was removed before the charge was sent."),
    Why.NOT_BY_AUTOPAY: gettext_lazy("Autopay does not take this bill; it waits for a payment."),
}
