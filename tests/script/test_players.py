"""One language, several players: a script plays the server, the client, and is written down from a session."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mailproof.catalog.words import words
from mailproof.model.failure import NetFailure
from mailproof.model.tls import TlsSettings
from mailproof.net.memory import MemoryNet
from mailproof.net.sockets import SocketNet
from mailproof.script.authority import Authority
from mailproof.script.client import exercise
from mailproof.script.format import ScriptError, matches, parse
from mailproof.script.server import Mismatch, ScriptedServer
from mailproof.script.transcript import to_script

SESSION = """\
@ submission://mx.test
S: 220 mx.test ESMTP
C: EHLO mx.test
S: 250-mx.test
S: 250 STARTTLS
C: STARTTLS
S: 220 2.0.0 Ready to start TLS
* tls
C: EHLO mx.test
S: 250 mx.test
C: QUIT
S: 221 2.0.0 Bye
* eof
"""


class Place(msgspec.Struct, frozen=True):
    address: str
    port: int
    path: str | None = None
    url: str = "submission://mx.test"


def both_sides(server: str, client: str, root: Path, net: Any) -> Any:
    """Play `server` on a listener and `client` against it; the transcript of the client."""
    authority = Authority()
    root.write_bytes(authority.root_pem)
    scripted = ScriptedServer(parse(server), authority, datetime.now(UTC))
    scripted.attach(net)

    async def main() -> Any:
        listening = net.listen(scripted.handler(parse(server).sections[0]))
        try:
            section = parse(client).sections[0]
            place = Place(listening.host, listening.port)
            return await exercise(net, section, place, name="mx.test", settings=TlsSettings(ca_file=str(root)))
        finally:
            listening.close()

    transcript = net.run(main())
    assert scripted.mismatches == []
    return transcript


@pytest.mark.parametrize("driver", [MemoryNet, SocketNet])
def test_the_same_script_plays_both_sides(driver: Any, tmp_path: Path) -> None:
    transcript = both_sides(SESSION, SESSION, tmp_path / "root.pem", driver())
    assert "TLS began" in transcript.turns[5].text


def test_a_recorded_session_is_a_script_that_plays_again(tmp_path: Path) -> None:
    first = both_sides(SESSION, SESSION, tmp_path / "root.pem", MemoryNet())
    written = to_script([msgspec.structs.replace(first, endpoint="submission://mx.test", purpose="survey")])
    second = both_sides(written, written, tmp_path / "root.pem", MemoryNet())
    assert [turn.text for turn in second.turns] == [turn.text for turn in first.turns]


def test_a_server_that_says_otherwise_is_told_with_both_lines(tmp_path: Path) -> None:
    other = SESSION.replace("C: EHLO mx.test\nS: 250-mx.test", "C: EHLO mx.test\nS: 250-other.test", 1)
    with pytest.raises(Mismatch, match=r"line 4: wanted S: 250-mx.test\n.*said   S: 250-other.test"):
        both_sides(other, SESSION, tmp_path / "root.pem", MemoryNet())


def test_a_server_that_hangs_up_is_no_mismatch_but_a_failure(tmp_path: Path) -> None:
    with pytest.raises(NetFailure, match="closed"):
        both_sides("@ smtp://mx.test\nS: 220 mx.test ESMTP\n* eof\n", SESSION, tmp_path / "root.pem", MemoryNet())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("S: 220 a", "stands before the first `@`"),
        ("@", "wants an endpoint"),
        ("@ smtp://a swim", "'swim' is none of"),
        ("@ smtp://a login x", "number of the connection"),
        ("@ smtp://a\n* explode", "no such event"),
        ("@ smtp://a\nhello", "neither"),
        ("@ smtp://a\nS: \\q", "no such escape"),
        ("dns a", "`dns NAME TYPE ANSWER`"),
        ("given --user 'a", "line 1: a quote is not closed"),
    ],
)
def test_what_is_not_in_the_language_is_named_with_its_line(text: str, complaint: str) -> None:
    with pytest.raises(ScriptError) as error:
        parse(text)
    said = words("en").usage(error.value.reason, error.value.params)
    assert said.startswith(f"line {len(text.splitlines())}: ") and complaint in said


def test_marks_name_the_line_of_their_finding() -> None:
    script = parse("@ smtp://a\nS: 220 a   # <- one, two\ndns b MX NXDOMAIN   # <- three\n")
    assert script.marks == {"one": ("220 a",), "two": ("220 a",), "three": ("NXDOMAIN",)}


def test_a_tilde_stands_for_any_text_and_nothing_else_does() -> None:
    assert matches("EHLO ~", "EHLO [127.0.0.1]")
    assert matches("AUTH PLAIN ~", "AUTH PLAIN ")
    assert not matches("EHLO a.b", "EHLO aXb")
    assert not matches("QUIT", "QUIT now")
