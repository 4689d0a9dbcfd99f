"""How a payer stands with autopay: the switch, and whether a charge could run now, decided by the engine's own rule (design 4.6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.translation import gettext as _

from autopay import words
from autopay.charging import on_invoice
from autopay.charging.charge import ChargeNow, Decision, Why
from autopay.charging.on_invoice import Facts
from autopay.clock import local_date
from autopay.database import Tx

STANDINGS = """
    select p.id as payer, b.id as biller, b.zone, a.switch, a.changed_by, a.since, company."on" as company_on, company.changed_at,
           coalesce(pa.connected, false) as connected, (select not sending_allowed()) as quarantined,
           v.id as version, a.version as number, m.id as method, coalesce(m.verified, false) as verified,
           coalesce(m.kind, '') as method_kind, coalesce(m.brand, '') as brand, coalesce(m.last4, '') as last4,
           coalesce(m.verification_link, '') as proof_link, m.verify_until,
           consent.id is not null as consented, consent.channel, consent.at as consented_at, consent.range_minor, a.cap_minor,
           not p.business and m.funding is distinct from 'credit' as needs_notice,
           exists (select from method saved where saved.payer_id = p.id and saved.state = 'usable' and not saved.once) as saved
    from payer p
    join biller b on b.id = p.biller_id
    join agreement a on a.payer_id = p.id
    join agreement_version v on v.payer_id = p.id and v.version = a.version
    join company_switch company on company.biller_id = p.biller_id
    left join processor_account pa on pa.biller_id = p.biller_id
    left join method m on m.payer_id = p.id and m.is_default
    left join lateral (
        select c.id, c.channel, c.at, c.range_minor from consent c
        where c.method_id = m.id and not exists (select from consent_end e where e.consent_id = c.id)
        order by c.id desc limit 1) consent on true
    where p.id = any(%(payers)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Standing:
    payer: int
    biller: int
    zone: str
    switch: str
    changed_by: str
    since: datetime
    company_on: bool
    changed_at: datetime
    connected: bool
    quarantined: bool
    version: int
    number: int
    """Of the agreement's version, from 1: nothing was ever agreed or changed."""
    method: int | None
    verified: bool
    method_kind: str
    brand: str
    last4: str
    proof_link: str
    """Where the payer proves that the bank account is theirs, until `verify_until`."""
    verify_until: datetime | None
    consented: bool
    channel: str | None
    consented_at: datetime | None
    range_minor: int | None
    cap_minor: int | None
    needs_notice: bool
    saved: bool
    """A card or bank account is in the wallet, default or not."""

    @property
    def on(self) -> bool:
        """A patient's own setting stands above the company's (V23)."""
        return self.switch == "on" or (self.switch == "follow" and self.company_on)

    @property
    def can_pay(self) -> bool:
        """Pay Now has something to pay with; else the page says whom to call."""
        return self.connected and self.saved

    @property
    def bank(self) -> bool:
        return self.method_kind == "bank"

    @property
    def method_words(self) -> str:
        return words.method(self.brand, self.last4, bank=self.bank) if self.method else ""

    @property
    def being_verified(self) -> date | None:
        """The local date until which the bank account can be proved; no charge runs before it is."""
        waits = self.method is not None and not self.verified and self.proof_link
        return local_date(self.verify_until, self.zone) if waits and self.verify_until else None

    @property
    def ending(self) -> str:
        """The line under `Enabled` (V3)."""
        if not self.method:
            return ""
        kind = _("Bank account ending in %(last4)s") if self.bank else _("Card ending in %(last4)s")
        return kind % {"last4": self.last4}

    def decision(self) -> Decision:
        """What the engine would decide about an invoice issued this moment, small enough to need no notice."""
        return on_invoice.decide(replace(self._facts(1), needs_notice=False), date.min)

    def decision_about(self, minor: int, today: date) -> Decision:
        """The same about an invoice of `minor`, issued on the local date `today` (V39)."""
        return on_invoice.decide(self._facts(minor), today)

    def _facts(self, minor: int) -> Facts:
        return Facts(
            invoice=0,
            biller=self.biller,
            payer=self.payer,
            debt="",
            currency="USD",
            zone=self.zone,
            open=minor,
            blocked=False,
            connected=self.connected,
            switch=self.switch,
            company_on=self.company_on,
            version=self.version,
            covered=True,
            cap_minor=None,
            approved_minor=None,
            method=self.method,
            verified=self.verified,
            consented=self.consented,
            needs_notice=self.needs_notice,
            range_minor=self.range_minor,
            noticed_on=None,
            quarantined=self.quarantined,
        )

    @property
    def able(self) -> bool:
        """A charge could run now."""
        return isinstance(self.decision(), ChargeNow)

    @property
    def obstacle(self) -> Why | None:
        """What stands in the way of a charge while the switch is on."""
        decision = self.decision()
        return None if isinstance(decision, ChargeNow) or not self.on else decision.why

    @property
    def obstacle_words(self) -> str:
        return obstacle_in_words(self.obstacle)


def standings(tx: Tx, payers: Iterable[int]) -> dict[int, Standing]:
    return {each.payer: each for each in tx.all(Standing, STANDINGS, payers=list(payers))}


def obstacle_in_words(why: Why | None) -> str:
    """In half a sentence, for the office."""
    return {
        Why.NO_DEFAULT: _("no default card"),
        Why.NO_CONSENT: _("no consent on record"),
        Why.QUARANTINE: _("payments are paused for the moment"),
        Why.NO_PROCESSOR: _("no payment company is connected"),
        Why.BEING_VERIFIED: _("the bank account is still being checked"),
    }.get(why or Why.CHARGED, "")
