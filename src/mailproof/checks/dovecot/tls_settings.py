"""Is TLS on, with its key, new enough, and do logins need it?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.dovecot.configured import Configured, configurations
from mailproof.checks.dovecot.mending import mend, top_set, value_set
from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.tls_settings import DISABLED, IN_CLEAR, WEAK
from mailproof.model.configuration import DovecotFiles
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "dovecot-tls-set-up"
NEEDS = (DovecotFiles,)
KINDS = (
    FindingKind(
        "dovecot-key-not-a-file",
        Layer.TLS,
        ("setting", "path"),
        tuple(Explains(name, Scope.SERVER) for name in ("tls-handshake-failed", "tls-context-broken", "no-greeting")),
        ("Dovecot ssl_cert", "Dovecot ssl_key"),
    ),
    DISABLED,
    WEAK,
    IN_CLEAR,
)

_CONTENTS = ("ssl_cert", "ssl_key", "ssl_alt_cert", "ssl_alt_key", "ssl_ca", "ssl_dh")
_WEAK_VERSIONS = ("SSLv3", "TLSv1", "TLSv1.1", "ANY")
_WEAK_CIPHERS = re.compile(r"(?<![!-])\b(?:RC4|3DES|DES|EXP(?:ORT)?|LOW|aNULL|eNULL|NULL|MD5)\b")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _keys(configured), _off(configured), _weak(configured), _clear(configured))
        yield from answers or [Passed(NAME, (configured.where("ssl"),))]


def _keys(configured: Configured) -> Iterator[Answer]:
    """2.3 takes the contents: a path without `<` is one that begins with a slash."""
    for _, setting in configured.settings():
        if setting.name in _CONTENTS and not setting.from_file and setting.value.startswith(("/", "./")):
            found = fault("dovecot-key-not-a-file", configured.at(setting), setting=setting.name, path=setting.value)
            yield found.mended_by(mend(value_set(configured, setting, f"<{setting.value}")))


def _off(configured: Configured) -> Iterator[Answer]:
    if configured.value("ssl") == "no":
        named = "ssl_server_cert_file" if configured.is_24 else "ssl_cert"
        remedy = mend(top_set(configured, "ssl", "yes")) if configured.value(named) else None
        yield fault("tls-disabled", configured.where("ssl"), server="Dovecot", setting="ssl = no").mended_by(remedy)


def _weak(configured: Configured) -> Iterator[Answer]:
    for _, setting in configured.settings():
        if setting.name == "ssl_min_protocol" and setting.value in _WEAK_VERSIONS:
            told = fault("tls-settings-weak", configured.at(setting), setting=setting.name, weak=setting.value)
            yield told.mended_by(mend(value_set(configured, setting, "TLSv1.2")))
        elif setting.name == "ssl_cipher_list" and (found := _WEAK_CIPHERS.findall(setting.value)):
            yield fault("tls-settings-weak", configured.at(setting), setting=setting.name, weak=", ".join(found))


def _clear(configured: Configured) -> Iterator[Answer]:
    name, bad = ("auth_allow_cleartext", "yes") if configured.is_24 else ("disable_plaintext_auth", "no")
    for _, setting in configured.settings():
        if setting.name == name and setting.value.lower() == bad:
            yield fault(
                "login-in-clear-allowed",
                configured.at(setting),
                server="Dovecot",
                setting=f"{name} = {setting.value}",
            ).mended_by(mend(value_set(configured, setting, "no" if configured.is_24 else "yes")))
