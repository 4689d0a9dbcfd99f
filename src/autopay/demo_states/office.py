"""What only the office shows of the catalogue's first agency: a visit not invoiced, a link that waits, a signed paper."""

from __future__ import annotations

from datetime import datetime, timedelta

from autopay.agreements.method_link import Wish, make_link
from autopay.agreements.papers import Attachment, attach
from autopay.billing.visits import CompletedVisit, complete_visit
from autopay.clock import local_date
from autopay.demo_states.accounts import SOURCE, owner_of
from autopay.demo_states.hands import Hands
from autopay.demo_states.history import ZONE
from autopay.journal.write import By

PAPER = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
NAMED = "select id, biller_id from payer where source = %(source)s and external_id = %(slug)s"


def furnish_office(hands: Hands, now: datetime) -> None:
    """By the office's own verbs, two days ago."""
    by = By("catalogue", now - timedelta(days=2))
    with hands.owner.transaction() as tx:
        found = {
            slug: tx.record(NAMED, source=SOURCE, slug=slug) or {}
            for slug in ("patient-new", "patient-no-card", "patient-declined")
        }
        biller: int = found["patient-new"]["biller_id"]
        method: int = tx.value("select id from method where payer_id = %(p)s and is_default", p=found["patient-declined"]["id"])
    with hands.app.transaction(biller) as tx:
        done = CompletedVisit(found["patient-new"]["id"], local_date(by.at, ZONE), 9600, "catalogue: not invoiced")
        complete_visit(tx, biller, done, by)
    make_link(hands.app, biller, Wish(found["patient-no-card"]["id"], owner_of("patient-no-card")), by, hands.secret)
    attach(hands.app, biller, method, Attachment("signed form.pdf", PAPER, "Alex Morgan"), by)
