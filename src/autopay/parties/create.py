"""Start: a biller with its rows, payers with theirs, logins. Run as the owner (a biller) or in the biller's own transaction."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from autopay.database import Tx
from autopay.journal.write import By, note
from autopay.parties.models import Role
from autopay.refusal import Refusal

INVITED_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class NewBiller:
    """`zone` is an IANA zone; `bill_day` 1 to 31; `notice_days` between bill day and charge day."""

    kind: str
    name: str
    short_name: str
    zone: str
    phone: str = ""
    email: str = ""
    hours: str = ""
    bill_day: int = 1
    notice_days: int = 0
    descriptor: str = ""


@dataclass(frozen=True, slots=True)
class NewPayer:
    """An account has a `bill_day` (anchor, 1 to 31) and is a business; a patient has neither. `language`: `en`, `es`, or not known."""

    kind: str
    name: str
    external_id: str
    source: str = "autopay"
    email: str = ""
    phone: str = ""
    language: str = ""
    bill_day: int | None = None


def create_biller(tx: Tx, new: NewBiller, by: By) -> int:
    """Returns its id. Its nights begin today: nothing before it is caught up."""
    if new.zone not in available_timezones():
        raise Refusal("zone", f"{new.zone!r} is not an IANA time zone. Use one like America/Los_Angeles.")
    biller: int = tx.value(
        """insert into biller (kind, name, short_name, zone, bill_day, notice_days, phone, email, hours, descriptor, currency)
           values (%(kind)s, %(name)s, %(short_name)s, %(zone)s, %(bill_day)s, %(notice_days)s, %(phone)s, %(email)s, %(hours)s,
                   %(descriptor)s, 'USD') returning id""",
        **{name: getattr(new, name) for name in NewBiller.__slots__},
    )
    tx.run(
        """with company as (insert into company_switch (biller_id, "on", changed_by) values (%(biller)s, false, %(actor)s)),
                counter as (insert into invoice_counter (biller_id, next) values (%(biller)s, 1001))
           insert into night (biller_id, "on", done_at, counts)
           values (%(biller)s, (%(now)s at time zone %(zone)s)::date - 1, %(now)s, '{}')""",
        biller=biller,
        actor=by.actor,
        now=by.at,
        zone=new.zone,
    )
    note(tx, biller, by, "biller created", ("biller", biller))
    return biller


def create_payers(tx: Tx, biller: int, payers: Sequence[NewPayer], by: By) -> dict[tuple[str, str], int]:
    """New payers, each with its agreement row (patients follow the company, accounts are off): ids by (source, external id)."""
    made = tx.all(
        dict[str, Any],
        """with made as (
               insert into payer (biller_id, kind, name, sort_key, email, phone, language, business, bill_day, source, external_id)
               select %(biller)s, kind, name, sort_key, email, phone, language, kind = 'account', bill_day, source, external_id
               from unnest(%(kinds)s::text[], %(names)s::text[], %(sort_keys)s::text[], %(emails)s::text[], %(phones)s::text[],
                           %(languages)s::text[], %(bill_days)s::int[], %(sources)s::text[], %(external_ids)s::text[])
                    as new (kind, name, sort_key, email, phone, language, bill_day, source, external_id)
               on conflict (biller_id, source, external_id) do nothing
               returning id, kind, source, external_id),
           agreed as (
               insert into agreement (biller_id, payer_id, switch, version, since, changed_by)
               select %(biller)s, id, case kind when 'account' then 'off' else 'follow' end, 1, %(now)s, %(actor)s from made
               returning payer_id, switch),
           kept as (
               insert into agreement_version (biller_id, payer_id, version, switch, at, by)
               select %(biller)s, payer_id, 1, switch, %(now)s, %(actor)s from agreed)
           select id, source, external_id from made""",
        biller=biller,
        kinds=[p.kind for p in payers],
        names=[p.name for p in payers],
        sort_keys=[sort_key(p.name) for p in payers],
        emails=[p.email for p in payers],
        phones=[p.phone for p in payers],
        languages=[p.language for p in payers],
        bill_days=[p.bill_day for p in payers],
        sources=[p.source for p in payers],
        external_ids=[p.external_id for p in payers],
        now=by.at,
        actor=by.actor,
    )
    return {(row["source"], row["external_id"]): row["id"] for row in made}


def sort_key(name: str) -> str:
    """Unaccented, lower case: what people expect an alphabetical list to follow."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()[:160]


def invite(tx: Tx, biller: int, email: str, role: Role, now: datetime) -> str:
    """A single-use token, shown once; only its hash is kept. An earlier one for the same person and role is withdrawn."""
    token = secrets.token_urlsafe(32)
    tx.run(
        """update invitation set withdrawn_at = %(now)s
           where biller_id = %(biller)s and email = %(email)s and role = %(role)s and payer_id is null and contact_id is null
             and accepted_at is null and withdrawn_at is null""",
        biller=biller,
        email=email.lower(),
        role=role.value,
        now=now,
    )
    tx.run(
        """insert into invitation (biller_id, email, role, token_sha256, expires_at, made_at)
           values (%(biller)s, %(email)s, %(role)s, %(hash)s, %(until)s, %(now)s)""",
        biller=biller,
        email=email.lower(),
        role=role.value,
        hash=hashlib.sha256(token.encode()).hexdigest(),
        until=now + INVITED_FOR,
        now=now,
    )
    return token
