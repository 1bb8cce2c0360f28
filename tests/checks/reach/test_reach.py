"""Reach: each row is what a client met, and what may be said of it."""

from __future__ import annotations

import msgspec
import pytest
from mailrecord import POLICY, answers, attempt, endpoint, record, reply

from mailproof.checks.reach import (
    first_contact_accepted,
    greeting_in_order,
    greeting_in_time,
    host_resolves,
    host_serves_mail,
    port_open,
    session_complete,
    software_not_revealed,
)
from mailproof.model.attempt import Job, Status, Step, StepTaken, Trouble
from mailproof.model.connection import Connection, Greeting, Interrupted
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.endpoint import Target, TargetKind
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried
from mailproof.model.record import Attempt, Record
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.retrieval import MailboxOpened
from mailproof.model.tls import TlsHandshake
from mailproof.model.transcript import Transcript, Turn, TurnKind


def resolved(*facts: DnsAnswer, host: str = "mx.test") -> Record:
    target = Target(host, TargetKind.HOST, host)
    return msgspec.structs.replace(record(Attempt(Job.RESOLVE, observations=facts)), targets=(target,))


def dialled(host: str, scheme: str, trouble: Trouble | None, job: str = "survey", **changes: object) -> Attempt:
    made = attempt(Connection("192.0.2.25:25", 0.1, trouble=trouble, turns=(0,)), scheme=scheme, job=job)
    return msgspec.structs.replace(made, endpoint=msgspec.structs.replace(endpoint(scheme), host=host, **changes))


class TestNames:
    @pytest.mark.parametrize("status", [DnsStatus.NO_SUCH_NAME, DnsStatus.NO_DATA])
    def test_a_host_without_an_address_is_not_found(self, status):
        asked = [DnsAnswer("mx.test", rtype, status) for rtype in ("A", "AAAA")]
        assert answers(host_resolves.check, resolved(*asked)) == ["name-not-found"]

    @pytest.mark.parametrize(
        ("address", "source", "said"),
        [
            *((text, "dns", ["address-impossible"]) for text in ("0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.1")),
            *((text, "dns", ["address-impossible"]) for text in ("255.255.255.255", "240.0.0.1", "0.1.2.3")),
            ("127.0.1.1", "hosts", ["+host-resolves"]),
            ("10.0.0.25", "dns", ["+host-resolves"]),
            ("192.0.2.25", "dns", ["+host-resolves"]),
        ],
    )
    def test_an_exchanger_at_an_address_that_nobody_reaches(self, address, source, said):
        mx = DnsAnswer("example.test", "MX", DnsStatus.OK, ("10 mx.test.",))
        a = DnsAnswer("mx.test", "A", DnsStatus.OK, (address,), source)
        assert answers(host_resolves.check, resolved(mx, a, host="example.test")) == said

    @pytest.mark.parametrize("address", ["::", "::1", "fe80::1", "ff02::1", "::ffff:127.0.0.1"])
    def test_the_same_of_ipv6(self, address):
        mx = DnsAnswer("example.test", "MX", DnsStatus.OK, ("10 mx.test.",))
        aaaa = DnsAnswer("mx.test", "AAAA", DnsStatus.OK, (address,))
        assert answers(host_resolves.check, resolved(mx, aaaa, host="example.test")) == ["address-impossible"]

    def test_a_host_that_the_user_named_may_be_his_own_machine(self):
        a = DnsAnswer("mx.test", "A", DnsStatus.OK, ("127.0.0.1",))
        assert answers(host_resolves.check, resolved(a)) == ["+host-resolves"]

    def test_one_address_is_enough(self):
        a = DnsAnswer("mx.test", "A", DnsStatus.OK, ("192.0.2.25",))
        aaaa = DnsAnswer("mx.test", "AAAA", DnsStatus.NO_DATA)
        assert answers(host_resolves.check, resolved(a, aaaa)) == ["+host-resolves"]

    def test_a_name_completed_by_a_search_domain_resolves(self):
        a = DnsAnswer("mail.corp.test", "A", DnsStatus.OK, ("192.0.2.25",))
        assert answers(host_resolves.check, resolved(a, host="mail")) == ["+host-resolves"]

    @pytest.mark.parametrize("status", [DnsStatus.TIMEOUT, DnsStatus.SERVER_FAILURE, DnsStatus.NO_RESOLVER])
    def test_a_resolver_without_an_answer_proves_nothing(self, status):
        assert answers(host_resolves.check, resolved(DnsAnswer("mx.test", "A", status))) == ["?resolver-failed"]

    def test_a_domain_with_an_mx_needs_no_address_but_its_mx_does(self):
        mx = DnsAnswer("example.test", "MX", DnsStatus.OK, ("10 gone.test.",))
        asked = [
            DnsAnswer(name, rtype, DnsStatus.NO_DATA)
            for name in ("example.test", "gone.test")
            for rtype in ("A", "AAAA")
        ]
        [finding] = host_resolves.check(resolved(mx, *asked, host="example.test"), POLICY)
        assert finding.params == {"host": "gone.test", "answer": "no-data"}

    @pytest.mark.parametrize("rtype", ["A", "AAAA"])
    def test_where_one_kind_alone_was_asked_for_the_other_is_not_denied(self, rtype):
        [finding] = host_resolves.check(resolved(DnsAnswer("mx.test", rtype, DnsStatus.NO_DATA)), POLICY)
        assert finding.params == {"host": "mx.test", "answer": f"{rtype}: no-data"}

    def test_a_null_mx_names_no_host(self):
        assert answers(host_resolves.check, resolved(DnsAnswer("mx.test", "MX", DnsStatus.OK, ("0 .",)))) == []


