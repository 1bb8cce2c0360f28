"""The same lines in every shape that tools give a log are read the same: facts, hosts, processes and times."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.parse.log.envelope import LineReader
from mailproof.parse.log.facts import fact_of, is_mail
from mailproof.parse.log.wrapped import unwrapped

TEXTS = (
    ("postfix/smtpd", "4120", "4F1C2A3B5: client=mail.example.org[192.0.2.1]"),
    ("postfix/qmgr", "900", "4F1C2A3B5: from=<alice@example.org>, size=1310, nrcpt=1 (queue active)"),
    ("postfix/smtpd", "4120", "warning: SASL: Connect to private/auth failed: No such file or directory"),
)
CLOCK = "10:00:03"
Shape = Callable[[str, str, str], str]


def _bsd(tag: str, pid: str, text: str) -> str:
    return f"Nov 29 {CLOCK} mx1 {tag}[{pid}]: {text}"


def _journal(tag: str, pid: str, text: str) -> dict[str, object]:
    fields = {"__REALTIME_TIMESTAMP": "1795914003123456", "_HOSTNAME": "mx1", "SYSLOG_PID": pid, "_PID": "1"}
    return fields | {"SYSLOG_IDENTIFIER": tag, "MESSAGE": list(text.encode())}


PLAIN, UTC, JAPAN = f"2026-11-29T{CLOCK}", f"2026-11-29T{CLOCK}.123456789Z", f"2026-11-29T{CLOCK}.123456+09:00"
SD = r'[timeQuality tzKnown="1" isSynced="1"][meta sequenceId="12" x="a\]b"]'
SHAPES: dict[str, tuple[str, str, Shape]] = {
    "rfc3164": (PLAIN, "mx1", _bsd),
    "rfc5424 with two elements": (JAPAN, "mx1", lambda t, p, m: f"<22>1 {JAPAN} mx1 {t} {p} - {SD} {m}"),
    "rfc5424 without priority": (JAPAN, "mx1", lambda t, p, m: f"1 {JAPAN} mx1 {t} {p} - - {m}"),
    "docker compose": (PLAIN, "mx1", lambda t, p, m: f"mail-1  | {_bsd(t, p, m)}"),
    "docker compose -t": (UTC, "mx1", lambda t, p, m: f"mail-1  | {UTC} {_bsd(t, p, m)}"),
    "docker compose in colours": (PLAIN, "mx1", lambda t, p, m: f"\x1b[36mmail-1  | \x1b[0m{_bsd(t, p, m)}"),
    "docker logs -t": (UTC, "mx1", lambda t, p, m: f"{UTC} {_bsd(t, p, m)}"),
    "docker json-file": (UTC, "mx1", lambda t, p, m: json.dumps({"log": _bsd(t, p, m) + "\n", "time": UTC})),
    "kubernetes' files": (JAPAN, "mx1", lambda t, p, m: f"{JAPAN} stdout F {_bsd(t, p, m)}"),
    "kubectl logs --prefix": (PLAIN, "mx1", lambda t, p, m: f"[pod/mail-0/postfix] {_bsd(t, p, m)}"),
    "kubectl logs --prefix --timestamps": (UTC, "mx1", lambda t, p, m: f"[pod/mail-0/mail] {UTC} {_bsd(t, p, m)}"),
    "short-iso-precise": (JAPAN, "mx1", lambda t, p, m: f"2026-11-29T{CLOCK}.123456+0900 mx1 {t}[{p}]: {m}"),
    "short-full": (PLAIN, "mx1", lambda t, p, m: f"Sun 2026-11-29 {CLOCK} JST mx1 {t}[{p}]: {m}"),
    "short-full in Japanese": (PLAIN, "mx1", lambda t, p, m: f"日 2026-11-29 {CLOCK} JST mx1 {t}[{p}]: {m}"),
    "short-full, UTC": (PLAIN + "+00:00", "mx1", lambda t, p, m: f"Sun 2026-11-29 {CLOCK} UTC mx1 {t}[{p}]: {m}"),
    "short-unix": ("2026-11-29T01:00:03.123456+00:00", "mx1", lambda t, p, m: f"1795914003.123456 mx1 {t}[{p}]: {m}"),
    "short-monotonic": ("", "mx1", lambda t, p, m: f"[ 1234.567890] mx1 {t}[{p}]: {m}"),
    "journal": ("2026-11-29T01:00:03.123456+00:00", "mx1", lambda t, p, m: json.dumps(_journal(t, p, m))),
    "journal-sse": (
        "2026-11-29T01:00:03.123456+00:00",
        "mx1",
        lambda t, p, m: f"data: {json.dumps(_journal(t, p, m))}",
    ),
    "syslog-ng with the year": (PLAIN, "mx1", lambda t, p, m: f"2026 Nov 29 {CLOCK} mx1 {t}[{p}]: {m}"),
    "the year behind the day": (PLAIN, "mx1", lambda t, p, m: f"Nov 29 2026 {CLOCK} mx1 {t}[{p}]: {m}"),
    "busybox": (PLAIN, "mx1", lambda t, p, m: f"Nov 29 {CLOCK} mx1 mail.info {t}[{p}]: {m}"),
    "busybox without a host": (PLAIN, "", lambda t, p, m: f"Nov 29 {CLOCK} mail.info {t}[{p}]: {m}"),
    "OpenWrt": (PLAIN, "", lambda t, p, m: f"Sun Nov 29 {CLOCK} 2026 mail.info {t}[{p}]: {m}"),
    "forwarded, with two hosts": (PLAIN, "mx1", lambda t, p, m: f"Nov 29 {CLOCK} 192.0.2.50 mx1 {t}[{p}]: {m}"),
    "columns with tabs": (PLAIN, "mx1", lambda t, p, m: f"{PLAIN}\tmx1\t{t}[{p}]:\t{m}"),
    "macOS": (
        JAPAN,
        "",
        lambda t, p, m: (
            f"2026-11-29 {CLOCK}.123456+0900 0x1a2b     Default     0x0                  {p:6} 0    {t[8:]}: {m}"
        ),
    ),
    "grep -H": (PLAIN, "mx1", lambda t, p, m: f"/var/log/mail.log:{_bsd(t, p, m)}"),
    "grep -H of a file that is called as Postfix": (PLAIN, "mx1", lambda t, p, m: f"postfix.log:{_bsd(t, p, m)}"),
    "grep -n": (PLAIN, "mx1", lambda t, p, m: f"17:{_bsd(t, p, m)}"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_line_is_the_same_in_every_shape(shape: str) -> None:
    time, host, made = SHAPES[shape]
    read = LineReader(date(2026, 11, 29)).read
    for tag, pid, text in TEXTS:
        line = read(made(tag, pid, text).encode())
        assert line is not None and is_mail(line)
        assert (line.time, line.host, line.tag, line.pid, line.text) == (time, host, tag, pid, text)
        plain = read(_bsd(tag, pid, text).encode())
        assert plain is not None
        assert (fact_of(line) is None) == (fact_of(plain) is None)


@pytest.mark.parametrize(
    "line",
    [
        "Sun 2026-11-29 10:00:00 JST mx1 kernel: eth0: link up",
        "[ 1234.567890] usb 1-1: new device",
        "mail-1  | Starting the container: done",
        "data: {}",
        '{"log": 5}',
        '{"log": "{\\"log\\": \\"{}\\"}"}',
        "17:to do: buy milk",
        "0x1a2b Default",
    ],
)
def test_what_is_no_line_of_a_mail_server_stays_so(line: str) -> None:
    read = LineReader(date(2026, 11, 29)).read(line.encode())
    assert read is None or not is_mail(read)


@given(st.text(alphabet="[]pod/ |:0123456789-TZ.+stdou FNv<>\t\x00{}", max_size=200))
def test_any_text_is_unwrapped_or_is_not(text: str) -> None:
    inner = unwrapped(text)
    assert inner is None or len(inner.rest) <= len(text)
