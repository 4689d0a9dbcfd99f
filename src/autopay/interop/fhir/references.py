"""Which resource a reference means. A reference is written in one way, `Type/id`, whether it was a urn, an address or relative.

Two servers may use the same id: a `Type/id` that two different resources claim in one import is ambiguous, and refused.
"""

from __future__ import annotations

import re
from typing import Any

from autopay.interop.fhir.read import Json
from autopay.interop.records import Identity, Unfit, storable

SENSITIVE = frozenset({"SS", "SB", "DL", "PPN", "TAX", "NI", "CZ", "PRC", "BC", "MB", "SN", "BRN"})
"""Types of identifiers never taken: social security, licence, passport, tax, insurance member numbers (HL7 v2 table 0203)."""
SENSITIVE_SYSTEMS = ("us-ssn", "2.16.840.1.113883.4.1", "2.16.840.1.113883.4.3.", "passport", "us-mbi", "us-medicare")
IDENTIFIED = ("Patient", "Encounter")
"""Their identifiers name one of them; a Claim's may be shared by many."""

_address = re.compile(r"^(?P<base>https?://.+)/(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})(/_history/[^/]+)?$")
_relative = re.compile(r"^(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})(/_history/[^/]+)?$")
_conditional = re.compile(r"^(?P<type>[A-Z][A-Za-z]+)\?identifier=(?P<system>[^|]*)\|(?P<value>.+)$")
_urn = re.compile(r"^urn:(uuid|oid):(?P<id>.+)$", re.IGNORECASE)


def identity_of(resource: Json, full_url: str, source: str) -> Identity:
    """Its first identifier with a system that is no secret of the person; else its id at the server it came from."""
    for system, value in _identifiers(resource):
        return Identity(system, value)
    address = _address.match(full_url)
    urn = _urn.match(full_url)
    if address:
        return Identity(address["base"], f"{address['type']}/{address['id']}")
    own = resource.get("id") or (urn["id"] if urn else "")
    return Identity(source, f"{resource['resourceType']}/{own}" if isinstance(own, str) and own else "")


def own_refs(resource: Json, full_url: str) -> list[str]:
    """Every way in which another resource may point to this one."""
    kind = resource["resourceType"]
    urn, address = _urn.match(full_url), _address.match(full_url)
    ids = [resource.get("id"), urn and urn["id"], address and address["id"]]
    refs = [f"{kind}/{each}" for each in ids if isinstance(each, str) and each]
    if kind in IDENTIFIED:
        refs += [f"{kind}?{system}|{value}" for system, value in _identifiers(resource)]
    return [storable(ref, "reference") for ref in dict.fromkeys(refs)]


def ref_of(value: Any, kind: str) -> str:
    """What a Reference to a resource of this kind points to; empty if there is none. Raises Unfit if it cannot be followed."""
    if value is None:
        return ""
    if not isinstance(value, dict):
        raise Unfit(f"has a reference to a {kind} that is not a Reference")
    reference = value.get("reference")
    if isinstance(reference, str) and reference:
        return _normal(reference, kind)
    identifier = value.get("identifier")
    if isinstance(identifier, dict) and identifier.get("value"):
        return storable(f"{kind}?{identifier.get('system', '')}|{identifier['value']}", "reference")
    return ""


def _normal(reference: str, kind: str) -> str:
    storable(reference, "reference")
    if reference.startswith("#"):
        raise Unfit(f"points to a {kind} contained in itself")
    if urn := _urn.match(reference):
        return f"{kind}/{urn['id']}"
    if conditional := _conditional.match(reference):
        return f"{conditional['type']}?{conditional['system']}|{conditional['value']}" if conditional["type"] == kind else ""
    found = _address.match(reference) or _relative.match(reference)
    if not found:
        raise Unfit(f"has a reference to a {kind} that cannot be read")
    return f"{kind}/{found['id']}" if found["type"] == kind else ""


def _identifiers(resource: Json) -> list[tuple[str, str]]:
    """(system, value) of those that may be kept, in the order of the resource."""
    listed = resource.get("identifier")
    found = []
    for each in listed if isinstance(listed, list) else [listed]:
        if isinstance(each, dict) and _keepable(each):
            found.append((each["system"], each["value"].strip()))
    return found


def _keepable(identifier: dict[str, Any]) -> bool:
    system, value = identifier.get("system"), identifier.get("value")
    if not (isinstance(system, str) and system and isinstance(value, str) and value.strip()):
        return False
    codings = (identifier.get("type") or {}).get("coding") or ()
    secret = any(coding.get("code") in SENSITIVE for coding in codings) or any(
        part in system.lower() for part in SENSITIVE_SYSTEMS
    )
    return not secret and identifier.get("use") != "old"
