"""TLS: offered, granted, begun when it should, made, in versions that clients have."""

from __future__ import annotations

import msgspec
import pytest
from mailrecord import POLICY, answers, attempt, record, reply

from mailproof.checks.tls import (
    client_certificate,
    handshake_made,
    mode_as_stated,
    required_where_due,
    starttls_accepted,
    starttls_offered,
    versions,
)
from mailproof.model.attempt import Status, Step, StepTaken, Trouble
from mailproof.model.authentication import LoginTried
from mailproof.model.capabilities import Capabilities, Capability, Stage
from mailproof.model.connection import Greeting
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried
from mailproof.model.record import Attempt
from mailproof.model.tls import Protection, StartTls, TlsHandshake, TlsVersion, TlsVersionTried

MADE = TlsHandshake("mx.test", 0.1, "TLSv1.3", "TLS_AES_256_GCM_SHA384", turns=(5,))
FAILED = TlsHandshake("mx.test", 0.1, trouble=Trouble.TLS_FAILED, turns=(5,))


def offering(*names: str, scheme: str = "submission", job: str = "survey") -> Attempt:
    said = Capabilities(Stage.CLEAR, "EHLO", reply("250 mx.test", 3), tuple(map(Capability, names)), (3,))
    return attempt(said, StartTls("STARTTLS", "STARTTLS" in names, turns=(3,)), scheme=scheme, job=job)


def upgraded(handshake: TlsHandshake, scheme: str = "submission") -> Attempt:
    return attempt(StartTls("STARTTLS", True, reply("220 Ready", 4), turns=(4,)), handshake, scheme=scheme)


def silent(scheme: str = "submission") -> Attempt:
    return attempt(Greeting(5.0, None, Trouble.TIMEOUT, (1,)), scheme=scheme)


class TestOffer:
    def test_its_absence_is_seen_in_the_answer_to_ehlo(self):
        [finding] = starttls_offered.check(record(offering("SIZE")), POLICY)
        assert (finding.name, finding.params) == ("starttls-not-offered", {"command": "STARTTLS"})
        assert [piece.where for piece in finding.evidence] == ["transcript 1, turn 4"]

    def test_where_it_is_offered_that_is_passed(self):
        assert answers(starttls_offered.check, record(offering("STARTTLS"))) == ["+starttls-offered"]

    @pytest.mark.parametrize(("verb", "line"), [("CAPA", "-ERR unknown command"), ("CAPABILITY", "BAD no")])
    def test_a_server_that_does_not_say_what_it_can_may_offer_it(self, verb, line):
        said = Capabilities(Stage.CLEAR, verb, reply(line, 3), (), (3,))
        seen = attempt(said, StartTls("STLS", False, turns=(3,)), scheme="pop3" if verb == "CAPA" else "imap")
        [untold] = starttls_offered.check(record(seen), POLICY)
        assert (untold.why, untold.asked) == ("capabilities-refused", verb == "CAPABILITY")

    @pytest.mark.parametrize("instead", ["XXXXXXXX", "XXXXXXXA"])
    def test_what_was_overwritten_was_offered(self, instead):
        [finding] = starttls_offered.check(record(offering(instead)), POLICY)
        assert finding.params == {"command": "STARTTLS", "instead": instead}

    @pytest.mark.parametrize("other", ["XCLIENT", "XXXX", "XXXXXXXXXXXX"])
    def test_other_words_with_x_are_no_sign_of_that(self, other):
        assert answers(starttls_offered.check, record(offering(other))) == ["starttls-not-offered"]

    def test_lmtp_needs_none_and_a_login_does_not_say_it_again(self):
        seen = record(offering("SIZE", scheme="lmtp"), offering("SIZE"), offering("SIZE", job="login"))
        assert answers(starttls_offered.check, seen) == ["starttls-not-offered"]

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("454 4.7.0 TLS not available due to local problem", "starttls-refused"),
            ("502 5.5.1 Error: command not implemented", "starttls-refused"),
            ("220 2.0.0 Ready to start TLS", "+starttls-accepted"),
        ],
    )
    def test_an_offer_is_kept_or_refused(self, line, said):
        tried = attempt(StartTls("STARTTLS", True, reply(line, 4), turns=(4,)), scheme="submission")
        assert answers(starttls_accepted.check, record(tried)) == [said]


