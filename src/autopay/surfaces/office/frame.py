"""What stands on every page about one patient: who it is, the tabs, and what the person looking may do."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from autopay.database import Tx
from autopay.parties.permissions import Act
from autopay.surfaces.office.work import to_do
from autopay.surfaces.shared.biller import Biller, biller
from autopay.surfaces.shared.payers import Payer
from autopay.surfaces.shared.standing import Standing, obstacle_in_words, standings
from autopay.surfaces.shared.visitor import Visitor

PATIENT = """
    select id, uid, name, kind, email, phone, external_id,
           (select count(*) from request r where r.payer_id = payer.id and r.done_at is null) as asked
    from payer where uid = %(uid)s and kind = 'patient'
"""


@dataclass(frozen=True, slots=True)
class Frame:
    """`page` is the context every template of a patient needs."""

    biller: Biller
    patient: Payer
    standing: Standing
    page: dict[str, object]


def frame(tx: Tx, visitor: Visitor, uid: UUID) -> Frame:
    """Of a patient of this biller; everybody else's is not found."""
    house = biller(tx)
    row = tx.record(PATIENT, uid=uid)
    if row is None:
        raise Http404
    asked = row.pop("asked")
    patient = Payer(**row)
    standing = standings(tx, [patient.id])[patient.id]
    page: dict[str, object] = {
        "visitor": visitor,
        "biller": house,
        "patient": patient,
        "standing": standing,
        "state": state_in_words(standing),
        "asked": asked,
        "to_do": to_do(tx, house.today(visitor)),
        "may": {act.name: visitor.may(act) for act in Act},
    }
    return Frame(house, patient, standing, page)


def state_in_words(standing: Standing) -> str:
    """How this patient stands, in the words of screens 3.8."""
    if standing.able:
        return _("Auto-Pay is on and will charge %(method)s.") % {"method": standing.method_words}
    if standing.on:
        return _("Auto-Pay is on, but cannot charge: %(why)s.") % {"why": obstacle_in_words(standing.obstacle)}
    if standing.switch == "off":
        return _("Auto-Pay is off: this patient's own setting.")
    return _("Auto-Pay is off: the company switch is off and this patient follows it.")
