"""Does a daemon in its chroot find the sockets that it is told of?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured, Daemon, configurations
from mailproof.checks.postfix.mending import item_set, mend, value_set
from mailproof.model.configuration import PostfixFiles
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.remedy import Remedy
from mailproof.parse.postfix.lines import split_list
from mailproof.parse.postfix.restrictions import LISTS

NAME = "sockets-inside-chroot"
NEEDS = (PostfixFiles,)
_NOT_FILTERED = ("temporary-reject", "server-config-problem")
_NOT_DELIVERED = ("delivery-agent-down", "delivery-socket-missing", "delivery-deferred", "not-delivered")
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
        tuple(Explains(name, Scope.SERVER) for name in (*_NOT_FILTERED, *_NOT_DELIVERED)),
        ("Postfix MILTER_README", "Postfix SMTPD_POLICY_README", "master(5)"),
        gathered=("service",),
    ),
)

_SOCKET = re.compile(r"\b(?:unix|local):(/[^\s,{}]+)")
_TRANSPORTS = ("virtual_transport", "mailbox_transport", "local_transport", "relay_transport", "default_transport")
# Which program opens the sockets of which parameter.
_OPENED_BY = {
    "smtpd_milters": "smtpd",
    "non_smtpd_milters": "cleanup",
    **dict.fromkeys(LISTS, "smtpd"),
}


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _sasl(configured), _others(configured), _delivery(configured))
        yield from answers or [Passed(NAME, (configured.line("master.cf", 1),))]


def _sasl(configured: Configured) -> Iterator[Answer]:
    for daemon in configured.servers:
        if not daemon.chrooted or not daemon.on("smtpd_sasl_auth_enable"):
            continue
        path = daemon.value("smtpd_sasl_path").removeprefix("unix:")
        if daemon.value("smtpd_sasl_type") == "dovecot" and path.startswith("/"):
            shown = (configured.service(daemon), configured.at(daemon.main.setting("smtpd_sasl_path")))
            found = fault("sasl-outside-chroot", *shown, path=path, service=daemon.name)
            inside = _inside(configured, path)
            setting = daemon.main.setting("smtpd_sasl_path")
            yield found.mended_by(mend(value_set(configured, setting, inside)) if inside else None)


def _inside(configured: Configured, path: str) -> str:
    """As it is called in the chroot, of a socket in the queue directory; elsewhere a server has to be moved too."""
    queue = configured.main.value("queue_directory").text
    return path.removeprefix(f"{queue}/") if path.startswith(f"{queue}/") else ""


def _named_inside(configured: Configured, daemon: Daemon, parameter: str, path: str) -> Remedy | None:
    inside, setting = _inside(configured, path), daemon.main.setting(parameter)
    named = [each for each in split_list(setting.value) if each.endswith(f":{path}") and each.count(":") == 1]
    if not inside or len(named) != 1:
        return None
    return mend(item_set(configured, setting, named[0], f"{named[0].partition(':')[0]}:{inside}"))


def _others(configured: Configured) -> Iterator[Answer]:
    for parameter, program in _OPENED_BY.items():
        for daemon in configured.running(program):
            for path in _SOCKET.findall(daemon.value(parameter)) if daemon.chrooted else ():
                shown = (configured.at(daemon.main.setting(parameter), path), configured.service(daemon))
                found = fault("socket-outside-chroot", *shown, path=path, parameter=parameter, service=daemon.name)
                yield found.mended_by(_named_inside(configured, daemon, parameter, path))


def _delivery(configured: Configured) -> Iterator[Answer]:
    """`lmtp:unix:/path`, where the client of LMTP is in its chroot, as Debian has it."""
    for parameter in _TRANSPORTS:
        setting, value = configured.main.setting(parameter), configured.main.value(parameter).text
        transport, _, next_hop = value.partition(":")
        path = _SOCKET.match(next_hop)
        for daemon in configured.daemons:
            if (
                path is None
                or (daemon.service.name, daemon.service.type) != (transport, "unix")
                or not daemon.chrooted
            ):
                continue
            shown = (configured.at(setting), configured.service(daemon))
            found = fault("socket-outside-chroot", *shown, path=path[1], parameter=parameter, service=daemon.name)
            inside = _inside(configured, path[1])
            changed = value_set(configured, setting, f"{transport}:unix:{inside}") if inside else None
            yield found.mended_by(mend(changed) if changed else None)
