"""What tools put around the lines of a log, or instead of its stamp: container runtimes, kubectl, grep, journalctl's
other shapes, OpenWrt, syslog-ng with the year, macOS.

Asked only where a line has no stamp that is usual.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

_NAMES = "JanFebMarAprMayJunJulAugSepOctNovDec"
_MONTHS = {_NAMES[at : at + 3]: at // 3 + 1 for at in range(0, 36, 3)}
_USUAL = r"(?=[A-Z][a-z]{2} [ 0-3]?\d \d\d:|\d{4}-\d\d-\d\d[T ]\d\d:|<\d{1,3}>|@[0-9a-f]{24} )"
_AROUND = re.compile(
    # kubectl logs --prefix, docker compose logs, EventSource of systemd-journal-gatewayd.
    r"\[(?:pod|container)/[\w./-]{1,300}\] |[\w.-]{1,255} {1,40}\| |data: (?=\{)"
    # grep with the name of the file, the number of the line, or both.
    rf"|(?:[\w./@+-]{{1,255}}[:-])?\d{{1,9}}[:-]{_USUAL}|[\w./@+-]{{1,255}}:{_USUAL}"
)
_CLOCK = r"(\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)"
_ZONED = rf"(\d{{4}}-\d\d-\d\d)T{_CLOCK}(Z|[+-]\d\d:\d\d)"
# Files of containerd and CRI-O (kubernetes' logging of containers): time, stream, whole or partial.
_CRI = re.compile(rf"{_ZONED} (?:stdout|stderr) [FP] ")
# docker logs --timestamps, kubectl logs --timestamps.
_DOCKER = re.compile(rf"{_ZONED} {_USUAL}")
# journalctl -o short-full, short-unix, short-monotonic; the day in the language of the system.
_FULL = re.compile(rf"[^\W\d_]{{1,4}}\.? (\d{{4}}-\d\d-\d\d) {_CLOCK} ([A-Z]{{1,5}}|[+-]\d\d(?::?\d\d)?) ")
_UNIX = re.compile(r"(\d{9,11}\.\d{1,9}) ")
_MONOTONIC = re.compile(r"\[ {0,6}\d{1,9}\.\d{3,9}\] ")
# ctime(3), as OpenWrt's logread has it; syslog-ng's ts-format(full); the year behind the day.
_CTIME = re.compile(rf"[A-Z][a-z]{{2}} ([A-Z][a-z]{{2}}) ([ 0-3]?\d) {_CLOCK} (\d{{4}}) ")
_YEAR_FIRST = re.compile(rf"(\d{{4}}) ([A-Z][a-z]{{2}}) ([ 0-3]?\d) {_CLOCK}:? ")
_YEAR_BEHIND = re.compile(rf"([A-Z][a-z]{{2}}) ([ 0-3]?\d),? (\d{{4}}) {_CLOCK}:? ")
_MODERN = re.compile(r"1 (?=\d{4}-\d\d-\d\dT)")
# `log show` and `log stream` of macOS, behind the time: thread, type, activity, process, time to live, name.
_MACOS = re.compile(
    r"0x[0-9a-f]{1,16} {1,20}(?:Default|Info|Debug|Error|Fault) {1,20}0x[0-9a-f]{1,16} {1,20}(\d{1,10}) {1,20}"
    r"(?:\d{1,10} {1,20})?([\w.-]{1,64}): (?:\([\w.-]{1,64}\) )?(?:\[[\w.:-]{1,128}\] )?"
)
# Facility and level before the tag: busybox, OpenWrt, AIX.
_LEVEL = re.compile(
    r"(?:(\S{1,255}) )?[a-z]{2,9}\d?[.:](?:emerg|alert|crit|err|error|warn|warning|notice|info|debug) (?=[A-Za-z_])"
)
_LEVELS = (".info", ".warn", ".warning", ".err", ".notice", ".crit", ".debug")
_NO_HOST = re.compile(r"(?:mail|auth|authpriv|daemon|user|local[0-7])\.(?:err|warn|warning|notice|info|debug|crit)")
_COLUMN = re.compile(r"\d{4}-\d\d-\d\d[T ]\S{8,32}\t|[A-Z][a-z]{2} [ 0-3]?\d \S{8,18}\t")
# Peeled off one after the other; more than this is no log.
_MOST = 4


class Unwrapped(NamedTuple):
    """What is left of a line."""

    rest: str
    time: str = ""
    """ISO 8601, where what was around the line has it."""
    modern: bool = False
    """The rest is of RFC 5424, without its priority."""


def unwrapped(text: str) -> Unwrapped | None:
    """The line without what is around it; None where nothing of that kind is. Never raises."""
    # Columns with tabs between them.
    time, rest = "", text.replace("\t", " ", 4) if _COLUMN.match(text) else text
    for _ in range(_MOST):
        if found := _AROUND.match(rest):
            rest = rest[found.end() :]
        elif found := _CRI.match(rest) or _DOCKER.match(rest):
            time, rest = f"{found[1]}T{found[2]}{found[3]}", rest[found.end() :]
        else:
            break
    if found := _MODERN.match(rest):
        return Unwrapped(rest[found.end() :], time, True)
    if stamped := _stamp(rest):
        return stamped
    return Unwrapped(rest, time) if rest != text else None


def _stamp(text: str) -> Unwrapped | None:
    if found := _FULL.match(text):
        zone = found[3]
        zone = "+00:00" if zone in ("UTC", "GMT") else zone if zone[0] in "+-" else ""
        if len(zone) in (3, 5):
            zone = f"{zone[:3]}:{zone[3:] or '00'}"
        return Unwrapped(text[found.end() :], f"{found[1]}T{found[2].replace(',', '.')}{zone}")
    if found := _CTIME.match(text):
        return _named(text[found.end() :], found[4], found[1], found[2], found[3])
    if found := _YEAR_FIRST.match(text):
        return _named(text[found.end() :], found[1], found[2], found[3], found[4])
    if found := _YEAR_BEHIND.match(text):
        return _named(text[found.end() :], found[3], found[1], found[2], found[4])
    if found := _UNIX.match(text):
        try:
            return Unwrapped(text[found.end() :], datetime.fromtimestamp(float(found[1]), UTC).isoformat())
        except (ValueError, OverflowError, OSError):
            return None
    found = _MONOTONIC.match(text)
    return Unwrapped(text[found.end() :]) if found else None


def _named(rest: str, year: str, month: str, day: str, clock: str) -> Unwrapped:
    number = _MONTHS.get(month, 0)
    return Unwrapped(rest, f"{year}-{number:02}-{int(day):02}T{clock.replace(',', '.')}" if number else "")


def after_stamp(rest: str, postfix: frozenset[str]) -> str:
    """What stands behind a stamp, with more between it and the tag than a host: levels, columns, a second host.

    `postfix` are the programs of Postfix, of which macOS has the bare name. The same text where there is nothing.
    """
    rest = rest.replace("\t", " ", 8).lstrip(" ")
    if found := _MACOS.match(rest):
        name = found[2]
        return f"{'postfix/' if name in postfix else ''}{name}[{found[1]}]: {rest[found.end() :]}"
    if found := _LEVEL.match(rest):
        return f"{found[1] or '-'} {rest[found.end() :]}"
    first, _, behind = rest.partition(" ")
    return behind if first and ":" not in first else rest


def is_level(host: str) -> bool:
    """Whether what stands where a host should is `mail.info`: busybox names none."""
    return host.endswith(_LEVELS) and _NO_HOST.fullmatch(host) is not None


def docker_line(raw: bytes) -> tuple[str, str] | None:
    """(time, text) of one object that Docker's json-file driver writes; None for another. Never raises."""
    try:
        entry = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(entry, dict) or not isinstance(entry.get("log"), str):
        return None
    time = entry.get("time")
    return (time if isinstance(time, str) else "", entry["log"])
