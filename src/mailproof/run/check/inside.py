"""A check with what the server itself can tell of it: its logs, its configuration, its machine."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import datetime

import msgspec

from mailproof.host.hostname import hostname
from mailproof.host.interface import Host
from mailproof.model.attempt import Job, Skipped
from mailproof.model.configuration import DovecotFiles, FileState, PostfixFiles
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Protocol
from mailproof.model.followed import Waiting
from mailproof.model.machine import MachineSeen
from mailproof.model.record import Attempt, Record
from mailproof.model.retrieval import Retrieved
from mailproof.model.secret import Secrets
from mailproof.model.space import SpaceSeen
from mailproof.net.interface import Driver
from mailproof.probes.exim_files import usual_exim
from mailproof.probes.machine import machine_seen
from mailproof.probes.policy_services import policy_services_seen
from mailproof.probes.queue import waiting
from mailproof.probes.space import mailbox_space, queue_space
from mailproof.run.beside.followed import await_last_word, with_followed
from mailproof.run.beside.join import with_log
from mailproof.run.beside.journal import JournalWatch
from mailproof.run.beside.watch import LogWatch, day_of
from mailproof.run.check.examine import Plan, examine
from mailproof.run.check.lookups import lists_asked, lookups
from mailproof.run.lint import NoConfiguration, read_configurations
from mailproof.run.log.files import usual_logs


class Inside(msgspec.Struct, frozen=True, kw_only=True):
    """Where to look on the server's machine. What is empty is left out."""

    logs: tuple[str, ...] = ()
    postfix_dir: str = ""
    dovecot_conf: str = ""
    exim_conf: str = ""
    machine: bool = False
    """Whether the targets are known to be on this machine, so that its sockets and its packet filter tell of them."""


async def examine_inside(net: Driver, host: Host, plan: Plan, started: datetime, inside: Inside) -> Record:
    """As `examine`; the record has what the server tells, too. What cannot be read is in it as not tried."""
    # A log that was named alone can be that of a machine whose clock nobody has asked.
    clock = host.clock() if inside.machine else None
    logs = inside.logs or (tuple(usual_logs(host)) if inside.machine else ())
    watch: LogWatch | JournalWatch | None = LogWatch(host, logs) if logs else None
    if watch is None and inside.machine:
        watch = JournalWatch(host, started, clock)
    record = await examine(net, plan, started)
    if watch is not None:
        # Where the mailbox was looked into, the message has had its time.
        looked = next(record.seen(Retrieved), None) is not None
        await await_last_word(net, watch, record, day_of(started, clock), 0.0 if looked else plan.terms.timeout)
        await watch.settled(net)
    attempts = list(record.attempts)
    if inside.machine and host.unreached is None:
        machine = machine_seen(host, await _addresses(net, host, record, plan.terms.timeout))
        attempts.append(Attempt(Job.MACHINE, observations=(msgspec.structs.replace(machine, clock=clock),)))
        inside = _with_usual(inside, host, record, machine)
    if host.unreached is None:
        attempts += _configurations(host, started, inside)
    if inside.machine and host.unreached is None:
        # First: what waits there now, is served or given up a little later.
        asked = [each for fact in _postfixes(attempts) for each in policy_services_seen(host, fact)]
        seen = await lookups(net, host, attempts, plan.terms.sender)
        lists = await lists_asked(net, host, attempts, seen)
        attempts.append(Attempt(Job.MACHINE, observations=(*seen, *lists, *_spaces(host, attempts), *asked)))
    read = watch.read(day_of(started, clock)) if watch is not None and host.unreached is None else None
    record = msgspec.structs.replace(record, attempts=(*attempts, *_untold(host, watch, read)))
    if host.unreached is not None:
        return record
    secrets = Secrets(secret for wish in (plan.login, plan.mailbox_login) if wish for secret in wish.secrets)
    if read is not None:
        record = with_log(record, read[0], read[2], read[1], secrets, host.way, clock)

    def queue(queue_id: str) -> tuple[Waiting, ...]:
        return waiting(host, queue_id, inside.postfix_dir) if inside.machine else ()

    return with_followed(record, read[0] if read is not None else [], secrets, queue)


