"""Do Postfix and Dovecot meet: at the socket for logins, and at that for delivery?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.dovecot.configured import Configured as Dovecot
from mailproof.checks.dovecot.configured import configurations as dovecots
from mailproof.checks.dovecot.socket_mending import meeting, permitted
from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured as Postfix
from mailproof.checks.postfix.configured import configurations as postfixes
from mailproof.model.configuration import DovecotFiles, PostfixFiles
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.dovecot.reader import Block
from mailproof.parse.postfix.parameters import Setting

NAME = "postfix-and-dovecot-meet"
NEEDS = (PostfixFiles, DovecotFiles)
_LOGIN = (
    Explains("sasl-no-mechanisms", Scope.SERVER),
    Explains("no-greeting", Scope.SERVER),
    Explains("auth-not-offered", Scope.SERVER),
    Explains("auth-temporary-failure", Scope.SERVER),
    Explains("closed-unexpectedly", Scope.SERVER),
)
KINDS = (
    FindingKind(
        "sasl-socket-missing",
        Layer.LOGIN,
        ("path", "listeners"),
        _LOGIN,
        ("Postfix SASL_README", "Dovecot unix_listener"),
    ),
    FindingKind(
        "sasl-socket-permission",
        Layer.LOGIN,
        ("path", "mode", "user", "group"),
        _LOGIN,
        ("Postfix SASL_README", "Dovecot unix_listener"),
    ),
    FindingKind(
        "delivery-socket-missing",
        Layer.DELIVERY,
        ("path", "parameter", "listeners"),
        (Explains("not-delivered", Scope.SERVER),),
        ("Dovecot LMTP", "lmtp(8)"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    dovecot = next(iter(dovecots(record)), None)
    for postfix in postfixes(record):
        if dovecot is None:
            return
        answers = bounded(NAME, _logins(postfix, dovecot), _delivery(postfix, dovecot))
        yield from answers or [Passed(NAME, (postfix.at(postfix.main.setting("smtpd_sasl_path")),))]


def _listeners(dovecot: Dovecot, service: str) -> list[tuple[str, Block]]:
    """The Unix sockets of a service; a name without a slash lies in base_dir."""
    base = dovecot.value("base_dir")
    found = []
    for around, block in dovecot.root.all_blocks():
        if block.kind == "unix_listener" and around[-1].kind == "service" and around[-1].name == service:
            path = block.last("path")
            name = path.value if path is not None else block.name
            found.append((name if name.startswith("/") else f"{base}/{name}", block))
    return found


def _whole(postfix: Postfix, path: str) -> str:
    return path if path.startswith("/") else f"{postfix.main.value('queue_directory').text}/{path}"


def _logins(postfix: Postfix, dovecot: Dovecot) -> Iterator[Answer]:
    using = [each for each in postfix.servers if each.on("smtpd_sasl_auth_enable")]
    setting = postfix.main.setting("smtpd_sasl_path")
    path = postfix.main.value("smtpd_sasl_path").text.removeprefix("unix:")
    dovecots_type = any(each.value("smtpd_sasl_type") == "dovecot" for each in using)
    if not dovecots_type or path.startswith("inet:"):
        return
    listeners = _listeners(dovecot, "auth")
    for name, block in listeners:
        if name == _whole(postfix, path):
            yield from _permission(postfix, dovecot, setting, name, block)
            return
    names = tuple(name for name, _ in listeners) or ("-",)
    shown = (postfix.at(setting), *(dovecot.at(block) for _, block in listeners[:4]))
    there = [name for name, _ in listeners]
    found = fault("sasl-socket-missing", *shown, path=path, listeners=names)
    yield found.mended_by(meeting(postfix, dovecot, setting, path, "auth", there))


def _permission(postfix: Postfix, dovecot: Dovecot, setting: Setting, path: str, block: Block) -> Iterator[Answer]:
    owner = postfix.main.value("mail_owner").text
    mode, user, group = (block.last(name) for name in ("mode", "user", "group"))
    written = mode.value if mode is not None else "0600"
    bits = int(written, 8) if re.fullmatch("[0-7]{1,5}", written) else 0o600
    of_user, of_group = (each.value if each is not None else "root" for each in (user, group))
    allowed = bits & 0o006 == 0o006 or (of_user == owner and bits & 0o600 == 0o600)
    if not allowed and not (of_group == owner and bits & 0o060 == 0o060):
        yield fault(
            "sasl-socket-permission",
            dovecot.at(block),
            postfix.at(setting),
            path=path,
            mode=f"{bits:04o}",
            user=of_user,
            group=of_group,
        ).mended_by(permitted(postfix, dovecot, block))


def _delivery(postfix: Postfix, dovecot: Dovecot) -> Iterator[Answer]:
    listeners = _listeners(dovecot, "lmtp")
    for parameter in ("virtual_transport", "mailbox_transport", "local_transport", "fallback_transport"):
        value = postfix.main.value(parameter).text
        if not value.startswith("lmtp:unix:"):
            continue
        path = value.removeprefix("lmtp:unix:")
        if _whole(postfix, path) not in [name for name, _ in listeners]:
            names = tuple(name for name, _ in listeners) or ("-",)
            shown = (postfix.at(postfix.main.setting(parameter)), *(dovecot.at(block) for _, block in listeners[:4]))
            found = fault("delivery-socket-missing", *shown, path=path, parameter=parameter, listeners=names)
            setting, there = postfix.main.setting(parameter), [name for name, _ in listeners]
            yield found.mended_by(meeting(postfix, dovecot, setting, path, "lmtp", there))
