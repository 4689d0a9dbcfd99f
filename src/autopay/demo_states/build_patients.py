"""Make the catalogue's agencies and patients: visits, invoices, charges and requests by the product's own verbs, then frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password

from autopay.agreements.change import Change, change_agreement
from autopay.agreements.consent import Signature, record_consent
from autopay.agreements.models import Switch
from autopay.agreements.terms import publish
from autopay.billing.visits import CompletedVisit, complete_visit
from autopay.charging.issue import issue_visits
from autopay.charging.record_payment import Payment, record_payment
from autopay.clock import local_date
from autopay.database import Tx
from autopay.demo_states.accounts import SOURCE, Account, owner_of, staff_of
from autopay.demo_states.hands import FREEZE, LONG_AGO, NEVER, NO_NIGHT, Hands, put_method
from autopay.demo_states.history import REFUNDED, ZONE, History, Made, begin, charges_of, let_end, then
from autopay.demo_states.patients import AGENCIES, PATIENTS, Agency, Patient, Visit
from autopay.journal.write import By
from autopay.parties.answer import answer
from autopay.parties.ask import Wish, ask, requests_of
from autopay.parties.create import NewBiller, NewPayer, create_biller, create_payers
from autopay.parties.models import Membership, Request, Role, User
from autopay.processors.accounts import Keys, connect
from autopay.wallet.default import make_default


def build_agencies(hands: Hands, sandbox: str, now: datetime) -> None:
    for agency in AGENCIES:
        theirs = [each for each in PATIENTS if each.house == agency.slug]
        biller = _agency(hands, agency, sandbox, now)
        history = History(hands.app, hands.engine, hands.owner, biller, now)
        users = _users(agency, theirs)
        payers = _patients(history, theirs)
        for each in theirs:
            for visit in each.visits:
                _visit(history, _made(payers, users, each, visit), visit)
        with hands.owner.transaction() as tx:
            tx.run(REFUNDED, biller=biller, at=history.ago(1))
            tx.run("update refund set state = 'done' where biller_id = %(b)s and state = 'sending'", b=biller)
        _memberships(history, theirs, payers, users)
        for each in theirs:
            _asked(history, payers[each.slug], each, users)
        with hands.owner.transaction() as tx:
            tx.run(FREEZE, biller=biller, now=now, never=NEVER.replace(tzinfo=now.tzinfo))
            tx.run(NO_NIGHT, biller=biller, now=now)


def _agency(hands: Hands, agency: Agency, sandbox: str, now: datetime) -> int:
    email, hours = f"billing@{agency.slug}.test", "Monday to Friday, 8 AM to 5 PM"
    new = NewBiller("agency", agency.name, agency.short, ZONE, "(415) 555-0142", email, hours)
    with hands.owner.transaction() as tx:
        biller = create_biller(tx, new, By("autopay", now - timedelta(days=LONG_AGO)))
        publish(tx, biller)
        if agency.connected:
            keys = Keys(sandbox, f"pk_test_{agency.slug}", f"sk_test_{agency.slug}", f"whsec_{agency.slug}")
            connect(tx, biller, keys, hands.secret)
    return biller


def _patients(history: History, patients: Sequence[Patient]) -> dict[str, int]:
    """By slug, with wallet, consent and switch."""
    by = By("autopay", history.ago(LONG_AGO - 1))
    news = [NewPayer("patient", each.name or "Alex Morgan", each.slug, SOURCE, owner_of(each.slug)) for each in patients]
    with history.app.transaction(history.biller) as tx:
        ids = create_payers(tx, history.biller, news, by)
        payers = {each.slug: ids[SOURCE, each.slug] for each in patients}
        for each in patients:
            _wallet(tx, history, payers[each.slug], each)
            on = Switch.ON if each.on else Switch.OFF
            change_agreement(tx, history.biller, payers[each.slug], Change(on), by)
    return payers


def _wallet(tx: Tx, history: History, payer: int, patient: Patient) -> None:
    by, made = (
        By("autopay", history.ago(LONG_AGO - 2)),
        Made(payer, Account(patient.slug, patient.says, methods=patient.methods), "autopay"),
    )
    for nth, each in enumerate(patient.methods):
        method = put_method(tx, history.biller, made, nth, history.now)
        if each.agreed:
            record_consent(tx, history.biller, method, Signature("Alex Morgan", ip="127.0.0.1", user_agent="demo"), by)
        if each.default:
            make_default(tx, history.biller, method, by)


def _made(payers: dict[str, int], users: dict[str, int], patient: Patient, visit: Visit) -> Made:
    """The patient as the accounts' history knows one, with this visit as the newest bill."""
    after = "" if visit.then == "elsewhere" else visit.then
    account = Account(patient.slug, patient.says, newest=visit.end, then=after)
    return Made(payers[patient.slug], account, f"user:{users[patient.slug]}")