class TestBeginning:
    def test_a_banner_on_a_port_for_tls_is_missing_tls_and_nothing_else(self):
        banner = msgspec.structs.replace(FAILED, clear_text="220 mx.test ESMTP Postfix\\r\\n")
        seen = record(attempt(banner, scheme="submissions"))
        assert answers(mode_as_stated.check, seen) == ["implicit-tls-missing"]
        assert answers(handshake_made.check, seen) == []

    def test_clear_text_after_starttls_is_a_failed_handshake(self):
        banner = msgspec.structs.replace(FAILED, clear_text="* BYE\\r\\n")
        seen = record(upgraded(banner, scheme="imap"))
        assert answers(mode_as_stated.check, seen) == []
        assert answers(handshake_made.check, seen) == ["tls-handshake-failed"]

    @pytest.mark.parametrize("look", [MADE, msgspec.structs.replace(FAILED, alert="handshake_failure")])
    def test_a_silent_port_that_answers_tls_wanted_it_at_once(self, look):
        seen = record(silent(), attempt(look, scheme="submission", job="look"))
        assert answers(mode_as_stated.check, seen) == ["implicit-tls-unexpected"]
        assert "tls-handshake-failed" not in answers(handshake_made.check, seen)

    def test_a_port_that_is_silent_both_times_is_not_blamed_for_tls(self):
        seen = record(silent(), attempt(FAILED, scheme="submission", job="look"))
        assert answers(mode_as_stated.check, seen) == []
        assert answers(handshake_made.check, seen) == []

    def test_tls_at_the_stated_time_is_passed(self):
        assert answers(mode_as_stated.check, record(attempt(MADE, scheme="pop3s"))) == ["+tls-mode-as-stated"]


class TestHandshake:
    @pytest.mark.parametrize(
        ("alert", "detail", "said", "reason"),
        [
            ("handshake_failure", "", "tls-no-shared-cipher", "handshake_failure"),
            ("insufficient_security", "", "tls-no-shared-cipher", "insufficient_security"),
            ("internal_error", "", "tls-handshake-failed", "internal_error"),
            ("", "unexpected eof while reading", "tls-handshake-failed", "unexpected eof while reading"),
            ("", "", "tls-handshake-failed", "tls-failed"),
        ],
    )
    def test_the_alert_tells_why(self, alert, detail, said, reason):
        failed = msgspec.structs.replace(FAILED, alert=alert, detail=detail)
        for seen in (record(upgraded(failed)), record(attempt(failed, scheme="pop3s"))):
            [finding] = handshake_made.check(seen, POLICY)
            assert (finding.name, finding.params) == (said, {"reason": reason})


def tried(
    maximum: TlsVersion, accepted: str = "", alert: str = "", detail: str = "", trouble: Trouble = Trouble.TLS_FAILED
) -> Attempt:
    said = TlsVersionTried(maximum, accepted, None if accepted else trouble, alert, detail, turns=(5,))
    return attempt(said, scheme="submission", job="version")


class TestVersions:
    REFUSED_12 = tried(TlsVersion.TLS1_2, alert="protocol_version")
    REFUSED_11 = tried(TlsVersion.TLS1_1, alert="protocol_version")

    def test_two_and_three_and_nothing_older_is_as_it_should_be(self):
        seen = record(upgraded(MADE), tried(TlsVersion.TLS1_2, "TLSv1.2"), self.REFUSED_11)
        assert answers(versions.check, seen) == ["+tls-versions"]

    def test_an_old_version_accepted_is_obsolete(self):
        seen = record(upgraded(MADE), tried(TlsVersion.TLS1_2, "TLSv1.2"), tried(TlsVersion.TLS1_1, "TLSv1.1"))
        [finding] = versions.check(seen, POLICY)
        assert (finding.name, finding.params) == (
            "tls-version-obsolete",
            {"versions": ("TLSv1.1",), "use": "accepted"},
        )

    def test_an_old_version_demanded_is_obsolete_too(self):
        old = msgspec.structs.replace(MADE, version="TLSv1")
        assert answers(versions.check, record(upgraded(old))) == ["tls-version-obsolete"]

    def test_only_the_newest_locks_clients_out(self):
        seen = record(upgraded(MADE), self.REFUSED_12, self.REFUSED_11)
        assert answers(versions.check, seen) == ["tls-version-too-new-only"]

    def test_a_network_that_was_silent_this_time_proves_nothing(self):
        for trouble in (Trouble.TIMEOUT, Trouble.CLOSED, Trouble.RESET, Trouble.TLS_FAILED):
            seen = record(upgraded(MADE), tried(TlsVersion.TLS1_2, trouble=trouble, alert="", detail="eof"))
            assert answers(versions.check, seen) == ["?version-not-answered"]
        broken = tried(TlsVersion.TLS1_2, alert="internal_error")
        assert answers(versions.check, record(upgraded(MADE), broken)) == ["?version-not-answered"]

    def test_no_signature_for_an_old_version_is_a_refusal_of_it(self):
        seen = record(
            upgraded(MADE), tried(TlsVersion.TLS1_2, "TLSv1.2"), tried(TlsVersion.TLS1_1, alert="internal_error")
        )
        assert answers(versions.check, seen) == ["+tls-versions"]

    def test_where_tls_dies_after_every_handshake_versions_are_not_judged(self):
        seen = record(asking_for_a_certificate(), self.REFUSED_12)
        assert answers(versions.check, seen) == ["?tls-died"]


