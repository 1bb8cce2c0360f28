"""Lists of names, domains and networks: their items, and the files whose lines stand for items (postconf(5))."""

from __future__ import annotations

from collections.abc import Iterator

from mailproof.parse.postfix.lines import split_list

LISTS = frozenset(
    [
        "authorized_flush_users", "authorized_mailq_users", "authorized_submit_users", "authorized_verp_clients",
        "debug_peer_list", "fast_flush_domains", "masquerade_exceptions", "mydestination", "mynetworks",
        "permit_mx_backup_networks", "postscreen_allowlist_interfaces", "postscreen_whitelist_interfaces",
        "qmqpd_authorized_clients", "relay_domains", "smtp_sasl_mechanism_filter", "lmtp_sasl_mechanism_filter",
        "smtpd_authorized_verp_clients", "smtpd_authorized_xclient_hosts", "smtpd_authorized_xforward_hosts",
        "smtpd_client_event_limit_exceptions", "smtpd_forbid_bare_newline_exclusions",
        "smtpd_log_access_permit_actions", "smtpd_sasl_exceptions_networks", "smtpd_sasl_mechanism_filter",
        "virtual_alias_domains", "virtual_mailbox_domains",
    ]
)  # fmt: skip
"""Parameters that take `/file/name` and `type:table` among their items."""


def listed(text: str) -> Iterator[tuple[int, str]]:
    """Each item with the number of its line, from 1; a word that begins with # ends the line (mystrtok.c)."""
    for number, line in enumerate(text.split("\n"), 1):
        for word in split_list(line):
            if word.startswith("#"):
                break
            yield number, word


def file_of(item: str) -> str:
    """The path of an item that is a file of items; empty for any other."""
    path = item.lstrip("!")
    return path if path.startswith("/") else ""
