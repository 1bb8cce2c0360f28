"""Does a daemon in its chroot find the sockets that it is told of?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.model.configuration import PostfixFiles
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.postfix.restrictions import LISTS

NAME = "sockets-inside-chroot"
NEEDS = (PostfixFiles,)
KINDS = (
    FindingKind(
        "sasl-outside-chroot",
        Layer.LOGIN,
        ("path", "service"),
        (
            Explains("auth-not-offered", Scope.SERVER),
            Explains("closed-unexpectedly", Scope.SERVER),
            Explains("no-reply", Scope.SERVER),
            Explains("no-greeting", Scope.SERVER),
            Explains("sasl-socket-missing", Scope.SERVER),
            Explains("sasl-no-mechanisms", Scope.SERVER),
        ),
        ("Postfix SASL_README", "master(5)", "Postfix BASIC_CONFIGURATION_README chroot_setup"),
        gathered=("service",),
    ),
    FindingKind(
        "socket-outside-chroot",
        Layer.RELAY,
        ("path", "parameter", "service"),
        (Explains("temporary-reject", Scope.SERVER), Explains("server-config-problem", Scope.SERVER)),
        ("Postfix MILTER_README", "Postfix SMTPD_POLICY_README", "master(5)"),
        gathered=("service",),
    ),
)

_SOCKET = re.compile(r"\b(?:unix|local):(/[^\s,{}]+)")
# Which program opens the sockets of which parameter.
_OPENED_BY = {
    "smtpd_milters": "smtpd",
    "non_smtpd_milters": "cleanup",
    **dict.fromkeys(LISTS, "smtpd"),
}


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _sasl(configured), _others(configured))
        yield from answers or [Passed(NAME, (configured.line("master.cf", 1),))]


def _sasl(configured: Configured) -> Iterator[Answer]:
    for daemon in configured.servers:
        if not daemon.chrooted or not daemon.on("smtpd_sasl_auth_enable"):
            continue
        path = daemon.value("smtpd_sasl_path").removeprefix("unix:")
        if daemon.value("smtpd_sasl_type") == "dovecot" and path.startswith("/"):
            shown = (configured.service(daemon), configured.at(daemon.main.setting("smtpd_sasl_path")))
            yield fault("sasl-outside-chroot", *shown, path=path, service=daemon.name)


def _others(configured: Configured) -> Iterator[Answer]:
    for parameter, program in _OPENED_BY.items():
        for daemon in configured.running(program):
            for path in _SOCKET.findall(daemon.value(parameter)) if daemon.chrooted else ():
                shown = (configured.at(daemon.main.setting(parameter), path), configured.service(daemon))
                yield fault("socket-outside-chroot", *shown, path=path, parameter=parameter, service=daemon.name)
