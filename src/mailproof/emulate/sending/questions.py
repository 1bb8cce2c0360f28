"""What DNS is asked to learn who sends: courses that yield questions and are sent the answers.

A course does no I/O: a probe asks on its behalf, and a check runs it again over the answers that the record has.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Generator, Iterable
from typing import NamedTuple, TypeVar

from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.parse.txt import txt_value

Result = TypeVar("Result")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Question(NamedTuple):
    name: str
    rtype: str


Course = Generator[Question, DnsAnswer, Result]


def again(course: Course[Result], answers: Iterable[DnsAnswer]) -> Result | None:
    """What the course comes to by these answers; None where one is missing."""
    known = {Question(answer.name.lower(), answer.rtype): answer for answer in answers}
    try:
        question = next(course)
        while (answer := known.get(Question(question.name.lower(), question.rtype))) is not None:
            question = course.send(answer)
    except StopIteration as end:
        result: Result = end.value
        return result
    return None


def is_trouble(answer: DnsAnswer) -> bool:
    """Nobody could tell: neither that there is something nor that there is nothing."""
    return answer.status in (DnsStatus.TIMEOUT, DnsStatus.SERVER_FAILURE, DnsStatus.NO_RESOLVER)


def texts(answer: DnsAnswer) -> list[str]:
    """Of the TXT records, put together."""
    return [txt_value(each) for each in answer.answers]


def reverse_name(address: Address) -> str:
    """`1.2.0.192.in-addr.arpa` (RFC 1035 section 3.5, RFC 3596 section 2.5)."""
    return address.reverse_pointer


def addresses(answer: DnsAnswer) -> list[Address]:
    found: list[Address] = []
    for text in answer.answers:
        try:
            found.append(ipaddress.ip_address(text))
        except ValueError:
            continue
    return found
