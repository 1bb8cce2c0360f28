"""Has the queue room for a message?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.delivery.mail_taken_now import KINDS as TAKEN
from mailproof.checks.files import fault
from mailproof.checks.postfix.configured import configurations
from mailproof.checks.postfix.mending import mend, value_set
from mailproof.model.configuration import PostfixFiles
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.space import SpaceSeen

NAME = "queue-has-room"
NEEDS = (SpaceSeen, PostfixFiles)
KINDS = (
    *(kind for kind in TAKEN if kind.name == "queue-disk-full"),
    FindingKind(
        "queue-minfree-too-high",
        Layer.DELIVERY,
        ("minfree", "free"),
        (Explains("queue-disk-full", Scope.SERVER),),
        ("postconf(5) queue_minfree",),
    ),
)
# Of the largest messages; a disk with room for so many is not full.
_PLENTY = 100
# message_size_limit as it is by default, where there is none.
_USUAL = 10_240_000


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    spaces = {sighting.fact.path: sighting.fact for sighting in record.seen(SpaceSeen)}
    for configured in configurations(record):
        space = spaces.get(configured.main.value("queue_directory").text)
        if space is None:
            continue
        shown = Evidence(EvidenceKind.FILE, f"df -Pk {space.path}", space.text)
        # smtpd(8) takes no message while there is less than queue_minfree, or than one and a half of the largest.
        wanted = {name: _number(configured.main.value(name).text) for name in ("queue_minfree", "message_size_limit")}
        least = max(wanted["queue_minfree"], wanted["message_size_limit"] * 3 // 2)
        if space.free < least:
            limit = "queue_minfree" if wanted["queue_minfree"] == least else "message_size_limit"
            setting = configured.main.setting(limit)
            if limit == "queue_minfree" and space.free >= _PLENTY * (wanted["message_size_limit"] or _USUAL):
                numbers = {"minfree": wanted["queue_minfree"], "free": space.free}
                found = Finding("queue-minfree-too-high", (configured.at(setting), shown), params={**numbers})
                yield found.mended_by(mend(value_set(configured, setting, "0")))
            else:
                yield fault("queue-disk-full", shown, configured.at(setting))
        else:
            yield Passed(NAME, (shown,))


def largest_message(record: Record) -> int:
    """Octets of the largest message that a Postfix of this record takes; as by default where there is none."""
    limits = [_number(each.main.value("message_size_limit").text) for each in configurations(record)]
    return max(limits, default=_USUAL) or _USUAL


def _number(text: str) -> int:
    """0 where it is no number, which another check tells."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
