"""Mail handed on to another server by SMTP (RFC 5321), as smtp(8) of Postfix does it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from mailproof.model.endpoint import Endpoint, Scheme
from mailproof.model.failure import NetFailure
from mailproof.net.interface import Driver, Net, Stream, Task
from mailproof.wire.outgoing import Outgoing
from mailproof.wire.smtp import commands
from mailproof.wire.smtp.messages import stuff
from mailproof.wire.smtp.replies import ReplyReader, SmtpReply

# Postfix smtp_connect_timeout and smtp_data_done_timeout, seconds.
_CONNECT = 30.0
_ANSWER = 600.0
# Bytes of one answer; a server that says more is none.
_LONGEST = 64 * 1024


class Parcel(msgspec.Struct, frozen=True):
    queue_id: str
    sender: str
    recipients: tuple[str, ...]
    data: bytes
    hop: tuple[str, int]


class Handed(msgspec.Struct, frozen=True):
    """What became of one recipient."""

    recipient: str
    status: str
    """`sent`, `deferred` or `bounced`, as in the log."""
    dsn: str
    words: str


class _Unfit(Exception):
    """The other end does not take it."""

    def __init__(self, reply: SmtpReply | None, words: str) -> None:
        self.code = reply.code if reply is not None else 0
        self.words = words


class Forwarder:
    def __init__(self, net: Driver, hostname: str) -> None:
        self._net = net
        self._hostname = hostname
        self._tasks: list[Task[None]] = []

    def send(self, parcel: Parcel, then: Callable[[tuple[Handed, ...]], None]) -> None:
        """Returns at once; `then` is called with what became of every recipient."""

        async def task() -> None:
            then(await hand_over(self._net, self._hostname, parcel))

        self._tasks = [task for task in self._tasks if not task.done()]
        self._tasks.append(self._net.spawn(task()))

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()


async def hand_over(net: Net, hostname: str, parcel: Parcel) -> tuple[Handed, ...]:
    """One attempt. Never raises for what the other end or the network does."""
    host, port = parcel.hop
    try:
        stream = await net.connect(
            Endpoint(Scheme.SMTP, host, host, port, host), net.now() + _CONNECT, purpose="relay"
        )
    except NetFailure as failure:
        why = f"connect to {host}[{host}]:{port}: {failure.detail or failure.trouble}"
        return tuple(Handed(recipient, "deferred", "4.4.1", why) for recipient in parcel.recipients)
    talk = _Talk(net, stream)
    handed: dict[str, Handed] = {}
    try:
        await talk.say(None)
        await talk.say(commands.ehlo(hostname))
        await talk.say(commands.mail(parcel.sender))
        for recipient in parcel.recipients:
            try:
                await talk.say(commands.rcpt(recipient))
            except _Unfit as unfit:
                handed[recipient] = _refused(recipient, host, unfit)
        taken = [recipient for recipient in parcel.recipients if recipient not in handed]
        if taken:
            await talk.say(commands.data())
            reply = await talk.say(Outgoing(stuff(parcel.data)))
            words = f"{reply.code} {' '.join(reply.text.split())}"
            handed.update({recipient: Handed(recipient, "sent", "2.0.0", words) for recipient in taken})
    except _Unfit as unfit:
        left = (recipient for recipient in parcel.recipients if recipient not in handed)
        handed.update({recipient: _refused(recipient, host, unfit) for recipient in left})
    finally:
        stream.close(commands.quit().data)
    return tuple(handed[recipient] for recipient in parcel.recipients)


def _refused(recipient: str, host: str, unfit: _Unfit) -> Handed:
    if not unfit.code:
        return Handed(recipient, "deferred", "4.4.2", f"conversation with {host}[{host}]: {unfit.words}")
    status, dsn = ("bounced", "5.0.0") if unfit.code >= 500 else ("deferred", "4.0.0")
    return Handed(recipient, status, dsn, f"host {host}[{host}] said: {unfit.code} {unfit.words}")


class _Talk:
    def __init__(self, net: Net, stream: Stream) -> None:
        self._net = net
        self._stream = stream
        self._reader = ReplyReader()
        self._replies: list[SmtpReply] = []

    async def say(self, command: Outgoing | None) -> SmtpReply:
        """The answer; the greeting to None. Raises _Unfit for a refusal and for a connection that has ended."""
        deadline, heard = self._net.now() + _ANSWER, 0
        try:
            if command is not None:
                await self._stream.write(command.data, deadline)
            while not self._replies:
                data = await self._stream.read(deadline)
                heard += len(data)
                if not data or heard > _LONGEST:
                    raise _Unfit(None, "lost connection")
                self._replies += self._reader.receive(data)
        except NetFailure as failure:
            raise _Unfit(None, failure.detail or str(failure.trouble)) from None
        reply = self._replies.pop(0)
        if reply.code >= 400:
            raise _Unfit(reply, " ".join(reply.text.split()))
        return reply
