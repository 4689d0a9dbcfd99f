"""A new biller starts with a single-use link (V29, rule V5)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from django.db import connections
from django.test import Client

from autopay.parties.create import invite
from autopay.parties.models import Role, User
from tests.fixtures.world import World

PASSWORD = {"first_name": "Grace", "last_name": "Kim", "password": "correct horse battery"}


async def test_V29_an_invitation_makes_a_member_once(world: World, client: Client) -> None:
    with world.app.transaction(world.biller) as tx:
        token = invite(tx, world.biller, "Grace@sunrise.test", Role.BILLING_MANAGER, world.clock.now())
    await asyncio.to_thread(_use_it, world, client, token)


def _use_it(world: World, client: Client, token: str) -> None:
    link = f"/invitation/{world.biller}/{token}"
    assert "Billing manager" in client.get(link).content.decode()
    assert client.get(f"/invitation/{world.biller + 1}/{token}").status_code == 404
    assert client.post(link, PASSWORD | {"password": "short"}).status_code == 400
    assert client.post(link, PASSWORD).headers["Location"] == "/home"
    user = User.objects.get(email="grace@sunrise.test")
    assert [(m.biller_id, m.role) for m in user.memberships.all()] == [(world.biller, "billing_manager")]
    assert Client().get(link).status_code == 404
    connections.close_all()


async def test_V29_an_invitation_ends_after_seven_days(world: World, client: Client) -> None:
    with world.app.transaction(world.biller) as tx:
        token = invite(tx, world.biller, "grace@sunrise.test", Role.OWNER, world.clock.now() - timedelta(days=7, seconds=1))
    assert await asyncio.to_thread(_status, client, f"/invitation/{world.biller}/{token}") == 404


def _status(client: Client, link: str) -> int:
    status = client.get(link).status_code
    connections.close_all()  # this thread's
    return status
