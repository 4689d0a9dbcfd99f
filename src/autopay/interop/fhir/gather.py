"""Read FHIR files into the stage: what is needed of each resource, and what points to what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autopay.interop.fhir.link import Links
from autopay.interop.fhir.read import Broken, Entry, Json, has_lines, read_entries
from autopay.interop.fhir.references import own_refs
from autopay.interop.fhir.resources import read_contact, read_encounter, read_patient
from autopay.interop.fhir.shares import Stated, read_charge_item, read_claim, read_explanation, read_invoice, visit_of_charge_item
from autopay.interop.files import Read
from autopay.interop.records import Kind, Unfit
from autopay.interop.stage import NOT_YET, OPEN, TAKEN_BACK, OpenVisit, Place, Stage


@dataclass(frozen=True, slots=True)
class From:
    """What is known of a source beside its files: its name (for records without identifiers), the biller's zone and currency."""

    source: str
    zone: str
    currency: str


def gather(stage: Stage, paths: Sequence[Path], origin: From, read: Read) -> None:
    """Everything in the files; then each visit's patient and share are found among it."""
    reading = Reading(stage, Links(stage), origin)
    for path in paths:
        reading.file(path, read)
    reading.links.settle(origin.currency)


BAD = (Unfit, AttributeError, TypeError, KeyError)
"""What the reading functions raise: they trust a resource to be built as the specification says."""
STATES = {"finished": OPEN, "not yet": NOT_YET, "taken back": TAKEN_BACK}


class Reading:
    def __init__(self, stage: Stage, links: Links, origin: From) -> None:
        self.stage, self.links, self.origin = stage, links, origin
        self._take: dict[str, tuple[Kind, Callable[[Entry, Place], None]]] = {
            "Patient": (Kind.PATIENT, self._patient),
            "RelatedPerson": (Kind.CONTACT, self._contact),
            "Encounter": (Kind.VISIT, self._encounter),
            "ExplanationOfBenefit": (Kind.SHARE, self._explanation),
            "Claim": (Kind.SHARE, self._claim),
            "Invoice": (Kind.SHARE, self._invoice),
            "ChargeItem": (Kind.SHARE, self._charge_item),
        }

    def file(self, path: Path, read: Read) -> None:
        file = self.stage.add_file(path, has_lines(path))
        for entry in read_entries(path, read):
            place = Place(file, entry.position)
            if isinstance(entry, Broken):
                self.stage.refuse(Kind.FILE, entry.reason, place, staged=False)
            else:
                self._resource(entry, place)

    def _resource(self, entry: Entry, place: Place) -> None:
        kind = entry.resource.get("resourceType")
        self.stage.other["resources"] += 1
        if kind not in self._take:
            return
        counted, take = self._take[kind]
        try:
            take(entry, place)
        except Unfit as unfit:
            self.stage.refuse(counted, str(unfit), place, staged=False)
        except BAD:
            self.stage.refuse(counted, "is not built as FHIR R4 says", place, staged=False)

    def _patient(self, entry: Entry, place: Place) -> None:
        refs = own_refs(entry.resource, entry.full_url)
        try:
            self.stage.add_patient(read_patient(entry.resource, entry.full_url, self.origin.source), place, refs)
        except BAD:
            self.links.lose("patient_ref", refs)
            raise

    def _contact(self, entry: Entry, place: Place) -> None:
        if entry.resource.get("active") is not False:
            self.stage.add_contact(read_contact(entry.resource, entry.full_url, self.origin.source), place)

    def _encounter(self, entry: Entry, place: Place) -> None:
        refs = own_refs(entry.resource, entry.full_url)
        try:
            found = read_encounter(entry.resource, entry.full_url, self.origin.source, self.origin.zone)
            self.links.add_visit(OpenVisit(found.identity, found.patient_ref, found.on, STATES[found.status]), refs, place)
        except BAD:
            self.links.lose("visit_ref", refs)
            raise
        for account in found.accounts:
            self.links.add_way(account, refs, place)

    def _claim(self, entry: Entry, place: Place) -> None:
        for claim in own_refs(entry.resource, entry.full_url):
            self.links.add_way(claim, read_claim(entry.resource), place)

    def _explanation(self, entry: Entry, place: Place) -> None:
        self._state(entry, read_explanation, place)

    def _invoice(self, entry: Entry, place: Place) -> None:
        self._state(entry, read_invoice, place)

    def _charge_item(self, entry: Entry, place: Place) -> None:
        self._state(entry, read_charge_item, place)
        visit = visit_of_charge_item(entry.resource)
        for line in own_refs(entry.resource, entry.full_url) if visit else ():
            self.links.add_way(line, [visit], place)

    def _state(self, entry: Entry, read: Callable[[Json], Stated | None], place: Place) -> None:
        """Of two versions of one resource the later read counts, even if it says nothing any more."""
        ref = next(iter(own_refs(entry.resource, entry.full_url)), None)
        self.links.forget_statement(ref)
        if stated := read(entry.resource):
            self.links.add_statement(stated, ref, place)
