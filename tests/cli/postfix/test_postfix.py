"""`mailproof postfix route`: the answer first, each decision with its line, and what is not known is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import mailproof, sentence_of

ARGUMENTS = ("postfix", "route", "who@example.co.jp", "you@far.test", "--postfix-dir")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "main.cf").write_text(
        "myhostname = mail.example.test\nrelayhost = [gw.test]\n"
        "sender_dependent_relayhost_maps = hash:/etc/postfix/by_sender\n"
    )
    (tmp_path / "master.cf").write_text("smtp inet n - n - - smtpd\nsmtp unix - - n - - smtp\n")
    (tmp_path / "by_sender").write_text("# the article's\n@example.co.jp\t[relay1.test]:587\n")
    return tmp_path


def test_the_table_of_a_copy_decides_and_is_named(directory: Path) -> None:
    done = mailproof(*ARGUMENTS, str(directory))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("who@example.co.jp -> you@far.test: smtp, next hop [relay1.test]:587\n")
    flat = " ".join(done.stdout.split())
    assert "relay1.test, port 587; addresses only, no MX" in flat
    assert "[/etc/postfix/by_sender:2]" in flat
    assert "lost relayhost = [gw.test]: lost to sender_dependent_relayhost_maps [main.cf:2]" in flat


@pytest.mark.parametrize("named", ["{}", "./{}/", "{0}/../{0}"])
def test_a_copy_may_be_named_from_where_one_stands(
    directory: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(directory.parent)
    from_here = mailproof(*ARGUMENTS, named.format(directory.name))
    assert (from_here.returncode, from_here.stderr) == (0, "")
    assert from_here.stdout == mailproof(*ARGUMENTS, str(directory)).stdout


def test_it_speaks_japanese(directory: Path) -> None:
    done = mailproof("--lang", "ja", *ARGUMENTS, str(directory))
    assert "次ホップ [relay1.test]:587" in done.stdout
    assert "不採用 relayhost = [gw.test]: sender_dependent_relayhost_maps が優先される" in " ".join(
        done.stdout.split()
    )


def test_json_has_names_for_everything(directory: Path) -> None:
    said = json.loads(mailproof(*ARGUMENTS, str(directory), "--format", "json").stdout)
    (route,) = said["routes"]
    assert (said["told"], route["class"], route["master_line"]) == (True, "default", 2)
    assert route["hosts"] == [{"host": "relay1.test", "port": 587, "mx": False}]
    assert [step["name"] for step in route["steps"] if step["outcome"] == "lost"] == ["parameter-lost"]


def test_a_table_that_is_not_there_makes_it_uncertain(directory: Path) -> None:
    (directory / "by_sender").unlink()
    done = mailproof(*ARGUMENTS, str(directory))
    assert done.returncode == 3
    assert "hash:/etc/postfix/by_sender could not be read" in " ".join(done.stdout.split())


def test_escapes_of_a_file_do_not_reach_the_terminal(directory: Path) -> None:
    (directory / "by_sender").write_bytes(b"@example.co.jp \x1b]0;x\x07\xff[h]\n")
    for shape in ("text", "json"):
        done = mailproof(*ARGUMENTS, str(directory), "--format", shape)
        assert done.returncode == 0
        assert "\x1b" not in done.stdout


def test_escapes_of_a_table_or_a_message_do_not_reach_the_terminal(directory: Path) -> None:
    (directory / "main.cf").write_bytes(b"myhostname = h.test\nsender_canonical_maps = hash:/etc/postfix/s\n")
    (directory / "s").write_bytes(b"a@b.test \x1b]0;x\x07\xff@c.test\n")
    message = "From: a@b.test, \x1b[2J<x@y.test>\nTo: \x9b31m\n\n\x1bbody\n"
    for shape in ("text", "json"):
        for ask in (("a@b.test",), ("--why-not", "\x1b[31ma@b.test"), ("--message", "-", "--client", "own")):
            done = mailproof("postfix", "rewrite", *ask, "-c", str(directory), "--format", shape, given=message)
            assert done.returncode == 0, done.stderr
            assert not set("\x1b\x9b\x07") & set(done.stdout), (ask, shape)


def test_what_is_missing_is_one_sentence(tmp_path: Path) -> None:
    assert "no main.cf" in sentence_of(mailproof(*ARGUMENTS, str(tmp_path)))
    assert "rout" in sentence_of(mailproof("postfix", "rout", "a@b.test", "c@d.test"))


FROM = "alice@pc1.example.co.jp"


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A mail hub with a table of senders."""
    (tmp_path / "main.cf").write_text(
        "myhostname = hub.example.co.jp\nmynetworks = 192.0.2.0/24\ncompatibility_level = 3.6\n"
        "sender_canonical_maps = hash:/etc/postfix/senders\n"
    )
    (tmp_path / "master.cf").write_text(
        "smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n -o smtpd_sasl_auth_enable=yes\n"
        " -o local_header_rewrite_clients=permit_inet_interfaces\npickup unix n - n 60 1 pickup\n"
    )
    (tmp_path / "senders").write_text(f"# who\n{FROM} alice@example.co.jp\n")
    return tmp_path


