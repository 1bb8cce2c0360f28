"""Configurations, read and put into a record, that checks can judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from time import monotonic

from mailproof import __version__
from mailproof.host.interface import Host
from mailproof.model.attempt import Job
from mailproof.model.configuration import DovecotFiles, EximFiles, FileState, PostfixFiles
from mailproof.model.endpoint import Target, TargetKind
from mailproof.model.record import Attempt, Record
from mailproof.probes.certificate_files import Wish, certificate_files
from mailproof.probes.dovecot_files import dovecot_files
from mailproof.probes.exim_files import exim_files
from mailproof.probes.postfix_files import postfix_files
from mailproof.run.certificates_named import of_dovecot, of_exim, of_postfix

Files = PostfixFiles | DovecotFiles | EximFiles


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

    def read(server: str, path: str, fact: Files, certificates: Iterable[Wish]) -> None:
        if (first := fact.files[0]).state is not FileState.FILE:
            raise NoConfiguration(server, first.path, first.state)
        seen = certificate_files(host, list(certificates), fact.here)
        attempts.append(Attempt(Job.CONFIGURATION, observations=(fact, *seen)))
        targets.append(Target(path, TargetKind.FILES, ""))

    if postfix_dir:
        postfix = postfix_files(host, postfix_dir, machine, here)
        read("postfix", postfix_dir, postfix, of_postfix(postfix))
    if dovecot_conf:
        dovecot = dovecot_files(host, dovecot_conf, here)
        read("dovecot", dovecot_conf, dovecot, of_dovecot(dovecot))
    if exim_conf:
        exim = exim_files(host, exim_conf, here)
        read("exim", exim_conf, exim, of_exim(exim))
    return Record(
        started=now,
        targets=tuple(targets),
        attempts=tuple(attempts),
        seconds=monotonic() - begun,
        mailproof=__version__,
    )
