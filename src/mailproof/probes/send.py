"""One message, sent as somebody asked for it: the way in, the transaction, and the stage at which it ends."""

from __future__ import annotations

from mailproof.model.attempt import Status
from mailproof.model.tls import Protection, TlsPolicy
from mailproof.probes.login import authenticate
from mailproof.probes.smtp import SmtpConversation
from mailproof.probes.transaction import Over, Sending, Until, hand_over


async def send(talk: SmtpConversation, sending: Sending) -> None:
    """The course of a conversation that may have been dialled already. Follow it with `held`."""
    try:
        await _walk(talk, sending)
    except Over:
        pass
    # After 354 a QUIT would be a line of the message.
    drop = sending.drop or (sending.last is Until.DATA and not sending.chunk)
    if drop and talk.steps and talk.steps[-1].status is Status.OK:
        talk.drop()
        return
    await talk.leave()


async def _walk(talk: SmtpConversation, sending: Sending) -> None:
    """Raises Over."""

    def reached(*stages: Until) -> None:
        if sending.last in stages:
            raise Over

    await talk.connect()
    await talk.greet()
    reached(Until.BANNER)
    await talk.capabilities(helo=sending.helo)
    reached(Until.FIRST_EHLO)
    secured = await talk.upgrade()
    if not secured and talk.terms.tls is TlsPolicy.REQUIRED:
        talk.skip("message-accepted", "tls-not-available", asked=True)
        return
    if secured and sending.verified and talk.protection is not Protection.VERIFIED:
        talk.skip("message-accepted", "certificate-demanded", asked=True)
        return
    reached(Until.TLS)
    if secured and talk.offered is None:
        await talk.capabilities(helo=sending.helo)
    if talk.terms.xclient:
        if not await talk.become(talk.terms.xclient, "message-accepted"):
            return
        reached(Until.XCLIENT)
        await talk.capabilities(helo=sending.helo)
    reached(Until.XCLIENT, Until.EHLO)
    wanted = sending.login is not None and (talk.offers("AUTH") or not sending.login_if_offered)
    if wanted and sending.login is not None and not await authenticate(talk, sending.login):
        return
    reached(Until.AUTH)
    await hand_over(talk, sending)
