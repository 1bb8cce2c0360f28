"""What docs/formats.md shows of each format is what a run of the kind it names prints; only numbers differ."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHAPES = ("json", "nagios", "junit", "github", "markdown")
PAGES = {"en": "formats.md", "ja": "formats.ja.md"}


def mailproof(*words: str) -> str:
    env = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "mailproof", *words], env=env, capture_output=True, text=True, check=False
    )
    return done.stdout


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The record of the run that the page is about."""
    record = tmp_path_factory.mktemp("run") / "run.json"
    words = ["lab", "--fault", "starttls-not-offered@submission", "--format", "json"]
    with subprocess.Popen([sys.executable, "-m", "mailproof", *words], stdout=subprocess.PIPE) as lab:
        try:
            assert lab.stdout is not None
            told = json.loads(lab.stdout.readline())
            kept = ("--record", str(record), "--ehlo", "[192.0.2.2]")
            targets = [told["urls"][scheme] for scheme in ("submission", "imaps")]
            mailproof("check", *targets, "--ca-file", told["ca_file"], *kept)
        finally:
            lab.terminate()
    yield record


def bare(text: str) -> str:
    """Without blanks, for lines are as long as a page makes them, and with 0 for every number."""
    return re.sub(r"[\d.]*\d", "0", re.sub(r"\s+", "", text))


@pytest.mark.parametrize("lang", PAGES)
def test_each_piece_that_is_shown_is_printed(lang: str, run: Path) -> None:
    page = (ROOT / "docs" / PAGES[lang]).read_text("utf-8")
    slow = ("-w", "1ms", "-c", "5m")
    for shape in SHAPES:
        extra = slow if shape == "nagios" else ()
        printed = bare(mailproof("--lang", lang, "check", "--replay", str(run), "--format", shape, *extra))
        section = re.split(r"^## ", page, flags=re.MULTILINE)[1 + SHAPES.index(shape)]
        pieces = [
            piece
            for block in re.findall(r"(?:^ {4}.+\n)+", section, re.MULTILINE)
            if not block.strip().startswith(("mailproof ", "jq ", "- run", "fail\n"))
            for piece in map(bare, block.split("…"))
        ]
        assert [piece for piece in pieces if piece not in printed] == [], shape
        assert any(len(piece) > 50 for piece in pieces), shape
