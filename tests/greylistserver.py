"""A mail server that decides at RCPT by time and sender: a greylist, or what looks like one. Over any net."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from mailproof.net.interface import ServerStream

Policy = Callable[[float, str, str], str]
"""The reply to RCPT, or to the end of a message, of a sender at a time; the last is the line."""


def server(
    now: Callable[[], float], policy: Policy, heard: list[str] | None
) -> Callable[[ServerStream], Awaitable[None]]:
    """Its sessions; `heard` gets the lines of all of them."""

    async def serve(stream: ServerStream) -> None:
        async def say(text: str) -> None:
            await stream.write(f"{text}\r\n".encode(), 1e9)

        await say("220 mx.test ESMTP")
        sender, pending = "", b""
        while data := await stream.read(1e9):
            pending += data
            while b"\r\n" in pending:
                line, _, pending = pending.partition(b"\r\n")
                text = line.decode()
                if heard is not None:
                    heard.append(text)
                verb = text.split()[0].upper()
                if verb == "MAIL":
                    sender = text.partition("<")[2].partition(">")[0]
                answers = {"RCPT": policy(now(), sender, text), "DATA": "354 go on", "QUIT": "221 bye"}
                await say(answers.get(verb, "250 ok") if verb != "." else policy(now(), sender, "."))
                if verb == "QUIT":
                    return

    return serve


def greylist(delay: float, words: str = "451 4.7.1 Greylisting in action, please come back in {left}") -> Policy:
    """By sender, in the words of milter-greylist or others."""
    first: dict[str, float] = {}

    def reply(now: float, sender: str, text: str) -> str:
        left = delay - (now - first.setdefault(sender, now))
        clock = f"{int(left) // 3600:02d}:{int(left) // 60 % 60:02d}:{int(left) % 60:02d}"
        return words.format(left=clock) if left > 0 else "250 ok"

    return reply