def asking_for_a_certificate() -> Attempt:
    """TLS 1.3 judges the client's certificate after the handshake: the alert is met by the first read."""
    words = "tlsv13 alert certificate required"
    made = attempt(MADE, Greeting(0.1, None, Trouble.TLS_FAILED, (6,)), scheme="submission")
    steps = (StepTaken(Step.GREETING, Status.FAILED, 0.1, Trouble.TLS_FAILED, words),)
    return msgspec.structs.replace(made, steps=steps)


class TestClientCertificate:
    def test_a_certificate_that_is_demanded_after_the_handshake_is_named(self):
        assert answers(client_certificate.check, record(asking_for_a_certificate())) == [
            "client-certificate-required"
        ]

    def test_one_that_is_demanded_in_it_too(self):
        alert = "certificate_required"
        failed = msgspec.structs.replace(FAILED, alert=alert)
        steps = (StepTaken(Step.TLS, Status.FAILED, 0.1, Trouble.TLS_FAILED, alert),)
        seen = msgspec.structs.replace(upgraded(failed), steps=steps)
        assert answers(client_certificate.check, record(seen)) == ["client-certificate-required"]

    def test_a_cipher_that_was_agreed_on_is_shared_whatever_the_alert(self):
        """With TLS 1.2 a server that wants a certificate ends the handshake so, and says no more."""
        failed = msgspec.structs.replace(FAILED, alert="handshake_failure")
        assert answers(handshake_made.check, record(upgraded(failed))) == ["tls-no-shared-cipher"]
        agreed = msgspec.structs.replace(failed, cipher="ECDHE-ECDSA-AES256-GCM-SHA384")
        assert answers(handshake_made.check, record(upgraded(agreed))) == ["tls-handshake-failed"]

    def test_tls_that_dies_of_something_else_was_made(self):
        steps = (StepTaken(Step.GREETING, Status.FAILED, 0.1, Trouble.TLS_FAILED, "bad record mac"),)
        seen = msgspec.structs.replace(asking_for_a_certificate(), steps=steps)
        assert answers(handshake_made.check, record(seen)) == ["+tls-handshake"]


DEMAND = "530 5.7.0 Must issue a STARTTLS command first"


def mail(line: str, scheme: str, job: str = "clear") -> Attempt:
    said = EnvelopeTried(EnvelopePurpose.MAILBOX, "", "", False, reply(line, 4), turns=(4,))
    return attempt(said, scheme=scheme, job=job)


class TestDemand:
    def test_port_25_must_not_demand_it(self):
        assert answers(required_where_due.check, record(mail(DEMAND, "smtp"))) == ["tls-required-on-mx"]

    def test_submission_may(self):
        assert answers(required_where_due.check, record(mail(DEMAND, "submission", "survey"))) == ["tls-required"]
        login = LoginTried("PLAIN", reply(DEMAND, 4), Protection.NONE, turns=(4,))
        assert answers(required_where_due.check, record(attempt(login, scheme="submission"))) == ["tls-required"]

    @pytest.mark.parametrize("line", ["530 5.7.0 Authentication required", "454 4.7.0 TLS not available", "550 no"])
    def test_other_refusals_are_other_matters(self, line):
        assert answers(required_where_due.check, record(mail(line, "smtp"))) == []

    def test_mail_taken_in_clear_is_passed_on_25(self):
        assert answers(required_where_due.check, record(mail("250 Ok", "smtp"))) == ["+tls-not-forced-on-servers"]
