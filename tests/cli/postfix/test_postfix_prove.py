"""`postfix prove`: what was computed is seen in a private Postfix, and what would go otherwise is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import files_below, mailproof, sentence_of

from mailproof.lab.real.alone import PostfixAlone
from mailproof.model.postfix import Client, Kind, Leg, Proof, Trial
from mailproof.report.postfix_prove import render_trials, trials_as_json

needs_postfix = pytest.mark.skipif(bool(PostfixAlone.missing()), reason="needs root and Postfix")
FROM, OTHER, TO = "alice@pc1.example.co.jp", "bob@sub.example.co.jp", "carol@example.net"


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """The article's hub: senders rewritten, and two relays by sender."""
    directory = tmp_path / "postfix"
    directory.mkdir()
    (directory / "main.cf").write_text(
        "myhostname = hub.example.co.jp\nmynetworks = 127.0.0.0/8, 192.0.2.0/24\ncompatibility_level = 3.6\n"
        "sender_canonical_maps = hash:/etc/postfix/senders\nrelayhost = [gw.example.co.jp]:587\n"
        "sender_dependent_relayhost_maps = hash:/etc/postfix/by_sender\n"
        "transport_maps = regexp:/etc/postfix/transport\n"
    )
    (directory / "master.cf").write_text(
        "smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n -o smtpd_sasl_auth_enable=yes\n"
        " -o local_header_rewrite_clients=permit_sasl_authenticated\npickup unix n - n 60 1 pickup\n"
        "cleanup unix n - n - 0 cleanup\nsmtp unix - - n - - smtp\n"
    )
    (directory / "senders").write_text(f"{FROM} alice@example.co.jp\n")
    (directory / "by_sender").write_text("@example.co.jp [relay1.test]:25\n@sub.example.co.jp [relay2.test]\n")
    (directory / "transport").write_text("/@partner\\.test$/ smtp:[direct.test]\n")
    return directory


@needs_postfix
def test_two_relays_catch_the_mail_of_two_senders_and_from_is_seen(hub: Path) -> None:
    done = mailproof("postfix", "prove", FROM, OTHER, "--to", TO, "-c", str(hub))
    assert (done.returncode, done.stderr) == (0, "")
    flat = " ".join(done.stdout.split())
    assert flat.startswith("Proved: 8 of 8 messages went as computed")
    assert f"own address: {FROM} to {TO} [relay1.test]:25 caught it: envelope alice@example.co.jp" in flat
    near = f"a client in mynetworks (192.0.2.1): {FROM} to {TO} [relay1.test]:25 caught it"
    assert f"{near}: envelope alice@example.co.jp to {TO}; From: {FROM}" in flat
    assert f"{OTHER} to {TO} [relay2.test] caught it" in flat


@needs_postfix
@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        ("", {"own": True, "mynetworks": False, "outside": False, "login": True, "sendmail": True}),
        ("local_header_rewrite_clients = permit_mynetworks", {"own": True, "mynetworks": True, "outside": False}),
        ("local_header_rewrite_clients = static:all", {"own": True, "mynetworks": True, "outside": True}),
    ],
)
def test_whose_header_is_rewritten_is_proved(hub: Path, line: str, kinds: dict[str, bool]) -> None:
    with (hub / "main.cf").open("a") as file:
        file.write(f"{line}\n")
    for kind, rewritten in kinds.items():
        ask = ("postfix", "prove", FROM, "--to", TO, "--client", kind, "--format", "json", "-c", str(hub))
        said = json.loads(mailproof(*ask).stdout)
        (trial,) = said["trials"]
        (leg,) = trial["seen"]
        assert (said["proved"], leg["sender"]) == (True, "alice@example.co.jp")
        assert leg["from"] == ("alice@example.co.jp" if rewritten else FROM), kind