class TestPorts:
    @pytest.mark.parametrize(
        ("trouble", "said"),
        [
            (None, "+port-open"),
            (Trouble.REFUSED, "port-closed"),
            (Trouble.TIMEOUT, "port-filtered"),
            (Trouble.UNREACHABLE, "port-unreachable"),
            (Trouble.LOCAL, "?local-trouble"),
        ],
    )
    def test_what_the_connection_met_names_the_fault(self, trouble, said):
        assert answers(port_open.check, record(dialled("mx.test", "submission", trouble))) == [said]

    def test_a_guess_that_does_not_answer_is_no_fault(self):
        guess = dialled("mx.test", "imap", Trouble.REFUSED, promised=False)
        assert answers(port_open.check, record(guess)) == []

    def test_later_jobs_do_not_repeat_the_verdict(self):
        surveyed = dialled("mx.test", "imap", None)
        again = dialled("mx.test", "imap", Trouble.REFUSED, job="login")
        assert answers(port_open.check, record(surveyed, again)) == ["+port-open"]

    def test_a_login_that_no_survey_went_before_is_the_first_look(self):
        twice = [dialled("mx.test", "imap", Trouble.REFUSED, job="login") for _ in range(2)]
        assert answers(port_open.check, record(*twice)) == ["port-closed"]

    def test_25_is_blocked_here_if_nobodys_25_answers_while_submission_does(self):
        seen = [
            dialled("mx.test", "smtp", Trouble.TIMEOUT),
            dialled("elsewhere.test", "smtp", Trouble.TIMEOUT),
            dialled("mx.test", "submission", None),
        ]
        assert answers(port_open.check, record(*seen)) == ["outbound-25-blocked"] * 2 + ["+port-open"]

    def test_25_is_filtered_there_if_another_25_answers_or_none_was_asked(self):
        other = dialled("elsewhere.test", "smtp", None)
        silent, submission = dialled("mx.test", "smtp", Trouble.TIMEOUT), dialled("mx.test", "submission", None)
        for seen in ([silent, submission], [silent, other, submission]):
            assert answers(port_open.check, record(*seen))[0] == "port-filtered"


