"""What the evidence of one account is made of, read in one moment (A57, rule N3).

Only what the account may know: no other payer's row, no note a person typed, of a card brand and last four.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autopay.database import Database, Tx
from autopay.refusal import Refusal
from autopay.tenancy import snapshot

Row = dict[str, Any]

BILLER = "select uid::text as uid, name, phone, email, zone, currency from biller where id = %(biller)s"
ACCOUNT = "select id, uid::text as uid, name, external_id as number from payer where id = %(payer)s and kind = 'account'"
AGREEMENT = """
    select v.id, v.version, v.switch, v.cap_minor, v.at, v.by, e.id as entry
    from agreement_version v
    left join lateral (
        select e.id from journal_entry e
        where e.biller_id = v.biller_id and e.object = 'payer' and e.object_id = v.payer_id and e.action = 'auto-pay ' || v.switch
          and e.at = v.at and e.actor = v.by and coalesce((e.data->>'version')::int, v.version) = v.version
        order by e.id limit 1) e on true
    where v.payer_id = %(payer)s order by v.version
"""
CONSENTS = """
    select c.id, c.method_id as method, c.text, c.sha256, t.kind as terms, t.language, t.version, c.signed_by, c.channel, c.artefact,
           host(c.ip) as ip, c.user_agent, c.range_minor, c.at, e.actor as by,
           coalesce(e.data->>'kind', m.kind) as kind, coalesce(e.data->>'brand', m.brand) as brand,
           coalesce(e.data->>'last4', m.last4) as last4, d.at as ended_at, d.by as ended_by, d.why as ended_why
    from consent c
    join terms t on t.id = c.terms_id
    join method m on m.id = c.method_id
    left join consent_end d on d.consent_id = c.id
    left join lateral (
        select e.actor, e.data from journal_entry e
        where e.biller_id = c.biller_id and e.object = 'consent' and e.object_id = c.id and e.action = 'consent recorded'
        order by e.id limit 1) e on true
    where c.payer_id = %(payer)s order by c.id
"""
METHODS = """
    select m.id, m.kind, m.brand, m.last4, m.hold_minor, m.hold_placed_at, m.hold_released_at
    from method m
    where m.payer_id = %(payer)s and (exists (select from consent c where c.method_id = m.id)
                                      or exists (select from charge c where c.method_id = m.id))
    order by m.id
"""
INVOICES = """
    select id, number, issued_on, due_on, total, captured, returned, refunded, elsewhere, voided_at, why, why_until, approved_minor
    from invoice where payer_id = %(payer)s order by number
"""
CHARGES = """
    select c.id, c.trigger, c.state, c.reason, c.period, c.minor, c.currency, c.method_id as method, c.agreement_version_id as agreement,
           c.requested_by as by, c.created_at, c.sent_at, c.settled_at, c.ref,
           coalesce((select json_agg(json_build_object('invoice', i.number, 'minor', p.minor) order by i.number)
                     from charge_part p join invoice i on i.id = p.invoice_id where p.charge_id = c.id), '[]') as parts
    from charge c where c.payer_id = %(payer)s order by c.id
"""
REFUNDS = """
    select r.id, r.charge_id as charge, i.number as invoice, r.minor, r.state, r.reason, r.requested_by as by, asked.at as asked_at,
           done.at as done_at
    from refund r
    join charge c on c.id = r.charge_id
    join invoice i on i.id = r.invoice_id
    left join lateral (select e.at from journal_entry e where e.biller_id = r.biller_id and e.object = 'refund' and e.object_id = r.id
                       and e.action = 'refund asked' order by e.id limit 1) asked on true
    left join lateral (select e.at from journal_entry e where e.biller_id = r.biller_id and e.object = 'refund' and e.object_id = r.id
                       and e.action = 'refund ' || r.state order by e.id limit 1) done on true
    where c.payer_id = %(payer)s order by r.id
