"""Can a login be checked against what is stored?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.dovecot.configured import Configured, configurations
from mailproof.checks.dovecot.mending import mend, top_set
from mailproof.checks.files import bounded, fault
from mailproof.checks.log.causes import cause_named
from mailproof.checks.mending import quoted, remedy
from mailproof.model.authentication import LoginTried
from mailproof.model.configuration import DovecotFiles, FileSeen, FileState
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.dovecot.reader import Block, Setting

NAME = "dovecot-logins-checkable"
NEEDS = (DovecotFiles,)
_REFUSED = (Explains("auth-rejected", Scope.SERVER), Explains("auth-mechanism-broken", Scope.SERVER))
_NO_AUTH = ("auth-server-gone", "sasl-no-mechanisms", "greeting-refused", "greeting-slow")
_OF_THE_LOG = ("password-store-incompatible", "credentials-lookup-failed", "password-scheme-missing")
KINDS = (
    FindingKind(
        "passdb-missing",
        Layer.LOGIN,
        (),
        # The auth process ends for having nothing to ask, and whoever asks it is turned away.
        tuple(Explains(name, Scope.SERVER) for name in (*_NO_AUTH, "auth-not-offered", "closed-unexpectedly"))
        + _REFUSED,
        ("Dovecot passdb",),
    ),
    *(cause_named(name) for name in _OF_THE_LOG),
)

_PATH = re.compile(r"(?:^|[\s=])(/[^\s,;]+)")
_SCHEME = re.compile(r"\{([A-Za-z0-9.+_-]+)\}")
# crypt(5), which is the scheme of a passwd-file that says none.
_CRYPT = re.compile(r"\$(?:1|2[abxy]?|3|5|6|7|y|gy|sha1|md5)[$,]")
# Which a server must be able to compute an answer from (Dovecot's password schemes); plain text serves all.
_PLAIN = frozenset({"PLAIN", "CLEARTEXT", "CLEAR"})
_OF_MECHANISM = {
    "cram-md5": {"CRAM-MD5", "HMAC-MD5", "CRAM-MD5.HEX", *_PLAIN},
    "digest-md5": {"DIGEST-MD5", *_PLAIN},
    "apop": {*_PLAIN},
    "scram-sha-1": {"SCRAM-SHA-1", *_PLAIN},
    "scram-sha-256": {"SCRAM-SHA-256", *_PLAIN},
    "ntlm": {"NTLM", "LANMAN", *_PLAIN},
}


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        refused = {each.fact.user for each in record.seen(LoginTried) if not each.fact.accepted}
        answers = bounded(NAME, _none(configured), _stored(configured, refused))
        yield from answers or [Passed(NAME, (configured.begin,))]


def _passdbs(configured: Configured) -> list[Block]:
    return [block for _, block in configured.root.all_blocks() if block.kind == "passdb"]


def _none(configured: Configured) -> Iterator[Answer]:
    """Unless only an LMTP server or a proxy of another kind is run, or not all could be read."""
    unread = any(configured.files[name].state is not FileState.FILE for name in configured.fact.included)
    missing = any(each.name == "include-missing" for each in configured.configuration.troubles)
    if not _passdbs(configured) and not unread and not missing:
        yield fault("passdb-missing", configured.begin)


def _stored(configured: Configured, refused: set[str]) -> Iterator[Answer]:
    mechanisms = configured.value("auth_mechanisms").lower().replace(",", " ").split()
    needing = [each for each in mechanisms if each in _OF_MECHANISM]
    for block in _passdbs(configured):
        driver = block.last("driver")
        if (driver.value if driver is not None else block.name) not in ("passwd-file", "passwd_file"):
            continue
        for setting in block.settings:
            if setting.name not in ("args", "passwd_file_path"):
                continue
            default = re.search(r"scheme=(\S+)", setting.value)
            for path in _PATH.findall(setting.value):
                scheme = default[1] if default else ""
                yield from _of_file(configured, path, scheme, needing, mechanisms, setting, refused)


def _may_read(configured: Configured, seen: FileSeen) -> bool:
    """Whether the auth process may: it runs as default_internal_user, unless it is told otherwise."""
    user = configured.value("default_internal_user") or "dovecot"
    groups = {user}
    for block in configured.configuration.blocks("service", "auth"):
        for name in ("user", "group", "extra_groups"):
            setting = block.last(name)
            if setting is not None and not setting.variable:
                user = setting.value if name == "user" else user
                groups.update(setting.value.replace(",", " ").split())
    if user == "root" or seen.mode & 0o004:
        return True
    return (seen.owner == user and bool(seen.mode & 0o400)) or (seen.group in groups and bool(seen.mode & 0o040))


def _of_file(
    configured: Configured,
    path: str,
    default: str,
    needing: list[str],
    mechanisms: list[str],
    setting: Setting,
    refused: set[str],
) -> Iterator[Answer]:
    named = configured.at(setting)
    seen = configured.files.get(path)
    if seen is not None and seen.state is FileState.MISSING and configured.fact.here and "%" not in path:
        yield fault("credentials-lookup-failed", configured.file(seen), named)
    if seen is None or seen.state is not FileState.FILE:
        return
    if configured.fact.here and not _may_read(configured, seen):
        mode = f"{seen.mode:04o}"
        shown = (configured.file(seen, f"{mode} {seen.owner}:{seen.group}"), named)
        group = quoted(configured.value("default_internal_user") or "dovecot")
        commands = (f"chgrp {group} {quoted(seen.path)}", f"chmod 640 {quoted(seen.path)}")
        yield fault("credentials-lookup-failed", *shown).mended_by(remedy(then=commands))
    told: set[str] = set()
    for number, line in enumerate(seen.data.decode("utf-8", "replace").splitlines(), 1):
        user, _, rest = line.partition(":")
        password = rest.partition(":")[0]
        if not user or not password or line.startswith("#"):
            continue
        found = _SCHEME.match(password)
        scheme = (found[1] if found else default).upper().partition(".")[0]
        # A hash that is compared as if it were the password; where logins were refused, that of one of them.
        as_plain = not found and scheme in _PLAIN and _CRYPT.match(password)
        if as_plain and "missing" not in told and (not refused or user in refused):
            told.add("missing")
            yield fault("password-scheme-missing", configured.line(path, number), named)
            continue
        if not scheme:
            if "missing" not in told and password.startswith("$") and not _CRYPT.match(password):
                told.add("missing")
                yield fault("password-scheme-missing", configured.line(path, number), named)
            continue
        lost = tuple(each for each in needing if scheme not in _OF_MECHANISM[each])
        if lost and scheme not in told:
            told.add(scheme)
            shown = (configured.where("auth_mechanisms"), configured.line(path, number))
            kept = [each for each in mechanisms if each not in lost] or ["plain"]
            yield fault("password-store-incompatible", *shown).mended_by(
                mend(top_set(configured, "auth_mechanisms", " ".join(kept)))
            )
