"""`lab --articles`: what it is to be, proven of the embedded one and of the real Postfix and Dovecot."""

from __future__ import annotations

import imaplib
import poplib
import re
import shutil
import smtplib
import ssl
import subprocess
import sys
from collections.abc import Iterator

import pytest
from articles_town import SECONDS, Town, embedded, play, real, until

from mailproof.catalog.words import LANGUAGES, words
from mailproof.lab.articles import town
from mailproof.lab.articles.lessons import Lesson, Place, lessons
from mailproof.report.json import decode
from mailproof.script.authority import Authority

ELSEWHERE = "someone@example.net"
MINE = f"sample@host1.{town.DOMAIN}"


@pytest.fixture(scope="module", params=["embedded", pytest.param("real", marks=pytest.mark.real)])
def there(
    request: pytest.FixtureRequest, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    if request.param == "embedded":
        with embedded(tmp_path_factory.mktemp("town"), authority) as made:
            yield made
    else:
        with real() as made:
            yield made


def trusting(there: Town) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=there.place.ca_file)


# -- who may relay


@pytest.mark.parametrize("port", ["smtp", "submission", "rewrite-all"])
@pytest.mark.parametrize(
    ("source", "code"), [(town.SERVER, 250), (town.NEIGHBOUR, 250), (town.OUTSIDER, 554)], ids=str
)
def test_the_network_may_relay_and_nobody_else(there: Town, port: str, source: str, code: int) -> None:
    with smtplib.SMTP("127.0.0.1", there.ports[port], source_address=(source, 0), timeout=SECONDS) as client:
        if port == "submission":
            client.starttls(context=trusting(there))
        client.ehlo("client.example.net")
        assert client.mail(f"sample@{town.DOMAIN}")[0] == 250
        answer = client.rcpt(ELSEWHERE)
    assert answer[0] == code
    if code == 554:
        assert answer[1].decode() == f"5.7.1 <{ELSEWHERE}>: Relay access denied"
        refused = (
            rf"/smtpd\[\d+\]: NOQUEUE: reject: RCPT from unknown\[{source}\]: 554 5.7.1 <{ELSEWHERE}>: Relay access"
        )
        until(lambda: re.search(refused, there.log()), "the refusal in the log")


def test_what_the_network_relays_is_caught(there: Town) -> None:
    assert there.send(f"username@{town.DOMAIN}", ELSEWHERE, subject="out")[0] == 250
    until(lambda: any("Subject: out\n" in message for message in there.caught(town.ELSEWHERE)), "the mail outside")


def test_who_has_logged_in_may_relay_from_anywhere(there: Town) -> None:
    context = trusting(there)
    for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
        with smtplib.SMTP(
            "127.0.0.1", there.ports["submission"], source_address=(town.OUTSIDER, 0), timeout=SECONDS
        ) as client:
            client.starttls(context=context)
            client.ehlo()
            client.user, client.password = "sample", "password"
            method = getattr(client, f"auth_{mechanism.lower().replace('-', '_')}")
            assert client.auth(mechanism, method)[0] == 235
            client.sendmail(f"sample@{town.DOMAIN}", [ELSEWHERE], f"Subject: {mechanism}\r\n\r\nhello\r\n")
        until(lambda m=mechanism: f"sasl_method={m}, sasl_username=sample" in there.log(), "the login in the log")


# -- logins


