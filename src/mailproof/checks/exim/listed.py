"""A list as it is written: with which separator, so that it can be written again with other items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mailproof.parse.exim.text import split_list


class Listed(NamedTuple):
    items: Sequence[str]
    separator: str
    head: str
    """`<; ` where it names its separator."""
    doubled: bool
    """Whether a separator within an item is doubled."""

    def text(self, items: Sequence[str]) -> str:
        """A list of these, written in the same way."""
        told = [item.replace(self.separator, self.separator * 2) if self.doubled else item for item in items]
        return self.head + f" {self.separator} ".join(told)


def listed(value: str, of_shell: bool = False) -> Listed:
    """`of_shell`: of Debian's settings, where a semicolon anywhere makes it the separator (update-exim4.conf(8))."""
    text = value.strip()
    if text[:1] == "<" and len(text) > 1 and not text[1].isalnum():
        return Listed(split_list(text), text[1], f"<{text[1]} ", doubled=True)
    if of_shell and ";" in text:
        return Listed([item.strip() for item in text.split(";") if item.strip()], ";", "", doubled=False)
    return Listed(split_list(text), ":", "", doubled=True)