def test_each_kind_of_client_and_each_place_has_its_address(hub: Path) -> None:
    done = mailproof("postfix", "rewrite", FROM, "-c", str(hub))
    assert (done.returncode, done.stderr) == (0, "")
    rows = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "a client in mynetworks alice@example.co.jp left as it is" in rows
    assert "the server's own address alice@example.co.jp alice@example.co.jp" in rows
    assert "[/etc/postfix/senders:2]" in done.stdout


def test_why_not_is_one_sentence_and_a_line(hub: Path) -> None:
    done = mailproof("postfix", "rewrite", "--why-not", FROM, "-c", str(hub))
    assert done.returncode == 0
    flat = " ".join(done.stdout.split())
    assert flat.startswith(f"{FROM} would become alice@example.co.jp, but local_header_rewrite_clients =")
    assert "In main.cf: local_header_rewrite_clients = permit_inet_interfaces, permit_mynetworks" in flat


def test_why_not_of_an_option_names_the_service(hub: Path) -> None:
    done = mailproof("--lang", "ja", "postfix", "rewrite", "--why-not", FROM, "--sasl-user", "alice", "-c", str(hub))
    assert "master.cf の submission inet の下:" in done.stdout
    assert "-o { local_header_rewrite_clients = permit_inet_interfaces, permit_sasl_authenticated }" in done.stdout
    assert "ヘッダは元のままです" in "".join(done.stdout.split())


def test_json_of_a_rewriting_has_names_for_everything(hub: Path) -> None:
    ask = ("postfix", "rewrite", FROM, "--client", "192.0.2.7", "--format", "json", "-c", str(hub))
    said = json.loads(mailproof(*ask).stdout)
    (client,) = said["addresses"][0]["clients"]
    assert (said["told"], client["client"], client["address"]) == (True, "address", "192.0.2.7")
    assert (client["headers"], client["service"]) == ("left-alone", "smtp inet")
    places = {place["place"]: place["results"] for place in client["places"]}
    assert places["envelope-sender"] == ["alice@example.co.jp"]
    assert places["header-sender"] == [FROM]
    why = json.loads(mailproof(*ask[:2], "--why-not", FROM, "--format", "json", "-c", str(hub)).stdout)
    assert [each["name"] for each in why["obstacles"]] == ["gate"]


def test_a_message_is_rewritten_as_a_whole(hub: Path) -> None:
    text = f"From: Alice <{FROM}>\nTo: bob@example.net\nSubject: x\n\nbody\n"
    ask = ("postfix", "rewrite", "--message", "-", "--client", "own", "-c", str(hub))
    done = mailproof(*ask, given=text)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"- From: Alice <{FROM}>\n+ From: Alice <alice@example.co.jp>\n" in done.stdout
    assert "Date is missing" in done.stdout
    said = json.loads(mailproof(*ask, "--format", "json", given=text).stdout)
    assert said["message"] == text.replace(FROM, "alice@example.co.jp")
    assert said["missing"] == ["message-id", "date"]


@pytest.mark.parametrize(
    ("words", "piece"),
    [
        ((), "--why-not FROM"),
        ((FROM, "--why-not", FROM), "--why-not FROM"),
        ((FROM, "--client", "nobody"), "--client"),
        ((FROM, "--service", "nowhere"), "submission"),
        ((FROM, "--place", "body"), "--place"),
        (("--message", "/no/such/file"), "/no/such/file"),
        ((FROM, "--format", "sarif"), "json"),
    ],
)
def test_a_wish_that_cannot_be_met_is_one_sentence(hub: Path, words: tuple[str, ...], piece: str) -> None:
    done = mailproof("postfix", "rewrite", *words, "-c", str(hub))
    assert done.returncode == 2
    assert piece in sentence_of(done)


@pytest.mark.parametrize(
    ("lang", "answer"),
    [("en", "first to the filter scan:[127.0.0.1]:10024"), ("ja", "まずフィルター scan:[127.0.0.1]:10024 へ")],
)
def test_a_content_filter_and_a_draw_have_their_words(directory: Path, lang: str, answer: str) -> None:
    with (directory / "main.cf").open("a") as settings:
        settings.write(
            "content_filter = scan:[127.0.0.1]:10024\nheader_checks = pcre:/etc/postfix/headers\n"
            "transport_maps = randmap:{smtp:[a.test], smtp:[b.test]}\nsmtpd_relay_restrictions =\n"
            "smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:10023, reject_unauth_destination\n"
        )
    with (directory / "master.cf").open("a") as services:
        services.write("scan unix - - n - - smtp\n")
    done = mailproof("--lang", lang, *ARGUMENTS, str(directory), "--client", "192.0.2.7")
    flat = " ".join(done.stdout.split())
    assert (done.returncode, done.stderr) == (0, "")
    assert answer in flat
    assert "check_policy_service" in flat
    assert "header_checks" in flat
