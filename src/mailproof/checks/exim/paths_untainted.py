"""Is no path made of what a client sends?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.exim.configured import Configured, running
from mailproof.checks.exim.mending import mend, word_set
from mailproof.checks.files import bounded, fault
from mailproof.checks.log.causes import cause_named
from mailproof.model.configuration import EximFiles
from mailproof.model.finding import Answer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.remedy import Remedy
from mailproof.parse.exim.configuration import Driver, Setting
from mailproof.parse.exim.text import split_list

NAME = "exim-paths-untainted"
NEEDS = (EximFiles,)
KINDS = (cause_named("exim-tainted-data"),)

# Both are of the client; $local_part_data and $domain_data are what a list or a table has of them.
_TAINTED = re.compile(r"\$\{?(?:local_part|domain)\b")
_IN_TABLE = re.compile(r"search\s*[{;]\s*/[^}\s]*\$\{?(?:local_part|domain)\b")
_PATHS = ("file", "directory")
# What 4.95 offered for the time of the change.
_ALLOWED = "allow_insecure_tainted_data"


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in running(record):
        if configured.value(_ALLOWED) == "yes":
            continue
        answers = bounded(NAME, _transports(configured), _tables(configured))
        yield from answers or [Passed(NAME, (configured.section("transport"),))]


def _transports(configured: Configured) -> Iterator[Answer]:
    """Of mailboxes; a transport that no router leads to does no harm."""
    settings = [setting for router in configured.configuration.routers for setting in router.settings]
    used = {setting.value.strip() for setting in settings if setting.name.endswith("transport")}
    for transport in configured.configuration.transports:
        if transport.name in used and transport.driver == "appendfile":
            for setting in transport.settings:
                if setting.name in _PATHS and _TAINTED.search(_own(setting)):
                    yield fault("exim-tainted-data", configured.at(setting)).mended_by(
                        _checked(configured, transport, setting)
                    )


def _checked(configured: Configured, transport: Driver, setting: Setting) -> Remedy | None:
    """$local_part_data, which a router has that looks the user up; with another it would be empty."""
    leading = [
        router
        for router in configured.configuration.routers
        if any(each.value.strip() == transport.name for each in router.settings if each.name == "transport")
    ]
    looked_up = all(
        router.value("check_local_user") == "yes" or _has_list(router.value("local_parts")) for router in leading
    )
    if not looked_up or set(_TAINTED.findall(_own(setting))) != {"$local_part"}:
        return None
    return mend(configured, word_set(configured, setting, "local_part", "local_part_data"))


def _has_list(text: str) -> bool:
    """Names, or a lookup; of a pattern or of what is left out there is no data that could be a path."""
    items = split_list(text)
    return bool(items) and not any(item.startswith(("!", "*", "^", "+")) for item in items)


def _tables(configured: Configured) -> Iterator[Answer]:
    """The name of a table is a path too."""
    for router in configured.configuration.routers:
        for setting in router.settings:
            if _IN_TABLE.search(_own(setting)):
                yield fault("exim-tainted-data", configured.at(setting))


def _own(setting: Setting) -> str:
    """Without what a lookup in a folder (dsearch) makes its own."""
    return "" if "dsearch" in setting.value else setting.value
