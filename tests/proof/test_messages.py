"""The payment company's messages in every order, some lost, some twice: the end is the same (I22, rule B8)."""

from __future__ import annotations

import pytest

from autopay_proof.ground import Ground
from autopay_proof.orders import STORIES, Story, sequences, state_after, told

EVERY = 37
"""Of the orders, so many are left out between two that are tried every day."""


def others(ground: Ground, story: Story, step: int) -> list[tuple[int, ...]]:
    with told(ground, story) as (stage, messages):
        perfect = state_after(stage, messages)
        assert state_after(stage, []) == perfect, "all of them lost"
        return [
            order
            for nth, order in enumerate(sequences(story.kinds))
            if nth % step == 0 and state_after(stage, [messages[each] for each in order]) != perfect
        ]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_I22_messages_in_another_order_lost_or_twice_end_the_same(ground: Ground, story: Story) -> None:
    assert others(ground, story, EVERY) == []


@pytest.mark.prove
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_I22_every_order_every_loss_every_repetition_ends_the_same(ground: Ground, story: Story) -> None:
    assert others(ground, story, 1) == []


def test_every_sequence_is_there_once() -> None:
    assert len(list(sequences(3))) == len(set(sequences(3))) == 1 + 3 * 2 + 6 * 4 + 6 * 8
