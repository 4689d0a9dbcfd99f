"""The evidence as JSON: the file that counts. Its shape is evidence/verify/shape.py's, its PDF carries it (decision 15)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import Any

from autopay.evidence.gather import Gathered, Row
from autopay.evidence.verify.agreed import actors
from autopay.evidence.verify.chain import GENESIS
from autopay.evidence.verify.charged import was_paid
from autopay.evidence.verify.shape import DOES_NOT_PROVE, FORMAT, PROVES, counts, digest, local
from autopay.evidence.verify.sums import totals

KNOWN = {"autopay": "Autopay itself", "processor": "the payment company", "import": "an import", "cli": "the command line"}


def document(gathered: Gathered, made: datetime) -> dict[str, Any]:
    """`made`: the business instant of making it. Amounts in minor units, instants in UTC and on the biller's clock."""
    zone, entries = gathered.biller["zone"], [_plain(each, None) for each in gathered.entries]
    whole: dict[str, Any] = {
        "format": FORMAT,
        "proves": PROVES,
        "does_not_prove": DOES_NOT_PROVE,
        "made": _plain({"at": made, "by": f"autopay {version('autopay')}"}, zone),
        "biller": gathered.biller,
        "account": gathered.account,
        "actors": {},
        "agreement": _agreement(gathered.agreement, zone),
        "consents": _rows(gathered.consents, zone),
        "methods": _rows(gathered.methods, zone),
        "invoices": _rows(gathered.invoices, zone),
        "charges": [_charge(each, entries, zone) for each in gathered.charges],
        "refunds": _rows(gathered.refunds, zone),
        "elsewhere": _rows(gathered.elsewhere, zone),
        "totals": totals(gathered.charges, gathered.refunds, gathered.biller["currency"]),
        "journal": {
            "head": gathered.head or {"seq": 0, "hash": GENESIS},
            "runs": _runs([each for each in entries if each["seq"] is not None]),
            "not_sealed_yet": [_bare(each) for each in entries if each["seq"] is None],
        },
    }
    whole["actors"] = {actor: _actor(actor, gathered) for actor in sorted(actors(whole, entries))}
    whole["counts"] = counts(whole)
    return whole | {"sha256": digest(whole)}


def written(whole: dict[str, Any]) -> str:
    """As it is kept in a file. Its digest does not depend on line breaks."""
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _rows(rows: Iterable[Row], zone: str) -> list[Row]:
    return [_plain(row, zone) for row in rows]


def _plain(row: Row, zone: str | None) -> Row:
    """JSON's values: instants in UTC, with `zone` beside each the same on the biller's clock."""
    plain: Row = {}
    for name, value in row.items():
        if isinstance(value, datetime):
            plain[name] = value.astimezone(UTC).isoformat()
        elif isinstance(value, date):
            plain[name] = value.isoformat()
        else:  # Django's connection leaves jsonb as text
            plain[name] = json.loads(value) if name in ("data", "parts") and isinstance(value, str) else value
        if zone and name.endswith("at"):
            plain[f"{name}_local"] = local(plain[name], zone) if plain[name] else None
    return plain


def _agreement(rows: list[Row], zone: str) -> list[Row]:
    """Each version, and where one ended the enrollment the reference people quote."""
    before = [None, *(each["switch"] for each in rows)]
    ends = [was == "on" and each["switch"] == "off" for was, each in zip(before, rows, strict=False)]
    return [
        _plain(each, zone) | {"reference": f"C-{each['entry']}" if end else None} for each, end in zip(rows, ends, strict=True)
    ]


def _charge(row: Row, entries: list[Row], zone: str) -> Row:
    return _plain(row, zone) | {"receipt": f"R-{row['id']}" if was_paid(row, entries) else None}


def _runs(sealed: list[Row]) -> list[dict[str, Any]]:
    """Entries that follow each other without a gap, with the hash before the first. What lies between is other payers'."""
    runs: list[dict[str, Any]] = []
    for each in sealed:
        if not runs or each["seq"] != runs[-1]["entries"][-1]["seq"] + 1:
            runs.append({"before": each["before"] or GENESIS, "entries": []})
        runs[-1]["entries"].append({"seq": each["seq"], **_bare(each), "hash": each["hash"]})
    return runs


def _bare(entry: Row) -> Row:
    return {name: value for name, value in entry.items() if name not in ("seq", "hash", "before")}


def _actor(actor: str, gathered: Gathered) -> str:
    """Who stands behind it. People of the account by name; of the biller's own people only whose they are."""
    if person := gathered.people.get(actor):
        name = " ".join([person["first_name"], person["last_name"], f"<{person['email']}>"]).split()
        return f"{' '.join(name)}, for the account"
    if actor.startswith("user:"):
        return f"staff of {gathered.biller['name']}"
    return KNOWN.get(actor, actor)
