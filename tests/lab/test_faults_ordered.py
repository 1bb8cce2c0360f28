"""Faults now and then, late, with another code, several at once; and steps that are disturbed."""

from __future__ import annotations

import re
from itertools import product

import pytest
from embedded_check import NOW, check, place_of, say

from mailproof.catalog.words import LANGUAGES, words
from mailproof.lab.embedded.chaos import STEP_OF, Step
from mailproof.lab.embedded.faults import FAULTS, GROUPS, behaviour_of, parse_fault, parse_faults
from mailproof.lab.embedded.faults.order import OPTIONS, schemes_of
from mailproof.lab.embedded.occasion import Fortune, Occasion
from mailproof.lab.embedded.server import EmbeddedLab, in_memory
from mailproof.lab.embedded.settings import LabSettings
from mailproof.model.endpoint import Scheme
from mailproof.model.failure import NetFailure, UsageError
from mailproof.model.tls import TlsSettings
from mailproof.net.memory import MemoryNet
from mailproof.script.authority import Authority

HELLO = b"EHLO client.test\r\n"
TO_BOB = HELLO + b"MAIL FROM:<someone@example.com>\r\nRCPT TO:<bob@example.test>\r\n"
MESSAGE = b"DATA\r\nSubject: x\r\n\r\nx\r\n.\r\n"
QUIT = b"QUIT\r\n"


def lab(authority: Authority, *faults: str, seed: int = 0) -> tuple[MemoryNet, EmbeddedLab]:
    return in_memory(LabSettings(faults=faults, seed=seed), authority, NOW)


def heard(net: MemoryNet, said: bytes, times: int = 1, scheme: Scheme = Scheme.SMTP) -> list[str]:
    """What each of so many connections, one after the other, was answered."""

    async def one_after_the_other() -> list[str]:
        return [(await say(net, scheme, said)).decode() for _ in range(times)]

    return net.run(one_after_the_other())


def codes(answer: str) -> list[int]:
    """The last line of each reply."""
    return [int(code) for code in re.findall(r"^(\d{3}) ", answer, re.MULTILINE)]


# -- when


def test_after_and_count_are_a_window(authority: Authority) -> None:
    net, _ = lab(authority, "recipient-unknown:after=2,count=3")
    answers = [codes(answer)[3] for answer in heard(net, TO_BOB + QUIT, times=7)]
    assert answers == [250, 250, 550, 550, 550, 250, 250]


def test_a_chance_is_about_what_it_says_and_the_same_with_the_same_seed(authority: Authority) -> None:
    said = HELLO + b"MAIL FROM:<a@example.com>\r\n" + b"RCPT TO:<bob@example.test>\r\n" * 15 + QUIT

    def struck(seed: int) -> list[int]:
        net, _ = lab(authority, "rcpt:451:chance=30%", seed=seed)
        return [code for answer in heard(net, said, times=20) for code in codes(answer)[3:-1]]

    first = struck(7)
    assert len(first) == 300
    # Three standard deviations of a binomial of 300 at 0.3 are 24.
    assert 66 <= first.count(451) <= 114
    assert struck(7) == first
    assert struck(8) != first


def test_one_endpoint_does_not_change_what_happens_at_another() -> None:
    occasion = Occasion("x", chance=0.5)

    def at_smtp(visits_elsewhere: int) -> list[bool]:
        fortune = Fortune(3)
        for _ in range(visits_elsewhere):
            fortune.strikes(occasion, "imap")
        return [fortune.strikes(occasion, "smtp") for _ in range(50)]

    assert at_smtp(0) == at_smtp(9)
    assert len({*at_smtp(0)}) == 2


def test_a_fault_of_connections_strikes_some_of_them(authority: Authority, ca_file: str) -> None:
    net, _ = lab(authority, "certificate-expired@submissions:after=1,count=1")

    async def three() -> list[bool]:
        trusted = []
        for _ in range(3):
            stream = await net.connect(place_of(Scheme.SUBMISSIONS), net.now() + 1, purpose="test")
            made = await stream.start_tls(TlsSettings(ca_file=ca_file), "mail.example.test", net.now() + 1)
            stream.close()
            assert made.trouble is None
            trusted.append("certificate has expired" not in str(made))
        return trusted

    assert net.run(three()) == [True, False, True]


def test_a_delay_is_of_the_refusal_and_of_the_greeting(authority: Authority) -> None:
    net, _ = lab(authority, "mailbox-full@smtp:delay=7s", "greeting-slow@pop3:delay=1500ms")
    heard(net, TO_BOB + QUIT)
    assert net.now() == pytest.approx(7, abs=0.1)
    began = net.now()
    heard(net, QUIT, scheme=Scheme.POP3)
    assert net.now() - began == pytest.approx(1.5, abs=0.1)


