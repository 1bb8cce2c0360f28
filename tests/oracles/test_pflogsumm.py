"""The same log, counted by pflogsumm 1.1.5: equal wherever it is right, and where it is not, it is shown why."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from mailproof.run.log.summary import summary_of_files

ROOT = Path(__file__).parents[2]
HEAD = "Nov 20 10:00:00 mx postfix/"

pytestmark = pytest.mark.skipif(shutil.which("pflogsumm") is None, reason="pflogsumm is not installed")


def asked(path: Path, *options: str) -> str:
    done = subprocess.run(
        ["pflogsumm", "--detail", "0", "-h", "100000", "-u", "100000", *options, str(path)],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        timeout=300,
        check=True,
    )
    return done.stdout


def grand_totals(said: str) -> dict[str, str]:
    block = said.partition("Grand Totals")[2].partition("\n\n\n")[0]
    return {name: number for number, name in re.findall(r"^ *(\d+[km]?)\s+([a-z /]+?)(?:\s+\(.*)?$", block, re.M)}


def shown(value: int) -> str:
    """As pflogsumm writes numbers: cut, not rounded, from half a unit on."""
    for unit, size in (("m", 1 << 20), ("k", 1 << 10)):
        if value > size * 512 * 1024 / 1024 and value > (size << 9):
            return f"{int(value / size)}{unit}"
    return str(value)


def section(said: str, title: str) -> list[str]:
    lines = said.partition(title)[2].splitlines()
    rows = []
    for line in lines[1:]:
        if not line.strip() and rows:
            break
        if line.strip() and not set(line.strip()) <= {"-", " "}:
            rows.append(line)
    return rows


@pytest.fixture(scope="module", params=[("--seed", "3"), ("--seed", "4", "--stamp", "rfc3339")], ids="-".join)
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("oracle") / "mail.log"
    command = (sys.executable, str(ROOT / "tools" / "make_mail_log.py"), "--megabytes", "3", *request.param)
    path.write_bytes(subprocess.run(command, capture_output=True, check=True, timeout=120).stdout)
    return path


def test_totals(log: Path) -> None:
    totals = summary_of_files([log], 1, None, 0).totals
    said = grand_totals(asked(log))
    assert totals.received > 1000 and totals.deferrals and totals.bounced and totals.forwarded
    ours = {
        "received": totals.received,
        "delivered": totals.delivered,
        "forwarded": totals.forwarded,
        "deferred": totals.deferred,
        "bounced": totals.bounced,
        "rejected": totals.rejected,
        "reject warnings": totals.reject_warnings,
        "held": totals.held,
        "discarded": totals.discarded,
        "bytes received": totals.bytes_received,
        "bytes delivered": totals.bytes_delivered,
        "senders": totals.senders,
        "sending hosts/domains": totals.sender_domains,
        "recipients": totals.recipients,
        "recipient hosts/domains": totals.recipient_domains,
    }
    assert {name: shown(value) for name, value in ours.items()} == said


def test_deferrals_of_messages(log: Path) -> None:
    totals = summary_of_files([log], 1, None, 0).totals
    assert f"({totals.deferrals}  deferrals)" in asked(log)


def test_every_sender_recipient_and_domain(log: Path) -> None:
    summary = summary_of_files([log], 1, None, 0)
    said = asked(log)
    for title, rows in (
        ("Senders by message count", [(each.messages, each.name) for each in summary.senders]),
        ("Recipients by message count", [(each.messages, each.name) for each in summary.recipients]),
        ("Senders by message size", [(each.bytes, each.name) for each in summary.senders]),
        ("Recipients by message size", [(each.bytes, each.name) for each in summary.recipients]),
    ):
        theirs = [line.split() for line in section(said, title)]
        ours = [(shown(number), "from=<>" if name == "<>" else name) for number, name in rows]
        assert sorted(map(tuple, theirs)) == sorted(ours), title
    theirs = [line.split() for line in section(said, "Messages Received (top 100000)") if line[1:9].strip().isdigit()]
    ours = [[shown(each.messages), shown(each.bytes), each.name] for each in summary.sender_domains]
    assert sorted(theirs) == sorted(ours)
    rows = [line.split() for line in section(said, "Message Delivery (top 100000)")[1:]]
    theirs = [[row[0], row[1], row[2], row[-1]] for row in rows]
    ours = [
        [shown(each.messages), shown(each.bytes), shown(each.deferrals), each.domain]
        for each in summary.recipient_domains
    ]
    assert sorted(theirs) == sorted(ours)


def test_every_hour(log: Path) -> None:
    """Of the first day alone, for over several days pflogsumm shows means."""
    day = "2026-11-20" if log.read_bytes()[:2] == b"20" else "Nov 20 "
    alone = log.with_name(f"{log.stem}-alone.log")
    alone.write_text("".join(line for line in log.read_text().splitlines(keepends=True) if line.startswith(day)))
    summary = summary_of_files([alone], 1, None, 0)
    theirs = {row[0][:2]: row[1:] for row in map(str.split, section(asked(alone), "Per-Hour Traffic Summary")[1:])}
    assert summary.hours
    for hour in summary.hours:
        numbers = (hour.received, hour.delivered, hour.deferrals, hour.bounced, hour.rejected)
        assert theirs[hour.name] == [str(number) for number in numbers]


def wrong(tmp_path: Path, *lines: str) -> tuple[dict[str, str], dict[str, int]]:
    """What pflogsumm and we make of a log that it gets wrong."""
    path = tmp_path / "mail.log"
    path.write_text("\n".join(lines) + "\n")
    stamp = datetime(2026, 11, 20, 12).timestamp()
    os.utime(path, (stamp, stamp))
    totals = summary_of_files([path], 1, None, 0).totals
    return grand_totals(asked(path)), json.loads(
        json.dumps({f: getattr(totals, f) for f in totals.__struct_fields__})
    )


ARRIVED = f"{HEAD}smtpd[1]: 4F1C2A3B5D: client=a.example[192.0.2.9]"
QUEUED = f"{HEAD}qmgr[1]: 4F1C2A3B5D: from=<a@b.example>, size=310, nrcpt=1 (queue active)"
REMOVED = f"{HEAD}qmgr[1]: 4F1C2A3B5D: removed"


def test_wrong_tls_on_delivery_lines(tmp_path: Path) -> None:
    """Since Postfix 3.11 (smtp_log_tls_feature_status = yes) it finds no delivery at all."""
    line = f"{HEAD}smtp[1]: 4F1C2A3B5D: to=<b@c.example>, relay=h[192.0.2.1]:25, delay=1, delays=0/0/0/1, "
    theirs, ours = wrong(tmp_path, ARRIVED, QUEUED, f"{line}tls=may, dsn=2.0.0, status=sent (250 ok)")
    assert (theirs["delivered"], ours["delivered"]) == ("0", 1)


@pytest.mark.parametrize("name", ["submissions", "mx2", "smtp-out"])
def test_wrong_names_of_services(tmp_path: Path, name: str) -> None:
    """Of `-o syslog_name=postfix/NAME` it knows submission and smtps; what another takes is not counted."""
    refused = "NOQUEUE: reject: RCPT from u[192.0.2.9]: 554 5.7.1 no; from=<a@b> to=<q@r> proto=ESMTP helo=<u>"
    theirs, ours = wrong(
        tmp_path, ARRIVED.replace("smtpd", f"{name}/smtpd"), f"{HEAD}{name}/smtpd[1]: {refused}", QUEUED
    )
    assert (theirs["received"], theirs["rejected"], theirs["senders"]) == ("0", "0", "0")
    assert (ours["received"], ours["rejected"], ours["senders"]) == (1, 1, 1)


def test_wrong_queue_ids_that_come_again(tmp_path: Path) -> None:
    """It keeps the sender of the first: short queue ids are used again within days."""
    theirs, ours = wrong(tmp_path, *(ARRIVED, QUEUED, REMOVED) * 2)
    assert (theirs["bytes received"], ours["bytes_received"]) == ("310", 620)


def test_wrong_messages_that_a_proxy_filter_hands_back(tmp_path: Path) -> None:
    """It counts `NOQUEUE: client=` of smtpd_proxy_filter, and then the message once more behind the filter."""
    before = f"{HEAD}smtpd[1]: NOQUEUE: client=a.example[192.0.2.9]"
    theirs, ours = wrong(tmp_path, before, ARRIVED, QUEUED, REMOVED)
    assert (theirs["received"], ours["received"]) == ("2", 1)


def test_wrong_refusals_of_milters_at_smtpd(tmp_path: Path) -> None:
    """It counts those in cleanup, but not the ones that smtpd tells before there is a message."""
    line = "NOQUEUE: milter-reject: RCPT from u[192.0.2.9]: 554 5.7.1 no; from=<a@b> to=<q@r> proto=ESMTP helo=<u>"
    theirs, ours = wrong(tmp_path, f"{HEAD}smtpd[1]: {line}")
    assert (theirs["rejected"], ours["rejected"]) == ("0", 1)


def test_wrong_stamps(tmp_path: Path) -> None:
    """It knows neither the journal's JSON, nor what docker compose puts before a line."""
    theirs, ours = wrong(tmp_path, f"mail-1    | {ARRIVED}", f"mail-1    | {QUEUED}")
    assert (theirs["received"], ours["received"]) == ("0", 1)
