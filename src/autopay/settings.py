"""Django reads `conf`; nothing here is a decision of its own."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

from psycopg.conninfo import conninfo_to_dict

from autopay.conf import CHECKOUT, Role, conf

_conf = conf()


def _database(role: Role) -> dict[str, Any]:
    given = conninfo_to_dict(_conf.dsn(role))
    known = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    options = {key: value for key, value in given.items() if key not in known.values()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **{ours: given.get(theirs, "") for ours, theirs in known.items()},
        "OPTIONS": options,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database("app"), "engine": _database("engine"), "owner": _database("owner")}
SECRET_KEY = hashlib.sha256(b"django:" + _conf.secret).hexdigest()
DEBUG = _conf.debug
ALLOWED_HOSTS = [*_conf.allowed_hosts, urlsplit(_conf.site_url).hostname or "localhost"]
CSRF_TRUSTED_ORIGINS = [_conf.site_url]
ROOT_URLCONF = "autopay.urls"
WSGI_APPLICATION = "autopay.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "parties.User"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [CHECKOUT / "src/autopay/locale"]
STATIC_URL = "/static/"
STATIC_ROOT = _conf.home / "static"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "autopay.parties",
    "autopay.journal",
    "autopay.ledger",
    "autopay.billing",
    "autopay.wallet",
    "autopay.agreements",
    "autopay.charging",
    "autopay.processors",
    "autopay.interop",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
