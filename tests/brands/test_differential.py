"""On a healthy server of every brand: `openssl`, `posttls-finger`, `nmap` and `curl` see what a check sees."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from brandlist import HEALTHY, brands
from cyrusserver import CYRUS
from otherprograms import POSTTLS_FINGER, SERVED_BY, curl, nmap, openssl, posttls_finger
from unpacked import serving

from labcheck import ALICE, check
from mailproof.lab.real.server import DOVECOT_SCHEMES, POSTFIX_SCHEMES
from mailproof.model.authentication import LoginTried
from mailproof.model.capabilities import Capabilities, Capability, Stage
from mailproof.model.record import Record
from mailproof.model.tls import TlsHandshake, TlsVersion, TlsVersionTried

pytestmark = pytest.mark.real

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
needs_nmap = pytest.mark.skipif(shutil.which("nmap") is None, reason="needs nmap")
needs_finger = pytest.mark.skipif(not POSTTLS_FINGER.exists(), reason="needs posttls-finger of the package postfix")

# Cyrus has one login a minute by POP3, and we make a few.
_CHANGES = {CYRUS.name: {"admins:": "popminpoll: 0\nadmins:"}}


@pytest.fixture(scope="module", params=[pytest.param(None, id="postfix-and-dovecot"), *brands(*HEALTHY)])
def seen(request: pytest.FixtureRequest) -> Iterator[SimpleNamespace]:
    """A server, and the record of a check of all that it serves, without a login."""
    if request.param is None:
        lab = request.getfixturevalue("real_lab")
        schemes = (*POSTFIX_SCHEMES, *DOVECOT_SCHEMES)
        yield SimpleNamespace(lab=lab, schemes=schemes, record=check(lab, *schemes, user="", mailbox=""))
        return
    with serving(request.param, changes=_CHANGES.get(request.param.name)) as lab:
        schemes = tuple(lab.ports)
        yield SimpleNamespace(lab=lab, schemes=schemes, record=check(lab, *schemes, user="", mailbox=""))


def at(record: Record, kind: type[Any], scheme: str, job: str = "survey") -> list[Any]:
    return [s.fact for s in record.seen(kind) if s.attempt.job == job and s.endpoint.scheme == scheme]


def offered(record: Record, scheme: str, stage: Stage) -> tuple[Capability, ...]:
    (listed,) = [seen for seen in at(record, Capabilities, scheme) if seen.stage is stage]
    return listed.offered


def words(listed: tuple[Capability, ...]) -> list[str]:
    """As an EHLO or CAPA reply has them, in the server's order."""
    return [" ".join((item.name, *item.params)).upper() for item in listed]


def imap_words(listed: tuple[Capability, ...]) -> set[str]:
    """As a CAPABILITY response has them."""
    return {f"{item.name}={param}".upper() for item in listed for param in item.params} | {
        item.name.upper() for item in listed if not item.params
    }


def stages(scheme: str) -> tuple[Stage, ...]:
    return (Stage.TLS,) if scheme.endswith("s") else (Stage.CLEAR, Stage.TLS)


def test_openssl_agrees_on_version_cipher_and_chain(seen: SimpleNamespace) -> None:
    for scheme in seen.schemes:
        (ours,), theirs = at(seen.record, TlsHandshake, scheme), openssl(seen.lab, scheme)
        assert (ours.version, ours.cipher) == (theirs.version, theirs.cipher), scheme
        assert [certificate.subject for certificate in ours.chain] == theirs.subjects
        assert [certificate.issuer for certificate in ours.chain] == theirs.issuers
        assert {error.code for error in ours.errors} == theirs.errors == set()


@pytest.mark.parametrize(("maximum", "option"), [(TlsVersion.TLS1_2, "-tls1_2"), (TlsVersion.TLS1_1, "-tls1_1")])
def test_openssl_is_let_in_with_the_same_versions(seen: SimpleNamespace, maximum: TlsVersion, option: str) -> None:
    for scheme in seen.schemes:
        (ours,) = [t for t in at(seen.record, TlsVersionTried, scheme, "version") if t.maximum is maximum]
        assert bool(ours.accepted) == (openssl(seen.lab, scheme, option).version != "(NONE)"), scheme


