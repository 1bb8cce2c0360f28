"""Is every option given to the program that reads it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.model.configuration import PostfixFiles
from mailproof.model.finding import Answer, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "options-effective"
NEEDS = (PostfixFiles,)
KINDS = (
    FindingKind(
        "option-without-effect",
        Layer.CONFIGURATION,
        ("parameter", "service", "reader"),
        (),
        ("master(5)", "trivial-rewrite(8)", "cleanup(8)", "smtpd(8)", "smtp(8)"),
    ),
)

_ROUTING = frozenset(
    {
        "transport_maps", "relayhost", "default_transport", "relay_transport", "local_transport", "virtual_transport",
        "sender_dependent_default_transport_maps", "sender_dependent_relayhost_maps", "relocated_maps",
        "append_dot_mydomain", "swap_bangpath", "allow_percent_hack",
    }
)  # fmt: skip
_OF_CLEANUP = frozenset(
    {
        "sender_canonical_maps", "recipient_canonical_maps", "masquerade_domains", "masquerade_classes",
        "masquerade_exceptions", "sender_canonical_classes", "recipient_canonical_classes", "canonical_classes",
        "header_checks", "body_checks", "mime_header_checks", "nested_header_checks", "always_bcc", "sender_bcc_maps",
        "recipient_bcc_maps", "non_smtpd_milters", "remote_header_rewrite_domain",
    }
)  # fmt: skip
# Programs by what they read; those that others have written read anything.
_READS = {
    "trivial-rewrite": ("trivial-rewrite", "qmgr", "oqmgr", "nqmgr"),
    "cleanup": ("cleanup",),
    "smtpd": ("smtpd", "postscreen", "tlsproxy", "qmqpd"),
    "smtp": ("smtp", "lmtp", "tlsproxy"),
}
_OWN = frozenset(
    {
        "smtpd", "smtp", "lmtp", "cleanup", "qmgr", "oqmgr", "trivial-rewrite", "local", "virtual", "pickup",
        "bounce", "postscreen", "tlsproxy", "qmqpd", "error", "discard", "tlsmgr", "showq", "flush", "verify",
        "anvil", "scache", "proxymap", "dnsblog", "spawn",
    }
)  # fmt: skip


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _options(configured))
        yield from answers or [Passed(NAME, (configured.line("master.cf", 1),))]


def _options(configured: Configured) -> Iterator[Answer]:
    for daemon in configured.daemons:
        program = PurePosixPath(daemon.service.command).name
        used = " ".join(daemon.service.options.values())
        for name in daemon.service.options if program in _OWN else ():
            reader = _reader(name)
            # `-o smtp_helo_name=x -o syslog_name=$smtp_helo_name` has an effect after all.
            if reader and program not in _READS[reader] and f"${name}" not in used and f"{{{name}" not in used:
                shown = (configured.service(daemon, name), configured.service(daemon))
                yield fault("option-without-effect", *shown, parameter=name, service=daemon.name, reader=reader)


def _reader(name: str) -> str:
    """The program that reads a parameter, where only one kind does."""
    if name in _ROUTING:
        return "trivial-rewrite"
    if name in _OF_CLEANUP:
        return "cleanup"
    if name.startswith("smtpd_"):
        return "smtpd"
    return "smtp" if name.startswith(("smtp_", "lmtp_")) else ""
