"""Milters, and files of milter-greylist, that hold what a terminal obeys: nothing of it gets through."""

from __future__ import annotations

from pathlib import Path

import pytest
from showing import shown
from skeletons import disturbing
from wild import Keeper, Peer
from wildsmtp import ESCAPES

from mailproof.model.milter import (
    AddHeader,
    AddRecipient,
    ChangeSender,
    Final,
    Negotiated,
    Quarantine,
    ReplaceBody,
    Verdict,
)
from mailproof.wire.milter.answers import Answer
from mailproof.wire.milter.commands import Command, EndOfMessage, RcptTo
from milters import Filter
from sourcepackage import FILES, unpacked

RUDE = ESCAPES.translate(None, b"\0\r\n")


def _refuses(peer: Peer) -> None:
    """Every answer is a refusal for now, in words that a terminal obeys."""
    peer.say(b"220 mx.test ESMTP " + RUDE + b"\r\n")
    while line := peer.hear():
        rude = line.upper().startswith((b"MAIL", b"RCPT"))
        peer.say((b"451 4.7.1 Greylisting " if rude else b"250 ") + RUDE + b"\r\n")


def _greets(peer: Peer) -> None:
    peer.say(b"220 mx.test ESMTP " + ESCAPES + b"\r\n")
    peer.drain()


def _rude_milter(peer: Peer) -> None:
    """Negotiates, and has an escape in everything that it says and changes."""
    text = RUDE.decode("utf-8", "surrogateescape")

    def says(command: Command) -> list[Answer]:
        match command:
            case RcptTo(path) if "later" in path:
                return [Final(Verdict.REPLY, f"451 4.7.1 {text}")]
            case EndOfMessage():
                changes = (AddHeader(text, text), AddRecipient(text), ChangeSender(text), Quarantine(text))
                return [*changes, ReplaceBody(ESCAPES), Final(Verdict.ACCEPT)]
        return [Final(Verdict.CONTINUE)]

    rude = Filter(says, Negotiated(6, 0x1FF, 0, ((0, text),)))
    while not rude.over and (data := peer.connection.recv(1 << 16)):
        peer.connection.sendall(rude.hear(data))


@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_milter_full_of_escapes(shape: str, tmp_path: Path) -> None:
    message, script = tmp_path / "rude.eml", tmp_path / "rude.milter"
    message.write_bytes(b"From: a@x.test\r\nSubject: " + RUDE + b"\r\n\r\n" + ESCAPES)
    script.write_bytes(b"C: CONNECT mx\nC: MAIL <a@b>\nC: RCPT <later@b>\nS: " + RUDE + b"\n")
    keeper = Keeper(_rude_milter, "submission", None)
    try:
        url = f"inet:{keeper.port}@127.0.0.1"
        for lang in ("en", "ja"):
            send = ("send", url, str(message), "--rcpt")
            for words in ((url,), (*send, "bob@x.test"), (*send, "later@x.test"), ("script", url, str(script))):
                said = shown("--lang", lang, "milter", *words, "-v", "--format", shape)
                assert "127.0.0.1" in said
                assert not disturbing(said)
    finally:
        keeper.close()
    keeper = Keeper(_greets, "submission", None)
    try:
        assert not disturbing(shown("milter", f"inet:{keeper.port}@127.0.0.1", "--timeout", "2s", "--format", shape))
    finally:
        keeper.close()


@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_policy_full_of_escapes(shape: str, tmp_path: Path) -> None:
    conf, text = tmp_path / "greylist.conf", RUDE.replace(b'"', b"")
    lines = (
        b'geoipdb "' + text + b'"',
        b'list "' + text + b'" helo { "' + text + b'" }',
        b'racl blacklist helo "' + text + b'" msg "' + text + b'"',
        b"racl whitelist rcpt /" + text.replace(b"/", b"") + b"/",
        b'racl blacklist list "' + text + b'x"',
        b"racl whitelist " + text,
        text,
    )
    conf.write_bytes(b"\n".join(lines) + b"\n")
    mail = ("--client", "192.0.2.1", "--from", "a@b", "--rcpt", "c@d", "--helo", RUDE)
    for lang in ("en", "ja"):
        for words in (("eval", str(conf), *mail, "-v"), ("lint", str(conf)), ("doctor", str(conf))):
            said = shown("--lang", lang, "greylist", *words, "--format", shape)
            assert said.strip()
            assert not disturbing(said)


@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_greylist_full_of_escapes(shape: str) -> None:
    keeper = Keeper(_refuses, "smtp", None)
    try:
        words = ("greylist", "probe", f"smtp://127.0.0.1:{keeper.port}", "--rcpt", "bob@x.test", "--tls", "never")
        times = ("--pause", "10ms", "--every", "10ms", "--within", "50ms")
        for lang in ("en", "ja"):
            said = shown("--lang", lang, *words, *times, "--format", shape)
            assert "Greylisting" in said
            assert not disturbing(said)
    finally:
        keeper.close()


@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_source_package_full_of_escapes(shape: str, tmp_path: Path) -> None:
    rude = RUDE.replace(b"\\", b"")
    root = unpacked(
        tmp_path, {"debian/control": FILES["debian/control"] + rude + b"\nBuild-Depends: " + rude + b"\n"}
    )
    (root / "debian" / "rules").write_bytes(FILES["debian/rules"].replace(b"--disable-rpath", rude))
    for lang in ("en", "ja"):
        for words in ((str(root),), (str(root), "--package-version", rude), (rude,)):
            said = shown("--lang", lang, "greylist", "rebuild", *words, "--format", shape)
            assert said.strip()
            assert not disturbing(said)
