"""The pages that are measured, each with what the database says must stand on it: a page that shows nothing is not measured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from urllib.parse import urlencode

from django.urls import reverse

from autopay import words
from autopay.database import Tx
from autopay.large_world.logins import BUSY, FAMILY, OFFICE, ORDINARY
from autopay.money import Money
from autopay.tenancy import tenant_transaction

OPEN = "i.voided_at is null and i.total > i.captured - i.returned + i.elsewhere"
FACTS = f"""
    select p.uid, p.name, p.external_id, p.email, i.uid as invoice, i.number,
           (select i.uid from invoice i where i.payer_id = p.id and {OPEN} order by i.number desc limit 1) as open,
           (select sum(i.total - i.captured + i.returned - i.elsewhere)::bigint from invoice i where i.payer_id = p.id
               and {OPEN}) as owes
    from payer p join invoice i on i.payer_id = p.id where p.id = %(payer)s order by i.number desc limit 1
"""
# One patient who fits each filter of the list, the first by name: worked out here in another way than the page does.
STATE = f"""
    with stands as (
        select a.payer_id, a.switch, a.switch = 'on' or a.switch = 'follow' and (select "on" from company_switch) as is_on,
               exists (select from method m join consent c on c.method_id = m.id left join consent_end e on e.consent_id = c.id
                       where m.payer_id = a.payer_id and m.is_default and m.verified and e.consent_id is null)
               and exists (select from processor_account where connected) as able
        from agreement a),
    owing as (
        select i.payer_id, bool_or((select c.state in ('failed', 'returned') from charge_part q join charge c on c.id = q.charge_id
                                    where q.invoice_id = i.id and c.state <> 'withdrawn' order by c.id desc limit 1)) as failed
        from invoice i where {OPEN} group by 1)
    select p.name from payer p join stands s on s.payer_id = p.id left join owing o on o.payer_id = p.id
    where p.kind = 'patient' and (%(q)s = '' or strpos(p.sort_key, %(q)s) > 0 or strpos(lower(p.external_id), %(q)s) > 0
        or strpos(p.email, %(q)s) > 0)
      and case %(autopay)s when 'on' then s.is_on when 'stuck' then s.is_on and not s.able when 'off' then not s.is_on
                           when 'follow' then s.switch = 'follow' else true end
      and case %(balance)s when 'open' then o.payer_id is not null when 'failed' then o.failed is true else true end
    order by p.sort_key, p.id limit 1
"""
CHILDREN = """
    select p.uid, p.name from payer p join contact_patient f on f.payer_id = p.id join membership m on m.contact_id = f.contact_id
    join app_user u on u.id = m.user_id where u.email = %(who)s order by p.sort_key
"""
AUTO_PAY, BALANCE = ("", "on", "stuck", "off", "follow"), ("", "open", "failed")


@dataclass(frozen=True, slots=True)
class Page:
    """`who` looks at `address`; `says` are pieces of the page's text as a person reads it."""

    name: str
    who: str
    address: str
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """`owes` in minor units; `open` an open invoice, if there is one."""

    uid: str
    name: str
    external_id: str
    email: str
    invoice: str
    number: int
    open: str | None
    owes: int | None


@dataclass(frozen=True, slots=True)
class Child:
    """A patient of a billing contact."""

    uid: str
    name: str


def all_pages(biller: int) -> list[Page]:
    """Every page of the Patient Portal and the office that grows with the data, in every way it can be filtered."""
    with tenant_transaction(biller) as tx:
        busy, ordinary = _person(tx, "P0000001"), _person(tx, _ordinary(tx))
        pages = [*_portal(tx, busy, ordinary), *_lists(tx, busy), *_office(busy, ordinary), *_month(tx)]
        return [*pages, *_worklist(tx), *_invoices(tx)]


def _ordinary(tx: Tx) -> str:
    payer = "(select payer_id from membership m join app_user u on u.id = m.user_id where u.email = %(who)s)"
    found: str = tx.value(f"select external_id from payer where id = {payer}", who=ORDINARY)
    return found


def _person(tx: Tx, external_id: str) -> Person:
    payer = tx.value("select id from payer where external_id = %(id)s", id=external_id)
    found = tx.one(Person, FACTS, payer=payer)
    if found is None:
        raise LookupError("This database holds no large world. Load one: autopay load-world")
    return found


