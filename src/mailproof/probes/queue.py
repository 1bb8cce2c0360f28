"""Looks into the queue of the server that took a message: is it still there, and why?"""

from __future__ import annotations

import re

from mailproof.host.interface import Host
from mailproof.model.followed import Waiting
from mailproof.parse.queue import exim, postfix

# Of Postfix, short or long, and of Exim: a server says what it likes at 250, and this becomes a word of a command.
_OF_POSTFIX = re.compile(r"[0-9A-Za-z]{6,24}")
_OF_EXIM = re.compile(r"\w{6}-\w{6,11}-\w{2,4}", re.ASCII)


def waiting(host: Host, queue_id: str, postfix_dir: str = "") -> tuple[Waiting, ...]:
    """Recipients for whom the message still waits; none where it has left the queue, or that cannot be told.

    `postfix_dir` is where main.cf lies, if it is not the usual place.
    """
    if _OF_EXIM.fullmatch(queue_id):
        for program in ("exim4", "exim"):
            listing = host.answer((program, "-bp"))
            if listing is not None:
                log = host.answer((program, "-Mvl", queue_id)) if queue_id in listing else ""
                return tuple(exim.waiting_in(listing, log or "", queue_id))
    elif _OF_POSTFIX.fullmatch(queue_id):
        command = ("postqueue", "-c", postfix_dir, "-j") if postfix_dir else ("postqueue", "-j")
        return tuple(postfix.waiting_in(host.answer(command) or "", queue_id))
    return ()