@needs_postfix
def test_a_table_of_transports_and_a_domain_of_its_own_are_proved(hub: Path) -> None:
    text = (hub / "main.cf").read_text()
    for to, relay, main in (
        ("carol@partner.test", "[direct.test]", text),
        (TO, "MX", text.replace("relayhost = [gw.example.co.jp]:587\n", "")),
        ("root@hub.example.co.jp", "local", text),
    ):
        (hub / "main.cf").write_text(main)
        ask = ("postfix", "prove", "who@else.test", "--to", to, "--client", "own", "--format", "json", "-c", str(hub))
        said = json.loads(mailproof(*ask).stdout)
        assert (said["proved"], [leg["relay"] for leg in said["trials"][0]["seen"]]) == (True, [relay])


@needs_postfix
def test_what_ends_in_an_error_is_not_sent_and_not_called_proved(hub: Path) -> None:
    (hub / "transport").write_text("/@partner\\.test$/ error:closed\n")
    done = mailproof("postfix", "prove", FROM, "--to", "x@partner.test", "--client", "own", "-c", str(hub))
    assert done.returncode == 1
    assert "Nothing could be proved" in done.stdout


@needs_postfix
def test_it_leaves_nothing_behind(hub: Path, tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    tmp_path.chmod(0o755)
    env = {"TMPDIR": str(tmp_path / "t")}
    done = mailproof("postfix", "prove", FROM, "--to", TO, "--client", "own", "-c", str(hub), env=env)
    assert (done.returncode, files_below(tmp_path / "t")) == (0, [])


def test_what_went_otherwise_is_told() -> None:
    computed = (Leg("[relay1.test]", "a@b.test", ("c@d.test",), "a@b.test"),)
    client = Client(Kind.OWN)
    seen = (Leg("[relay2.test]", "a@b.test", ("c@d.test",), "x@b.test"),)
    unsent = (Leg("", "a@b.test", ("c@d.test",), "a@b.test"),)
    trials = [Trial(client, "a@b.test", "c@d.test", legs, came)
              for legs, came in ((computed, computed), (computed, seen), (computed, ()), (unsent, ()))]  # fmt: skip
    assert [trial.verdict for trial in trials] == [
        Proof.AS_COMPUTED, Proof.OTHERWISE, Proof.OTHERWISE, Proof.NOT_SENT
    ]  # fmt: skip
    text = render_trials(trials, "en", False, 200)
    assert text.startswith("2 of 3 messages went otherwise than computed\n")
    assert "no transport delivers it, so it was not sent" in text
    assert render_trials(trials[:1] + trials[3:], "en", False, 200).startswith(
        "Proved: 1 of 1 messages went as computed"
    )
    assert render_trials(trials[3:], "en", False, 200).startswith("Nothing could be proved: no message was sent\n")
    assert "but [relay2.test] caught: envelope a@b.test to c@d.test; From: x@b.test" in text
    assert "but nothing came" in text
    assert [each["verdict"] == "as-computed" for each in json.loads(trials_as_json(trials))["trials"]] == [
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("words", "piece"),
    [
        (("--to", TO), "SENDER"),
        ((FROM,), "--to"),
        ((FROM, "--to", TO, "--client", "login", "--service", "smtp"), "--service"),
    ],
)
@needs_postfix
def test_a_proof_that_cannot_be_is_one_sentence(hub: Path, words: tuple[str, ...], piece: str) -> None:
    done = mailproof("postfix", "prove", *words, "-c", str(hub))
    assert done.returncode == 2
    assert piece in sentence_of(done)


@needs_postfix
def test_a_table_of_another_program_cannot_be_proved(hub: Path) -> None:
    with (hub / "main.cf").open("a") as file:
        file.write("canonical_maps = ldap:/etc/postfix/l.cf\n")
    done = mailproof("postfix", "prove", FROM, "--to", TO, "-c", str(hub))
    assert done.returncode == 2
    assert "ldap:/etc/postfix/l.cf" in sentence_of(done)


@pytest.mark.skipif(not PostfixAlone.missing(), reason="everything is here")
def test_it_says_what_it_needs(hub: Path) -> None:
    done = mailproof("postfix", "prove", FROM, "--to", TO, "-c", str(hub))
    assert done.returncode == 2
    assert str(PostfixAlone.missing()[0]) in sentence_of(done)
