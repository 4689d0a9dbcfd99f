"""The people of the large world: patients with their agreement, saved methods and consents, and the family members who pay for some."""

from __future__ import annotations

from datetime import date

from autopay.database import Tx

SOURCE = "large-world"
FIRST = (
    "Maria James Ruth Omar Dana Grace Noah Priya Hannah Luis Ana Jorge Elena David Sarah Wei Mei Amir Leila Tomas Ingrid Paul Rosa Victor "
    "Nadia Samuel Iris Mateo Chloe Felix Zoe Hugo Alma Ivan Clara Theo Nora Emil June Otto Vera Ravi Lena Kofi Ada Yusuf Mina Oscar Edith "
    "Carlos Fay Marcus Dora Simon Tessa Andre Gail Wanda Kurt Bea"
)
LAST = (
    "Alvarez Lee Cohen Haddad Kim Keller Raman Brooks Garcia Smith Johnson Brown Miller Davis Lopez Wilson Anders Thomas Moore Martin Jackson "
    "White Harris Clark Lewis Walker Hall Young Allen Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Rivera Campbell Mitchell "
    "Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Ortiz Morgan "
    "Cooper Peterson Bailey Reed Kelly Howard Ramos Cox Ward Richardson Watson Chavez Wood James Bennett Gray Mendoza Ruiz Hughes Price "
    "Castillo Sanders Patel Myers Long Ross Foster Jimenez Powell Jenkins Perry Russell Sullivan Bell Coleman Butler Henderson Barnes"
)

# A draw from 0 to 2^31: the same for the same seed, number and salt. In this session only.
DRAW = """create or replace function pg_temp.draw(n bigint, salt int) returns bigint language sql immutable
          as 'select hashint8extended(n, {seed} + salt * 1000003::bigint) & 2147483647'"""
