"""Greylisting proved by its sequence, in virtual time: greylists, and what looks like one."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest

from greylistserver import Policy, greylist, server
from mailproof.lab.embedded.server import OUTSIDE_ADDRESS, in_memory
from mailproof.lab.embedded.settings import LabSettings
from mailproof.model.attempt import Trouble
from mailproof.model.greylisting import Greylisted, Look
from mailproof.model.record import Asked
from mailproof.net.memory import MemoryNet
from mailproof.parse.greylisting import product_of, stated_delay
from mailproof.probes.terms import Terms
from mailproof.probes.transaction import Recipient, Sending, Until
from mailproof.run.endpoints import Wanted
from mailproof.run.greylist.probe import GreylistPlan, probe
from mailproof.run.hand.sending import SendPlan
from mailproof.run.targets import parse_target
from mailproof.script.authority import Authority

NOW = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)


def plan_of(url: str, **changes: object) -> GreylistPlan:
    last = Until(changes.pop("last", Until.RCPT))
    sending = Sending(
        sender="a@example.com", recipients=(Recipient("bob@example.test"),), data=b"A: b\r\n\r\n", last=last
    )
    terms = Terms(ehlo="client.test", sender="a@example.com", mailbox="bob@example.test")
    send = SendPlan(target=parse_target(url), wanted=Wanted(), terms=terms, asked=Asked(), sending=sending)
    return GreylistPlan(send=send, domain="example.com", local="alice", **changes)


def probed(policy: Policy | Trouble, heard: list[str] | None = None, **changes: object):
    net = MemoryNet(
        switchboard=lambda to, purpose: policy if isinstance(policy, Trouble) else server(net.now, policy, heard)
    )
    counter = itertools.count()
    asking = probe(net, plan_of("smtp://192.0.2.1", **changes), NOW, lambda: f"t{next(counter)}", lambda look: None)
    return net.run(asking)


def test_a_greylist_is_proved_by_its_sequence():
    heard: list[str] = []
    found = probed(greylist(600), heard)
    assert found.verdict is Greylisted.PROVED
    assert [each.look for each in found.tries] == [Look.FIRST, Look.AGAIN, Look.OTHER, Look.LATER, Look.CONTROL]
    assert [each.taken for each in found.tries] == [False, False, False, True, False]
    assert (found.product, found.stated) == ("milter-greylist", 600)
    assert found.after < 600 <= found.within < 620
    assert len({each.sender for each in found.tries}) == 3
    assert "DATA" not in heard


def test_one_that_names_no_delay_is_asked_now_and_then():
    found = probed(
        greylist(200, "450 4.2.0 Greylisted, see http://postgrey.schweikert.ch/help/example.test.html"), every=60.0
    )
    assert (found.verdict, found.product, found.stated) == (Greylisted.PROVED, "Postgrey", None)
    assert found.within - found.after == pytest.approx(60, abs=1) and found.after < 200 <= found.within


def test_a_delay_shorter_than_the_first_pause():
    found = probed(greylist(3))
    assert found.verdict is Greylisted.PROVED
    assert [each.look for each in found.tries] == [Look.FIRST, Look.AGAIN, Look.CONTROL]


def test_words_that_say_nothing_are_proved_too():
    found = probed(greylist(120, "451 4.7.1 Service unavailable - try again later"), every=30.0)
    assert found.verdict is Greylisted.PROVED


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("450 4.7.1 Error: too much mail from 192.0.2.1", "limited"),
        ("421 4.7.0 Too many connections from your host, rate limit exceeded", "limited"),
        (
            "554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.spamhaus.org",
            "client-blocklisted",
        ),
        ("450 4.7.1 Client host rejected: blocked using bl.example.org", "client-blocklisted"),
        ("452 4.3.1 Insufficient system storage", "queue-disk-full"),
        ("452 4.2.2 <bob@example.test>: mailbox full", "mailbox-full"),
        ("451 4.3.5 Server configuration problem", "server-config-problem"),
        ("451 4.3.0 <bob@example.test>: Temporary lookup failure", "recipient-lookup-failed"),
        ("550 5.1.1 <bob@example.test>: Recipient address rejected: User unknown", "recipient-unknown"),
        ("550 5.7.1 Greylisted for good", "other"),
    ],
)
def test_what_is_no_greylist_is_not_called_one_and_asked_once(reply, kind):
    found = probed(lambda now, sender, text: reply)
    assert found.verdict is Greylisted.ANOTHER_CAUSE
    assert len(found.tries) == 1 and found.tries[0].reply == reply
    if kind != "other":
        assert found.kind == kind


def test_a_server_that_takes_at_once():
    assert probed(lambda now, sender, text: "250 ok").verdict is Greylisted.NOT


def test_a_trouble_that_ends_is_no_greylist():
    """Everybody is put off for two minutes, and then nobody."""
    found = probed(lambda now, sender, text: "450 4.7.0 try again later" if now < 120 else "250 ok", every=50.0)
    assert found.verdict is Greylisted.OVER


def test_one_that_never_takes():
    found = probed(
        lambda now, sender, text: "451 4.7.1 Greylisting in action, please come back in 02:00:00", within=900.0
    )
    assert found.verdict is Greylisted.NOT_YET and len(found.tries) == 3
    assert found.stated == 7200


def test_no_answer_is_no_proof():
    for trouble in (Trouble.REFUSED, Trouble.TIMEOUT):
        found = probed(trouble)
        assert found.verdict is Greylisted.UNTOLD and found.tries[0].trouble


@pytest.mark.parametrize(
    ("reply", "seconds", "product"),
    [
        ("451 4.7.1 Greylisting in action, please come back in 00:30:00", 1800, "milter-greylist"),
        (
            "450 4.7.1 <b@x>: Recipient address rejected: Greylisted by greyfix 0.4.0, try again in 30 seconds",
            30,
            "greyfix",
        ),
        (
            "450 4.7.1 Greylisted for 5 minutes (see http://isg.ee.ethz.ch/tools/postgrey/help/x.html)",
            300,
            "Postgrey",
        ),
        ("451 4.7.1 Try again later", None, "Rspamd"),
        ("450 4.3.2 Service currently unavailable", None, "postscreen"),
        ("451 4.7.1 try again in 1 hour", 3600, ""),
        ("451 4.7.1 come back in 99:00:00", None, ""),
        ("451 4.7.1 please wait", None, ""),
    ],
)
def test_words_of_greylists(reply, seconds, product):
    assert (stated_delay(reply), product_of(reply)) == (seconds, product)


def test_the_embedded_lab_with_its_greylist():
    net, lab = in_memory(LabSettings(faults=("greylisted",), greylist_delay=300.0), Authority("Test"), NOW)
    counter = itertools.count()
    url = f"smtp://{OUTSIDE_ADDRESS}"
    found = net.run(probe(net, plan_of(url, every=60.0), NOW, lambda: f"t{next(counter)}", lambda look: None))
    assert found.verdict is Greylisted.PROVED
    assert found.after < 300 <= found.within
    assert not lab.mailboxes["bob@example.test"].messages


@pytest.mark.parametrize("fault", ["client-blocklisted", "mail-rate-limited", "queue-disk-full"])
def test_the_embedded_lab_with_what_is_no_greylist(fault):
    net, _ = in_memory(LabSettings(faults=(fault,)), Authority("Test"), NOW)
    found = net.run(probe(net, plan_of(f"smtp://{OUTSIDE_ADDRESS}"), NOW, lambda: "t", lambda look: None))
    assert found.verdict is Greylisted.ANOTHER_CAUSE
    assert len(found.tries) == 1
