"""A verb that may not happen now. Its text is for the person who asked: what is so, and what to do.

The text is English and is translated where it is shown (`refused` in sentences.py): so it stands here as it is looked up, with names for
its values, never put together before.
"""

from __future__ import annotations


class Refusal(Exception):
    """`template` with its `values`: numbers, names, amounts of Money. `text` is the whole in English."""

    def __init__(self, code: str, template: str, **values: object) -> None:
        super().__init__(template % values if values else template)
        self.code = code
        self.template = template
        self.values = values

    @property
    def text(self) -> str:
        return str(self)


def sentence(text: str) -> str:
    """Marks a text to be translated where it is shown. For texts that are written down in one place and refused with in another."""
    return text