class TestStandingSomewhere:
    @pytest.mark.parametrize(
        ("local", "remote", "untold"),
        [
            ("198.51.100.7:40000", "192.0.2.25", []),
            ("[2001:db8::7]:40000", "2001:db8::25", []),
            ("127.0.0.1:40000", "127.0.0.1", ["?from-the-machine-itself"]),
            ("[::1]:40000", "::1", ["?from-the-machine-itself"]),
            ("192.0.2.25:40000", "192.0.2.25", ["?from-the-machine-itself"]),
            ("10.0.0.7:40000", "10.0.0.25", ["?from-a-private-address"]),
            ("192.168.1.7:40000", "192.0.2.25", ["?from-a-private-address"]),  # through NAT, or around it
        ],
    )
    def test_what_an_open_port_proves_depends_on_where_one_stands(self, local, remote, untold):
        assert answers(port_open.check, record(self.made(local, address=remote))) == ["+port-open", *untold]

    def test_a_unix_socket_has_no_outside(self):
        assert answers(port_open.check, record(self.made("", address="", path="/run/lmtp"))) == ["+port-open"]

    @staticmethod
    def made(local: str, **where: str) -> Attempt:
        seen = attempt(Connection("192.0.2.25:587", 0.1, local, turns=(0,)), scheme="submission")
        return msgspec.structs.replace(seen, endpoint=msgspec.structs.replace(endpoint("submission"), **where))


class TestHosts:
    @staticmethod
    def guessed(*met: Trouble | None) -> Record:
        schemes = ("smtp", "submission", "imap")
        pairs = zip(schemes, met, strict=False)
        return record(*(dialled("mx.test", scheme, trouble, promised=False) for scheme, trouble in pairs))

    def test_a_host_where_no_port_answers_has_no_mail_server(self):
        seen = self.guessed(Trouble.REFUSED, Trouble.TIMEOUT, Trouble.UNREACHABLE)
        [finding] = host_serves_mail.check(seen, POLICY)
        assert (finding.name, finding.params, finding.endpoint) == ("no-mail-server", {"host": "mx.test"}, None)
        assert len(finding.evidence) == 3

    def test_one_port_is_enough(self):
        seen = self.guessed(Trouble.REFUSED, None)
        assert answers(host_serves_mail.check, seen) == ["+host-serves-mail"]

    def test_what_this_machine_cannot_reach_is_not_judged(self):
        assert answers(host_serves_mail.check, self.guessed(Trouble.LOCAL, Trouble.LOCAL)) == ["?local-trouble"]
        assert answers(host_serves_mail.check, self.guessed(Trouble.LOCAL, Trouble.REFUSED)) == ["no-mail-server"]

    def test_a_port_that_was_promised_is_judged_by_itself(self):
        assert answers(host_serves_mail.check, record(dialled("mx.test", "smtp", Trouble.REFUSED))) == []


def greeted(
    line: str = "", seconds: float = 0.1, trouble: Trouble | None = None, scheme: str = "submission"
) -> Attempt:
    said = reply(line, turn=1) if line else None
    return attempt(Connection("x", 0.05, turns=(0,)), Greeting(seconds, said, trouble, (1,)), scheme=scheme)