def test_a_code_brings_its_class_with_it(authority: Authority) -> None:
    net, _ = lab(authority, "mailbox-full:code=452", "app-password-required:code=454")
    (answer,) = heard(net, TO_BOB + QUIT)
    assert "452 4.2.2 <bob@example.test>: Recipient address rejected: Quota exceeded" in answer
    (reply,) = behaviour_of(Scheme.SUBMISSION, parse_faults(["app-password-required:code=454"])).login_replies
    assert reply.smtp == (454, "4.7.9", "Application-specific password required.")


@pytest.mark.parametrize("code", [421, 521])
def test_after_some_codes_the_server_hangs_up(authority: Authority, code: int) -> None:
    for fault in (f"mailbox-full:code={code}", f"rcpt:{code}"):
        net, _ = lab(authority, fault)
        (answer,) = heard(net, TO_BOB + b"NOOP\r\n" + QUIT)
        assert codes(answer)[-1] == code


@pytest.mark.parametrize("code", [421, 450])
def test_so_it_does_after_a_message_and_a_login(authority: Authority, ca_file: str, code: int) -> None:
    net, _ = lab(authority, f"content-rejected:{code}", f"auth-rejected@submissions:{code}")
    (answer,) = heard(net, TO_BOB + MESSAGE + QUIT)
    assert codes(answer)[5:] == ([421] if code == 421 else [450, 221])
    said = HELLO + b"AUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdABhbGljZXB3\r\n" + QUIT
    answer = net.run(say(net, Scheme.SUBMISSIONS, said, ca_file)).decode()
    assert codes(answer)[2:] == ([421] if code == 421 else [450, 221])


def test_a_step_that_is_mistyped_is_guessed() -> None:
    for text, near in (("rctp:451", "rcpt"), ("Conect:421", "connect"), ("greylist:chance=20%", "greylisted")):
        with pytest.raises(UsageError) as caught:
            parse_fault(text)
        assert near in caught.value.params["near"]


def test_a_fault_now_and_then_is_still_named(authority: Authority, ca_file: str) -> None:
    _, _, judged = check(authority, ca_file, "starttls-not-offered@submission:chance=100%,after=0")
    assert [cause.name for cause in judged.causes] == ["starttls-not-offered"]


# -- steps


@pytest.mark.parametrize(
    ("step", "said", "expected"),
    [
        ("connect:554", b"", [554]),
        ("connect:421", b"", [421]),
        ("ehlo:502", HELLO + QUIT, [220, 502, 221]),
        ("mail:451", TO_BOB + QUIT, [220, 250, 451, 503, 221]),
        ("rcpt:550", TO_BOB + QUIT, [220, 250, 250, 550, 221]),
        ("data:451", TO_BOB + b"DATA\r\n" + QUIT, [220, 250, 250, 250, 451, 221]),
        ("message:554", TO_BOB + MESSAGE + QUIT, [220, 250, 250, 250, 354, 554, 221]),
        ("quit:450", HELLO + QUIT, [220, 250, 450]),
        ("rcpt:hang-up", TO_BOB + QUIT, [220, 250, 250]),
        ("message:hang-up", TO_BOB + MESSAGE + QUIT, [220, 250, 250, 250, 354]),
        ("connect:hang-up", HELLO, []),
        ("message:delay=3s", TO_BOB + MESSAGE + QUIT, [220, 250, 250, 250, 354, 250, 221]),
    ],
)
def test_a_step_of_smtp_is_disturbed(authority: Authority, step: str, said: bytes, expected: list[int]) -> None:
    net, lab_ = lab(authority, step)
    (answer,) = heard(net, said)
    assert codes(answer) == expected
    kept = len(lab_.mailboxes["bob@example.test"].messages)
    assert kept == (expected[-2:] == [250, 221])
    assert f"(--fault {step})" in answer or not step[-1].isdigit()


def test_a_disturbed_step_is_in_the_log(authority: Authority) -> None:
    net, running = lab(authority, "rcpt:451:count=1", "message:hang-up")
    heard(net, TO_BOB + b"RCPT TO:<bob@example.test>\r\n" + MESSAGE)
    log = "\n".join(running.log.lines)
    assert "NOQUEUE: reject: RCPT from unknown[" in log
    assert ": 451 4.3.0 Error: try again later (--fault rcpt:451:count=1); from=<someone@example.com>" in log
    assert re.search(r"postfix/smtpd\[\d+\]: lost connection after END-OF-MESSAGE from unknown\[", log)


