"""Which lines of the articles are commands, what is typed into a session, settings, and errors: found by rule."""

from __future__ import annotations

import re
from pathlib import Path

ARTICLES = Path(__file__).resolve().parents[3] / "shared" / "articles"
"""They lie beside the project where it is developed; their text is not ours to publish."""

_REMARK = re.compile(r"\s*(?:←|⇐|#\s?⇐|#<--|\(Enter).*")
"""What an author writes behind a line that he shows."""
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_COMMAND = re.compile(
    r"[$#] \S"  # a prompt
    r"|\[PS\] [A-Z]:[^>]*> \S"
    r"|\w+:\S*\$ \S"
)
_BARE = re.compile(r"(?:openssl s_client|tail -f|printf|echo) |(?:USER|PASS)=\S")
"""Commands that are shown without a prompt."""
_TELNET = re.compile(r"telnet \w+ \d+$")
_TYPED = re.compile(
    r"(?:> )?(?:EHLO|HELO|MAIL FROM|RCPT TO|DATA|AUTH [A-Z\d-]+|NOOP|QUIT"
    r"|STAT|LIST|RETR|USER|PASS|GET /|Host:)(?![A-Z=])"
)
_ANSWER = re.compile(r"(?:> )?[A-Za-z0-9+/]{4,}={0,2}(?:\s|$)")
"""Base64, or the letters that hide it."""
_SETTING = re.compile(
    r"[a-z_]{4,} = \S"  # main.cf
    r"|@\S+\s+\S*\["  # a table of Postfix
    r"|(?:geoipdb|racl) \S"  # greylist.conf
    r"|Build-Depends: |milter-greylist \("  # debian/control and changelog
)
_ERROR = re.compile(
    r"^[45]\d\d "
    r"|\b[45]\d\d [45]\.\d+\.\d+ "
    r"|RENEGOTIATING|^DONE|read:errno|Relay access denied|エラーになる$"
    r"|[a-z]/\w+\[\d+\]: |^[A-Z][a-z]{2} \d+ \d\d:\d\d:\d\d "  # a line of a log
    r"|authentication failure|fatal: |返答が返らない"
    r"|エラー: |の操作に失敗しました|操作が失敗し|MapiException|Diagnostic context"  # Exchange Management Shell
)
_DIGEST = re.compile(r"MD5 \(.*\) = (\w+)")


def articles() -> dict[int, list[str]]:
    """The lines of each, by its number from 1; none where they are not at hand."""
    files = sorted(ARTICLES.glob("*.txt")) if ARTICLES.is_dir() else []
    return {number: file.read_text("utf-8").split("\n") for number, file in enumerate(files, 1)}


def lines_to_answer(article: list[str]) -> dict[int, str]:
    """By its number from 1: each line of an article that is a command, is typed, is a setting or an error."""
    found = {}
    before, in_message, digest = "", False, ""
    for number, line in enumerate(article, 1):
        text = line.strip()
        plain = _REMARK.sub("", text)
        ends_message = in_message and plain == "."
        said = _DIGEST.match(text)
        if (
            _COMMAND.match(text)
            or _TELNET.search(text)
            or ((_BARE.match(plain) or _TYPED.match(plain)) and not _JAPANESE.search(plain))
            or (before.startswith("334") and _ANSWER.match(text))
            or in_message
            or _SETTING.match(text)
            or _ERROR.search(text)
            or (plain != text and "「←」" not in text)
            or (said and digest and said[1] != digest)
        ):
            found[number] = text
        in_message = not ends_message and (in_message or text.startswith("354 "))
        digest = said[1] if said else ""
        before = text or before
    return found
