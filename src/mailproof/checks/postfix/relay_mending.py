"""What would close a relay again."""

from __future__ import annotations

from collections.abc import Sequence

from mailproof.checks.postfix.configured import Configured, Daemon
from mailproof.checks.postfix.mending import item_added, item_set, items_gone, mend, value_set
from mailproof.model.remedy import Remedy
from mailproof.parse.postfix.lines import split_list

_RELAY = "smtpd_relay_restrictions"
_REFUSES = "reject_unauth_destination"
# As Postfix has it by default (postconf(5)), but that it defers.
_USUAL = f"permit_mynetworks, permit_sasl_authenticated, {_REFUSES}"
_OWN = "127.0.0.0/8, [::1]/128"


def strangers_refused(configured: Configured, daemon: Daemon) -> Remedy | None:
    """A list that ends with a restriction that refuses; the usual one where there is none."""
    setting = daemon.main.setting(_RELAY)
    if not setting.value:
        return mend(value_set(configured, setting, _USUAL))
    items = split_list(setting.value.lower())
    if "permit" in items:
        if _REFUSES in items:
            return mend(items_gone(configured, setting, ["permit"]))
        return mend(item_set(configured, setting, "permit", _REFUSES)) if items[-1] == "permit" else None
    return mend(item_added(configured, setting, _REFUSES))


def strangers_left_out(configured: Configured, daemon: Daemon, networks: Sequence[str]) -> Remedy | None:
    """mynetworks without networks of strangers; this machine alone where nothing else is left."""
    setting = daemon.main.setting("mynetworks")
    if not setting.line:
        return mend(value_set(configured, daemon.main.setting("mynetworks_style"), "host"))
    items = split_list(setting.value)
    if not set(networks) <= set(items):
        return None  # a table has them
    if set(items) <= set(networks):
        return mend(value_set(configured, setting, _OWN))
    return mend(items_gone(configured, setting, networks))
