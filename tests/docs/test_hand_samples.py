"""What the pages of the commands by hand show is what these print, against the private Postfix and Dovecot."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from documentation import ROOT

sys.path.insert(0, str(ROOT / "tools"))

from hand_samples import COMMANDS, LANGUAGES, PAGES, pasted, steady


@pytest.mark.real
@pytest.mark.long
@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_each_sample_is_printed() -> None:
    command = [sys.executable, str(ROOT / "tools" / "hand_samples.py"), "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.stderr == ""
    assert done.returncode == 0


def test_each_sample_has_its_place_in_both_languages() -> None:
    for lang, suffix in LANGUAGES.items():
        text = "".join((ROOT / "docs" / f"{page}{suffix}.md").read_text("utf-8") for page in PAGES)
        assert {name for name in (*COMMANDS, "talk") if f"<!-- sample {name} -->" not in text} == set(), lang


def test_a_word_that_differs_is_seen_and_what_differs_by_chance_is_not() -> None:
    page = "<!-- sample x -->\n\n    $ mailproof x\n    queued as 6BBD621C291, 0.06 s\n\nText.\n"
    other = pasted(page, {"x": "$ mailproof x\nqueued as 8794221C450,\n  0.52 s"})
    assert other != page and steady(other) == steady(page)
    assert steady(pasted(page, {"x": "$ mailproof x\nqueued at 8794221C450, 0.52 s"})) != steady(page)
    assert other.endswith("\n\nText.\n")
