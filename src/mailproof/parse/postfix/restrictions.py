"""Lists of access restrictions (postconf(5), src/smtpd/smtpd_check.c): what stands in them, and what follows it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import msgspec

from mailproof.parse.postfix.lines import BLANKS, split_list

LISTS = (
    "smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions", "smtpd_relay_restrictions",
    "smtpd_recipient_restrictions", "smtpd_data_restrictions", "smtpd_end_of_data_restrictions",
    "smtpd_etrn_restrictions",
)  # fmt: skip

_WORDS = """
    permit reject defer defer_if_permit defer_if_reject warn_if_reject reject_plaintext_session
    reject_sender_login_mismatch reject_authenticated_sender_login_mismatch reject_known_sender_login_mismatch
    reject_unauthenticated_sender_login_mismatch permit_sasl_authenticated permit_inet_interfaces permit_mynetworks
    permit_naked_ip_address permit_auth_destination permit_tls_clientcerts permit_tls_all_clientcerts permit_mx_backup
    reject_unknown_client reject_unknown_client_hostname reject_unknown_reverse_client_hostname
    reject_unknown_forward_client_hostname reject_invalid_helo_hostname reject_invalid_hostname
    reject_unknown_helo_hostname reject_unknown_hostname reject_non_fqdn_helo_hostname reject_non_fqdn_hostname
    reject_non_fqdn_sender reject_non_fqdn_recipient reject_unknown_sender_domain reject_unknown_recipient_domain
    reject_unknown_address reject_unlisted_sender reject_unlisted_recipient check_recipient_maps
    reject_unverified_recipient reject_unverified_sender reject_multi_recipient_bounce reject_unauth_destination
    defer_unauth_destination check_relay_domains reject_unauth_pipelining reject_maps_rbl
"""
_WITH_ARGUMENT = """
    sleep check_policy_service reject_rbl reject_rbl_client reject_rhsbl_client reject_rhsbl_reverse_client
    reject_rhsbl_helo reject_rhsbl_sender reject_rhsbl_recipient permit_dnswl_client permit_rhswl_client
"""
_ACCESS = """
    client reverse_client_hostname ccert sasl helo sender recipient etrn client_mx reverse_client_hostname_mx helo_mx
    sender_mx recipient_mx client_ns reverse_client_hostname_ns helo_ns sender_ns recipient_ns client_a
    reverse_client_hostname_a helo_a sender_a recipient_a
"""
TABLES = frozenset(f"check_{name}_access" for name in _ACCESS.split())
"""Restrictions that ask a lookup table (access(5))."""
WITH_ARGUMENT = frozenset(_WITH_ARGUMENT.split())
RESTRICTIONS = frozenset(_WORDS.split()) | WITH_ARGUMENT | TABLES
"""All that Postfix 3.7 knows, old names included."""
REQUIRED = frozenset(
    [
        "reject_unauth_destination", "defer_unauth_destination", "reject", "defer", "defer_if_permit",
        "check_relay_domains",
]
)  # fmt: skip
"""Without one of these before relaying, smtpd(8) refuses to run."""


class Restriction(msgspec.Struct, frozen=True):
    """One item, in small letters, and its argument: a table, a policy service, a blocklist."""

    name: str
    argument: str = ""
    warns: bool = False
    """Behind warn_if_reject: a refusal is only logged."""


def restrictions(text: str) -> Sequence[Restriction]:
    """The items of an expanded list. A table alone is one of the kind that the list is for: `type:name`."""
    found: list[Restriction] = []
    words: Iterator[str] = iter(split_list(text))
    warns = False
    for word in words:
        name = word.lower()
        if name == "warn_if_reject":
            warns = True
            continue
        argument = ""
        if name in WITH_ARGUMENT or name in TABLES:
            argument = next(words, "")
        if argument.startswith("{") and argument.endswith("}"):
            argument = argument[1:-1].strip(BLANKS)
        found.append(Restriction(name if ":" not in word else word, argument, warns))
        warns = False
    return found


def policy_services(text: str) -> Sequence[str]:
    """Those that an expanded list asks, `inet:127.0.0.1:10023`, without what is set for one of them alone."""
    asked = (split_list(each.argument)[:1] for each in restrictions(text) if each.name == "check_policy_service")
    return [place for first in asked for place in first]


def is_known(item: Restriction, classes: Collection[str]) -> bool:
    """Whether smtpd(8) can do something with it."""
    return item.name in RESTRICTIONS or item.name in {each.lower() for each in classes} or ":" in item.name
