"""What could disturb a server, done to a healthy one of each brand: what comes to light stands in docs/servers.md."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from labcheck import BOB, check, reported
from mailproof.model.attempt import INTRUSIVE

pytestmark = pytest.mark.real

DOCS = Path(__file__).resolve().parents[2] / "docs"

TOLD = {
    "exim": {"long-line-split"},
    "opensmtpd-backports": {"errors-not-limited"},
    "sendmail": set(),
    "cyrus": {"errors-not-limited", "long-line-split"},
    "courier": {"errors-not-limited", "starttls-command-injection"},
}
"""Debian 12 has a Courier of before the one that mended CVE-2021-38084."""

PROVOKED = {
    *("starttls-command-injection", "auth-taken-unoffered", "second-auth-accepted", "errors-not-limited"),
    *("long-line-split", "recipient-limit-too-low"),
}


def test_every_brand_is_told_what_it_is_known_for(server: SimpleNamespace) -> None:
    mailbox = BOB if "smtp" in server.ports else ""
    report = reported(check(server, *server.ports, mailbox=mailbox, intrusive=INTRUSIVE, timeout=30.0))
    assert {item.name for item in report.findings} & PROVOKED == TOLD[server.brand]
    assert {cause.name for cause in report.causes} == TOLD[server.brand] & {"starttls-command-injection"}


@pytest.mark.parametrize(("page", "heading"), [("servers.md", "With --intrusive"), ("servers.ja.md", "--intrusive")])
def test_the_documentation_says_so(page: str, heading: str) -> None:
    parts = re.split(r"^## ", (DOCS / page).read_text("utf-8"), flags=re.MULTILINE)
    (part,) = (part for part in parts if part.startswith(heading))
    assert {name for names in TOLD.values() for name in names} == set(re.findall(r"`([a-z-]+-[a-z-]+)`", part))
