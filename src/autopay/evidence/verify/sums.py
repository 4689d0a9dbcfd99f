"""Every sum: of each invoice from what was charged, sent back and recorded for it, and of the whole file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .agreed import entries_of
from .chain import Entry, all_entries
from .charged import was_paid


def sum_problems(document: dict[str, Any]) -> Iterator[str]:
    entries = all_entries(document)
    yield from _currencies(document)
    for invoice in document["invoices"]:
        yield from _issued(invoice, entries)
        yield from _paid(invoice, document, entries)
    yield from _refunds(document)
    yield from _elsewhere(document, entries)
    true = totals(document["charges"], document["refunds"], document["biller"]["currency"])
    for key, value in document["totals"].items():
        if true.get(key) != value:
            yield f"the total {key!r} is {value}, but charges and refunds come to {true.get(key)}"


def totals(charges: Iterable[dict[str, Any]], refunds: Iterable[dict[str, Any]], currency: str) -> dict[str, Any]:
    """In minor units. Kept is what was charged less what a bank or the biller sent back."""
    of = {state: _sum(each["minor"] for each in charges if each["state"] == state) for state in ("paid", "returned", "pending")}
    refunded = _sum(each["minor"] for each in refunds if each["state"] == "done")
    charged, returned = of["paid"] + of["returned"], of["returned"]
    amounts = {"charged": charged, "on_its_way": of["pending"], "returned": returned, "refunded": refunded}
    return {"currency": currency, **amounts, "kept": charged - returned - refunded}


def _sum(amounts: Iterable[int | None]) -> int:
    return sum(amount or 0 for amount in amounts)


def _currencies(document: dict[str, Any]) -> Iterator[str]:
    for each in document["charges"]:
        if each["currency"] != document["biller"]["currency"]:
            yield f"charge {each['id']} is in {each['currency']}, not in the biller's currency"


def _issued(invoice: dict[str, Any], entries: list[Entry]) -> Iterator[str]:
    name = f"invoice {invoice['number']}"
    issued = entries_of(entries, "invoice", invoice["id"], "invoice issued")
    if [each["data"].get("number") for each in issued] != [invoice["number"]]:
        yield f"{name}: the journal does not say that it was issued"
        return
    changes = entries_of(entries, "invoice", invoice["id"], "invoice issued", "invoice adjusted")
    if _sum(each["data"].get("minor") for each in changes) != invoice["total"]:
        yield f"{name}: its total is not what the journal says"
    voided = [each["at"] for each in entries_of(entries, "invoice", invoice["id"], "invoice voided")]
    if voided != ([invoice["voided_at"]] if invoice["voided_at"] else []):
        yield f"{name}: whether and when it was taken back is not what the journal says"


def _paid(invoice: dict[str, Any], document: dict[str, Any], entries: list[Entry]) -> Iterator[str]:
    name, number = f"invoice {invoice['number']}", invoice["number"]
    arrived = [each for each in document["charges"] if was_paid(each, entries)]
    true = {
        "captured": _sum(_part(each, number) for each in arrived),
        "returned": _sum(_part(each, number) for each in arrived if each["state"] == "returned"),
        "refunded": _sum(r["minor"] for r in document["refunds"] if r["invoice"] == number and r["state"] == "done"),
        "elsewhere": _sum(each["minor"] for each in document["elsewhere"] if each["invoice"] == number),
    }
    for key, value in true.items():
        if invoice[key] != value:
            yield f"{name}: {key} is {invoice[key]}, but the rows of this file come to {value}"
    if true["captured"] - true["returned"] + true["elsewhere"] > invoice["total"]:
        yield f"{name}: more was taken than it comes to"


def _part(charge: dict[str, Any], number: int) -> int:
    return _sum(part["minor"] for part in charge["parts"] if part["invoice"] == number)


def _refunds(document: dict[str, Any]) -> Iterator[str]:
    for charge in document["charges"]:
        back = _sum(each["minor"] for each in document["refunds"] if each["charge"] == charge["id"] and each["state"] != "failed")
        if back and back > (charge["minor"] or 0):
            yield f"charge {charge['id']}: more was sent back than it took"


def _elsewhere(document: dict[str, Any], entries: list[Entry]) -> Iterator[str]:
    number = {each["id"]: each["number"] for each in document["invoices"]}
    said = [
        (number.get(e["object_id"]), e["data"].get("minor"), e["data"].get("how"))
        for e in entries
        if e["action"] == "payment recorded"
    ]
    listed = [(each["invoice"], each["minor"], each["how"]) for each in document["elsewhere"]]
    if sorted(map(str, said)) != sorted(map(str, listed)):
        yield "the payments made elsewhere are not those the journal says were recorded"
