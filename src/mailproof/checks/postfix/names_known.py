"""Does Postfix know every parameter that is set, and is every $name somebody's?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from mailproof.checks.files import bounded, fault
from mailproof.checks.nearest import misspelt, nearest
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.checks.postfix.mending import mend, renamed
from mailproof.model.configuration import PostfixFiles
from mailproof.model.finding import Answer, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.postfix.known import known
from mailproof.parse.postfix.lines import split_list
from mailproof.parse.postfix.parameters import Setting

NAME = "parameters-known"
NEEDS = (PostfixFiles,)
KINDS = (
    FindingKind("parameter-unknown", Layer.CONFIGURATION, params=("parameter", "near"), references=("postconf(1)",)),
    FindingKind(
        "parameter-undefined", Layer.CONFIGURATION, params=("name", "parameter"), references=("postconf(1)",)
    ),
)

_OF_SERVICE = (
    "_destination_concurrency_limit", "_destination_recipient_limit", "_initial_destination_concurrency",
    "_destination_concurrency_positive_feedback", "_destination_concurrency_negative_feedback",
    "_destination_concurrency_failed_cohort_limit", "_destination_rate_delay", "_transport_rate_delay",
    "_delivery_slot_cost", "_delivery_slot_loan", "_delivery_slot_discount", "_minimum_delivery_slots",
    "_recipient_limit", "_extra_recipient_limit", "_recipient_refill_limit", "_recipient_refill_delay",
    "_time_limit", "_service_name", "_delivery_status_filter",
)  # fmt: skip
"""Behind the name of a service: qmgr(8), spawn(8), pipe(8)."""
_BY_PROGRAM = re.compile(r"\b(?:ldap|mysql|pgsql|sqlite|memcache|mongodb):([A-Za-z0-9_]+)\b")
"""A table whose settings are in main.cf: `ldap:people` has `people_server_host` (ldap_table(5))."""
_USED = re.compile(r"\$[{(]?\s*([A-Za-z0-9_]+)")
_OF_MESSAGE = frozenset(
    [
        "user", "shell", "home", "recipient", "extension", "domain", "local", "mailbox", "nexthop", "sender",
        "original_recipient", "size", "queue_id", "client", "client_address", "client_name", "client_port",
        "client_protocol", "helo_name", "rbl_code", "rbl_domain", "rbl_reason", "rbl_text", "rbl_txt",
        "rbl_what", "rbl_class", "sasl_method", "sasl_sender", "sasl_username", "service_name", "stress",
        "process_name", "process_id", "address", "base_recipient", "server_name", "1", "2", "3", "4", "5", "6",
        "7", "8", "9", "name",
]
)  # fmt: skip
"""What is filled in when a message is there, or by the daemon itself."""
_RAW = frozenset(
    [
        "command_execution_directory", "default_rbl_reply", "forward_path", "luser_relay", "mailbox_command",
        "postscreen_expansion_filter", "postscreen_reject_footer", "smtpd_expansion_filter", "smtpd_reject_footer",
]
)  # fmt: skip
"""Values that are read as they stand: filled in for each message, or by the shell (`procmail -a "$EXTENSION"`)."""


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _unknown(configured), _undefined(configured))
        yield from answers or [Passed(NAME, (configured.line("main.cf", 1),))]


def _unknown(configured: Configured) -> Iterable[Answer]:
    used = {name for setting, _ in configured.assignments() for name in _USED.findall(setting.value)}
    used |= _of_defaults()
    used.update(split_list(configured.main.value("smtpd_restriction_classes").text))
    tables = {name for setting, _ in configured.assignments() for name in _BY_PROGRAM.findall(setting.value)}
    services = {each.name for each in configured.services}
    for setting, _ in configured.assignments():
        name = setting.name
        if name in known() or name in used or _belongs(name, services, tables):
            continue
        near = nearest(name, known())
        remedy = mend(renamed(configured, setting, near)) if misspelt(name, near) else None
        yield fault("parameter-unknown", configured.at(setting), parameter=name, near=near).mended_by(remedy)


@cache
def _of_defaults() -> frozenset[str]:
    """Names that the defaults of others use: `virtual_alias_maps` is `$virtual_maps`, as that was called before."""
    return frozenset(name for each in known().values() for name in _USED.findall(each.default))


def _belongs(name: str, services: Iterable[str], tables: Iterable[str]) -> bool:
    """To a service of master.cf, or to a table."""
    of_service = any(name == service + end for end in _OF_SERVICE if name.endswith(end) for service in services)
    return of_service or any(name.startswith(f"{table}_") for table in tables)


def _undefined(configured: Configured) -> Iterable[Answer]:
    told: set[tuple[str, Setting]] = set()
    for setting, main in configured.assignments():
        if setting.name in _RAW:
            continue
        for name in main.value(setting.name).undefined:
            # Of what another parameter brings along, that one tells.
            if (
                name in _OF_MESSAGE
                or name in _of_defaults()
                or name not in _USED.findall(setting.value)
                or (name, setting) in told
            ):
                continue
            told.add((name, setting))
            yield fault("parameter-undefined", configured.at(setting, f"{name}"), name=name, parameter=setting.name)
