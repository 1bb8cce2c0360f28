"""May only those read and write who have to?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.files import bounded, fault
from mailproof.checks.log.causes import cause_named
from mailproof.checks.mending import quoted, remedy
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.model.configuration import FileState, PostfixFiles
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.postfix.tables import BUILT, tables_named

NAME = "permissions-right"
NEEDS = (PostfixFiles,)
WRITABLE = FindingKind(
    "configuration-writable",
    Layer.CONFIGURATION,
    ("path", "mode", "owner"),
    (),
    ("postfix-script(1)", "Postfix INSTALL"),
)
PASSWORDS = FindingKind(
    "password-file-readable",
    Layer.CONFIGURATION,
    ("path", "mode"),
    (),
    ("Postfix SASL_README", "Dovecot: authentication databases"),
)
KINDS = (
    WRITABLE,
    PASSWORDS,
    FindingKind(
        "data-directory-not-writable",
        Layer.REACH,
        ("path", "owner", "mode"),
        (
            Explains("port-closed", Scope.SERVER),
            Explains("no-greeting", Scope.SERVER),
            Explains("postfix-not-running", Scope.SERVER),
        ),
        ("postconf(5) data_directory", "postconf(5) mail_owner"),
    ),
    cause_named("maildrop-permission"),
)

_PASSWORDS = re.compile(r"(?:smtp|lmtp)_sasl_password_maps")
_BY_PROGRAM = ("mysql", "pgsql", "ldap", "sqlite", "mongodb")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        if not configured.fact.here:
            continue  # a copy has the permissions of whoever made it
        answers = bounded(NAME, _writable(configured), _passwords(configured), _directories(configured))
        yield from answers or [Passed(NAME, (configured.line("main.cf", 1),))]


def _writable(configured: Configured) -> Iterator[Answer]:
    """In the directory of main.cf, as `postfix check` looks; a list manager keeps aliases of its own elsewhere."""
    for seen in configured.fact.files:
        if seen.state is not FileState.FILE or not seen.path.startswith(f"{configured.fact.directory}/"):
            continue
        if seen.mode & 0o022 or seen.owner not in ("root", "postfix"):
            shown = configured.file(seen, f"{seen.mode:04o} {seen.owner}:{seen.group}")
            commands = [f"chmod go-w {quoted(seen.path)}"] if seen.mode & 0o022 else []
            commands += [f"chown root {quoted(seen.path)}"] if seen.owner not in ("root", "postfix") else []
            found = fault("configuration-writable", shown, path=seen.path, mode=f"{seen.mode:04o}", owner=seen.owner)
            yield found.mended_by(remedy(then=commands))


def _passwords(configured: Configured) -> Iterator[Answer]:
    told: set[str] = set()
    for setting, main in configured.assignments():
        for named in tables_named(main.value(setting.name).text):
            secret = _PASSWORDS.fullmatch(setting.name) or named.kind in _BY_PROGRAM
            built = named.name + BUILT.get(named.kind, "")
            for name in dict.fromkeys((named.name, built)) if secret else ():
                seen = configured.files.get(name)
                if seen is not None and seen.state is FileState.FILE and seen.mode & 0o004 and name not in told:
                    told.add(name)
                    shown = configured.file(seen, f"{seen.mode:04o} {seen.owner}:{seen.group}")
                    yield fault(
                        "password-file-readable",
                        shown,
                        configured.at(setting, named.name),
                        path=seen.path,
                        mode=f"{seen.mode:04o}",
                    ).mended_by(remedy(then=(f"chmod o= {quoted(seen.path)}",)))


def _directories(configured: Configured) -> Iterator[Answer]:
    owner, group = configured.main.value("mail_owner").text, configured.main.value("setgid_group").text
    data = configured.files.get(configured.main.value("data_directory").text)
    if data is not None and data.state is FileState.DIRECTORY and (data.owner != owner or not data.mode & 0o200):
        mode = f"{data.mode:04o}"
        shown = configured.file(data, f"{mode} {data.owner}:{data.group}")
        path = quoted(data.path)
        commands = [f"chown {quoted(owner)} {path}"] if data.owner != owner else []
        commands += [f"chmod u+w {path}"] if not data.mode & 0o200 else []
        found = fault("data-directory-not-writable", shown, path=data.path, owner=data.owner, mode=mode)
        yield found.mended_by(remedy(then=commands))
    maildrop = configured.files.get(f"{configured.main.value('queue_directory').text}/maildrop")
    if maildrop is None or maildrop.state is not FileState.DIRECTORY:
        return
    # postdrop(1) has the rights of the group; without the sticky bit it can work all the same.
    if maildrop.mode & 0o030 != 0o030 or maildrop.group != group:
        mode = f"{maildrop.mode:04o}"
        shown = configured.file(maildrop, f"{mode} {maildrop.owner}:{maildrop.group}")
        path = quoted(maildrop.path)
        mend = remedy(then=(f"chgrp {quoted(group)} {path}", f"chmod 1730 {path}"))
        yield fault("maildrop-permission", shown).mended_by(mend)
