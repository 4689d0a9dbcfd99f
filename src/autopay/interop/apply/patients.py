"""Patients and their contacts, a batch at a time. What is empty in the file erases nothing here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autopay.database import Tx
from autopay.interop.apply.known import Known, Target, link_identity, point, recall, remember
from autopay.interop.apply.verdict import Sorted, Verdict
from autopay.interop.records import Contact, Identity, Kind, Patient, Unfit, fingerprint
from autopay.interop.stage import Place, Stage
from autopay.interop.tally import Tally
from autopay.parties.create import NewPayer, create_payers, sort_key

PAYERS = """
    select n.ord, p.id, p.kind, p.name, p.email, p.phone, p.language
    from unnest(%(sources)s::text[], %(ids)s::text[]) with ordinality as n (source, external_id, ord)
    cross join lateral (
        select id, kind, name, email, phone, language from payer
        where biller_id = %(biller)s and source = n.source and external_id = n.external_id limit 1) p
"""
UPDATE = """
    update payer p set name = coalesce(nullif(n.name, ''), p.name), email = coalesce(nullif(n.email, ''), p.email),
           phone = coalesce(nullif(n.phone, ''), p.phone), language = coalesce(nullif(n.language, ''), p.language),
           sort_key = coalesce(nullif(n.sort_key, ''), p.sort_key)
    from unnest(%(ids)s::bigint[], %(names)s::text[], %(emails)s::text[], %(phones)s::text[], %(languages)s::text[], %(sort_keys)s::text[])
         as n (id, name, email, phone, language, sort_key)
    where p.id = n.id
"""
CONTACTS = """
    insert into billing_contact (biller_id, source, external_id, name, email)
    select %(biller)s, source, external_id, name, email
    from unnest(%(sources)s::text[], %(ids)s::text[], %(names)s::text[], %(emails)s::text[]) as n (source, external_id, name, email)
    on conflict (biller_id, source, external_id)
    do update set name = excluded.name, email = coalesce(nullif(excluded.email, ''), billing_contact.email)
    returning id, source, external_id
"""
LINK = """
    insert into contact_patient (biller_id, contact_id, payer_id)
    select %(biller)s, contact, payer from unnest(%(contacts)s::bigint[], %(payers)s::bigint[]) as n (contact, payer)
    on conflict (contact_id, payer_id) do nothing
"""
FIND = """
    select coalesce(case p.kind when 'patient' then p.id end, r.object_id) as payer
    from unnest(%(sources)s::text[], %(ids)s::text[], %(refs)s::text[]) with ordinality as n (source, external_id, ref, ord)
    left join lateral (
        select id, kind from payer where biller_id = %(biller)s and source = n.source and external_id = n.external_id limit 1) p on true
    left join lateral (
        select object_id from imported_record
        where biller_id = %(biller)s and kind = 'patient_ref' and source = %(ref_source)s and external_id = n.ref and n.ref <> ''
        limit 1) r on true
    order by n.ord