def _visit(history: History, made: Made, visit: Visit) -> None:
    """Completed, invoiced and planned on its day; then what became of it."""
    end, payer = visit.end, made.payer
    by, day = history.by(made, visit.days), local_date(history.ago(visit.days), ZONE)
    done = CompletedVisit(payer, day, visit.minor, f"{made.account.slug} {visit.days}", SOURCE)
    with history.app.transaction(history.biller) as tx:
        [bill] = issue_visits(tx, history.biller, [complete_visit(tx, history.biller, done, by)], by).invoices
    if end and end.by_hand:
        begin(history, made, bill)
    if end:
        let_end(history, [(each, replace(end, days=visit.days)) for each in charges_of(history, [bill], "due")])
    then(history, made, bill)
    if visit.then == "elsewhere":
        record_payment(history.app, history.biller, bill, Payment(visit.minor, "check", day, f"check {payer}"), by)


def _users(agency: Agency, patients: Sequence[Patient]) -> dict[str, int]:
    """A login for each, by slug, and one of the office under the empty name. Nobody knows their passwords."""
    unknown = make_password(None)
    people = {"": (staff_of(agency.slug), "Grace", "Kim")}
    people |= {each.slug: (owner_of(each.slug), "Alex", "Morgan") for each in patients}
    return {
        slug: User.objects.create(email=email, password=unknown, first_name=first, last_name=last).pk
        for slug, (email, first, last) in people.items()
    }


def _memberships(history: History, patients: Sequence[Patient], payers: dict[str, int], users: dict[str, int]) -> None:
    """Each looks as the patient, or as who pays for a family."""
    Membership.objects.create(user_id=users[""], biller_id=history.biller, role=Role.OWNER)
    for each in patients:
        if each.family:
            what = {"role": Role.BILLING_CONTACT, "contact_id": _contact(history, each, payers)}
        else:
            what = {"role": Role.PATIENT, "payer_id": payers[each.slug]}
        Membership.objects.create(user_id=users[each.slug], biller_id=history.biller, **what)


def _contact(history: History, patient: Patient, payers: dict[str, int]) -> int:
    with history.app.transaction(history.biller) as tx:
        contact: int = tx.value(
            """insert into billing_contact (biller_id, name, email, external_id) values (%(b)s, 'Dana Cohen', %(e)s, %(s)s) returning id""",
            b=history.biller,
            e=owner_of(patient.slug),
            s=patient.slug,
        )
        for nth, slug in enumerate((patient.slug, *patient.family)):
            tx.run(
                "insert into contact_patient (biller_id, contact_id, payer_id, sees_lines) values (%(b)s, %(c)s, %(p)s, %(l)s)",
                b=history.biller,
                c=contact,
                p=payers[slug],
                l=nth == 0,
            )
    return contact


def _asked(history: History, payer: int, patient: Patient, people: dict[str, int]) -> None:
    for nth, (kind, said, answered) in enumerate(patient.asked):
        user = people[patient.slug]
        ask(history.app, history.biller, Wish(payer, Request.Kind(kind), said, user), By(f"user:{user}", history.ago(9 - nth)))
        with history.app.transaction(history.biller) as tx:
            newest = requests_of(tx, [payer])[0].id
        if answered:
            answer(history.app, history.biller, newest, people[""], By(f"user:{people['']}", history.ago(2)))