class TestGreetings:
    def test_silence_is_no_greeting(self):
        assert answers(greeting_in_time.check, record(greeted(trouble=Trouble.TIMEOUT))) == ["no-greeting"]

    def test_silence_that_waits_for_tls_is_not(self):
        look = attempt(TlsHandshake("mx.test", 0.1, turns=(2,)), scheme="submission", job="look")
        assert answers(greeting_in_time.check, record(greeted(trouble=Trouble.TIMEOUT), look)) == []

    @pytest.mark.parametrize(("seconds", "said"), [(0.9, "+greeting-in-time"), (1.04, "+greeting-in-time")])
    def test_a_second_beyond_the_connection_is_soon_enough(self, seconds, said):
        assert answers(greeting_in_time.check, record(greeted("220 mx.test ESMTP", seconds))) == [said]

    def test_a_resolver_that_times_out_makes_it_slow(self):
        [finding] = greeting_in_time.check(record(greeted("220 mx.test ESMTP", 10.03)), POLICY)
        assert (finding.name, finding.params) == ("greeting-slow", {"seconds": 10})

    def test_a_teaser_and_then_a_wait_is_postscreen(self):
        teased = greeted("220 mx.test ESMTP\nmx.test ESMTP", 6.1, scheme="smtp")
        assert answers(greeting_in_time.check, record(teased)) == ["postscreen-greet-wait"]

    def test_two_lines_that_come_late_together_are_slow(self):
        turns = (Turn(TurnKind.EVENT, 0.0, "connected"), Turn(TurnKind.RECEIVED, 6.0, "220-a\\r\\n220 b\\r\\n"))
        late = greeted("220 a\nb", 6.1, scheme="smtp")
        late = msgspec.structs.replace(late, transcript=Transcript("smtp://mx.test", "192.0.2.25", "survey", turns))
        assert answers(greeting_in_time.check, record(late)) == ["greeting-slow"]

    @pytest.mark.parametrize(
        ("line", "speaks"),
        [
            ("HTTP/1.1 400 Bad Request", "HTTP"),
            ("SSH-2.0-OpenSSH_9.2", "SSH"),
            ("+OK POP3 ready", "POP3"),
            ("* OK IMAP4 ready", "IMAP"),
            ("\\x00\\x01", "unknown"),
        ],
    )
    def test_another_program_is_named(self, line, speaks):
        [finding] = greeting_in_order.check(record(greeted(line, trouble=Trouble.NOT_THE_PROTOCOL)), POLICY)
        assert (finding.name, finding.params["speaks"]) == ("unexpected-greeting", speaks)

    @pytest.mark.parametrize("line", ["220 (vsFTPd 3.0.3)", "220 ProFTPD Server ready", "220 mx.test LMTP ready"])
    def test_a_220_alone_makes_no_mail_server(self, line):
        assert answers(greeting_in_order.check, record(greeted(line))) == ["unexpected-greeting"]

    @pytest.mark.parametrize("line", ["220 mx.test ESMTP Postfix", "220 ftp.example.com ESMTP", "220 mx.test"])
    def test_a_mail_server_is_in_order(self, line):
        assert answers(greeting_in_order.check, record(greeted(line))) == ["+greeting-in-order"]

    @pytest.mark.parametrize("line", ["421 4.7.0 too many connections", "554 No SMTP service here"])
    def test_a_refusal_is_no_greeting(self, line):
        assert answers(greeting_in_order.check, record(greeted(line))) == ["greeting-refused"]

    def test_bytes_of_tls_belong_to_another_check(self):
        alert = greeted("\\x15\\x03\\x01", trouble=Trouble.NOT_THE_PROTOCOL)
        assert answers(greeting_in_order.check, record(alert)) == []

    @pytest.mark.parametrize(
        ("line", "version"),
        [
            ("220 mx.test ESMTP Exim 4.96 Thu, 01 Jan 2026", "4.96"),
            ("220 mx.test ESMTP Sendmail 8.15.2/8.15.2; Thu", "8.15.2"),
            ("220 mx.test ESMTP Sendmail 8.17.1.9/8.17.1.9/Debian-2+deb12u2; Sun, 29 Nov 2026", "8.17.1.9"),
            ("220 mx.test ESMTP Postfix (3.7.11)", "3.7.11"),
            ("220 mx Microsoft ESMTP MAIL Service, Version: 10.0.17763.1 ready", "10.0.17763.1"),
            ("+OK mx.test Cyrus POP3 3.4.2 server ready", "3.4.2"),
        ],
    )
    def test_a_version_is_revealed(self, line, version):
        [finding] = software_not_revealed.check(record(greeted(line)), POLICY)
        assert finding.params["version"] == version

    @pytest.mark.parametrize(
        "line",
        [
            "220 mx.test ESMTP Postfix (Debian/GNU)",
            "220 mx.test ESMTP Postfix 192.0.2.25",
            "+OK Dovecot ready.",
            "220 x",
        ],
    )
    def test_a_name_without_a_version_is_not(self, line):
        assert answers(software_not_revealed.check, record(greeted(line))) == ["+software-not-revealed"]


def died(words: str) -> Attempt:
    """TLS that broke where the greeting was to be read."""
    steps = (StepTaken(Step.GREETING, Status.FAILED, 0.1, Trouble.TLS_FAILED, words),)
    return msgspec.structs.replace(greeted(trouble=Trouble.TLS_FAILED), steps=steps)