@pytest.mark.parametrize(
    ("scheme", "step", "said", "expected"),
    [
        (Scheme.POP3, "capa:451", b"CAPA\r\nQUIT\r\n", "-ERR [SYS/TEMP] Error: try again later"),
        (Scheme.POP3, "quit:554", b"QUIT\r\n", "-ERR [SYS/PERM] Error: refused"),
        (Scheme.POP3, "connect:451", b"", "-ERR [SYS/TEMP] Error"),
        (Scheme.IMAP, "capability:451", b"a CAPABILITY\r\nb LOGOUT\r\n", "a NO [UNAVAILABLE] Error: try again"),
        (Scheme.IMAP, "login:550", b"a LOGIN x y\r\nb LOGOUT\r\n", "a NO [CONTACTADMIN] Error: refused"),
        (Scheme.IMAP, "connect:451", b"", "* BYE [UNAVAILABLE] Error"),
        (Scheme.SIEVE, "logout:451", b"LOGOUT\r\n", 'NO (TRYLATER) "Error: try again later'),
        (Scheme.SIEVE, "connect:500", b"", 'BYE "Error: refused'),
    ],
)
def test_a_step_elsewhere_is_refused_in_the_words_of_the_protocol(
    authority: Authority, scheme: Scheme, step: str, said: bytes, expected: str
) -> None:
    net, _ = lab(authority, step)
    (answer,) = heard(net, said, scheme=scheme)
    assert expected in answer
    if step.startswith("connect"):
        assert answer.startswith(expected)


def test_lmtp_refuses_the_message_once_for_each_recipient(authority: Authority) -> None:
    net, _ = lab(authority, "message:452")
    recipients = b"RCPT TO:<bob@example.test>\r\nRCPT TO:<alice@example.test>\r\n"
    said = b"LHLO c\r\nMAIL FROM:<>\r\n" + recipients + MESSAGE + QUIT
    (answer,) = heard(net, said, scheme=Scheme.LMTP)
    assert codes(answer) == [220, 250, 250, 250, 250, 354, 452, 452, 221]


def test_bytes_of_a_chunk_are_never_commands(authority: Authority) -> None:
    net, _ = lab(authority, "data:451", "message:451")
    (answer,) = heard(net, TO_BOB + b"BDAT 6 LAST\r\nNOOP\r\n" + QUIT)
    assert codes(answer) == [220, 250, 250, 250, 451, 221]