@pytest.mark.parametrize("mechanism", town.MECHANISMS)
def test_every_mechanism_of_the_articles_works(there: Town, mechanism: str) -> None:
    urls = [f"{name}://localhost:{there.ports[name]}" for name in ("submission", "submissions", "pop3s", "imaps")]
    options = ("--user", "sample", "--password-env", "PW", "--mechanism", mechanism, "-4", "--format", "json")
    done = subprocess.run(
        [sys.executable, "-m", "mailproof", "check", *urls, "--ca-file", there.place.ca_file, *options],
        env={"PW": "password", "LANG": "C.UTF-8"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    report = decode(done.stdout)
    # At some of them the check logs in more than once.
    assert {item.endpoint for item in report.passed if item.name == "login-accepted"} == set(urls), done.stdout


@pytest.mark.parametrize(
    ("user", "right"),
    [
        ("sample", True),
        (f"sample@{town.DOMAIN}", False),
        (f"authtest@{town.DOMAIN}", True),
        ("authtest", False),
    ],
)
def test_a_name_is_bare_or_an_address_and_not_both(there: Town, user: str, right: bool) -> None:
    client = poplib.POP3("127.0.0.1", there.ports["pop3"], timeout=SECONDS)
    client.user(user)
    if right:
        assert client.pass_("password") == b"+OK Logged in."
        client.quit()
    else:
        with pytest.raises(poplib.error_proto, match="-ERR"):
            client.pass_("password")
        client.close()
        expected = rf"dovecot: auth: (?:Info: )?passwd-file\({user},127\.0\.0\.1(?:,[^)]*)?\): unknown user"
        until(lambda: re.search(expected, there.log()), "the refusal in the log")


def test_port_25_offers_logins_in_clear_and_in_the_old_way(there: Town) -> None:
    with smtplib.SMTP("127.0.0.1", there.ports["smtp"], timeout=SECONDS) as client:
        _, offered = client.ehlo()
        lines = offered.decode().splitlines()
        mechanisms = [set(line[5:].split()) for line in lines if re.match("AUTH[ =]", line)]
        assert mechanisms == [set(town.MECHANISMS)] * 2
        assert f"SIZE {town.MESSAGE_LIMIT}" in lines
        assert "VRFY" not in lines
        assert client.login("sample", "password")[0] == 235


def test_the_software_is_not_named(there: Town) -> None:
    client = smtplib.SMTP(timeout=SECONDS)
    assert client.connect("127.0.0.1", there.ports["smtp"]) == (220, b"mail.example.test ESMTP unknown")
    client.close()


def test_submission_offers_vrfy_as_in_the_article(there: Town) -> None:
    with smtplib.SMTP_SSL(
        "localhost", there.ports["submissions"], context=trusting(there), timeout=SECONDS
    ) as client:
        client.ehlo()
        assert client.has_extn("vrfy")
        assert client.verify(f"sample@{town.DOMAIN}")[0] == 252


# -- the mailbox


def test_three_mails_lie_in_the_mailbox_from_the_start(there: Town) -> None:
    context = trusting(there)
    client = poplib.POP3_SSL("localhost", there.ports["pop3s"], context=context, timeout=SECONDS)
    client.user("sample")
    client.pass_("password")
    assert client.stat()[0] >= 3
    lines = client.retr(1)[1]
    assert b"Return-Path: <someone@example.net>" in lines
    assert b"Subject: Test mail 1" in lines
    client.quit()
    imap = imaplib.IMAP4_SSL("localhost", there.ports["imaps"], ssl_context=context, timeout=SECONDS)
    imap.login("sample", "password")
    assert int(imap.select("INBOX")[1][0]) >= 3
    imap.logout()


# -- rewriting


@pytest.mark.parametrize("source", [town.SERVER, town.NEIGHBOUR, town.OUTSIDER])
@pytest.mark.parametrize("port", town.REWRITE)
def test_the_envelope_is_always_rewritten_and_the_header_for_some(there: Town, port: str, source: str) -> None:
    for_whom = {
        "permit_inet_interfaces": (town.SERVER,),
        "permit_mynetworks": (town.SERVER, town.NEIGHBOUR),
        "static:all": (town.SERVER, town.NEIGHBOUR, town.OUTSIDER),
    }
    subject, to = f"rewrite {port} {source}", f"authtest@{town.DOMAIN}"
    # Port 25 has a greylist too, which an outsider has to wait for.
    until(
        lambda: there.send(MINE, to, port=port, source=source, subject=subject)[0] == 250, "the end of the greylist"
    )
    (message,) = until(
        lambda: [text for text in there.mail(to) if f"Subject: {subject}\n" in text], "the mail of authtest"
    )
    rewritten = source in for_whom[town.REWRITE[port]]
    assert f"Return-Path: <sample@{town.DOMAIN}>\n" in message
    assert f"From: {f'sample@{town.DOMAIN}' if rewritten else MINE}\n" in message


# -- two ways


@pytest.mark.parametrize(("domain", "relay"), [*town.TRANSPORTS.items(), *town.RELAYHOSTS.items()])
def test_the_sender_decides_which_relay_it_is(there: Town, domain: str, relay: str) -> None:
    assert there.send(f"foo{domain}", ELSEWHERE, subject=f"by {domain}")[0] == 250
    until(lambda: [text for text in there.caught(relay) if f"Subject: by {domain}\n" in text], f"mail at {relay}")
    others = set(town.SINKS) - {relay}
    assert not [text for name in others for text in there.caught(name) if f"Subject: by {domain}\n" in text]
    sent = (
        rf"postfix/smtp\[\d+\]: \w+: to=<{ELSEWHERE}>, relay=127\.0\.0\.1\[127\.0\.0\.1\]:\d+, .*status=sent \(250 "
    )
    until(lambda: re.search(sent, there.log()), "the delivery in the log")


# -- the greylist


def test_an_outsider_is_put_off_once(there: Town) -> None:
    sender, to = "first@example.net", f"username@{town.DOMAIN}"
    code, said = there.send(sender, to, source=town.OUTSIDER)
    assert code == 451
    assert re.fullmatch(
        rf"4\.7\.1 <{to}>: Recipient address rejected: Greylisting in action, please come back in 00:00:0[12]", said
    )
    until(lambda: there.send(sender, to, source=town.OUTSIDER)[0] == 250, "the end of the greylist")
    assert there.send("second@example.net", to, source=town.OUTSIDER)[0] == 451
    assert there.send("second@example.net", to, source=town.NEIGHBOUR)[0] == 250


# -- what the articles type


TOOLS = ("bash", "openssl", "telnet", "nmap", "perl")


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}")
def test_everything_that_is_typed_in_the_articles_is_answered_as_there(there: Town) -> None:
    for lesson in lessons(there.place):
        if lesson.printed:
            until(lambda lesson=lesson: _is_played(lesson), f"{lesson.printed} by {lesson.command}")
        else:
            play(lesson)


def _is_played(lesson: Lesson) -> bool:
    try:
        return bool(play(lesson))
    except AssertionError:
        return False


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_lesson_has_words(lang: str) -> None:
    names = dict.fromkeys(("smtp", "submission", "submissions", "pop3", "pop3s", "imap", "imaps", *town.REWRITE), 1)
    boxes = {account.user: "x" for account in town.ACCOUNTS}
    given = lessons(Place(names, "ca", "log", boxes, dict.fromkeys(town.SINKS, "x")))
    assert all(words(lang)(f"lab.lesson-{lesson.name}") for lesson in given)
    assert {lesson.article for lesson in given} == {1, 2, 3, 4, 5}
