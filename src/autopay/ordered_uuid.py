"""Unguessable ids that sort by the time they were made (UUID version 7, RFC 9562): rows of one hour lie side by side in their index.

With random ones each row of a large table is written to another page of its index, and each of these pages to the log once more.
"""

from __future__ import annotations

from django.db.models import Func, UUIDField

BY_THE_SERVER = "select uuidv7()"
"""PostgreSQL 18 and newer."""
BY_HAND = """
    select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        placing substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
        52, 1), 53, 1), 'hex')::uuid
"""
"""The same for older ones: 48 bits of milliseconds, the version, and what is left of a random one."""


def create(name: str, body: str) -> str:
    return f"create function {name}() returns uuid language sql volatile parallel safe as $${body}$$"


class OrderedUUID(Func):
    template = "ordered_uuid()"
    output_field = UUIDField()