PEOPLE = """
    create temp table person on commit drop as
    select n, nextval(pg_get_serial_sequence('payer', 'id')) as id,
           nextval(pg_get_serial_sequence('agreement_version', 'id')) as version,
           first[1 + pg_temp.draw(n, 1) %% cardinality(first)] || ' ' || chr((65 + n %% 26)::int) || '. '
               || last[1 + pg_temp.draw(n, 2) %% cardinality(last)] as name,
           case when pg_temp.draw(n, 3) %% 100 < 60 then 'on'
                when pg_temp.draw(n, 3) %% 100 < 70 then 'off' else 'follow' end as switch,
           pg_temp.draw(n, 4) %% 100 < 88 as has_method, pg_temp.draw(n, 5) %% 100 < 14 as bank, pg_temp.draw(n, 6) %% 100 < 12 as two,
           pg_temp.draw(n, 7) %% 1000 < 965 as consented, pg_temp.draw(n, 8) %% 100 < 93 as verified,
           pg_temp.draw(n, 9) %% 100 < 62 as credit, pg_temp.draw(n, 10) as pick
    from generate_series(%(first_n)s::bigint, %(last_n)s::bigint) n,
         (select string_to_array(%(first)s, ' ') as first, string_to_array(%(last)s, ' ') as last) names
"""
PAYERS = """
    insert into payer (id, biller_id, uid, kind, name, sort_key, email, phone, language, source, external_id, created_at)
    select id, %(biller)s, md5(%(seed)s || ':payer:' || n)::uuid, 'patient', name, lower(name),
           lower(replace(replace(name, '. ', '.'), ' ', '.')) || n || '@patients.test', '',
           case when n %% 10 = 0 then 'es' else 'en' end, %(source)s, 'P' || lpad(n::text, 7, '0'), %(since)s
    from person
"""
AGREEMENTS = """
    insert into agreement (biller_id, payer_id, switch, version, since, changed_by)
    select %(biller)s, id, switch, case switch when 'follow' then 1 else 2 end, %(since)s, 'cli' from person
"""
VERSIONS = """
    insert into agreement_version (id, biller_id, payer_id, version, switch, at, by)
    select version, %(biller)s, id, case switch when 'follow' then 1 else 2 end, switch, %(since)s, 'cli' from person
    union all
    select nextval(pg_get_serial_sequence('agreement_version', 'id')), %(biller)s, id, 1, 'follow', %(since)s, 'cli'
    from person where switch <> 'follow'
"""
WALLETS = """
    insert into wallet (biller_id, payer_id, customer) select %(biller)s, id, 'cus_world' || n from person where has_method
"""
METHODS = """
    create temp table saved on commit drop as
    select nextval(pg_get_serial_sequence('method', 'id')) as id, p.n, p.id as payer, p.name, p.credit, p.consented, p.verified,
           p.pick, nth, p.bank and nth = 1 as is_bank
    from person p join generate_series(1, 2) nth on nth = 1 or p.two where p.has_method
"""
KEPT = """
    insert into method (id, biller_id, payer_id, uid, state, kind, token, customer, brand, last4, exp_month, exp_year, funding,
                        verified, is_default, created_at)
    select s.id, %(biller)s, s.payer, md5(%(seed)s || ':method:' || s.n || ':' || s.nth)::uuid, 'usable',
           case when is_bank then 'bank' else 'card' end, 'pm_world' || s.n || '_' || nth, 'cus_world' || s.n,
           case when is_bank then '' when pick %% 3 = 0 then 'mastercard' else 'visa' end, lpad((pick %% 10000)::text, 4, '0'),
           case when is_bank then null else extract(month from expires)::int end,
           case when is_bank then null else extract(year from expires)::int end,
           case when is_bank then 'unknown' when credit then 'credit' else 'debit' end, s.verified or not is_bank, nth = 1, %(since)s
    from (select *, %(today)s::date + (pick %% 40 - 1)::int * interval '1 month' as expires from saved) s
"""
CONSENTS = """
    with agreed as (
        insert into consent (biller_id, payer_id, method_id, uid, terms_id, text, sha256, channel, artefact, signed_by, range_minor, at)
        select %(biller)s, s.payer, s.id, md5(%(seed)s || ':consent:' || s.n)::uuid, t.id, t.text, t.sha256,
               case when s.pick %% 5 = 0 then 'paper' else 'online' end,
               case when s.pick %% 5 = 0 then 'scan-' || s.n || '.pdf' else '' end, s.name,
               case when not s.credit or s.is_bank then 19000 end, %(since)s
        from saved s
        join terms t on t.biller_id = %(biller)s and t.language = 'en'
             and t.kind = case when s.is_bank then 'visit_bank' else 'visit_card' end
        where s.consented and s.nth = 1
        returning id, payer_id)
    insert into journal_entry (biller_id, at, actor, action, object, object_id, data)
    select %(biller)s, %(since)s, 'cli', 'consent recorded', 'consent', id, '{}'::jsonb from agreed
"""
SWITCHED = """
    insert into journal_entry (biller_id, at, actor, action, object, object_id, data)
    select %(biller)s, %(since)s, 'cli', 'auto-pay ' || switch, 'payer', id,
           jsonb_build_object('was', 'follow', 'now', switch, 'version', 2)
    from person where switch <> 'follow'
"""
FAMILIES = """
    with family as (
        insert into billing_contact (biller_id, name, email, source, external_id)
        select %(biller)s, 'Family of ' || name, 'family' || n || '@family.test', %(source)s, 'F' || n from person where n %% 40 = 1
        returning id, external_id)
    insert into contact_patient (biller_id, contact_id, payer_id, sees_lines)
    select %(biller)s, f.id, p.id, p.n %% 2 = 0
    from family f join person p on p.n between substr(f.external_id, 2)::int and substr(f.external_id, 2)::int + 4
"""
STEPS = (
    PEOPLE,
    "analyze person",
    PAYERS,
    AGREEMENTS,
    VERSIONS,
    WALLETS,
    METHODS,
    "analyze saved",
    KEPT,
    CONSENTS,
    SWITCHED,
    FAMILIES,
)


def add_people(tx: Tx, biller: int, seed: int, numbers: range, since: object, today: date) -> None:
    """The patients with these numbers; `since` is the instant from which they are patients, `today` a local date."""
    known = {
        "biller": biller,
        "seed": str(seed),
        "source": SOURCE,
        "first_n": numbers.start,
        "last_n": numbers.stop - 1,
        "first": FIRST,
        "last": LAST,
        "since": since,
        "today": today,
    }
    for step in STEPS:
        tx.run(step, **known)
