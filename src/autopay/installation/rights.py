"""What the database itself knows of the quarantine: it compares where it is with where it was, each time something is to be sent.

So a restored database sends nothing even for a worker that was there before the restore and has looked at nothing since.
"""

from __future__ import annotations

IDENTITY = """
    create or replace function database_identity() returns text language plpgsql stable security definer set search_path = pg_catalog as $$
    declare server text := ''; timeline text := '';
    begin
        if has_function_privilege('pg_control_system()', 'execute') then
            select c.system_identifier::text into server from pg_control_system() c;
        end if;
        if not pg_is_in_recovery() and has_function_privilege('pg_current_wal_lsn()', 'execute')
           and has_function_privilege('pg_walfile_name(pg_lsn)', 'execute') then
            timeline := substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8);
        end if;
        return server || '.' || timeline || '.' || (select oid from pg_database where datname = current_database());
    end $$
"""
"""Server, timeline, database. A dump read in elsewhere has another server or database; recovery to a point in time, or a standby that
took over, another timeline. What a hosted server does not tell stays empty."""

ALLOWED = """
    create or replace function sending_allowed() returns boolean language sql stable security definer set search_path = public as $$
        select quarantined_at is null and (identity = '' or identity = database_identity()) from installation
    $$
"""

RIGHTS = [
    "revoke all on installation from autopay_app, autopay_engine",
    "grant select on installation to autopay_app",
    "grant select, update on installation to autopay_engine",
    "insert into installation default values",
    IDENTITY,
    ALLOWED,
]
