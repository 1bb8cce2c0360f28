"""A message followed through a real Postfix and Dovecot: it waits, is thrown away, rewritten, sorted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from insidecheck import checked, dovecot_of, postfix_of
from labcheck import ALICE
from mailproof.lab.real.server import RealLab
from nameserver import name_server

pytestmark = pytest.mark.real
Start = Callable[..., RealLab]
SIEVE = (
    "protocol lmtp {\n  mail_plugins = $mail_plugins sieve\n}\n"
    "plugin {\n  sieve_before = @directory@/dovecot/before.sieve\n}\n"
)
CHECKS = {"header_checks": "regexp:@directory@/postfix/etc/header_checks"}


def deliver(lab: RealLab, *more: str, schemes: tuple[str, ...] = ("submission", "imaps")) -> dict[str, Any]:
    return checked(
        lab,
        *(lab.urls[scheme] for scheme in schemes),
        *("--user", ALICE, "--password-env", "PW", "--mailbox", ALICE, "--deliver", "--here"),
        *(*postfix_of(lab), *dovecot_of(lab), "--timeout", "10", *more),
    )


def finding(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    (found,) = [each for each in told["findings"] if each["name"] == name]
    kept: dict[str, Any] = found
    return kept


def texts(found: Mapping[str, Any]) -> str:
    return "\n".join(f"{piece['where']}: {piece['text']}" for piece in found["evidence"])


def test_mail_that_waits_is_found_in_the_queue_with_the_reason(real_lab_with: Start) -> None:
    lab = real_lab_with(main={"virtual_transport": "smtp:[127.0.0.1]:9"})
    told = deliver(lab)
    assert [cause["name"] for cause in told["causes"]] == ["next-hop-refused"]
    waits = finding(told, "delivery-deferred")
    assert waits["explained_by"] == ["next-hop-refused"]
    assert "postqueue -j, deferred: <alice@example.test>: connect to 127.0.0.1" in texts(waits)
    assert told["messages"][0]["trace"]["outcome"] == "deferred"


HEADER = {"main": CHECKS, "files": {"postfix/etc/header_checks": "/^X-Mailproof-Token:/ DISCARD by our rule\n"}}
ACCESS = {"smtpd_recipient_restrictions": "check_recipient_access inline:{{alice@example.test=DISCARD gone}}"}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        (HEADER, "by our rule"),
        ({"main": ACCESS}, "gone"),
        ({"main": {"virtual_transport": "discard:nowhere"}}, "status=sent (nowhere)"),
    ],
)
def test_the_rule_that_threw_it_away_is_named(real_lab_with: Start, changes: dict[str, Any], rule: str) -> None:
    told = deliver(real_lab_with(**changes))
    assert [cause["name"] for cause in told["causes"]] == ["mail-discarded"]
    assert rule in texts(told["causes"][0])
    assert finding(told, "not-delivered")["explained_by"] == ["mail-discarded"]


def test_an_alias_that_takes_it_elsewhere_is_named_with_its_line(real_lab_with: Start) -> None:
    lab = real_lab_with(
        main={"virtual_alias_maps": "texthash:@directory@/postfix/etc/virtual"},
        files={"postfix/etc/virtual": "# aliases\nalice@example.test  bob@example.test\n"},
    )
    (cause,) = deliver(lab)["causes"]
    assert cause["name"] == "delivered-elsewhere"
    assert cause["evidence"][0]["where"] == f"{lab.postfix_dir}/virtual:2"
    assert "orig_to=<alice@example.test>" in texts(cause)


def test_a_sieve_script_that_files_it_is_seen_by_imap_and_in_the_log(real_lab_with: Start) -> None:
    """POP3 sees the INBOX alone: there it is the log that tells."""
    script = 'require ["fileinto", "mailbox"];\nfileinto :create "Junk";\n'
    lab = real_lab_with(dovecot=SIEVE, files={"dovecot/before.sieve": script})
    for schemes in (("submission", "imaps"), ("submission", "pop3s")):
        with name_server({}) as (address, port):
            told = deliver(lab, "--resolver", f"{address}:{port}", schemes=schemes)
        assert [cause["name"] for cause in told["causes"]] == ["filtered-into-folder"]
        assert told["causes"][0]["params"]["folder"] == "Junk"
        assert "stored mail into mailbox 'Junk'" in texts(told["causes"][0])


def test_a_sound_server_is_followed_to_the_mailbox(real_lab: RealLab) -> None:
    told = deliver(real_lab)
    assert told["causes"] == []
    assert "message-goes-through" in {item["name"] for item in told["passed"]}
    (message,) = told["messages"]
    assert message["trace"]["outcome"] == "delivered"
    assert message["trace"]["legs"][-1]["params"]["folder"] == "INBOX"