@needs_finger
def test_posttls_finger_trusts_it_and_is_told_the_same(seen: SimpleNamespace) -> None:
    for scheme in set(seen.schemes) & set(POSTFIX_SCHEMES):
        (ours,), (theirs, lines) = at(seen.record, TlsHandshake, scheme), posttls_finger(seen.lab, scheme)
        assert theirs == (True, ours.version, ours.cipher)
        assert [line.upper() for line in lines] == words(offered(seen.record, scheme, Stage.TLS))


@needs_curl
def test_curl_is_offered_the_same_and_logs_in_where_a_check_does(seen: SimpleNamespace) -> None:
    for scheme in (scheme for scheme in seen.schemes if scheme in SERVED_BY):
        right = curl(seen.lab, scheme, ALICE, seen.lab.accounts[ALICE])
        for stage in stages(scheme):
            listed = offered(seen.record, scheme, stage)
            lines = right.clear if stage is Stage.CLEAR else right.inside
            if SERVED_BY[scheme].startswith("imap"):
                assert {word.upper() for word in lines[0].split()[2:]} == imap_words(listed), scheme
            elif SERVED_BY[scheme].startswith("pop3"):
                assert [line.upper() for line in lines[1:-1]] == words(listed), scheme
            else:
                assert [line[4:].upper() for line in lines[1:]] == words(listed), scheme
        assert right.code == 0
        logins = at(check(seen.lab, scheme, mailbox=""), LoginTried, scheme, "login")
        assert [login.accepted for login in logins] == ([True] if right.mechanism else [])


@needs_curl
def test_curl_is_refused_where_a_check_is(seen: SimpleNamespace) -> None:
    scheme = next(scheme for scheme in ("submission", "imap", "pop3") if scheme in seen.schemes)
    ours = at(check(seen.lab, scheme, password="not-the-password", mailbox=""), LoginTried, scheme, "login")
    assert [login.accepted for login in ours] == [False]
    assert curl(seen.lab, scheme, ALICE, "not-the-password").code == 67  # CURLE_LOGIN_DENIED


@needs_nmap
def test_nmap_finds_the_same_before_tls(seen: SimpleNamespace) -> None:
    agrees_with_nmap(seen, [scheme for scheme in seen.schemes if not scheme.endswith("s") and scheme in SERVED_BY])


@needs_nmap
@pytest.mark.long  # nmap waits ten seconds for a greeting before it thinks of TLS
def test_nmap_finds_the_same_where_tls_comes_first(seen: SimpleNamespace) -> None:
    agrees_with_nmap(seen, [scheme for scheme in seen.schemes if scheme.endswith("s") and scheme in SERVED_BY])


def agrees_with_nmap(seen: SimpleNamespace, schemes: list[str]) -> None:
    found = nmap(seen.lab, schemes)
    assert set(found) == set(schemes)
    for scheme in schemes:
        listed = offered(seen.record, scheme, stages(scheme)[0])
        if SERVED_BY[scheme].startswith("smtp"):
            # Host and greeting come first, the answer to HELP stands in lines of its own.
            theirs = found[scheme].split("\n")[0].upper().split(", ")
            assert [item for item in theirs if item in words(listed)] == words(listed)
            assert len(theirs) <= len(listed) + 2
        elif SERVED_BY[scheme].startswith("pop3"):
            told = {name: params.split() for name, params in re.findall(r"([\w-]+)(?:\(([^)]*)\))?", found[scheme])}
            # It reads APOP from the greeting, Dovecot repeats the command, and a version ends at its first dot.
            names = {name for name in told if name not in ("APOP", "CAPA", "OK")}
            assert names == {item.name for item in listed} - {"CAPA"}
            assert told.get("SASL", []) == [param for item in listed if item.name == "SASL" for param in item.params]
        else:
            # Words in no order, cut at what is no letter, and those of the lines around them as well.
            theirs = {re.sub(r"A\d{4}$", "", word.upper()) for word in found[scheme].split()}
            ours = {part for word in imap_words(listed) for part in word.split("_")}
            assert ours <= theirs
            assert {word for word in theirs - ours if "=" in word} == set()
