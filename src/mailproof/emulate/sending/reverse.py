"""The name of an address (iprev, RFC 8601 section 3): its PTR records, and whether one of them leads back."""

from __future__ import annotations

import msgspec

from mailproof.emulate.sending.questions import Address, Course, Question, addresses, is_trouble, reverse_name

# As RFC 7208 section 5.5 has it: an address with more names is a mistake.
_MOST_NAMES = 10


class Reverse(msgspec.Struct, frozen=True):
    outcome: str
    """pass, fail, temperror, or permerror where there is no PTR record (RFC 8601 section 2.7.3)."""
    names: tuple[str, ...] = ()
    confirmed: str = ""
    """The name that leads back."""


def reverse(client: Address) -> Course[Reverse]:
    answer = yield Question(reverse_name(client), "PTR")
    if is_trouble(answer):
        return Reverse("temperror")
    names = tuple(text.rstrip(".") for text in answer.answers)[:_MOST_NAMES]
    if not names:
        return Reverse("permerror")
    trouble = False
    for name in names:
        forward = yield Question(name, "A" if client.version == 4 else "AAAA")
        if client in addresses(forward):
            return Reverse("pass", names, name)
        trouble = trouble or is_trouble(forward)
    return Reverse("temperror" if trouble else "fail", names)
