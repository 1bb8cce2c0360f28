"""Is every value of the kind that its setting takes?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.dovecot.configured import Configured, configurations
from mailproof.checks.dovecot.mending import mend, value_set
from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.values import KINDS as OF_POSTFIX
from mailproof.checks.postfix.values import SWITCHES
from mailproof.model.configuration import DovecotFiles
from mailproof.model.finding import Answer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.dovecot.known import known
from mailproof.parse.dovecot.reader import Setting

NAME = "dovecot-values-understood"
NEEDS = (DovecotFiles,)
KINDS = (next(kind for kind in OF_POSTFIX if kind.name == "value-not-understood"),)

_WANTED = {
    # str_parse_get_bool() looks at the first letter alone, and only yes and no are written so by anybody.
    "bool": (re.compile(r"(?:yes|y|1|true|no|n|0|false)", re.IGNORECASE), "yes, no"),
    "uint": (re.compile(r"\d+|unlimited"), "N"),
    "uint_oct": (re.compile(r"0?[0-7]{1,4}"), "0600"),
    "in_port": (re.compile(r"\d{1,5}"), "PORT"),
    "time": (
        re.compile(
            r"(?:\d+ *(?:s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?|w|weeks?|ms|msecs?)?)|infinite|0", re.I
        ),
        "N secs|mins|hours|days|weeks",
    ),
    "size": (re.compile(r"(?:\d+ *[bkmgt]?i?b?)|unlimited", re.IGNORECASE), "N[kMGT]"),
}
# Of the enumerations those that people set; the sources have the others in places of their own.
_WORDS = {
    "ssl": ("yes", "no", "required"),
    "mail_fsync": ("optimized", "never", "always"),
    "ssl_min_protocol": ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", "ANY", "LATEST"),
}
_PLACES = {"inet_listener": "inet_listener", "unix_listener": "listener", "fifo_listener": "listener",
           "service": "service", "passdb": "passdb", "userdb": "userdb", "namespace": "namespace",
           "mailbox": "mailbox"}  # fmt: skip
_FREE = ("plugin", "dict")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _values(configured))
        yield from answers or [Passed(NAME, (configured.begin,))]


def _values(configured: Configured) -> Iterator[Answer]:
    for around, setting in configured.settings():
        if setting.variable or setting.from_file or any(each.kind in _FREE for each in around):
            continue
        kind = _kind(configured, setting, around[-1].kind)
        words = _WORDS.get(setting.name, ())
        if words and kind != "bool" and setting.value not in words:
            yield _not_understood(configured, setting, ", ".join(words))
        if kind not in _WANTED or (not setting.value and kind != "bool"):
            continue
        pattern, wanted = _WANTED[kind]
        if not pattern.fullmatch(setting.value.strip()):
            yield _not_understood(configured, setting, wanted)


def _not_understood(configured: Configured, setting: Setting, wanted: str) -> Answer:
    shown = configured.at(setting)
    value = setting.value[:60]
    meant = SWITCHES.get(value.lower(), "") if wanted.startswith("yes, no") else ""
    found = fault("value-not-understood", shown, parameter=setting.name, value=value, wanted=wanted)
    return found.mended_by(mend(value_set(configured, setting, meant)) if meant else None)


def _kind(configured: Configured, setting: Setting, block: str) -> str:
    rows = known().get(setting.name, ())
    if configured.is_24:
        rows = (*rows, *known().get(f"{block}_{setting.name}", ()))
        return next((row.kind_24 for row in rows if row.kind_24), "")
    where = _PLACES.get(block, "-")
    return next((row.kind_23 for row in rows if row.where == where and row.kind_23), "")
