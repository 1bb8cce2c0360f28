"""Does Dovecot speak what is set up for it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.dovecot.configured import Configured, configurations
from mailproof.checks.dovecot.mending import mend, value_set
from mailproof.checks.files import bounded, fault
from mailproof.checks.survey import place, surveyed
from mailproof.model.attempt import Trouble
from mailproof.model.configuration import DovecotFiles
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Scheme
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Param, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting

NAME = "dovecot-protocols-on"
NEEDS = (DovecotFiles,)
KINDS = (
    FindingKind(
        "dovecot-protocol-disabled",
        Layer.REACH,
        ("protocol", "protocols", "asked"),
        (Explains("port-closed", Scope.SERVER), Explains("not-delivered", Scope.SERVER)),
        ("Dovecot protocols",),
    ),
    FindingKind(
        "dovecot-listener-off",
        Layer.REACH,
        ("listener", "service", "asked"),
        (Explains("port-closed"),),
        ("Dovecot inet_listener",),
    ),
)

_SERVICES = {"imap-login": "imap", "pop3-login": "pop3", "lmtp": "lmtp", "managesieve-login": "sieve",
             "submission-login": "submission", "imap": "imap", "pop3": "pop3"}  # fmt: skip
_PORTS = {"imap": "143", "imaps": "993", "pop3": "110", "pop3s": "995", "sieve": "4190"}
_LISTENERS = ("inet_listener", "unix_listener", "fifo_listener")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(
            NAME, _protocols(configured, record), _listeners(configured, record), _without_tls(configured, record)
        )
        yield from answers or [Passed(NAME, (configured.where("protocols"),))]


def _protocols(configured: Configured, record: Record) -> Iterator[Answer]:
    """Where `protocols` is set, and a service of another is set up: by listeners, for Debian's have empty ones."""
    setting = configured.root.last("protocols")
    spoken = set(configured.value("protocols").replace(",", " ").split())
    if setting is None or setting.variable or "none" in spoken:
        return
    told: set[str] = set()
    for block in configured.configuration.blocks("service"):
        protocol = _SERVICES.get(block.name, "")
        listens = any(each.kind in _LISTENERS and each.settings for each in block.blocks)
        wanted = listens or any(each.name != "vsz_limit" for each in block.settings)
        if protocol and wanted and protocol not in spoken and protocol not in told:
            told.add(protocol)
            shown = (configured.at(setting), configured.at(block))
            refused = {each.endpoint.scheme.protocol.value for each in _refused(record)}
            asked: dict[str, str] = {"asked": "yes"} if protocol in refused else {}
            listed = tuple(sorted(spoken))
            found = fault("dovecot-protocol-disabled", *shown, **asked, protocol=protocol, protocols=listed)
            yield found.mended_by(mend(value_set(configured, setting, f"{setting.value} {protocol}".strip())))


def _listeners(configured: Configured, record: Record) -> Iterator[Answer]:
    refused = _refused(record)
    for around, block in configured.root.all_blocks():
        port = block.last("port")
        if block.kind == "inet_listener" and port is not None and port.value == "0":
            service = around[-1].name
            usual = _PORTS.get(block.name, "")
            remedy = mend(value_set(configured, port, usual)) if usual else None
            params: dict[str, Param] = {"listener": block.name, "service": service}
            asked = [each for each in refused if each.endpoint.scheme.value == block.name]
            for each in asked:
                shown = (configured.at(port), *each.evidence())
                found = Finding("dovecot-listener-off", shown, **place(each), params={**params, "asked": "yes"})
                yield found.mended_by(remedy)
            if not asked:
                yield Finding("dovecot-listener-off", (configured.at(port),), params=params).mended_by(remedy)


def _without_tls(configured: Configured, record: Record) -> Iterator[Answer]:
    """With `ssl = no` Dovecot opens none of the ports that begin with TLS."""
    for each in _refused(record) if configured.value("ssl") == "no" else ():
        if each.endpoint.scheme in (Scheme.IMAPS, Scheme.POP3S):
            listener, shown = each.endpoint.scheme.value, (configured.where("ssl"), *each.evidence())
            params: dict[str, Param] = {"listener": listener, "service": f"{listener.removesuffix('s')}-login"}
            yield Finding("dovecot-listener-off", shown, **place(each), params={**params, "asked": "without-tls"})


def _refused(record: Record) -> list[Sighting[Connection]]:
    seen = (each for each in surveyed(record, Connection) if each.fact.trouble is Trouble.REFUSED)
    return [each for each in seen if each.attempt.endpoint is not None]
