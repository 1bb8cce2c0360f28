"""Dovecot tells of a new message while we listen, and a check that waits for one is told at once."""

from __future__ import annotations

import pytest

from labcheck import ALICE, BOB
from mailproof.lab.real.server import RealLab
from mailproof.model.attempt import Job
from mailproof.model.endpoint import Endpoint, Scheme
from mailproof.model.retrieval import Idled, IdleOutcome, Retrieved
from mailproof.model.tls import TlsSettings
from mailproof.net.sockets import SocketNet
from mailproof.probes.conversation import held
from mailproof.probes.fetch import _fetch
from mailproof.probes.imap import ImapConversation
from mailproof.probes.login import deliver
from mailproof.probes.terms import Terms
from mailproof.probes.wish import LoginWish, Message
from mailproof.sasl.credentials import Credentials

pytestmark = pytest.mark.real

TOKEN = "token-that-comes-while-we-listen"
BODY = f"From: {ALICE}\r\nTo: {BOB}\r\nSubject: proof\r\nX-Mailproof-Token: {TOKEN}\r\n\r\nproof\r\n".encode()


def test_a_message_that_comes_while_we_listen_is_told(real_lab: RealLab) -> None:
    net = SocketNet()
    terms = Terms(timeout=60.0, ehlo="client.example.com", settings=TlsSettings(ca_file=str(real_lab.ca_file)))
    imap = Endpoint(Scheme.IMAPS, "127.0.0.1", "127.0.0.1", real_lab.ports["imaps"], real_lab.name)
    lmtp = Endpoint(Scheme.LMTP, "", "", 0, "localhost", str(real_lab.lmtp_socket))
    wish = LoginWish(Credentials(BOB, real_lab.accounts[BOB]), "nonce-of-this-test")
    talk = ImapConversation(net, imap, terms, Job.FETCH, wish.secrets)

    async def main():
        waiting = net.spawn(held(talk, _fetch(talk, wish, TOKEN, net.now(), net.now() + 120.0)))
        while not _listens(talk):
            assert not waiting.done()
            await net.sleep(0.01)
        await deliver(net, lmtp, terms, Message(BOB, BODY, TOKEN))
        return await waiting.wait()

    attempt = net.run(main())
    [idled] = [seen for seen in attempt.observations if isinstance(seen, Idled)]
    [found] = [seen for seen in attempt.observations if isinstance(seen, Retrieved)]
    assert found.found and idled.outcome is IdleOutcome.TOLD and idled.found
    assert attempt.failed is None
    assert attempt.transcript is not None and attempt.transcript.deviations == ()


def _listens(talk: ImapConversation) -> bool:
    turns = talk.stream.transcript().turns if talk.stream else ()
    return bool(turns) and turns[-1].text.startswith("+ idling")