def _untold(host: Host, watch: object, read: object) -> Iterator[Attempt]:
    """What the machine was to be asked and did not tell."""
    if (gone := host.unreached) is not None:
        params = {"host": gone.host, "words": gone.words or "-"}
        yield Attempt(Job.MACHINE, skipped=(Skipped("server-evidence", gone.why, asked=True, params=params),))
    elif watch is not None and read is None:
        yield Attempt(Job.LOG, skipped=(Skipped("log-clean", "no-log-found"),))


async def _addresses(net: Driver, host: Host, record: Record, timeout: float) -> list[str]:
    """Of this machine, every one that the run met; of another, those of the name under which ssh dialled it."""
    if host.way is None:
        return ["127.0.0.1", "::1", *record.vantage]
    found: list[str] = []
    for name in host.way.dialled:
        try:
            found.append(str(ipaddress.ip_address(name.partition("%")[0])))
        except ValueError:
            for rtype in ("A", "AAAA"):
                found += (await net.resolve(name, rtype, net.now() + timeout)).answers
    return found


def _with_usual(inside: Inside, host: Host, record: Record, machine: MachineSeen) -> Inside:
    """With the usual place of a configuration that was not named, where its server is the one that was looked at.

    That is one that runs, or one that does not while nobody else answers in its protocols. Postfix leaves the file of
    its number behind, so that one that was never started here is none; Dovecot and Exim do not.
    """
    running = {daemon.name for daemon in machine.daemons if daemon.running}
    known = {daemon.name for daemon in machine.daemons if daemon.known or daemon.name in ("dovecot", "exim")}
    answering = {
        seen.endpoint.scheme.protocol is Protocol.SMTP
        for seen in record.seen(Connection)
        if seen.attempt.endpoint is not None and seen.fact.trouble is None
    }
    asked = {target.scheme.protocol is Protocol.SMTP for target in record.targets if target.scheme is not None}

    def looked_at(name: str, smtp: bool) -> bool:
        return name in running or (name in known and smtp in asked and smtp not in answering)

    def usual(name: str, path: str, smtp: bool) -> str:
        return path if looked_at(name, smtp) and host.look(path).state is not FileState.MISSING else ""

    return msgspec.structs.replace(
        inside,
        postfix_dir=inside.postfix_dir or usual("postfix", "/etc/postfix", smtp=True),
        dovecot_conf=inside.dovecot_conf or usual("dovecot", "/etc/dovecot/dovecot.conf", smtp=False),
        exim_conf=inside.exim_conf or (usual_exim(host) if looked_at("exim", smtp=True) else ""),
    )


def _spaces(host: Host, attempts: list[Attempt]) -> Iterator[SpaceSeen]:
    """Of the queue of each Postfix, and of the mailboxes of each Dovecot, that was read."""
    for attempt in attempts:
        for fact in attempt.observations:
            if isinstance(fact, PostfixFiles):
                yield from queue_space(host, fact)
            elif isinstance(fact, DovecotFiles):
                yield from mailbox_space(host, fact)


def _postfixes(attempts: list[Attempt]) -> list[PostfixFiles]:
    return [fact for attempt in attempts for fact in attempt.observations if isinstance(fact, PostfixFiles)]


def _configurations(host: Host, started: datetime, inside: Inside) -> list[Attempt]:
    attempts: list[Attempt] = []
    facts = {"myhostname": hostname(host)}
    paths = (inside.postfix_dir, inside.dovecot_conf, inside.exim_conf)
    for at, path in enumerate(paths):
        if not path:
            continue
        postfix_dir, dovecot_conf, exim_conf = (each if at == n else "" for n, each in enumerate(paths))
        try:
            read = read_configurations(host, started, facts, postfix_dir, dovecot_conf, exim_conf=exim_conf)
        except NoConfiguration as none:
            skipped = Skipped("configuration", "configuration-not-read", asked=True, params={"file": none.path})
            attempts.append(Attempt(Job.CONFIGURATION, skipped=(skipped,)))
        else:
            attempts += read.attempts
    return attempts
