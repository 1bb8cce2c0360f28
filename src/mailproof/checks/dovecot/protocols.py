"""Does Dovecot speak what is set up for it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.dovecot.configured import Configured, configurations
from mailproof.checks.dovecot.mending import mend, value_set
from mailproof.checks.files import bounded, fault
from mailproof.model.configuration import DovecotFiles
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "dovecot-protocols-on"
NEEDS = (DovecotFiles,)
KINDS = (
    FindingKind(
        "dovecot-protocol-disabled",
        Layer.REACH,
        ("protocol", "protocols"),
        (Explains("port-closed", Scope.SERVER), Explains("not-delivered", Scope.SERVER)),
        ("Dovecot protocols",),
    ),
    FindingKind(
        "dovecot-listener-off",
        Layer.REACH,
        ("listener", "service"),
        (Explains("port-closed", Scope.SERVER),),
        ("Dovecot inet_listener",),
    ),
)

_SERVICES = {"imap-login": "imap", "pop3-login": "pop3", "lmtp": "lmtp", "managesieve-login": "sieve",
             "submission-login": "submission", "imap": "imap", "pop3": "pop3"}  # fmt: skip
_PORTS = {"imap": "143", "imaps": "993", "pop3": "110", "pop3s": "995", "sieve": "4190"}
_LISTENERS = ("inet_listener", "unix_listener", "fifo_listener")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _protocols(configured), _listeners(configured))
        yield from answers or [Passed(NAME, (configured.where("protocols"),))]


def _protocols(configured: Configured) -> Iterator[Answer]:
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
            found = fault("dovecot-protocol-disabled", *shown, protocol=protocol, protocols=tuple(sorted(spoken)))
            yield found.mended_by(mend(value_set(configured, setting, f"{setting.value} {protocol}".strip())))


def _listeners(configured: Configured) -> Iterator[Answer]:
    for around, block in configured.root.all_blocks():
        port = block.last("port")
        if block.kind == "inet_listener" and port is not None and port.value == "0":
            service = around[-1].name
            found = fault("dovecot-listener-off", configured.at(port), listener=block.name, service=service)
            usual = _PORTS.get(block.name, "")
            yield found.mended_by(mend(value_set(configured, port, usual)) if usual else None)
