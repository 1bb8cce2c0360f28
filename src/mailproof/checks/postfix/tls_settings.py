"""Is TLS on, with a certificate, neither too old nor too new, and not forced on other mail servers?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured, Daemon, configurations
from mailproof.checks.postfix.tls_mending import (
    ciphers_of_today,
    logins_inside_tls,
    offered_to_all,
    switched_on,
    versions_of_today,
)
from mailproof.checks.tls.required_where_due import KINDS as REQUIRED
from mailproof.checks.tls.versions import KINDS as VERSIONS
from mailproof.model.configuration import PostfixFiles
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "tls-set-up"
NEEDS = (PostfixFiles,)
DISABLED = FindingKind(
    "tls-disabled",
    Layer.TLS,
    ("server", "setting"),
    (
        Explains("starttls-not-offered", Scope.SERVER),
        Explains("auth-not-offered", Scope.SERVER),
        # Dovecot opens no port that begins with TLS.
        Explains("dovecot-listener-off", Scope.SERVER, only=(("asked", "without-tls"),)),
    ),
    (
        "Postfix TLS_README",
        "postconf(5) smtpd_tls_security_level",
        "Dovecot ssl",
        "Exim specification: tls_advertise_hosts",
    ),
    gathered=("server",),
)
WEAK = FindingKind(
    "tls-settings-weak",
    Layer.TLS,
    ("setting", "weak"),
    (),
    ("RFC 8996", "RFC 9325", "postconf(5) smtpd_tls_mandatory_protocols", "Dovecot ssl_min_protocol"),
)
IN_CLEAR = FindingKind(
    "login-in-clear-allowed",
    Layer.LOGIN,
    ("server", "setting"),
    (Explains("auth-offered-in-clear", Scope.SERVER),),
    ("RFC 8314 section 3", "postconf(5) smtpd_tls_auth_only", "Dovecot disable_plaintext_auth"),
    gathered=("server",),
)
NO_CERTIFICATE = FindingKind(
    "tls-no-certificate",
    Layer.TLS,
    ("level",),
    # Exim makes a self-signed one then, when a client comes; Postfix has none.
    tuple(
        Explains(name, Scope.SERVER)
        for name in (
            *("starttls-refused", "tls-handshake-failed"),
            *("certificate-self-signed", "certificate-not-yet-valid", "certificate-name-mismatch"),
        )
    ),
    ("postconf(5) smtpd_tls_chain_files", "Postfix TLS_README", "Exim specification: tls_certificate"),
    gathered=("level",),
)
KINDS = (
    DISABLED,
    WEAK,
    IN_CLEAR,
    NO_CERTIFICATE,
    *VERSIONS,
    next(kind for kind in REQUIRED if kind.name == "tls-required-on-mx"),
)

_CERTIFICATES = (
    "smtpd_tls_chain_files", "smtpd_tls_cert_file", "smtpd_tls_eccert_file", "smtpd_tls_dcert_file",
)  # fmt: skip
_PROTOCOLS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_OLD = _PROTOCOLS[:4]
_WEAK_CIPHERS = ("export", "low", "null")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(
            NAME, _levels(configured), _protocols(configured), _ciphers(configured), _logins(configured)
        )
        yield from answers or [Passed(NAME, (configured.line("main.cf", 1),))]


def level_of(daemon: Daemon) -> str:
    """The security level of a server, by the old parameters too; empty is `none`."""
    level = daemon.value("smtpd_tls_security_level").strip().lower()
    if level:
        return level
    if daemon.on("smtpd_enforce_tls"):
        return "encrypt"
    return "may" if daemon.on("smtpd_use_tls") or daemon.on("smtpd_tls_wrappermode") else ""


def _levels(configured: Configured) -> Iterator[Answer]:
    for daemon in configured.servers:
        level, setting = level_of(daemon), daemon.main.setting("smtpd_tls_security_level")
        shown = (configured.at(setting), configured.service(daemon))
        certified = any(daemon.value(name) for name in _CERTIFICATES)
        off = level == "none" or (not level and daemon.on("smtpd_sasl_auth_enable"))
        if off and daemon.way_back:
            continue
        if off:
            told = f"smtpd_tls_security_level = {setting.value}".rstrip()
            found = fault("tls-disabled", *shown, server=daemon.name, setting=told)
            yield found.mended_by(switched_on(configured, daemon, certified))
        elif level and not certified:
            yield fault("tls-no-certificate", *shown, level=f"smtpd_tls_security_level = {level}")
        elif level in ("encrypt", "fingerprint", "verify", "secure") and daemon.role == "smtp":
            yield fault("tls-required-on-mx", *shown).mended_by(offered_to_all(configured, daemon))


def _protocols(configured: Configured) -> Iterator[Answer]:
    for name in ("smtpd_tls_protocols", "smtpd_tls_mandatory_protocols"):
        for setting, main in configured.settings(name):
            if not setting.line:
                continue
            allowed = _allowed(main.value(name).text)
            named = re.findall(r"(?<![!<>=.\w])(?:SSLv[23]|TLSv1(?:\.1)?)(?![.\w])", setting.value)
            shown, remedy = configured.at(setting), versions_of_today(configured, setting)
            if allowed and set(allowed) <= set(_OLD):
                found = fault("tls-version-obsolete", shown, versions=tuple(allowed), use="demanded")
                yield found.mended_by(remedy)
            elif allowed == ["TLSv1.3"]:
                yield fault("tls-version-too-new-only", shown).mended_by(remedy)
            elif named and (set(named) & set(allowed) & set(_OLD)):
                found = fault("tls-settings-weak", shown, setting=name, weak=", ".join(named))
                yield found.mended_by(remedy)


def _allowed(text: str) -> list[str]:
    """The versions that a list allows: `!SSLv3`, `TLSv1.2 TLSv1.3`, `>=TLSv1.2`, `<=TLSv1.2` (postconf(5))."""
    words = [word for word in re.split(r"[\s,:]+", text) if word]
    known = {name.lower(): at for at, name in enumerate(_PROTOCOLS)}
    low, high = 0, len(_PROTOCOLS) - 1
    named, without = set[int](), set[int]()
    for word in words:
        bound, name = (word[:2], word[2:]) if word[:2] in (">=", "<=") else ("", word.lstrip("!"))
        at = known.get(name.lower())
        if at is None:
            continue
        if bound == ">=":
            low = max(low, at)
        elif bound == "<=":
            high = min(high, at)
        elif word.startswith("!"):
            without.add(at)
        else:
            named.add(at)
    chosen = named or set(range(len(_PROTOCOLS)))
    return [_PROTOCOLS[at] for at in sorted(chosen - without) if low <= at <= high]


def _ciphers(configured: Configured) -> Iterator[Answer]:
    for name in (
        "smtpd_tls_ciphers",
        "smtpd_tls_mandatory_ciphers",
        "smtp_tls_ciphers",
        "smtp_tls_mandatory_ciphers",
    ):
        for setting, main in configured.settings(name):
            value = main.value(name).text.strip().lower()
            if value in _WEAK_CIPHERS:
                found = fault("tls-settings-weak", configured.at(setting), setting=name, weak=value)
                yield found.mended_by(ciphers_of_today(configured, setting))


def _logins(configured: Configured) -> Iterator[Answer]:
    for daemon in configured.servers:
        options = daemon.value("smtpd_sasl_security_options")
        safe = "noplaintext" in options or daemon.on("smtpd_tls_auth_only") or daemon.on("smtpd_tls_wrappermode")
        if (
            daemon.on("smtpd_sasl_auth_enable")
            and not safe
            and not daemon.way_back
            and level_of(daemon) in ("may", "none", "")
        ):
            setting = daemon.main.setting("smtpd_tls_auth_only")
            shown = (configured.service(daemon), configured.at(setting))
            found = fault("login-in-clear-allowed", *shown, server=daemon.name, setting="smtpd_tls_auth_only = no")
            yield found.mended_by(logins_inside_tls(configured, daemon, level_of(daemon)))
