"""Does the server's log tell of nothing that is wrong?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.certificate.in_files import KINDS as CERTIFICATE_FILES
from mailproof.checks.dovecot.configured import configurations as dovecots
from mailproof.checks.dovecot.readable import KINDS as DOVECOT
from mailproof.checks.dovecot.sockets import KINDS as DOVECOT_SOCKETS
from mailproof.checks.dovecot.tls_settings import KINDS as DOVECOT_TLS
from mailproof.checks.exim.names_defined import KINDS as EXIM_NAMES
from mailproof.checks.exim.readable import KINDS as EXIM
from mailproof.checks.log.causes import CAUSES
from mailproof.checks.log.mending import mended
from mailproof.checks.log.milters import passed_by
from mailproof.checks.log.next_hops import meant
from mailproof.checks.log.quoting import quoted, whose
from mailproof.checks.machine.policy_services import started_since
from mailproof.checks.postfix.limits_agree import KINDS as LIMITS
from mailproof.checks.postfix.permissions import KINDS as PERMISSIONS
from mailproof.checks.postfix.readable import KINDS as READABLE
from mailproof.checks.postfix.relay_protected import KINDS as RELAY
from mailproof.checks.postfix.restrictions_known import KINDS as RESTRICTIONS
from mailproof.checks.postfix.services_complete import KINDS as SERVICES
from mailproof.checks.postfix.tables_there import KINDS as TABLES
from mailproof.checks.postfix.tls_settings import KINDS as POSTFIX_TLS
from mailproof.checks.postfix.transports_there import KINDS as TRANSPORTS
from mailproof.checks.reach.port_of_its_own import KINDS as PORT
from mailproof.checks.relay.mailbox_accepted import KINDS as MAILBOXES
from mailproof.checks.survey import surveyed
from mailproof.model.authentication import LoginTried
from mailproof.model.connection import Greeting
from mailproof.model.endpoint import Protocol
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Finding, Param, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.server_log import LogRead, LogSaid

NAME = "log-clean"
NEEDS = (LogRead, LogSaid)
_IN_FILES = (
    *(*CERTIFICATE_FILES, *DOVECOT_SOCKETS, *DOVECOT_TLS, *MAILBOXES, *EXIM, *EXIM_NAMES, *LIMITS),
    *(*PERMISSIONS, *READABLE, *RELAY, *RESTRICTIONS, *SERVICES, *TABLES, *POSTFIX_TLS, *PORT),
    *(*DOVECOT, *TRANSPORTS),
)
# What the log and the files both tell, with the parameter of the finding and the group of the message that has it.
_BOTH = {
    "certificate-file-missing": {"path": "path"},
    "certificate-file-unreadable": {"path": "path"},
    "data-directory-not-writable": {},
    "dovecot-config-broken": {},
    "dovecot-key-not-a-file": {},
    "exim-config-broken": {"text": "file"},
    "exim-name-undefined": {},
    "lookup-table-missing": {"table": "file"},
    "lookup-table-not-built": {"table": "file"},
    "lookup-table-type-missing": {"type": "type"},
    "mailbox-full": {},
    "mailbox-limit-below-message-limit": {"limit": "limit"},
    "port-taken-by-another-program": {"program": "address", "greeting": "port"},
    "postfix-config-broken": {},
    "relay-restrictions-missing": {},
    "restriction-misspelt": {},
    "sasl-socket-missing": {"path": "socket"},
    "sasl-socket-permission": {"path": "socket"},
    "service-missing": {"service": "service"},
    "tls-no-certificate": {},
    "tlsmgr-cache-missing": {"path": "file"},
}
# What the table of messages tells apart by what is to be done, and what is one fault all the same.
_ONE = {"mail-forwarding-loop": "mail-loop", "dovecot-out-of-memory": "mailbox-setup-broken"} | dict.fromkeys(
    (
        *("interface-missing", "main-cf-line-broken", "master-cf-line-broken"),
        *("setting-expansion-broken", "setting-value-quoted", "setting-value-wrong"),
    ),
    "postfix-config-broken",
)
KINDS = (*CAUSES, *(kind for kind in _IN_FILES if kind.name in _BOTH))

_KINDS = {kind.name: kind for kind in KINDS}
# What one store of accounts says; another may know the user.
_OF_ONE_STORE = ("user-unknown", "password-wrong", "password-scheme-missing")
UNKNOWN = "unknown-trouble"
"""The name of a line that no row of the table has."""
# 1 the server does not work, 2 mail is stuck or lost: whoever it befell. What is refused to others is theirs.
_EVERYBODYS = 2


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    found = False
    for sighting in record.seen(LogSaid):
        fact = sighting.fact
        ours = sighting.attempt.endpoint is not None
        name = _named(record, fact)
        if name not in _KINDS or not (ours or fact.rank <= _EVERYBODYS) or started_since(record, sighting):
            continue
        if name in _OF_ONE_STORE and _logged_in(sighting):
            continue
        found = True
        if not passed_by(record, sighting) and not meant(record, sighting):  # which other checks tell
            finding = Finding(name, quoted(sighting), **whose(sighting), params=_params(fact))
            yield finding.mended_by(mended(record, name))
    for read in record.seen(LogRead):
        for unread in read.fact.unread:
            yield Untold(NAME, unread.why, asked=True, params={"file": unread.path})
        if found or read.fact.unread:
            continue
        if not read.fact.joined:
            # The log of another server, or one that is not written any more, has nothing wrong in it either. It may
            # be the right one: Exim writes nothing of a client that only looks.
            yield Untold(NAME, "log-silent", params={"files": ", ".join(read.fact.files)})
        else:
            looked = f"{read.fact.lines} lines, {read.fact.joined} of this run"
            yield Passed(NAME, (Evidence(EvidenceKind.LOG, ", ".join(read.fact.files), looked),))


def _logged_in(sighting: Sighting[LogSaid]) -> bool:
    """Whether the login that the lines speak of was accepted in the end."""
    tried = [fact for fact in sighting.attempt.observations if isinstance(fact, LoginTried)]
    return bool(tried) and all(each.accepted for each in tried)


def _named(record: Record, fact: LogSaid) -> str:
    """Which finding a row of the table is; empty where what else was seen says otherwise."""
    name = _ONE.get(fact.name, fact.name)
    if name == UNKNOWN:
        # What the line says is not known, and that the program ends by it, each time that master(8) starts it, is.
        ending = _throttled(record)
        if fact.params.get("program") in ending:
            return "postfix-config-broken"
        of_auth = any(": auth: Fatal: " in f": {line.text}" for line in fact.lines)
        return "auth-server-gone" if of_auth and "auth" in ending else ""
    if name == "service-throttled" and fact.params.get("service") == "auth":
        return "auth-server-gone"
    if name == "postfix-not-running":
        # Dovecot's and other programs' own sendmail tells it of a Postfix that is not the one which answers.
        greeted = (each for each in surveyed(record, Greeting) if each.attempt.endpoint is not None)
        smtp = (each for each in greeted if each.endpoint.scheme.protocol is Protocol.SMTP)
        return "" if any(each.fact.reply is not None for each in smtp) else name
    if name == "dovecot-key-not-a-file":
        # The line says that the key cannot be read, which it cannot either under a passphrase.
        read = list(dovecots(record))
        keys = [each for configured in read for _, each in configured.settings() if each.name.endswith("_key")]
        return "tls-context-broken" if read and all(each.from_file for each in keys) else name
    return name


def _throttled(record: Record) -> set[str]:
    """The programs of Postfix and services of Dovecot that end as soon as they are started."""
    throttled = [each.fact.params for each in record.seen(LogSaid) if each.fact.name == "service-throttled"]
    return {params.get(key, "") for params in throttled for key in ("program", "service")} - {""}


def _params(fact: LogSaid) -> dict[str, Param]:
    """Those that the line tells: it names the file, and not the setting that names it."""
    groups = _BOTH.get(fact.name, {})
    wanted = _KINDS[fact.name].params if fact.name in _KINDS else ()
    told = ((name, fact.params.get(groups.get(name, name), "")) for name in wanted)
    return {name: value for name, value in told if value}
