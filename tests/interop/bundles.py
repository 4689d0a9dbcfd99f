"""Small FHIR files, written by hand in the published shapes of Synthea (Java), tietai-synthea and HL7."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

CMS = "https://bluebutton.cms.gov/resources/codesystem/adjudication"
VARIABLES = "https://bluebutton.cms.gov/resources/variables"
HL7 = "http://terminology.hl7.org/CodeSystem/adjudication"
CARIN = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudication"
Resource = dict[str, Any]


def uid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


def ref(name: str) -> Resource:
    return {"reference": f"urn:uuid:{uid(name)}"}


def patient(name: str = "ana", **more: Any) -> Resource:
    """As Synthea writes one: its own identifier, a record number, a social security number."""
    return {
        "resourceType": "Patient",
        "id": uid(name),
        "identifier": [
            {"system": "https://github.com/synthetichealth/synthea", "value": f"synthea-{name}"},
            {"type": {"coding": [{"code": "MR"}]}, "system": "http://hospital.smarthealthit.org", "value": f"synthea-{name}"},
            {"type": {"coding": [{"code": "SS"}]}, "system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-10-7004"},
        ],
        "name": [
            {"use": "maiden", "family": "Kerluke", "given": ["Ana"]},
            {"use": "official", "family": "Windler", "given": ["Ana", "Maria"], "prefix": ["Mrs."]},
        ],
        "telecom": [{"system": "phone", "value": "555-237-2645", "use": "home"}],
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "es"}], "text": "Spanish"}}],
        **more,
    }


def encounter(name: str = "visit", of: str = "ana", at: str = "2026-11-10T17:30:00-08:00", **more: Any) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": uid(name),
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": ref(of),
        "period": {"start": at, "end": at},
        **more,
    }


def claim(name: str = "claim", of: str = "visit", total: float = 700.0) -> Resource:
    """What the provider asks: never what the patient owes."""
    return {
        "resourceType": "Claim",
        "id": uid(name),
        "status": "active",
        "use": "claim",
        "item": [{"sequence": 1, "encounter": [ref(of)]}, {"sequence": 2, "net": {"value": total, "currency": "USD"}}],
        "total": {"value": total, "currency": "USD"},
    }


def synthea_eob(coinsurance: Sequence[float], name: str = "eob", visit: str = "visit", of: str = "ana", **more: Any) -> Resource:
    """Synthea's: the first item names the visit, the others carry 20% coinsurance each; nothing names the sum."""
    lines = [
        {
            "sequence": number,
            "adjudication": [
                cms("line_coinsrnc_amt", amount),
                cms("line_prvdr_pmt_amt", amount * 4),
                cms("line_sbmtd_chrg_amt", amount * 5),
                cms("line_bene_ptb_ddctbl_amt", 0),
                {"category": {"coding": [{"system": CMS, "code": f"{VARIABLES}/line_prcsg_ind_cd"}]}},
            ],
        }
        for number, amount in enumerate(coinsurance, start=2)
    ]
    return {
        "resourceType": "ExplanationOfBenefit",
        "id": uid(name),
        "identifier": [{"system": "https://bluebutton.cms.gov/resources/identifier/claim-group", "value": "99999999999"}],
        "contained": [{"resourceType": "Coverage", "id": "coverage", "status": "active"}],
        "status": "active",
        "outcome": "complete",
        "use": "claim",
        "type": {"coding": [{"code": "institutional"}]},
        "patient": ref(of),
        "claim": ref(f"claim of {visit}"),
        "item": [{"sequence": 1, "encounter": [ref(visit)]}, *lines],
        "total": [{"category": {"coding": [{"system": HL7, "code": "submitted"}]}, "amount": usd(sum(coinsurance) * 5)}],
        "payment": {"amount": usd(sum(coinsurance) * 4)},
        **more,
    }


def tietai_eob(copay: float, claim_name: str = "claim", of: str = "ana", name: str = "eob") -> Resource:
    """tietai-synthea's: no item names the visit, only the claim does."""
    categories = {"submitted": 125.0, "benefit": 125.0 - copay, "copay": copay}
    adjudication = [
        {"category": {"coding": [{"system": HL7, "code": code}]}, "amount": usd(value)} for code, value in categories.items()
    ]
    return {
        "resourceType": "ExplanationOfBenefit",
        "id": uid(name),
        "status": "active",
        "outcome": "complete",
        "use": "claim",
        "patient": ref(of),
        "claim": ref(claim_name),
        "item": [{"sequence": 1, "adjudication": adjudication}],
    }


def eob(*adjudications: Resource, name: str = "eob", visit: str = "visit", of: str = "ana", **more: Any) -> Resource:
    return {
        "resourceType": "ExplanationOfBenefit",
        "id": uid(name),
        "status": "active",
        "outcome": "complete",
        "use": "claim",
        "patient": ref(of),
        "item": [{"sequence": 1, "encounter": [ref(visit)], "adjudication": list(adjudications)}],
        **more,
    }


def coded(code: str, amount: float, system: str = HL7) -> Resource:
    return {"category": {"coding": [{"system": system, "code": code}]}, "amount": usd(amount)}


def cms(variable: str, amount: float) -> Resource:
    return coded(f"{VARIABLES}/{variable}", amount, CMS)


def usd(value: float) -> Resource:
    return {"value": value, "currency": "USD"}


def bundle(*resources: Resource, kind: str = "transaction") -> Resource:
    entries = [
        {"fullUrl": f"urn:uuid:{each['id']}", "resource": each, "request": {"method": "POST", "url": each["resourceType"]}}
        for each in resources
    ]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def write(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False), "utf-8")
    return path


def write_lines(path: Path, resources: Iterable[Resource]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in resources), "utf-8")
    return path
