"""Are the services of master.cf there that the rest of the configuration counts on?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.files import bounded, fault
from mailproof.checks.log.causes import cause_named
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.checks.postfix.mending import main_set, mend, option_set
from mailproof.checks.postfix.missing_services import entry_of, port_opened
from mailproof.checks.postfix.tls_mending import logins_kept_inside
from mailproof.checks.postfix.tls_settings import level_of
from mailproof.model.configuration import FileState, PostfixFiles
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "services-complete"
NEEDS = (PostfixFiles,)
KINDS = (
    cause_named("tlsmgr-missing"),
    FindingKind(
        "tlsmgr-cache-missing",
        Layer.TLS,
        ("path", "parameter"),
        (),
        ("tlsmgr(8)", "postconf(5) smtpd_tls_session_cache_database"),
    ),
    FindingKind(
        "sasl-disabled",
        Layer.LOGIN,
        ("service",),
        (Explains("auth-not-offered", Scope.SERVER),),
        ("Postfix SASL_README", "postconf(5) smtpd_sasl_auth_enable"),
    ),
    FindingKind(
        "service-disabled",
        Layer.REACH,
        ("service", "asked"),
        (Explains("port-closed", Scope.SERVER),),
        ("master(5)", "RFC 8314 section 3.3", "RFC 6409"),
    ),
)

_CACHES = ("smtpd_tls_session_cache_database", "smtp_tls_session_cache_database", "lmtp_tls_session_cache_database")
_PORTS = {"submission": "submission (587)", "submissions": "submissions (465)"}


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        if configured.files["master.cf"].state is not FileState.FILE:
            continue
        answers = bounded(NAME, _tlsmgr(configured), _caches(configured), _logins(configured), _ports(configured))
        yield from answers or [Passed(NAME, (configured.line("master.cf", 1),))]


def _tlsmgr(configured: Configured) -> Iterator[Answer]:
    there = any(each.name == "tlsmgr" for each in configured.services)
    using = [each for each in configured.servers if level_of(each) not in ("", "none")]
    if using and not there:
        setting = using[0].main.setting("smtpd_tls_security_level")
        shown = (configured.at(setting), configured.line("master.cf", 1))
        yield fault("tlsmgr-missing", *shown).mended_by(mend(entry_of(configured, "tlsmgr")))


def _caches(configured: Configured) -> Iterator[Answer]:
    for name in _CACHES:
        path = configured.main.value(name).text.partition(":")[2].strip()
        folder = configured.files.get(path.rpartition("/")[0])
        if folder is not None and folder.state is FileState.MISSING:
            setting = configured.main.setting(name)
            shown = (configured.at(setting), configured.file(folder))
            # The directory that is Postfix's own for it (postconf(5) data_directory).
            cache = f"btree:${{data_directory}}/{name.partition('_')[0]}_scache"
            remedy = mend(main_set(configured, name, cache))
            yield fault("tlsmgr-cache-missing", *shown, path=folder.path, parameter=name).mended_by(remedy)


def _logins(configured: Configured) -> Iterator[Answer]:
    for daemon in configured.servers:
        if daemon.role in ("submission", "submissions") and not daemon.on("smtpd_sasl_auth_enable"):
            setting = daemon.main.setting("smtpd_sasl_auth_enable")
            shown = (configured.service(daemon), configured.at(setting))
            at_once = daemon.on("smtpd_tls_wrappermode") or daemon.role == "submissions"
            inside = () if at_once else logins_kept_inside(configured, daemon, level_of(daemon))
            remedy = mend(option_set(configured, daemon, setting.name, "yes"), inside)
            yield fault("sasl-disabled", *shown, service=daemon.name).mended_by(remedy)


def _ports(configured: Configured) -> Iterator[Answer]:
    """Where a login is set up, users submit mail; a port that they look for can be left out on purpose."""
    roles = {daemon.role for daemon in configured.servers}
    setting = next(
        (found for name in ("smtpd_sasl_path", "smtpd_sasl_type") if (found := configured.main.setting(name)).line),
        None,
    )
    if setting is None or not configured.servers:
        return
    for role, name in _PORTS.items():
        if role not in roles:
            shown = (configured.at(setting), configured.line("master.cf", 1))
            remedy = mend(port_opened(configured, role))
            yield fault("service-disabled", *shown, service=name, asked="no").mended_by(remedy)
