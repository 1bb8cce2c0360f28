"""The same mail offered again and again, at one server, until it is told what stands behind the refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from mailproof.diagnose.greylisting import proved_by
from mailproof.model.attempt import Step
from mailproof.model.envelope import Submitted
from mailproof.model.greylisting import GreylistProbed, GreylistTry, Look
from mailproof.model.record import Attempt
from mailproof.model.reply import Reply, ReplyClass
from mailproof.net.interface import Driver
from mailproof.parse.greylisting import may_be_greylisting, product_of, stated_delay
from mailproof.parse.refusal import refusal
from mailproof.parse.refusal_kind import RefusalKind
from mailproof.run.hand.sending import SendPlan, last_of, send_by_hand

# A second more than is said: whole seconds are rounded down on the way.
_MARGIN = 1.0


class GreylistPlan(msgspec.Struct, frozen=True, kw_only=True):
    send: SendPlan
    """Where and how; its `sending` is that of the first try, with the message for `--data`."""
    domain: str
    """Of the senders that are made up."""
    local: str
    """What their names begin with."""
    pause: float = 5.0
    """Seconds between the first tries."""
    every: float = 60.0
    """And between the later ones, where no delay is named."""
    within: float = 900.0
    """Seconds for all of it."""


async def probe(
    net: Driver, plan: GreylistPlan, started: datetime, token: Callable[[], str], progress: Callable[[str], None]
) -> GreylistProbed:
    """Stops before DATA, unless the plan goes on. `token` makes the names of senders, a new one each time."""
    return await _Probe(net, plan, started, token, progress).run()


class _Probe:
    def __init__(
        self,
        net: Driver,
        plan: GreylistPlan,
        started: datetime,
        token: Callable[[], str],
        progress: Callable[[str], None],
    ) -> None:
        self._net = net
        self._plan = plan
        self._started = started
        self._token = token
        self._progress = progress
        self._began = net.now()
        self._tries: list[GreylistTry] = []
        self._url = plan.send.target.text
        self._kind = RefusalKind.OTHER

    async def run(self) -> GreylistProbed:
        sender = self._sender()
        first = await self._offer(Look.FIRST, sender)
        may_be = may_be_greylisting(first.code, self._kind)
        if not first.taken and not first.trouble and may_be:
            await self._follow(sender)
        return self._told(first, may_be)

    async def _follow(self, sender: str) -> None:
        """The rest of the sequence."""
        await self._net.sleep(self._plan.pause)
        again = await self._offer(Look.AGAIN, sender)
        if again.trouble:
            return
        if not again.taken:
            await self._offer(Look.OTHER, self._sender())
            if not await self._until_taken(sender, again):
                return
        await self._offer(Look.CONTROL, self._sender())

    async def _until_taken(self, sender: str, again: GreylistTry) -> bool:
        end = self._began + self._plan.within
        last = again
        while True:
            named = stated_delay(last.reply)
            pause = self._plan.every if named is None else named + _MARGIN
            if self._net.now() + pause > end:
                return False
            await self._net.sleep(pause)
            last = await self._offer(Look.LATER, sender)
            if last.taken or last.trouble:
                return last.taken

    async def _offer(self, look: Look, sender: str) -> GreylistTry:
        self._progress(str(look))
        at = self._net.now() - self._began
        sending = msgspec.structs.replace(self._plan.send.sending, sender=sender)
        asked = msgspec.structs.replace(self._plan.send.asked, sender=sender)
        plan = msgspec.structs.replace(self._plan.send, sending=sending, asked=asked)
        record = await send_by_hand(self._net, plan, self._started)
        attempt = last_of(record)
        told = [fact for fact in attempt.observations if isinstance(fact, Submitted)] if attempt else []
        if attempt is not None and attempt.endpoint is not None:
            self._url = attempt.endpoint.url
        made = self._try(look, at, sender, told[0] if told else None, _ended(attempt))
        self._tries.append(made)
        return made

    def _try(self, look: Look, at: float, sender: str, fact: Submitted | None, ended: str) -> GreylistTry:
        reply, step = _last_word(fact)
        if reply is None:
            return GreylistTry(look, at, sender, False, trouble=ended)
        if reply.kind is ReplyClass.INVALID:
            return GreylistTry(look, at, sender, False, reply.line, trouble=ended)
        taken = reply.kind in (ReplyClass.POSITIVE, ReplyClass.INTERMEDIATE)
        kind = (None if taken else refusal(reply, step)) or RefusalKind.OTHER
        if look is Look.FIRST:
            self._kind = kind
        return GreylistTry(
            look,
            at,
            sender,
            taken,
            reply.line,
            int(reply.code) if reply.code.isdigit() else 0,
            "" if taken else str(kind),
        )

    def _told(self, first: GreylistTry, may_be: bool) -> GreylistProbed:
        same = [each for each in self._tries if each.sender == first.sender and not each.trouble]
        taken = next((each.at for each in same if each.taken), None)
        refused = [each.at for each in same if not each.taken]
        return GreylistProbed(
            self._url,
            self._plan.send.sending.recipients[0].address,
            proved_by(self._tries, may_be),
            tuple(self._tries),
            product_of(first.reply) if may_be else "",
            stated_delay(first.reply) if may_be else None,
            refused[-1] if refused else None,
            taken,
            "" if may_be or first.taken else first.kind,
        )

    def _sender(self) -> str:
        return f"{self._plan.local}.{self._token()}@{self._plan.domain}"


def _ended(attempt: Attempt | None) -> str:
    """Where the session failed, and how: `connect: refused`."""
    failed = attempt.failed if attempt is not None else None
    return f"{failed.step}: {failed.trouble or failed.detail}" if failed is not None else str(Step.RESOLVE)


def _last_word(fact: Submitted | None) -> tuple[Reply | None, Step]:
    if fact is None:
        return None, Step.MAIL
    for reply, step in (
        (fact.final, Step.DATA),
        (fact.data, Step.DATA),
        (fact.rcpt, Step.RCPT),
        (fact.mail, Step.MAIL),
    ):
        if reply is not None:
            return reply, step
    return None, Step.MAIL
