"""Fixtures shared by all rooms: the private real servers, and who may run on them; a certificate to trust."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from authorities import OneAuthority
from loglines import unread
from loopback import sound_tls
from mailproof.lab.real.server import RealLab
from mailproof.script.authority import Authority
from nameservers import OwnResolver, own_resolv_conf

# How long an example takes says how busy the machine is.
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, which may be absent or switched off
def pytest_xdist_auto_num_workers() -> int:
    """Of `-n auto`: more than there are processors, for a test of a server waits half of its time, and no more than
    five, for as many times the real servers of a whole run are started.
    """
    return min((os.cpu_count() or 1) + 1, 5)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `real` are skipped where the servers cannot run, and say why."""
    if lacks := RealLab.missing():
        skip = pytest.mark.skip(reason=f"a private Postfix and Dovecot need {', '.join(map(str, lacks))}")
        for item in items:
            if item.get_closest_marker("real"):
                item.add_marker(skip)


@pytest.fixture(scope="session")
def own_resolver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnResolver | None]:
    """Nothing depends on the resolver of the machine, and nothing is asked of it."""
    with own_resolv_conf(tmp_path_factory.mktemp("resolver") / "resolv.conf") as own:
        yield own


@pytest.fixture
def resolver(own_resolver: OwnResolver | None) -> OwnResolver:
    """For tests that look at this machine's resolver."""
    if own_resolver is None:
        pytest.skip("a resolv.conf of one's own needs root, and a mount namespace")
    return own_resolver


@pytest.fixture(scope="session")
def real_lab(own_resolver: OwnResolver | None) -> Iterator[RealLab]:
    """A healthy Postfix and Dovecot for the whole run: read it, log in, send mail, but do not break it."""
    with RealLab() as lab:
        yield lab
        assert_logs_are_read(lab)


@pytest.fixture(scope="session")
def authority() -> Authority:
    """One for all tests: making its keys is what costs."""
    return OneAuthority()


@pytest.fixture(scope="session")
def ca_file(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Its root, as `--ca-file` takes it."""
    return str(authority.write_root(tmp_path_factory.mktemp("ca")))


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS with a sound certificate for 127.0.0.1, and the root to trust for it."""
    return sound_tls(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def real_lab_with(own_resolver: OwnResolver | None) -> Iterator[Callable[..., RealLab]]:
    """Starts a Postfix and a Dovecot that differ from the healthy ones as told: the arguments of `RealLab`."""
    labs: list[RealLab] = []

    def start(**changes: Any) -> RealLab:
        labs.append(stack.enter_context(RealLab(**changes)))
        return labs[-1]

    with ExitStack() as stack:
        yield start
        for lab in labs:
            assert_logs_are_read(lab)


def assert_logs_are_read(lab: RealLab) -> None:
    """Whatever a test made the servers do, `log` knows every line of it."""
    unknown = [line for log in (lab.mail_log, lab.dovecot_log) for line in unread(log)]
    assert not unknown, unknown
