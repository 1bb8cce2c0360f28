"""Does Postfix know every restriction that is listed?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.files import bounded, fault
from mailproof.checks.nearest import misspelt, nearest
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.checks.postfix.mending import item_set, mend
from mailproof.model.configuration import PostfixFiles
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.postfix.lines import split_list
from mailproof.parse.postfix.restrictions import LISTS, RESTRICTIONS, is_known, restrictions

NAME = "restrictions-known"
NEEDS = (PostfixFiles,)
KINDS = (
    FindingKind(
        "restriction-misspelt",
        Layer.RELAY,
        params=("restriction", "near", "parameter"),
        explains=(Explains("server-config-problem", Scope.SERVER), Explains("own-domain-rejected", Scope.SERVER)),
        references=("postconf(5) smtpd_recipient_restrictions", "Postfix SMTPD_ACCESS_README"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _misspelt(configured))
        yield from answers or [Passed(NAME, (configured.line("main.cf", 1),))]


def _misspelt(configured: Configured) -> Iterable[Answer]:
    classes = split_list(configured.main.value("smtpd_restriction_classes").text)
    told: set[tuple[str, tuple[Evidence, ...]]] = set()
    for setting, main in configured.assignments():
        if setting.name not in LISTS and setting.name not in classes:
            continue
        for item in restrictions(main.value(setting.name).text):
            if item.name.startswith("#"):
                break  # a comment behind the value, of which another check tells
            if is_known(item, classes):
                continue
            shown = (configured.at(setting, item.name),)
            if (item.name, shown) in told:
                continue
            told.add((item.name, shown))
            near = nearest(item.name, sorted({*RESTRICTIONS, *classes}))
            remedy = mend(item_set(configured, setting, item.name, near)) if misspelt(item.name, near) else None
            params = {"restriction": item.name[:60], "near": near, "parameter": setting.name}
            yield fault("restriction-misspelt", *shown, **params).mended_by(remedy)
