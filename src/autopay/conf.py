"""Every setting, typed, in one class. Environment variables start with AUTOPAY_; secrets live in files of mode 0600."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from functools import cache
from pathlib import Path
from typing import Literal

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from autopay.embedded_postgres import Embedded

Role = Literal["owner", "app", "engine"]
CHECKOUT = Path(__file__).resolve().parents[2]


def default_home() -> Path:
    """In a checkout its own `.autopay`, elsewhere the user's."""
    in_checkout = (CHECKOUT / "pyproject.toml").exists()
    return CHECKOUT / ".autopay" if in_checkout else Path("~/.autopay").expanduser()


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="AUTOPAY_", extra="ignore")

    home: Path = default_home()
    """Where the embedded database, secrets, logs and mails live."""
    database_url: str | None = None
    """A real PostgreSQL server's owner; without it the embedded server is used."""
    database_name: str = "autopay"
    """Database on the embedded server."""
    demo: bool = False
    """Demo world: test logins offered, a clock that can be moved, the sandbox beside it. Never with live keys."""
    site_url: str = "http://localhost:8000"
    """Where people reach the pages; links and cookies follow from it. With https cookies travel encrypted only."""
    sandbox_url: str = "http://127.0.0.1:8001"
    """Where the demo's sandbox answers."""
    allowed_hosts: list[str] = ["localhost", "127.0.0.1"]
    """Host names this installation answers to; the host of `site_url` is always one of them."""
    trusted_proxies: int = 0
    """How many proxies of yours stand in front, each adding to `X-Forwarded-For`. With 0 that header is not believed."""
    human_check_seconds: int = 600
    """How long an answer to the human check is good for; the box renews itself."""
    recaptcha_site_key: str | None = None
    """With the next one: Google's reCAPTCHA v2 instead of our own human check. Read [what that means](#the-human-check) first."""
    recaptcha_secret_key: str | None = None
    """Its other half, for asking Google whether an answer is good."""
    recaptcha_verify_url: str = "https://www.google.com/recaptcha/api/siteverify"
    """Where it is asked."""
    debug: bool = False
    """Error pages with all their details. Never where others can see them."""
    lease_seconds: int = 90
    """How long a worker may hold a claimed charge before others look it up; a third of it is left for one call."""
    lanes: int = 50
    """Calls to a processor one worker keeps in flight."""
    mail_host: str | None = None
    """The mail server (SMTP). Without one notices wait for three days and are then given up; the demo writes them to a folder."""
    mail_port: int = 587
    """Its port."""
    mail_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the way to it is encrypted: `starttls` (port 587), `tls` from the first byte (port 465), or `none`."""
    mail_user: str | None = None
    """The login there, if it wants one."""
    mail_password: str | None = None
    """Its password."""
    mail_from: str = "autopay@localhost"
    """The address mails come from; beside it stands the biller's name, and answers go to the biller."""

    @property
    def secret(self) -> bytes:
        return installation_secret(self.home)

    def dsn(self, role: Role) -> str:
        """Connection string for one of the three roles (app and engine are never superusers)."""
        if self.database_url is None:
            server = conninfo_to_dict(Embedded(self.home).dsn(self.database_name))
            return make_conninfo("", **(server | {"user": f"autopay_{role}", "password": role_password(self.secret, role)}))
        if role == "owner":
            return self.database_url
        given = conninfo_to_dict(self.database_url)
        return make_conninfo("", **(given | {"user": f"autopay_{role}", "password": role_password(self.secret, role)}))


def role_password(secret: bytes, role: str) -> str:
    return hmac.new(secret, f"role:{role}".encode(), hashlib.sha256).hexdigest()


@cache
def installation_secret(home: Path) -> bytes:
    """Made once; charge keys, role passwords and stored processor keys derive from it. Losing it stops all charging."""
    if given := os.environ.get("AUTOPAY_SECRET"):
        return given.encode()
    path = home / "secret.key"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32))
        try:
            os.link(fresh, path)  # atomic, and the first of several processes wins
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip().encode()


@cache
def conf() -> Settings:
    return Settings()
