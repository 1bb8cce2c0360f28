"""One spelling for one word in the Japanese texts, as the pages have it; code is left alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailproof.catalog import CATALOG

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*(CATALOG / "ja").glob("*.md"), CATALOG / "ja.toml", *(ROOT / "docs").glob("*.ja.md"),
                ROOT / "README.ja.md"])  # fmt: skip

SPELT = {
    r"わか(?=[りるらっ])": "分か",
    r"だれ(?=[かがもでにのを])": "誰",
    r"(?:サーバ|ユーザ|フォルダ|プロバイダ|ブラウザ|フィルタ|コンピュータ|ドライバ)(?![ー])": "…ー",
    r"ヘッダー": "ヘッダ",
    r"「不明」": "判定不能",
    r"既に": "すでに",
    r"全く": "まったく",
    r"又は": "または",
    r"下さい": "ください",
    r"出来(?=[るまな])": "でき",
    r"ウィルス": "ウイルス",
    r"メイル": "メール",
    r"(?<=[)」。、]) (?=[\u3040-\u30ff\u4e00-\u9fff])": "no blank between Japanese",
    r"(?<=[\u3040-\u30ff\u4e00-\u9fff])[,.](?![\w/])": "、。",
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_words_are_spelt_in_one_way(file: Path) -> None:
    text = file.read_text("utf-8")
    if file.suffix == ".md":
        text = re.sub(r"\]\([^)]*\)|```.*?```|`[^`]*`|^    .*$", "x", text, flags=re.DOTALL | re.MULTILINE)
    if file.name in ("findings.ja.md", "corpus.ja.md", "articles.ja.md"):
        text = text.replace(", ", "、")  # lists of names, made
    found = [
        (text[max(0, match.start() - 12) : match.end() + 12].replace("\n", " "), better)
        for wrong, better in SPELT.items()
        for match in re.finditer(wrong, text)
    ]
    assert found == []