def _portal(tx: Tx, busy: Person, ordinary: Person) -> list[Page]:
    family = tx.all(Child, CHILDREN, who=FAMILY)
    money = words.money(Money(busy.owes or 0, "USD"))
    billing = reverse("patient_portal:billing")
    pages = [
        Page("Billing, a patient", ORDINARY, billing, (ordinary.name, "Payment History")),
        Page("Billing, the patient with most visits", BUSY, billing, (busy.name, money)),
        Page("Billing, a billing contact with five patients", FAMILY, billing, tuple(each.name for each in family)),
        Page("Billing, one patient of a billing contact", FAMILY, f"{billing}?patient={family[0].uid}", (family[0].name,)),
        Page("Billing, all payments", BUSY, f"{billing}?history=200", (busy.name, money)),
        Page("Invoice, Patient Portal", BUSY, reverse("patient_portal:invoice", args=[busy.invoice]), (str(busy.number),)),
    ]
    if busy.open:
        pages.append(Page("Pay Now, Patient Portal", BUSY, reverse("patient_portal:invoice", args=[busy.open]), ("Billing",)))
    return pages


def _lists(tx: Tx, busy: Person) -> list[Page]:
    typed = {"": "", "a common name": "maria", "a whole name": busy.name.lower(), "an identifier": busy.external_id.lower()}
    wanted = [(q, a, b) for q, a, b in product(typed, AUTO_PAY, BALANCE) if q in ("", "a common name") or not (a or b)]
    pages = [_list(tx, (what, typed[what]), autopay, balance) for what, autopay, balance in wanted]
    address = reverse("office:patients")
    return [
        *pages,
        Page("Patients, nobody fits", OFFICE, f"{address}?q=xyzzy", ("No patient matches.",)),
        Page("Patients, last counted page", OFFICE, f"{address}?page=4", ("Patients", "found")),
        Page("Patients, on, last counted page", OFFICE, f"{address}?autopay=on&page=4", ("Patients", "found")),
    ]


def _list(tx: Tx, search: tuple[str, str], autopay: str, balance: str) -> Page:
    name = tx.value(STATE, q=search[1], autopay=autopay, balance=balance)
    query = urlencode({"q": search[1], "autopay": autopay, "balance": balance})
    what = ", ".join(filter(None, (f"find {search[0]}" if search[0] else "", autopay, balance))) or "all"
    return Page(f"Patients, {what}", OFFICE, f"{reverse('office:patients')}?{query}", (name or "No patient matches.",))


def _office(busy: Person, ordinary: Person) -> list[Page]:
    pages = []
    for who, person in (("a patient", ordinary), ("the patient with most visits", busy)):
        pages += [
            Page(f"Patient, {who}", OFFICE, reverse("office:patient", args=[person.uid]), (person.name, str(person.number))),
            Page(f"Changes, {who}", OFFICE, reverse("office:changes", args=[person.uid]), (person.name, "issued invoice")),
        ]
    return [
        *pages,
        Page("Invoice, office", OFFICE, reverse("office:invoice", args=[busy.invoice]), (str(busy.number), busy.name)),
        Page("Complete a visit", OFFICE, reverse("office:visit", args=[busy.uid]), (busy.name,)),
        Page("Settings", OFFICE, reverse("office:settings"), ("Auto-bill visits",)),
        Page("Company switch, what would change", OFFICE, reverse("office:auto_bill") + "?to=on", ("patients turn on",)),
    ]


# Worked out in another way than the pages do: from charges, parts and invoices, not from the ledger.
CAME_IN = """
    select (select coalesce(sum(q.minor), 0) from charge_part q join charge c on c.id = q.charge_id join biller b on true
            where c.state in ('paid', 'returned') and to_char(c.settled_at at time zone b.zone, 'YYYY-MM') = %(month)s
                and c.state = 'paid')
         + (select coalesce(sum(q.minor), 0) from charge_part q join ledger_transfer t on t.source = 'charge_part:' || q.id
             and t.kind = 'captured'
            join charge c on c.id = q.charge_id where c.state = 'returned' and to_char(t."on", 'YYYY-MM') = %(month)s)
         + (select coalesce(sum(e.minor), 0) from elsewhere e where to_char(e.received_on, 'YYYY-MM') = %(month)s)
"""
STATES = ("captured", "open", "failed", "held", "back", "automatic", "coming")


