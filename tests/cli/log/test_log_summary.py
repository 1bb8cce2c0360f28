"""`mailproof log summary` as users start it."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from running import mailproof, modules_imported_by, sentence_of

ROOT = Path(__file__).parents[3]
TOTALS = ("received", "delivered", "deferrals", "bounced", "rejected")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("summary") / "mail.log"
    command = (sys.executable, str(ROOT / "tools" / "make_mail_log.py"), "--megabytes", "0.5")
    path.write_bytes(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
    return path


def told(*arguments: str, given: str = "") -> dict[str, dict[str, int]]:
    done = mailproof("log", "summary", "--format", "json", *arguments, given=given)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_the_numbers_are_the_same_in_every_form(log: Path) -> None:
    totals = told(str(log))["totals"]
    for lang, word in (("en", "Received {:,}"), ("ja", "受信 {:,} 通")):
        text = mailproof("--lang", lang, "log", "summary", str(log))
        assert text.returncode == 0
        assert text.stdout.startswith(word.format(totals["received"]))
        page = mailproof("--lang", lang, "log", "summary", "--format", "html", str(log)).stdout
        assert word.format(totals["received"]) in page
        assert page.count("<svg") >= 4
        assert not re.search(r"<script|https?://|url\(", page)
    metrics = mailproof("log", "summary", "--format", "prometheus", str(log)).stdout
    for name in TOTALS:
        assert f'mailproof_log_messages{{outcome="{name}"}} {totals[name]}\n' in metrics
    for line in metrics.splitlines():
        assert re.fullmatch(
            r'# (HELP|TYPE) mailproof_log_\w+ .+|mailproof_log_\w+(\{(\w+="[^"]*",?)+\})? [0-9.e+-]+', line
        )


def test_standard_input_and_rotated_files(log: Path, tmp_path: Path) -> None:
    whole = told(str(log))
    assert told("-", given=log.read_text()) == whole
    lines = log.read_bytes().splitlines(keepends=True)
    (tmp_path / "mail.log.1.gz").write_bytes(gzip.compress(b"".join(lines[:1500])))
    (tmp_path / "mail.log").write_bytes(b"".join(lines[1500:]))
    assert told("--rotated", str(tmp_path / "mail.log")) == whole
    assert told("--jobs", "2", str(tmp_path / "mail.log"), str(tmp_path / "mail.log.1.gz")) == whole


def test_a_period(log: Path) -> None:
    whole = told(str(log))["totals"]
    parts = [
        told("--until", "2026-11-20 11:00", str(log))["totals"],
        told("--since", "2026-11-20 11:00", str(log))["totals"],
    ]
    for name in TOTALS:
        assert sum(part[name] for part in parts) == whole[name]
    assert all(part["received"] for part in parts)


def test_rows(log: Path) -> None:
    assert len(told("--top", "3", str(log))["recipients"]) == 3
    assert len(told("--top", "0", str(log))["recipients"]) > 100


def test_exit_codes_and_complaints(log: Path, tmp_path: Path) -> None:
    assert mailproof("log", "summary", "-", given="nothing of a mail server\n").returncode == 3
    for arguments in (
        (str(tmp_path / "none"),),
        ("-", str(log)),
        ("--since", "soon", str(log)),
        ("--top", "-1", str(log)),
        ("--jobs", "0", str(log)),
        ("--format", "xml", str(log)),
    ):
        done = mailproof("log", "summary", *arguments)
        assert done.returncode == 2
        assert sentence_of(done)
    done = mailproof("log", "explain", "--format", "html", str(log))
    assert done.returncode == 2 and "explain" in sentence_of(done)


def test_nothing_that_it_does_not_need_is_imported(log: Path) -> None:
    imported = modules_imported_by("log", "summary", "--format", "json", str(log))
    assert not imported & {"asyncio", "multiprocessing", "ssl", "OpenSSL", "rich", "markdown_it", "dns"}