class TestSessions:
    def test_a_connection_that_is_accepted_and_reset_at_once_is_no_closed_port(self):
        made = attempt(Connection("192.0.2.25:587", 0.1, trouble=Trouble.RESET, turns=(0,)), scheme="submission")
        assert answers(session_complete.check, record(made)) == ["closed-unexpectedly"]
        assert answers(port_open.check, record(made)) == []

    def test_an_answer_to_stat_without_a_count_is_none(self):
        said = Reply(ReplyClass.POSITIVE, "+OK", "plenty", turn=1)
        for scheme, names in (("pop3s", ["reply-not-understood"]), ("imaps", [])):
            opened = attempt(MailboxOpened(said, turns=(1,)), scheme=scheme, job="login")
            assert answers(session_complete.check, record(opened)) == names

    @pytest.mark.parametrize(
        ("step", "trouble", "said"),
        [
            (Step.EHLO, Trouble.TIMEOUT, ["no-reply"]),
            (Step.EHLO, Trouble.CLOSED, ["closed-unexpectedly"]),
            (Step.AUTH, Trouble.RESET, ["closed-unexpectedly"]),
            (Step.MAIL, Trouble.TLS_FAILED, ["closed-unexpectedly"]),
            (Step.MAIL, Trouble.UNREACHABLE, ["no-reply"]),
            (Step.MAIL, Trouble.LOCAL, ["?local-trouble"]),
            (Step.CAPABILITY, Trouble.TOO_MUCH, ["reply-not-understood"]),
            (Step.QUIT, Trouble.CLOSED, []),
            (Step.TLS, Trouble.RESET, []),
            (Step.GREETING, Trouble.TIMEOUT, []),
        ],
    )
    def test_how_it_broke_off_names_the_fault(self, step, trouble, said):
        broken = attempt(Interrupted(step, trouble, "EHLO", 1.0, turns=(3,)))
        assert answers(session_complete.check, record(broken)) == said

    def test_a_server_that_hangs_up_instead_of_greeting_is_named(self):
        assert answers(session_complete.check, record(greeted(trouble=Trouble.CLOSED))) == ["closed-unexpectedly"]

    def test_a_421_is_told_with_the_command_that_met_it(self):
        last = reply("421 4.7.0 mx.test Error: too many errors", turn=3)
        broken = attempt(Interrupted(Step.MAIL, Trouble.CLOSED, "MAIL FROM", 0.1, last, turns=(3,)))
        [finding] = session_complete.check(record(broken), POLICY)
        assert finding.params == {"command": "MAIL FROM", "reply": last.line}

    def test_tls_that_breaks_over_a_certificate_of_ours_is_another_matter(self):
        assert answers(session_complete.check, record(died("tlsv13 alert certificate required"))) == []
        assert answers(session_complete.check, record(died("tlsv1 alert internal error"))) == ["closed-unexpectedly"]

    def test_a_session_with_its_farewell_is_complete(self):
        whole = msgspec.structs.replace(greeted("220 mx.test"), steps=(StepTaken(Step.QUIT, Status.OK),))
        assert answers(session_complete.check, record(whole)) == ["+session-complete"]


class TestFirstContact:
    @pytest.mark.parametrize(
        ("rcpt", "said"),
        [
            ("450 4.3.2 Service currently unavailable", ["postscreen-deep-test"]),
            ("450 4.2.0 Greylisted", []),
            ("554 5.7.1 Relay access denied", ["+first-contact-accepted"]),
            ("250 2.1.5 Ok", ["+first-contact-accepted"]),
        ],
    )
    def test_only_postscreens_own_words_count(self, rcpt, said):
        tried = EnvelopeTried(
            EnvelopePurpose.OUTSIDE, "", "o@example.com", False, reply("250 Ok", 2), reply(rcpt, 4), turns=(2, 4)
        )
        assert answers(first_contact_accepted.check, record(attempt(tried, scheme="smtp"))) == said
        assert answers(first_contact_accepted.check, record(attempt(tried, scheme="submission"))) == []