# -- what is asked for


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x:chance=20%", Occasion("x:chance=20%", chance=0.2)),
        ("x:chance=.5,after=1", Occasion("x:chance=.5,after=1", chance=0.5, after=1)),
        ("x:count=3:delay=2m", Occasion("x:count=3:delay=2m", count=3, delay=120)),
        ("x:delay=250ms", Occasion("x:delay=250ms", delay=0.25)),
        ("x:delay=1.5", Occasion("x:delay=1.5", delay=1.5)),
    ],
)
def test_options_are_read(text: str, expected: Occasion) -> None:
    fault = parse_fault(text.replace("x", "rcpt:451", 1))
    (disturbance,) = fault.spec.changes["disturbances"]
    fields = ("chance", "after", "count", "delay")
    assert [getattr(disturbance.occasion, name) for name in fields] == [getattr(expected, name) for name in fields]
    assert disturbance.code == 451


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("greylisted:chance=101%", "fault-option"),
        ("greylisted:chance=1.1", "fault-option"),
        ("greylisted:chance=", "fault-option"),
        ("greylisted:after=-1", "fault-option"),
        ("greylisted:count=x", "fault-option"),
        ("greylisted:delay=2h", "fault-option"),
        ("greylisted:code=250", "fault-option"),
        ("greylisted:250", "fault-no-such-option"),
        ("greylisted:", "fault-no-such-option"),
        ("greylisted:hang-up", "fault-no-hang-up"),
        ("rcpt:hang-up=1", "fault-option"),
        ("rcpt:451,hang-up", "fault-does-nothing"),
        ("rcpt:chance=20%", "fault-does-nothing"),
        ("rcpt@pop3:451", "fault-not-there"),
        ("retr@smtp:451", "fault-not-there"),
        ("certificate-expired:code=451", "fault-no-code"),
        ("no-greeting:delay=1s", "fault-no-delay"),
        ("port-closed:chance=20%", "fault-of-port"),
        ("nosuch:451", "no-such-fault"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_with_words(text: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_fault(text)
    assert caught.value.reason.startswith(reason)
    for lang in LANGUAGES:
        assert words(lang).usage(caught.value.reason, caught.value.params)


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        (("certificate-expired", "certificate-self-signed"), "faults-contradict"),
        (("certificate-expired", "certificate-self-signed@imaps"), "faults-contradict"),
        (("certificate-expired@pop3s", "certificate-self-signed@imaps"), ""),
        (("certificate-expired", "certificate-self-signed:chance=50%"), ""),
        (("tls-version-obsolete", "certificate-expired"), ""),
        (("port-closed", "certificate-expired"), "fault-hidden"),
        (("port-closed@pop3", "certificate-expired"), ""),
        (("no-greeting@smtp", "open-relay"), "fault-hidden"),
        (("no-greeting", "certificate-expired"), ""),
        (("no-reply@submission", "certificate-expired@submission"), "fault-hidden"),
        (("starttls-not-offered", "certificate-expired@imap"), "fault-hidden"),
        (("starttls-not-offered", "certificate-expired"), ""),
        (("tls-handshake-failed", "certificate-expired"), "fault-hidden"),
        (("auth-not-offered", "app-password-required"), "fault-hidden"),
        (("auth-rejected", "user-disabled"), "fault-hidden"),
        (("mailbox-full", "recipient-unknown"), "fault-hidden"),
        (("mailbox-full:chance=50%", "recipient-unknown"), ""),
        (("sender-rejected", "mailbox-full:chance=50%"), "fault-hidden"),
        (("recipient-unknown:chance=50%", "mailbox-full:chance=50%"), ""),
        (("sender-rejected", "content-rejected"), "fault-hidden"),
        (("mailbox-full", "content-rejected"), ""),
        (("greylisted", "mailbox-full@submission", "open-relay", "rcpt:451:chance=1%"), ""),
        (("mailbox-full", "mailbox-full"), ""),
    ],
    ids=" ".join,
)
def test_two_that_do_not_go_together_are_refused(faults: tuple[str, ...], reason: str) -> None:
    for order in (faults, faults[::-1]):
        if not reason:
            parse_faults(order)
            continue
        with pytest.raises(UsageError, match=reason) as caught:
            parse_faults(order)
        assert {caught.value.params.get("first"), caught.value.params.get("one")} & set(faults)
        for lang in LANGUAGES:
            assert words(lang).usage(caught.value.reason, caught.value.params)


def test_of_two_replies_the_narrower_may_be_named_first() -> None:
    parse_faults(("auth-mechanism-broken", "user-disabled"))
    with pytest.raises(UsageError, match="fault-hidden"):
        parse_faults(("user-disabled", "auth-mechanism-broken"))


def test_what_is_now_and_then_is_tried_before_what_is_always(authority: Authority) -> None:
    net, _ = lab(authority, "recipient-unknown", "mailbox-full:count=1")
    assert [codes(answer)[3] for answer in heard(net, TO_BOB + QUIT, times=2)] == [552, 550]


def test_every_fault_may_come_now_and_then_but_those_of_a_port() -> None:
    refused = set()
    for name in FAULTS:
        try:
            parse_fault(f"{name}:chance=50%,after=1,count=2")
        except UsageError as error:
            refused.add((name, error.reason))
    assert refused == {("port-closed", "fault-of-port"), ("port-filtered", "fault-of-port")}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_subjects_and_steps_have_words(lang: str) -> None:
    say = words(lang)
    assert all(say(f"lab.faults-{subject}") for subject in GROUPS)
    assert all(say(f"lab.step-{step}") for step in Step)
    assert all(option in say("lab.faults-syntax") + say("lab.faults-steps") for option in OPTIONS)


def test_every_command_of_a_step_is_its_name_too() -> None:
    for verb, step in STEP_OF.items():
        assert parse_fault(f"{verb.lower()}:451").schemes == schemes_of(step)


def test_a_connection_that_hangs_up_is_no_reply(authority: Authority) -> None:
    net, _ = lab(authority, "connect:hang-up")

    async def connected() -> bytes:
        stream = await net.connect(place_of(Scheme.SMTP), net.now() + 1, purpose="test")
        try:
            return await stream.read(net.now() + 1)
        except NetFailure:
            return b"reset"

    assert net.run(connected()) == b""


def test_all_pairs_of_faults_are_decided() -> None:
    """None of them breaks the one who decides."""
    for pair in product(FAULTS, repeat=2):
        try:
            parse_faults(pair)
        except UsageError as error:
            assert error.reason in ("faults-contradict", "fault-hidden")
