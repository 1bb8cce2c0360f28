"""May Exim's user read certificate and key?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.certificate.in_files import KINDS as IN_FILES
from mailproof.checks.exim.access import keeps_out, let_in
from mailproof.checks.exim.configured import running
from mailproof.checks.files import bounded, fault
from mailproof.checks.rights import rights
from mailproof.model.configuration import EximFiles
from mailproof.model.finding import Answer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.exim.text import split_list

NAME = "exim-keys-readable"
NEEDS = (EximFiles,)
KINDS = tuple(kind for kind in IN_FILES if kind.name == "certificate-file-unreadable")

_FILES = ("tls_certificate", "tls_privatekey")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in running(record):
        answers: list[Answer] = []
        for name in _FILES:
            setting = configured.main.get(name)
            value = configured.expanded(setting.value) if setting is not None else None
            for path in split_list(value or ""):
                seen = keeps_out(configured, path)
                if seen is not None and setting is not None:
                    shown = (configured.at(setting), configured.file(seen, rights(seen)))
                    found = fault("certificate-file-unreadable", *shown, path=path, setting=name)
                    answers.append(found.mended_by(let_in(configured, path)))
        yield from bounded(NAME, answers)
        if not answers and configured.fact.groups and configured.value("tls_certificate"):
            yield Passed(NAME, (configured.where("tls_certificate"),))
