"""How much room the queue of a mail server has."""

from __future__ import annotations

from mailproof.host.interface import Host
from mailproof.model.configuration import PostfixFiles
from mailproof.model.space import SpaceSeen
from mailproof.parse.machine.free_space import free_space
from mailproof.parse.postfix.parameters import read_main


def queue_space(host: Host, postfix: PostfixFiles) -> tuple[SpaceSeen, ...]:
    """Of the queue of this Postfix, if it is on this host; nothing where df(1) does not tell."""
    if not postfix.here:
        return ()
    main = next((each.data for each in postfix.files if each.name == "main.cf"), b"")
    queue = read_main(main, postfix.machine).value("queue_directory").text
    found = free_space(host.answer(("df", "-Pk", queue)) or "") if queue.startswith("/") else None
    return (SpaceSeen(queue, *found),) if found is not None else ()
