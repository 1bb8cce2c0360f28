"""Who wants a client certificate says so by an alert, in the place of a greeting, or at the login."""

from __future__ import annotations

import pytest
from mailrecord import answers, attempt, record, reply

from mailproof.checks.login import login_accepted
from mailproof.checks.tls import client_certificate
from mailproof.model.attempt import Step, Trouble
from mailproof.model.authentication import LoginTried
from mailproof.model.capabilities import Capabilities, Stage
from mailproof.model.connection import Greeting, Interrupted
from mailproof.model.observation import AnyObservation
from mailproof.model.tls import Protection

GREETED = Greeting(0.1, reply("421 4.7.1 mx.test Error: No client certificate presented", 2), turns=(2,))
NOT_TRUSTED = Greeting(0.1, reply("421 4.7.1 mx.test Error: Client certificate not trusted", 2), turns=(2,))
LOST = Interrupted(Step.EHLO, Trouble.CLOSED, "EHLO", 0.1, GREETED.reply, (2,))
REFUSED = LoginTried("PLAIN", reply("NO [ALERT] Client didn't present valid SSL certificate", 5), Protection.VERIFIED)


@pytest.mark.parametrize(
    "fact", [GREETED, NOT_TRUSTED, LOST, REFUSED], ids=["postfix", "trust", "starttls", "dovecot"]
)
def test_it_is_said_in_words(fact: AnyObservation) -> None:
    assert answers(client_certificate.check, record(attempt(fact))) == ["client-certificate-required"]


@pytest.mark.parametrize(
    "line", ["220 mx.test ESMTP", "421 4.7.0 mx.test Error: too many connections from 192.0.2.1"]
)
def test_other_greetings_do_not_say_it(line: str) -> None:
    assert answers(client_certificate.check, record(attempt(Greeting(0.1, reply(line, 2), turns=(2,))))) == []


def test_a_session_inside_tls_needed_none() -> None:
    listed = Capabilities(Stage.TLS, "EHLO", reply("250 mx.test", 4), turns=(4,))
    assert answers(client_certificate.check, record(attempt(listed))) == ["+client-certificate-not-needed"]


def test_the_password_is_not_blamed() -> None:
    assert answers(login_accepted.check, record(attempt(REFUSED, job="login"))) == []