"""
ELSEWHERE = """
    select i.number as invoice, e.minor, e.how, e.received_on from elsewhere e join invoice i on i.id = e.invoice_id
    where i.payer_id = %(payer)s order by e.id
"""
ENTRIES = """
    with mine as (
        select 'payer' as object, %(payer)s::bigint as id
        union all select 'consent', id from consent where payer_id = %(payer)s
        union all select 'invoice', id from invoice where payer_id = %(payer)s
        union all select 'charge', id from charge where payer_id = %(payer)s
        union all select 'refund', r.id from refund r join charge c on c.id = r.charge_id where c.payer_id = %(payer)s)
    select s.seq, s.hash, e.id, e.at, e.actor, e.action, e.object, e.object_id, e.data,
           (select b.hash from journal_seal b where b.biller_id = s.biller_id and b.seq = s.seq - 1) as before
    from mine
    join journal_entry e on e.biller_id = %(biller)s and e.object = mine.object and e.object_id = mine.id
    left join journal_seal s on s.entry_id = e.id
    order by s.seq nulls last, e.id
"""
HEAD = "select seq, hash from journal_seal where biller_id = %(biller)s order by seq desc limit 1"
PEOPLE = """
    select 'user:' || u.id as actor, u.first_name, u.last_name, u.email from app_user u
    where u.id = any(%(users)s::bigint[]) and exists (select from membership m where m.user_id = u.id and m.payer_id = %(payer)s)
"""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Rows as the database has them: amounts in minor units, instants with their zone, dates local to the biller."""

    biller: Row
    account: Row
    agreement: list[Row]
    consents: list[Row]
    methods: list[Row]
    invoices: list[Row]
    charges: list[Row]
    refunds: list[Row]
    elsewhere: list[Row]
    entries: list[Row]
    head: Row | None
    people: dict[str, Row]
    """Who of the account did something, by actor. Everybody else's name is not the account's to know."""


def account_named(db: Database, biller: int, named: str) -> int:
    """By public id, number or name. Raises Refusal unless it is exactly one."""
    with db.transaction(biller) as tx:
        found = tx.column(
            """select id from payer where kind = 'account' and lower(%(named)s) in (uid::text, lower(external_id), lower(name))""",
            named=named,
        )
    if not found:
        raise Refusal("account", f"There is no account {named!r}. Patients have no file of this kind.")
    if len(found) > 1:
        raise Refusal("account", f"{len(found)} accounts are called {named!r}. Give the public id of one.")
    return int(found[0])


def gather(db: Database, biller: int, payer: int) -> Gathered:
    """Raises LookupError if the biller has no such account: patients have no file of this kind."""
    with snapshot(db, biller) as tx:
        account = tx.record(ACCOUNT, payer=payer)
        if account is None:
            raise LookupError(f"biller {biller} has no account {payer}")

        def rows(sql: str) -> list[Row]:
            return tx.all(dict, sql, payer=payer)

        agreement, charges, refunds = rows(AGREEMENT), rows(CHARGES), rows(REFUNDS)
        entries: list[Row] = tx.all(dict, ENTRIES, payer=payer, biller=biller)
        actors = {each["by"] for each in (*agreement, *charges, *refunds)} | {each["actor"] for each in entries}
        return Gathered(
            tx.record(BILLER, biller=biller) or {},
            account,
            agreement,
            rows(CONSENTS),
            rows(METHODS),
            rows(INVOICES),
            charges,
            refunds,
            rows(ELSEWHERE),
            entries,
            tx.record(HEAD, biller=biller),
            _people(tx, payer, actors),
        )


def _people(tx: Tx, payer: int, actors: set[str]) -> dict[str, Row]:
    users = {actor.removeprefix("user:") for actor in actors if actor.startswith("user:")}
    found: list[Row] = tx.all(dict, PEOPLE, payer=payer, users=[int(user) for user in users if user.isdecimal()])
    return {each.pop("actor"): each for each in found}
