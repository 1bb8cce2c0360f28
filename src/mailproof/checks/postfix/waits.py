"""Does Postfix make clients wait on purpose?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.exim.waits import KINDS as WAITS
from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.checks.postfix.mending import items_gone, mend
from mailproof.checks.survey import surveyed
from mailproof.model.attempt import Trouble
from mailproof.model.configuration import PostfixFiles
from mailproof.model.connection import Greeting, Interrupted
from mailproof.model.finding import Answer
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.postfix.restrictions import LISTS, restrictions

NAME = "postfix-answers-at-once"
NEEDS = (PostfixFiles, Greeting)
KINDS = WAITS

# A wait is over a little earlier or later than it says; who waits a second on purpose, and greets after five, has
# another reason.
_NEARLY, _AT_MOST = 0.9, 2
# Of the lists, the one that stands before the greeting where smtpd_delay_reject = no.
_BEFORE = "smtpd_client_restrictions"
_SECONDS = re.compile(r"[0-9]{1,6}")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    slowest = max((sighting.fact.seconds for sighting in surveyed(record, Greeting)), default=0.0)
    silent = any(each.fact.trouble is Trouble.TIMEOUT for each in record.seen(Interrupted))
    for configured in configurations(record):
        yield from bounded(NAME, _waits(configured, slowest, silent=silent))


def _waits(configured: Configured, slowest: float, *, silent: bool) -> Iterator[Answer]:
    """A greeting that was as slow as it is made to be; or an answer that did not come in time."""
    for parameter in LISTS:
        for setting, main in configured.settings(parameter):
            items = restrictions(main.value(parameter).text)
            waits = [each.argument for each in items if each.name == "sleep" and _SECONDS.fullmatch(each.argument)]
            seconds = sum(map(int, waits))
            early = parameter == _BEFORE and main.value("smtpd_delay_reject").text.lower() == "no"
            met = seconds * _NEARLY <= slowest <= seconds * _AT_MOST if early else silent
            if seconds and met:
                remedy = mend(items_gone(configured, setting, (f"sleep {each}" for each in waits)))
                told = f"sleep {waits[0]} ({parameter})"
                yield fault("tarpit", configured.at(setting, "sleep"), setting=told).mended_by(remedy)
