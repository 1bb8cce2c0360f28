"""master(8), postfix-script and postsuper(1): started, stopped, put on hold, removed."""

from __future__ import annotations

import re

from mailproof.model.log import Fact
from mailproof.model.log_service import Counted, Managed, ServiceChanged

_STARTED = re.compile(r"(daemon started|reload)(?: -- version (\S+?),)? configuration (.*)")
_STOPPED = re.compile(r"terminating on signal (\d+)")
_SCRIPT = {
    "starting the Postfix mail system": "started",
    "stopping the Postfix mail system": "stopped",
    "refreshing the Postfix mail system": "reloaded",
}
_COUNTED = re.compile(r"(Deleted|Requeued|Placed on hold|Released from hold|Force-expired): (\d{1,12}) messages?")
MANAGED = (
    "status=deferred (bounce failed)",
    "requeued",
    "placed on hold",
    "released from hold",
    "expired",
    "skipped, still being delivered",
)


def changed(text: str) -> Fact | None:
    if found := _STARTED.match(text):
        return ServiceChanged("started" if found[1] == "daemon started" else "reloaded", found[2] or "", found[3])
    if found := _STOPPED.match(text):
        return ServiceChanged("stopped", signal=found[1])
    what = next((what for start, what in _SCRIPT.items() if text.startswith(start)), None)
    return ServiceChanged(what) if what else None


def counted(text: str) -> Fact | None:
    found = _COUNTED.match(text)
    return Counted(found[1], int(found[2])) if found else None


def managed(queue_id: str, text: str) -> Fact | None:
    return Managed(queue_id, text) if text.startswith(MANAGED) else None
