"""What the mail server would ask its name servers for this run, and of whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailproof.host.hostname import hostname
from mailproof.host.interface import Host
from mailproof.model.configuration import PostfixFiles
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Protocol
from mailproof.model.lookups import BlocklistAsked, LookupsSeen
from mailproof.model.machine import MachineSeen
from mailproof.model.record import Attempt
from mailproof.net.interface import Driver
from mailproof.parse.ip_address import is_address
from mailproof.parse.postfix.parameters import MainFile, read_main
from mailproof.probes.blocklists import blocklists_asked
from mailproof.probes.lookups import Questions, lookups_seen
from mailproof.probes.machine import PID_FILES


async def lookups(net: Driver, host: Host, attempts: Sequence[Attempt], sender: str) -> tuple[LookupsSeen, ...]:
    """Of the machine that the targets are on; its configuration and what was seen of it are among the attempts."""
    facts = [fact for attempt in attempts for fact in attempt.observations]
    postfix = next((fact for fact in facts if isinstance(fact, PostfixFiles)), None)
    machine = next((fact for fact in facts if isinstance(fact, MachineSeen)), None)
    main = _main(postfix)
    looks = main.value("smtpd_peername_lookup").text != "no"
    clients = tuple(dict.fromkeys(_clients(attempts, machine))) if machine is not None and looks else ()
    named = main if postfix is not None else read_main(b"", {"myhostname": hostname(host)})
    questions = Questions(clients, sender.rpartition("@")[2], named.value("myhostname").text)
    return await lookups_seen(net, host, _pid_files(postfix), postfix, questions)


async def lists_asked(
    net: Driver, host: Host, attempts: Sequence[Attempt], seen: Sequence[LookupsSeen]
) -> tuple[BlocklistAsked, ...]:
    """The blocklists of each Postfix here, by the first name server of this machine that answers."""
    view = next((each for each in seen if not each.chroot), None)
    if view is None or view.unasked or host.way is not None:
        return ()
    server = next((each.server for each in view.asked if each.answered), "")
    found: list[BlocklistAsked] = []
    for fact in (fact for attempt in attempts for fact in attempt.observations):
        if isinstance(fact, PostfixFiles) and fact.here and server:
            found += await blocklists_asked(net, server, fact)
    return tuple(found)


def _pid_files(postfix: PostfixFiles | None) -> Iterator[str]:
    """Where the mail server's number is: that of the Postfix that was read is the one."""
    if postfix is not None and postfix.here:
        yield f"{_main(postfix).value('queue_directory').text}/pid/master.pid"
    yield from PID_FILES.values()


def _main(postfix: PostfixFiles | None) -> MainFile:
    """As it is by default where none was read."""
    files = postfix.files if postfix is not None else ()
    data = next((each.data for each in files if each.name == "main.cf"), b"")
    return read_main(data, postfix.machine if postfix is not None else {})


def _clients(attempts: Sequence[Attempt], machine: MachineSeen) -> Iterator[str]:
    """Our addresses, as a mail server on the machine sees them."""
    ours = machine.way.ours if machine.way is not None else ""
    for attempt in attempts:
        endpoint = attempt.endpoint
        if endpoint is None or endpoint.scheme.protocol is not Protocol.SMTP or not machine.own(endpoint.address):
            continue
        for fact in attempt.observations:
            if isinstance(fact, Connection) and fact.client:
                address = fact.client.rpartition(":")[0].strip("[]").partition("%")[0]
                known = ours if ours and (":" in ours) is (":" in address) else address
                if is_address(known):
                    yield known
