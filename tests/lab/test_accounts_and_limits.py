"""Who lives in the lab, where mail for everybody goes, how much is taken, and what stays in a Maildir."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from embedded_check import NOW, place_of, say
from hypothesis import given
from hypothesis import strategies as st

from mailproof.lab.embedded.accounts import Account, given_accounts, made_accounts
from mailproof.lab.embedded.mailboxes import Mailbox
from mailproof.lab.embedded.server import EmbeddedLab, in_memory
from mailproof.lab.embedded.settings import LabSettings, Limits
from mailproof.model.endpoint import Scheme
from mailproof.model.failure import UsageError
from mailproof.net.memory import MemoryNet
from mailproof.script.authority import Authority

MESSAGE = b"DATA\r\nSubject: x\r\n\r\nhello\r\n.\r\nQUIT\r\n"
HELLO = b"EHLO client.test\r\nMAIL FROM:<someone@example.com>\r\n"


def heard(net: MemoryNet, said: bytes, scheme: Scheme = Scheme.SMTP, ca_file: str = "") -> str:
    return net.run(say(net, scheme, said, ca_file)).decode()


def codes(answer: str) -> list[int]:
    return [int(code) for code in re.findall(r"^(\d{3}) ", answer, re.MULTILINE)]


def lab(authority: Authority, settings: LabSettings) -> tuple[MemoryNet, EmbeddedLab]:
    return in_memory(settings, authority, NOW)


# -- accounts


def test_a_bare_name_has_its_mail_at_the_domain_and_a_password_is_made_up() -> None:
    alice, sample = given_accounts([("alice@example.com", "pa:ss word"), ("sample", "x")])
    assert (alice.user, alice.password) == ("alice@example.com", "pa:ss word")
    assert (sample.user, sample.password, sample.address("example.test")) == ("sample", "x", "sample@example.test")
    (bob,) = made_accounts(["bob"])
    assert re.fullmatch("[a-z2-9]{12}", bob.password)
    assert bob.password != made_accounts(["bob"])[0].password


@pytest.mark.parametrize(
    "name", ["", "a b", "a/b", "..", "a..b", ".a", "@x", "a@", "a@b@c", "a\tb", '"a"', "x" * 300]
)
def test_what_can_be_no_login_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="account-name"):
        made_accounts([name])


@given(st.lists(st.tuples(st.text(max_size=20), st.text(min_size=1, max_size=20)), max_size=5))
def test_any_pairs_give_accounts_or_name_the_wrong_one(pairs: list[tuple[str, str]]) -> None:
    try:
        accounts = given_accounts(pairs)
    except UsageError as error:
        assert error.reason in ("account-number", "account-twice")
    else:
        assert all(account.user and account.password and "/" not in account.user for account in accounts)


def test_a_bare_name_logs_in_as_that_and_nothing_else(authority: Authority, ca_file: str) -> None:
    net, running = lab(
        authority, LabSettings(accounts=(Account("sample", "password"), Account("a@other.test", "pw")))
    )
    assert codes(heard(net, HELLO + b"RCPT TO:<Sample@example.test>\r\nRCPT TO:<a@other.test>\r\n" + MESSAGE)) == [
        *(220, 250, 250, 250, 250, 354, 250, 221)
    ]
    said = b"USER sample\r\nPASS password\r\nSTAT\r\nQUIT\r\n"
    assert "+OK 1 " in heard(net, said, Scheme.POP3S, ca_file)
    said = b"a LOGIN sample password\r\na SELECT INBOX\r\na LOGOUT\r\n"
    assert "* 1 EXISTS" in heard(net, said, Scheme.IMAPS, ca_file)
    said = b"USER sample@example.test\r\nPASS password\r\nQUIT\r\n"
    assert "-ERR [AUTH]" in heard(net, said, Scheme.POP3S, ca_file)
    assert any("passwd-file(sample@example.test" in line and "unknown user" in line for line in running.log.lines)


# -- mail for everybody


def test_everything_is_caught_and_nothing_goes_out(authority: Authority) -> None:
    net, running = lab(authority, LabSettings(catch_all=True))
    recipients = b"RCPT TO:<nobody@example.test>\r\nRCPT TO:<x@gmail.example>\r\nRCPT TO:<bob@example.test>\r\n"
    assert codes(heard(net, HELLO + recipients + MESSAGE)) == [220, 250, 250, 250, 250, 250, 354, 250, 221]
    caught = [message.data for message in running.mailboxes["catch-all@example.test"].messages]
    assert [re.findall(rb"^X-Original-To: (.*)\r$", data, re.MULTILINE) for data in caught] == [
        [b"nobody@example.test"],
        [b"x@gmail.example"],
    ]
    assert len(running.mailboxes["bob@example.test"].messages) == 1
    assert not running.site.post.queue
    assert any("orig_to=<x@gmail.example>" in line for line in running.log.lines)
    assert running.accounts[-1].user == "catch-all@example.test"


def test_a_stranger_still_has_to_log_in_at_the_submission_port(authority: Authority, ca_file: str) -> None:
    net, _ = lab(authority, LabSettings(catch_all=True))
    answer = heard(net, HELLO + b"RCPT TO:<x@gmail.example>\r\nQUIT\r\n", Scheme.SUBMISSIONS, ca_file)
    assert codes(answer) == [220, 250, 250, 554, 221]


# -- limits


def test_limits_are_those_that_were_asked_for(authority: Authority) -> None:
    net, _ = lab(authority, LabSettings(limits=Limits(message=10, recipients=2)))
    recipients = b"RCPT TO:<bob@example.test>\r\n" * 3
    answer = heard(net, HELLO + recipients + MESSAGE)
    assert "250-SIZE 10\r\n" in answer
    assert codes(answer) == [220, 250, 250, 250, 250, 452, 354, 552, 221]
    answer = heard(net, b"EHLO c\r\nMAIL FROM:<> SIZE=11\r\nQUIT\r\n")
    assert codes(answer) == [220, 250, 552, 221]


def test_one_client_may_have_so_many_connections_at_once(authority: Authority) -> None:
    net, _ = lab(authority, LabSettings(limits=Limits(connections=2)))

    async def three() -> list[bytes]:
        streams = [await net.connect(place_of(Scheme.SMTP), 1.0, purpose="test") for _ in range(3)]
        greetings = [await stream.read(10.0) for stream in streams]
        streams[0].close()
        await net.sleep(1)
        again = await net.connect(place_of(Scheme.SMTP), net.now() + 1, purpose="test")
        return [*greetings, await again.read(net.now() + 10)]

    assert [greeting[:4] for greeting in net.run(three())] == [b"220 ", b"220 ", b"421 ", b"220 "]


def test_a_fault_counts_more_than_a_limit(authority: Authority) -> None:
    net, _ = lab(authority, LabSettings(limits=Limits(message=5000), faults=("message-too-big@smtp",)))
    assert "250-SIZE 16\r\n" in heard(net, b"EHLO c\r\nQUIT\r\n")


# -- Maildirs


def test_a_maildir_is_read_again(tmp_path: Path) -> None:
    box = Mailbox(1, tmp_path)
    box.add(b"Subject: one\r\n\r\n", NOW)
    box.add(b"Subject: two\r\n\r\n", NOW)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cur", "new", "tmp"]
    assert not list((tmp_path / "tmp").iterdir())
    first = min((tmp_path / "new").iterdir())
    first.rename(tmp_path / "cur" / f"{first.name}:2,FS")
    again = Mailbox(1, tmp_path)
    assert sorted(message.data for message in again.messages) == [b"Subject: one\r\n\r\n", b"Subject: two\r\n\r\n"]
    assert [sorted(message.flags) for message in again.messages] == [["\\Flagged", "\\Seen"], []]
    again.remove(again.messages)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_a_reader_marks_is_in_the_maildir(authority: Authority, ca_file: str, tmp_path: Path) -> None:
    settings = LabSettings(maildir=str(tmp_path))
    net, running = lab(authority, settings)
    for subject in (b"one", b"two"):
        running.mailboxes["bob@example.test"].add(b"Subject: %s\r\n\r\nx\r\n" % subject, NOW)
    session = (
        b"a LOGIN bob@example.test bobpw\r\na SELECT INBOX\r\na FETCH 2 BODY[]\r\na STORE 2 +FLAGS (\\Flagged)\r\n"
    )
    assert "Subject: two" in heard(net, session + b"a LOGOUT\r\n", Scheme.IMAPS, ca_file)
    inbox = tmp_path / "bob@example.test"
    (seen,), (unseen,) = (list((inbox / part).iterdir()) for part in ("cur", "new"))
    assert seen.name.endswith(":2,FS") and "two" in seen.read_text()
    assert "one" in unseen.read_text()
    _, again = lab(authority, settings)
    marked = {
        message.data.split(b"\r\n")[0]: message.flags for message in again.mailboxes["bob@example.test"].messages
    }
    assert marked == {b"Subject: one": set(), b"Subject: two": {"\\Flagged", "\\Seen"}}
