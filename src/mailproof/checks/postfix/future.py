"""Will newer versions still take what is set?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.checks.postfix.mending import item_set, mend, renamed, setting_gone, value_set
from mailproof.model.configuration import PostfixFiles
from mailproof.model.finding import Answer, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.remedy import Remedy
from mailproof.parse.postfix.parameters import Setting
from mailproof.parse.postfix.restrictions import LISTS, restrictions

NAME = "settings-have-a-future"
NEEDS = (PostfixFiles,)
DROPPED = FindingKind(
    "setting-dropped",
    Layer.CONFIGURATION,
    ("setting", "version", "instead", "still"),
    (),
    ("Postfix DEPRECATION_README", "Dovecot: upgrading from 2.3 to 2.4"),
)
KINDS = (DROPPED,)

_LEVELS = {
    f"{prefix}_{old}": ("3.9", f"{level}_security_level")
    for prefix, level in (
        ("smtpd", "smtpd_tls"), ("smtp", "smtp_tls"), ("lmtp", "lmtp_tls"), ("postscreen", "postscreen_tls"),
        ("tlsproxy", "tlsproxy_tls"), ("tlsproxy_client", "tlsproxy_client"),
    )
    for old in ("use_tls", "enforce_tls")
}  # fmt: skip
PARAMETERS = {
    **_LEVELS,
    "disable_dns_lookups": ("3.9", "smtp_dns_support_level"),
    "smtp_tls_per_site": ("3.9", "smtp_tls_policy_maps"),
    "lmtp_tls_per_site": ("3.9", "lmtp_tls_policy_maps"),
    "smtpd_tls_dh1024_param_file": ("3.9", "-"),
    "smtpd_tls_eecdh_grade": ("3.9", "-"),
    "authorized_verp_clients": ("3.11", "smtpd_authorized_verp_clients"),
    "fallback_relay": ("3.11", "smtp_fallback_relay"),
    "smtpd_per_record_deadline": ("3.11", "smtpd_per_request_deadline"),
    "smtp_per_record_deadline": ("3.11", "smtp_per_request_deadline"),
    "lmtp_per_record_deadline": ("3.11", "lmtp_per_request_deadline"),
    "smtp_tls_enforce_peername": ("3.11", "smtp_tls_security_level"),
    "lmtp_tls_enforce_peername": ("3.11", "lmtp_tls_security_level"),
    "postscreen_blacklist_action": ("3.11", "postscreen_denylist_action"),
    "postscreen_dnsbl_ttl": ("3.11", "postscreen_dnsbl_max_ttl"),
    "postscreen_dnsbl_whitelist_threshold": ("3.11", "postscreen_dnsbl_allowlist_threshold"),
    "postscreen_whitelist_interfaces": ("3.11", "postscreen_allowlist_interfaces"),
    "smtpd_client_connection_limit_exceptions": ("3.11", "smtpd_client_event_limit_exceptions"),
    "tlsproxy_client_level": ("3.11", "tlsproxy_client_security_level"),
    "tlsproxy_client_policy": ("3.11", "tlsproxy_client_policy_maps"),
    "smtp_cname_overrides_servername": ("3.11", "-"),
    "lmtp_cname_overrides_servername": ("3.11", "-"),
    "virtual_maps": ("3.11", "virtual_alias_maps"),
}
"""Postfix DEPRECATION_README: since which version a parameter is warned of, and what to set instead."""
RESTRICTIONS = {
    "permit_mx_backup": ("3.9", "relay_domains"),
    "check_relay_domains": ("3.9", "reject_unauth_destination"),
    "reject_maps_rbl": ("3.9", "reject_rbl_client"),
    "permit_naked_ip_address": ("3.9", "permit_mynetworks, permit_sasl_authenticated"),
}
"""The last three are gone in 3.9."""


_SWITCHES = {"use_tls": "may", "enforce_tls": "encrypt"}
_ALIKE = ("check_relay_domains",)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _parameters(configured), _restrictions(configured))
        yield from answers or [Passed(NAME, (configured.line("main.cf", 1),))]


def _parameters(configured: Configured) -> Iterator[Answer]:
    for setting, _ in configured.assignments():
        if setting.name in PARAMETERS:
            version, instead = PARAMETERS[setting.name]
            shown = configured.at(setting)
            params = {"setting": setting.name, "version": f"Postfix {version}", "instead": instead}
            yield fault("setting-dropped", shown, **params).mended_by(_successor(configured, setting, instead))


def _successor(configured: Configured, setting: Setting, instead: str) -> Remedy | None:
    """The same by its new name; away with it where something else says it already, or there is no new name."""
    if setting.file == "master.cf" or instead.endswith(("_policy_maps", "dns_support_level")):
        return None  # a table of another form
    if instead == "-" or instead in configured.main.settings:
        return mend(setting_gone(configured, setting))
    if not setting.name.endswith(tuple(_SWITCHES)):
        if instead.endswith("_security_level"):
            return None  # of two settings together
        return mend(renamed(configured, setting, instead))
    prefix, switch = next(
        (setting.name.removesuffix(each), each) for each in _SWITCHES if setting.name.endswith(each)
    )
    both = all(f"{prefix}{each}" in configured.main.settings for each in _SWITCHES)
    if both or configured.main.value(setting.name).text.lower() != "yes":
        return None
    level = _SWITCHES[switch]
    return mend(value_set(configured, setting, level, name=instead))


def _restrictions(configured: Configured) -> Iterator[Answer]:
    for setting, main in configured.assignments():
        for item in restrictions(main.value(setting.name).text) if setting.name in LISTS else ():
            if item.name in RESTRICTIONS:
                version, instead = RESTRICTIONS[item.name]
                shown = configured.at(setting, item.name)
                params = {"setting": item.name, "version": f"Postfix {version}", "instead": instead}
                same = mend(item_set(configured, setting, item.name, instead)) if item.name in _ALIKE else None
                yield fault("setting-dropped", shown, **params).mended_by(same)
