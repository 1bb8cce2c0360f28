"""Bad input: one clear sentence, exit 2 or 3, no traceback, and nothing dialled."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import files_below, mailproof, sentence_of

TARGET = "smtp://127.0.0.1:9"
USER = ("--user", "alice@example.test")

WRONG: list[tuple[str, tuple[str, ...], str]] = [
    ("no target", (), "name a TARGET"),
    ("unknown scheme", ("gopher://mail.example.test",), "unknown scheme 'gopher'; known are smtp"),
    ("bad port", ("smtp://mail.example.test:70000",), "'70000' is no port"),
    ("an address", ("alice@example.test",), "the target is its domain"),
    ("unknown option", (TARGET, "--frob"), "there is no option --frob"),
    ("value missing", (TARGET, "--timeout"), "--timeout needs a value"),
    ("value too many", (TARGET, "--deliver=1"), "--deliver takes no value"),
    ("no duration", (TARGET, "--timeout", "soon"), "--timeout: soon is no time; write 30s"),
    ("endless", (TARGET, "--timeout", "9999999999"), "up to a day"),
    ("slow without Nagios", (TARGET, "-w", "5"), "--warning goes with --format nagios"),
    ("slow is no number", (TARGET, "-c", "1:5"), "-c/--critical: 1:5 is no time"),
    (
        "no such format",
        (TARGET, "--format", "xml"),
        "--format: it must be one of text, json, nagios, junit, github, markdown, html, not xml",
    ),
    ("no CA file", (TARGET, "--ca-file", "@/no.pem"), "cannot read @/no.pem: No such file"),
    ("no certificates", (TARGET, "--ca-file", "@/text"), "no certificates can be read from @/text"),
    ("no client certificate", (TARGET, "--cert", "@/text"), "no certificate and key can be read"),
    ("key alone", (TARGET, "--key", "@/text"), "add --cert"),
    ("no cipher", (TARGET, "--ciphers", "ROT13"), "OpenSSL knows no cipher in 'ROT13'"),
    ("cipher that is no text", (TARGET, "--ciphers", "\udcff"), "OpenSSL knows no cipher in '\\xff'"),
    ("host that is no text", ("smtp://\udcff.test",), "'\\xff.test' is no host name"),
    ("range of versions", (TARGET, "--tls-min", "1.3", "--tls-max", "1.2"), "--tls-min is newer"),
    ("no variable", (TARGET, *USER, "--password-env", "NOT_SET"), "--password-env NOT_SET: there is no such"),
    ("no password file", (TARGET, *USER, "--password-file", "@/no"), "--password-file @/no: No such file"),
    ("empty password file", (TARGET, *USER, "--password-file", "@/empty"), "nothing is in there"),
    ("binary password file", (TARGET, *USER, "--password-file", "@/nul"), "is no text"),
    ("descriptor closed", (TARGET, *USER, "--password-fd", "77"), "no such open file descriptor"),
    ("no descriptor", (TARGET, *USER, "--password-fd", "x"), "no such open file descriptor"),
    ("command fails", (TARGET, *USER, "--password-command", "false now"), "--password-command false: the command"),
    ("no command", (TARGET, *USER, "--password-command", "./none"), "--password-command ./none: No such file"),
    ("open quote", (TARGET, *USER, "--password-command", "echo 'a"), "its quotes do not match"),
    (
        "two sources",
        (TARGET, *USER, "--password-env", "HOME", "--password-file", "@/text"),
        "one place only, not from --password-env, --password-file",
    ),
    ("no password", (TARGET, *USER), "there is no password and no terminal"),
    ("nobody's password", (TARGET, "--password-env", "HOME"), "--password-env needs a user name"),
    ("no netrc", (TARGET, "--netrc"), "cannot read /nonexistent/.netrc"),
    ("mechanism", (TARGET, *USER, "--mechanism", "ROT13"), "--mechanism ROT13 is not known; known are"),
    ("deliver where", (TARGET, "--deliver"), "add --mailbox"),
    ("no message", (TARGET, "--mailbox", "bob@example.test", "--message", "@/no"), "cannot read @/no"),
    ("empty message", (TARGET, "--mailbox", "bob@example.test", "--message", "@/empty"), "holds no message"),
    ("line end in an address", (TARGET, "--from", "a\r\nQUIT@example.test"), "--from takes a mail address"),
    ("line end in EHLO", (TARGET, "--ehlo", "a\r\nQUIT"), "--ehlo takes a host name"),
    ("source", (TARGET, "--source", "300.0.0.1"), "--source takes an IP address"),
    ("foreign source", (TARGET, "--source", "192.0.2.9"), "this machine has no such address"),
    ("xclient", (TARGET, "--xclient", "ADDR"), "--xclient takes ATTR=VALUE"),
    ("xclient attribute", (TARGET, "--xclient", "FOO=1"), "where ATTR is one of NAME, REVERSE_NAME, ADDR"),
    ("xclient port", (TARGET, "--xclient", "PORT=99999"), "--xclient PORT: 99999 cannot stand there"),
    ("xclient address", (TARGET, "--xclient", "DESTADDR=mx.test"), "--xclient DESTADDR: mx.test cannot"),
    ("xclient protocol", (TARGET, "--xclient", "PROTO=LMTP"), "--xclient PROTO: LMTP cannot"),
    ("xclient login", (TARGET, "--xclient", f"LOGIN={'x' * 256}"), "--xclient LOGIN: "),
    ("xclient twice", (TARGET, "--xclient", "ADDR=192.0.2.1", "--xclient", "addr=192.0.2.2"), "ADDR is given twice"),
    ("proxy", (TARGET, "--proxy", "ftp://proxy.test:21"), "--proxy takes socks5://"),
    (
        "proxy without a port",
        (TARGET, "--proxy", "http://proxy.test"),
        "http://[USER@]HOST:PORT, not http://proxy.test",
    ),
    ("proxy with a path", (TARGET, "--proxy", "http://proxy.test:80/x"), "--proxy takes"),
    (
        "proxy that resolves",
        (TARGET, "--proxy", "socks5h://proxy.test:1080"),
        "write socks5:// instead of socks5h://",
    ),
    (
        "proxy with a password",
        (TARGET, "--proxy", "socks5://jo:x@proxy.test"),
        "write --proxy socks5://USER@HOST:PORT",
    ),
    ("proxy without one", (TARGET, "--proxy", "socks5://jo@proxy.test"), "there is no password for the proxy"),
    ("nobody's proxy password", (TARGET, "--proxy-password-env", "HOME"), "--proxy-password-env needs a proxy"),
    (
        "whose proxy password",
        (TARGET, "--proxy", "socks5://proxy.test", "--proxy-password-env", "HOME"),
        "add --proxy socks5://USER@HOST:PORT",
    ),
    (
        "colon in a user of Basic",
        (TARGET, "--proxy", "http://a%3Ab@proxy.test:8080", "--proxy-password-env", "HOME"),
        "HTTP's Basic takes no colon",
    ),
    ("proxy protocol", (TARGET, "--proxy-protocol", "v3"), "--proxy-protocol takes v1 or v2"),
    ("resolver", (TARGET, "--resolver", "dns.test"), "--resolver takes the IP address of a name server"),
    ("resolver port", (TARGET, "--resolver", "192.0.2.53:0"), "--resolver takes the IP address of a name server"),
    ("resolver without brackets", (TARGET, "--resolver", "2001:db8::53:x"), "--resolver takes the IP address"),
    ("proxied client", (TARGET, "--proxy-protocol", "v2,mx"), "--proxy-protocol takes v1 or v2"),
    ("profile", (TARGET, "--profile", "lenient"), "there is no profile or file lenient; the profiles are default"),
    ("record nowhere", (TARGET, "--record", "@/none/record"), "cannot write @/none/record: No such file"),
    ("no record", ("--replay", "@/no"), "cannot read @/no"),
    ("another file", ("--replay", "@/text"), "@/text is no record of mailproof"),
    ("other JSON", ("--replay", "@/json"), "@/json is no record of mailproof"),
    ("deep JSON", ("--replay", "@/deep"), "@/deep is no record of mailproof"),
    ("later record", ("--replay", "@/later"), "is of form 99, made by a later version"),
    ("replay of a target", (TARGET, "--replay", "@/json"), "leave the TARGET out"),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("files")
    (directory / "text").write_text("some text\n")
    (directory / "empty").write_text("")
    (directory / "nul").write_bytes(b"a\0b\n")
    (directory / "json").write_text('{"some": "JSON"}')
    (directory / "deep").write_text("[" * 100_000)
    (directory / "later").write_text('{"started": "2030-01-01T00:00:00Z", "schema": 99, "attempts": []}')
    return directory


@pytest.mark.parametrize(("arguments", "complaint"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_mistake_is_answered_by_one_sentence(arguments: tuple[str, ...], complaint: str, files: Path) -> None:
    done = mailproof("check", *(text.replace("@/", f"{files}/") for text in arguments))
    assert done.returncode == 2
    assert complaint.replace("@/", f"{files}/") in sentence_of(done)


@pytest.mark.parametrize("given", [("--format", "nagios"), ("--format=nagios",)])
@pytest.mark.parametrize("wrong", [("--frob",), ("-c", "1:5"), ("--profile", "lenient")])
def test_to_nagios_a_mistake_is_unknown_and_not_critical(given: tuple[str, ...], wrong: tuple[str, ...]) -> None:
    done = mailproof("check", TARGET, *given, *wrong)
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.startswith("MAIL UNKNOWN - ") and done.stdout.count("\n") == 1


def test_a_mistake_can_be_read_in_japanese() -> None:
    done = mailproof("check", TARGET, *USER, "--lang", "ja")
    assert done.returncode == 2
    assert "パスワードの指定がなく" in sentence_of(done)


@pytest.mark.parametrize("habit", ["--password", "--password=hunter2", "-p", "--pass"])
def test_who_types_a_password_as_an_argument_is_told_why_not(habit: str) -> None:
    done = mailproof("check", TARGET, *USER, habit, *([] if "=" in habit else ["hunter2"]))
    assert done.returncode == 2
    assert "a password is never an argument" in sentence_of(done)
    assert "hunter2" not in done.stderr


def test_a_netrc_that_cannot_be_read_is_not_quoted(tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login alice password two words-of-a-secret\n")
    done = mailproof("check", TARGET, "--netrc", env={"NETRC": str(netrc)})
    assert done.returncode == 2
    assert sentence_of(done) == f"{netrc} is not in the form of a netrc file"


def test_a_record_where_another_may_not_write_is_refused_before_the_check(tmp_path: Path) -> None:
    done = mailproof("check", TARGET, "--record", str(tmp_path))
    assert done.returncode == 2
    assert sentence_of(done) == f"cannot write {tmp_path}: Is a directory"
    assert files_below(tmp_path) == []


def test_explaining_what_does_not_exist_names_what_does() -> None:
    done = mailproof("explain", "certificate-expird")
    assert done.returncode == 2
    assert "near are certificate-expired" in sentence_of(done)
    assert "its findings are starttls-not-offered" in sentence_of(mailproof("explain", "starttls-offered"))
    assert "name a finding" in sentence_of(mailproof("explain"))
    assert "name a finding" in sentence_of(mailproof("explain", ""))


@pytest.fixture
def resolver() -> Iterator[tuple[str, list[bytes]]]:
    """A name server that knows no name, and what it was asked."""
    asked: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def answer() -> None:
            while True:
                query, client = server.recvfrom(4096)
                if not query:
                    return
                asked.append(query)
                server.sendto(query[:2] + b"\x81\x83" + query[4:], client)  # NXDOMAIN (RFC 1035 section 4.1.1)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}", asked
        finally:
            server.sendto(b"", server.getsockname())
            thread.join()


BOBS = ("--user", "bob@mail.example.test", "--password-env", "PW")


BY_HAND = pytest.mark.parametrize(
    "words",
    [
        ("send", "smtp://mail.example.test", "--from", "a@x.test", "--to", "b@y.test"),
        ("fetch", "imaps://mail.example.test", *BOBS),
        ("login", "imaps://mail.example.test", *BOBS),
        ("roundtrip", "submission://mail.example.test", "imaps://mail.example.test", *BOBS),
    ],
    ids=lambda words: words[0],
)


@BY_HAND
def test_each_command_by_hand_asks_the_name_server_it_was_told(
    resolver: tuple[str, list[bytes]], words: tuple[str, ...]
) -> None:
    place, asked = resolver
    mailproof(*words, "--resolver", place, env={"PW": "secret"})
    assert any(b"\x04mail\x07example\x04test" in query for query in asked)


@BY_HAND
def test_what_openssl_cannot_read_is_said_before_anything_is_dialled(
    resolver: tuple[str, list[bytes]], words: tuple[str, ...]
) -> None:
    place, asked = resolver
    done = mailproof(*words, "--resolver", place, "--ciphers", "ROT13", env={"PW": "secret"})
    assert done.returncode in (1, 2)
    assert "OpenSSL knows no cipher in 'ROT13'" in sentence_of(done)
    assert asked == []
