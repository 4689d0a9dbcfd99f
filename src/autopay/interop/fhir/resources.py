"""One FHIR R4 resource, read for the few fields billing needs. Pure: a dict in, a small value out, or Unfit with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from autopay.interop.fhir.read import Json
from autopay.interop.fhir.references import identity_of, ref_of
from autopay.interop.records import Contact, Identity, Patient, Unfit, named, storable

TAKEN_BACK = ("cancelled", "entered-in-error")
NOT_YET = ("planned", "arrived", "triaged", "in-progress", "onleave", "unknown")
_day = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_email = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")


@dataclass(frozen=True, slots=True)
class Encounter:
    """A visit as the source tells it. `status`: finished, taken back, or not yet; `on` is the biller's local date."""

    identity: Identity
    patient_ref: str
    on: date | None
    status: str
    accounts: tuple[str, ...] = ()


def read_patient(resource: Json, full_url: str, source: str) -> Patient:
    identity = identity_of(resource, full_url, source)
    return Patient(
        identity,
        person_name(resource.get("name")),
        telecom(resource.get("telecom"), "email"),
        telecom(resource.get("telecom"), "phone"),
        language(resource.get("communication")),
    )


def read_contact(resource: Json, full_url: str, source: str) -> Contact:
    """A RelatedPerson: somebody who may see and pay for one patient."""
    identity = identity_of(resource, full_url, source)
    patient = ref_of(resource.get("patient"), "Patient")
    if not patient:
        raise Unfit("names no patient")
    return Contact(identity, person_name(resource.get("name")), telecom(resource.get("telecom"), "email"), patient)


def read_encounter(resource: Json, full_url: str, source: str, zone: str) -> Encounter:
    """Status `finished` is a completed visit (R4); its day is the one it began on, in the biller's zone."""
    identity = identity_of(resource, full_url, source)
    status = resource.get("status")
    if status in TAKEN_BACK:
        return Encounter(identity, "", None, "taken back")
    if status in NOT_YET:
        return Encounter(identity, "", None, "not yet")
    if status != "finished":
        raise Unfit("has a status that FHIR R4 does not know; a completed visit is `finished`")
    patient = ref_of(resource.get("subject"), "Patient")
    if not patient:
        raise Unfit("names no patient as its subject")
    accounts = tuple(filter(None, (ref_of(each, "Account") for each in items(resource, "account"))))
    return Encounter(identity, patient, day_of(resource.get("period"), zone), "finished", accounts)


def person_name(value: Any) -> str:
    """The official name, else the usual one, else the first that is not an old or maiden one."""
    names = [each for each in _list(value) if isinstance(each, dict) and each.get("use") not in ("old", "maiden")]
    names.sort(key=lambda each: {"official": 0, "usual": 1}.get(each.get("use", ""), 2))
    for each in names:
        text = each.get("text") or " ".join([*_list(each.get("given")), each.get("family") or ""])
        if text.strip():
            return named(text)
    raise Unfit("has no name")


def telecom(value: Any, system: str) -> str:
    """The preferred email address or phone number, or none; one that cannot be one is none."""
    found = [
        each for each in _list(value) if isinstance(each, dict) and each.get("system") == system and each.get("use") != "old"
    ]
    found.sort(key=lambda each: each["rank"] if isinstance(each.get("rank"), int) else 99)
    longest = 254 if system == "email" else 30
    for each in found:
        text = str(each.get("value", "")).strip()
        if text and len(text) <= longest and (system == "phone" or _email.match(text)):
            return storable(text, system)
    return ""


def language(value: Any) -> str:
    """`es` for Spanish, `en` for every other language spoken, nothing if none is stated."""
    spoken = [each for each in _list(value) if isinstance(each, dict)]
    spoken.sort(key=lambda each: each.get("preferred") is not True)
    for each in spoken:
        for coding in (each.get("language") or {}).get("coding") or ():
            if isinstance(coding.get("code"), str):
                return "es" if coding["code"].lower().startswith("es") else "en"
    return ""


def day_of(period: Any, zone: str) -> date:
    """The local date on which a Period starts (or ends, if only that is known)."""
    stated = (period.get("start") or period.get("end")) if isinstance(period, dict) else None
    if not isinstance(stated, str):
        raise Unfit("does not say when it was: period.start is missing")
    try:
        if _day.match(stated):
            return date.fromisoformat(stated)
        at = datetime.fromisoformat(stated)
    except ValueError:
        raise Unfit("has a period.start that is not a date or a time") from None
    if len(stated) <= len("2026-11"):
        raise Unfit("does not say the day: period.start is a month or a year")
    return (at.astimezone(ZoneInfo(zone)) if at.tzinfo else at).date()


def items(resource: Json, name: str) -> Iterable[Any]:
    return _list(resource.get(name))


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