"""
UNKNOWN_PATIENT = "is of a patient who is not known: neither in these files nor taken in before"
Batch = Sequence[tuple[Patient, list[str], Place]]
Contacts = Sequence[tuple[Contact, Identity | None, Place]]


def take_patients(tx: Tx, target: Target, stage: Stage, batch: Batch) -> Tally:
    """New ones get their agreement row (they follow the company); a changed name, email, phone or language is taken over."""
    identities = [patient.identity for patient, _, _ in batch]
    known, payers = recall(tx, target, Kind.PATIENT, identities), find_payers(tx, target, identities)
    sorted_out = Sorted(Kind.PATIENT, stage)
    for patient, _, place in batch:
        sorted_out.put(patient, place, judge(patient, known.get(patient.identity), payers.get(patient.identity)))
    new, changed = sorted_out.of(Verdict.NEW), sorted_out.of(Verdict.CHANGED)
    ids = {identity: payer["id"] for identity, payer in payers.items()} | _create(tx, target, new)
    _update(tx, [(ids[patient.identity], patient) for patient in changed])
    remember(tx, target, Kind.PATIENT, [(each.identity, fingerprint(each), ids[each.identity]) for each in (*new, *changed)])
    point(tx, target, {ref: ids[patient.identity] for patient, refs, _ in batch for ref in refs if patient.identity in ids})
    return sorted_out.tally


def judge(patient: Patient, known: Known | None, payer: Mapping[str, Any] | None) -> Verdict | Unfit:
    """Unchanged is what says nothing that is not on record, or says what was read last time: the office may have mended it since."""
    if payer is None:
        return Verdict.NEW if patient.name else Unfit("is not known yet, and no row gives a name")
    if payer["kind"] != "patient":
        return Unfit("has the identifier of an account that is billed monthly")
    if known and known.fingerprint == fingerprint(patient):
        return Verdict.UNCHANGED
    stated = {name: getattr(patient, name) for name in ("name", "email", "phone", "language") if getattr(patient, name)}
    return Verdict.UNCHANGED if all(payer[name] == value for name, value in stated.items()) else Verdict.CHANGED


def find_payers(tx: Tx, target: Target, identities: Sequence[Identity]) -> dict[Identity, dict[str, Any]]:
    sources, ids = [each.source for each in identities], [each.external_id for each in identities]
    rows = tx.all(dict[str, Any], PAYERS, biller=target.biller, sources=sources, ids=ids)
    return {identities[row["ord"] - 1]: row for row in rows}


def _create(tx: Tx, target: Target, patients: Sequence[Patient]) -> dict[Identity, int]:
    new = [
        NewPayer("patient", each.name, each.identity.external_id, each.identity.source, each.email, each.phone, each.language)
        for each in patients
    ]
    made = create_payers(tx, target.biller, new, target.by) if new else {}
    return {Identity(source, external_id): payer for (source, external_id), payer in made.items()}


def _update(tx: Tx, changed: Sequence[tuple[int, Patient]]) -> None:
    if changed:
        tx.run(
            UPDATE,
            ids=[payer for payer, _ in changed],
            names=[patient.name for _, patient in changed],
            emails=[patient.email for _, patient in changed],
            phones=[patient.phone for _, patient in changed],
            languages=[patient.language for _, patient in changed],
            sort_keys=[sort_key(patient.name) for _, patient in changed],
        )


def take_contacts(tx: Tx, target: Target, stage: Stage, batch: Contacts) -> Tally:
    """Each with the link to its patient: somebody who pays for two patients comes as two records of one contact."""
    links = [link_identity(contact.identity, contact.patient_ref) for contact, _, _ in batch]
    known = recall(tx, target, Kind.CONTACT, links)
    payers = find_patients(tx, target.biller, target.source, [(identity, contact.patient_ref) for contact, identity, _ in batch])
    sorted_out = Sorted(Kind.CONTACT, stage)
    kept = []
    for (contact, _, place), link, payer in zip(batch, links, payers, strict=True):
        verdict = _judge_contact(contact, known.get(link), payer)
        sorted_out.put(contact, place, verdict)
        if verdict in (Verdict.NEW, Verdict.CHANGED):
            kept.append((contact, link, payer))
    _keep_contacts(tx, target, kept)
    return sorted_out.tally


def _judge_contact(contact: Contact, known: Known | None, payer: int | None) -> Verdict | Unfit:
    if payer is None:
        return Unfit(UNKNOWN_PATIENT)
    if known is None:
        return Verdict.NEW
    return Verdict.UNCHANGED if known.fingerprint == fingerprint(contact) else Verdict.CHANGED


def _keep_contacts(tx: Tx, target: Target, kept: Sequence[tuple[Contact, Identity, int | None]]) -> None:
    people = {contact.identity: contact for contact, _, _ in kept}
    rows = tx.all(
        dict[str, Any],
        CONTACTS,
        biller=target.biller,
        sources=[each.source for each in people],
        ids=[each.external_id for each in people],
        names=[each.name for each in people.values()],
        emails=[each.email for each in people.values()],
    )
    ids = {Identity(row["source"], row["external_id"]): row["id"] for row in rows}
    contacts = [ids[contact.identity] for contact, _, _ in kept]
    tx.run(LINK, biller=target.biller, contacts=contacts, payers=[payer for _, _, payer in kept])
    remember(tx, target, Kind.CONTACT, [(link, fingerprint(contact), ids[contact.identity]) for contact, link, _ in kept])


def find_patients(tx: Tx, biller: int, source: str, wanted: Sequence[tuple[Identity | None, str]]) -> list[int | None]:
    """Payer ids by identity, or by the reference an earlier import remembered; None where there is none."""
    identities = [identity or in_reference(ref) or Identity("", "-") for identity, ref in wanted]
    return tx.column(
        FIND,
        biller=biller,
        ref_source=source,
        sources=[each.source for each in identities],
        ids=[each.external_id for each in identities],
        refs=["" if identity else ref for identity, ref in wanted],
    )


def in_reference(ref: str) -> Identity | None:
    """A reference that names its patient by an identifier: `Patient?system|value`."""
    system, parted, value = ref.removeprefix("Patient?").partition("|")
    return Identity(system, value) if parted and ref.startswith("Patient?") and value else None
