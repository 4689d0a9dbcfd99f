"""One furnished database for each process of the test run, of which every history gets a copy."""

from __future__ import annotations

import os

import pytest

from autopay.conf import conf
from autopay.embedded_postgres import Embedded
from autopay_proof.ground import Ground, prepare
from autopay_proof.server import dsns

_prepared: dict[str, Ground] = {}


@pytest.fixture
def ground(postgres: Embedded, template: str) -> Ground:
    assert conf().database_name
    if template not in _prepared:
        _prepared[template] = prepare(postgres.dsn(), template, dsns(), f"proof_ground_{os.getpid()}")
    return _prepared[template]