def _month(tx: Tx) -> list[Page]:
    """The dashboard of three months and the rows behind its figures."""
    last: date = tx.value("select max(issued_on) from invoice")
    months = [last.replace(day=1)]
    for _ in range(2):
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    pages = []
    for month in months:
        money = words.money(Money(int(tx.value(CAME_IN, month=f"{month:%Y-%m}")), "USD"))
        for name, state in (("Dashboard", ""), ("Rows behind it, captured", "&state=captured")):
            address = reverse("office:payments" if state else "office:dashboard")
            pages.append(Page(f"{name}, {month:%B}", OFFICE, f"{address}?month={month:%Y-%m}{state}", (money,)))
    rows = f"{reverse('office:payments')}?month={months[1]:%Y-%m}"
    pages += [Page(f"Rows behind it, {state}", OFFICE, f"{rows}&state={state}", ("found",)) for state in STATES[1:]]
    pages.append(Page("Rows behind it, page 200", OFFICE, f"{rows}&page=200", ("found",)))
    return pages


# Who stands first, and the newest number, worked out in another way than the pages do: from each bill's last charge.
LAST = """cross join lateral (select c.id, c.state, c.settled_at from charge_part q join charge c on c.id = q.charge_id
                              where q.invoice_id = i.id and c.state <> 'withdrawn' order by c.id desc limit 1) l"""
IS_ON = """(a.switch = 'on' or a.switch = 'follow' and (select "on" from company_switch))"""
DEFAULT = "select m.id from method m where m.payer_id = p.id and m.is_default"
ENDED = f"""select p.name from invoice i join payer p on p.id = i.payer_id {LAST}
            where {OPEN} and l.state = '{{state}}' order by l.settled_at, l.id limit 1"""
OF_AGREEMENT = f"""select p.name from payer p join agreement a on a.payer_id = p.id
                   where {IS_ON} and {{which}} order by a.since, p.id limit 1"""
FIRST = {
    "failed": ENDED.format(state="failed"),
    "sent-back": ENDED.format(state="returned"),
    "no-card": OF_AGREEMENT.format(which=f"({DEFAULT}) is null"),
    "no-consent": OF_AGREEMENT.format(
        which=f"""exists ({DEFAULT}) and not exists (
            select from consent k left join consent_end e on e.consent_id = k.id where k.method_id = ({DEFAULT}) and e.consent_id is null)"""
    ),
    "expires": f"""
        select p.name from payer p join agreement a on a.payer_id = p.id join method m on m.payer_id = p.id and m.is_default
        join biller b on b.id = p.biller_id where {IS_ON} and m.kind = 'card'
          and make_date(m.exp_year, m.exp_month, 1) + interval '1 month' <= (now() at time zone b.zone)::date + interval '31 days'
        order by make_date(m.exp_year, m.exp_month, 1), m.id limit 1""",
}
FLYING = "('sending', 'needs_payer', 'unknown', 'pending')"
NEWEST = {
    "": "select max(number) from invoice",
    "open": f"select max(number) from invoice i where {OPEN}",
    "failed": f"select max(number) from invoice i {LAST} where {OPEN} and l.state in ('failed', 'returned')",
    "processing": f"select max(number) from invoice i {LAST} where l.state in {FLYING}",
    "held": f"select max(number) from invoice i {LAST} where l.state = 'due' and i.why_until is not null",
    "paid": f"select max(number) from invoice i where i.voided_at is null and not ({OPEN}) and i.total > 0",
}


def _worklist(tx: Tx) -> list[Page]:
    """Each kind of work; of those that come of no size of agency, the heading."""
    address, pages = reverse("office:worklist"), []
    for kind in (*FIRST, "unknown", "differs", "requests"):
        name = tx.value(FIRST[kind]) if kind in FIRST else None
        pages.append(Page(f"Worklist, {kind}", OFFICE, f"{address}?kind={kind}", (name or "Worklist",)))
    return [*pages, Page("Worklist, page 5", OFFICE, f"{address}?kind=failed&page=5", ("Worklist",))]


def _invoices(tx: Tx) -> list[Page]:
    address = reverse("office:invoice_list")
    pages = [
        Page(f"Invoices, {show or 'all'}", OFFICE, f"{address}?show={show}", (str(tx.value(sql)),))
        for show, sql in NEWEST.items()
    ]
    return [*pages, Page("Invoices, page 20", OFFICE, f"{address}?page=20", ("Invoices",))]
