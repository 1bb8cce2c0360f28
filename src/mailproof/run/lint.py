"""Configurations, read and put into a record, that checks can judge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from time import monotonic

from mailproof import __version__
from mailproof.host.interface import Host
from mailproof.model.attempt import Job
from mailproof.model.configuration import FileState
from mailproof.model.endpoint import Target, TargetKind
from mailproof.model.record import Attempt, Record
from mailproof.probes.certificate_files import certificate_files
from mailproof.probes.dovecot_files import dovecot_files
from mailproof.probes.exim_files import exim_files
from mailproof.probes.postfix_files import postfix_files
from mailproof.run.certificates_named import of_dovecot, of_exim, of_postfix


class NoConfiguration(Exception):
    """There is no configuration at this path, or it may not be read."""

    def __init__(self, server: str, path: str, state: FileState) -> None:
        """`server` is `postfix`, `dovecot` or `exim`."""
        super().__init__(f"{path}: {state}")
        self.server, self.path, self.state = server, path, state


def read_configurations(
    host: Host,
    now: datetime,
    machine: Mapping[str, str],
    postfix_dir: str = "",
    dovecot_conf: str = "",
    here: bool | None = None,
    exim_conf: str = "",
) -> Record:
    """A record with the files of a configuration and the certificates that it names. Nothing is run.

    Raises NoConfiguration where the first file is none. `machine` has `myhostname`; `here`: see `postfix_files`.
    """
    begun = monotonic()
    attempts, targets = [], []
    if postfix_dir:
        fact = postfix_files(host, postfix_dir, machine, here)
        main = fact.files[0]
        if main.state is not FileState.FILE:
            raise NoConfiguration("postfix", main.path, main.state)
        certificates = tuple(certificate_files(host, list(of_postfix(fact)), fact.here))
        attempts.append(Attempt(Job.CONFIGURATION, observations=(fact, *certificates)))
        targets.append(_target(postfix_dir))
    if dovecot_conf:
        dovecot = dovecot_files(host, dovecot_conf, here)
        if (seen := dovecot.files[0]).state is not FileState.FILE:
            raise NoConfiguration("dovecot", seen.path, seen.state)
        certificates = tuple(certificate_files(host, list(of_dovecot(dovecot)), dovecot.here))
        attempts.append(Attempt(Job.CONFIGURATION, observations=(dovecot, *certificates)))
        targets.append(_target(dovecot_conf))
    if exim_conf:
        exim = exim_files(host, exim_conf, here)
        if (seen := exim.files[0]).state is not FileState.FILE:
            raise NoConfiguration("exim", seen.path, seen.state)
        certificates = tuple(certificate_files(host, list(of_exim(exim)), exim.here))
        attempts.append(Attempt(Job.CONFIGURATION, observations=(exim, *certificates)))
        targets.append(_target(exim_conf))
    return Record(
        started=now,
        targets=tuple(targets),
        attempts=tuple(attempts),
        seconds=monotonic() - begun,
        mailproof=__version__,
    )


def _target(path: str) -> Target:
    return Target(path, TargetKind.FILES, "")
