"""The demo's mail: a list, one mail as text and as HTML that can do nothing, and no such page elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client, override_settings

from autopay.conf import Settings
from autopay.notices.deliver import Mail, send_by_django
from tests.surfaces.house import text

NAME = uuid4()
LETTER = Mail(
    1,
    NAME,
    datetime(2026, 5, 21, 16, 4, tzinfo=UTC),
    "maria@patients.test",
    "Receipt R-12: $85.00 to Sunrise",
    "Paid. <b>Thank you</b>\nhttp://localhost:8000/receipts/1\n",
    '<h1 style="color:red">Paid.</h1><script>alert(1)</script>',
    "Sunrise",
    "billing@sunrise.test",
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with override_settings(DEMO=True, MAIL_FOLDER=tmp_path, EMAIL_BACKEND="autopay.notices.folder.Folder"):
        yield tmp_path


def test_a_demo_without_mail_says_when_there_will_be_one(folder: Path, client: Client) -> None:
    assert "No mail yet" in text(client.get("/demo/mail").content)


def test_M9_a_mail_is_listed_and_shown_as_text_and_as_html_that_can_do_nothing(folder: Path, client: Client) -> None:
    send_by_django(LETTER)
    assert "Receipt R-12: $85.00 to Sunrise" in text(client.get("/demo/mail").content)
    assert "Receipt R-12" not in text(client.get("/demo/mail?to=omar").content)
    page = client.get(f"/demo/mail/{NAME}")
    assert "Paid. <b>Thank you</b>" in text(page.content)
    assert b'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.content
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    html = client.get(f"/demo/mail/{NAME}/html")
    policy = html["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox ")
    assert "script" not in policy
    assert "allow-same-origin" not in policy
    assert html["X-Frame-Options"] == "SAMEORIGIN"
    assert client.get(f"/demo/mail/{uuid4()}").status_code == 404


def test_no_mail_is_shown_outside_the_demo(folder: Path, client: Client, database: Settings) -> None:
    send_by_django(LETTER)
    with override_settings(DEMO=False):
        for address in ("/demo/mail", f"/demo/mail/{NAME}", f"/demo/mail/{NAME}/html"):
            assert client.get(address).status_code == 404
