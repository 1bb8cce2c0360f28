"""Looks at the certificates that a configuration names. Of a key only its public half is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from mailproof.host.interface import Host
from mailproof.model.configuration import CertificateFile, FileSeen, FileState, Pair
from mailproof.model.tls import Certificate
from mailproof.parse.certificate import read_certificate
from mailproof.parse.pem import Pem, public_key_of, read_pem

# Where Debian, Red Hat and the BSDs have the roots that are trusted.
_ROOTS = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


class Wish(msgspec.Struct, frozen=True):
    """A certificate, its key, and where each is named."""

    parameter: str
    file: str
    line: int
    text: str
    path: str
    key_parameter: str
    key_line: int
    key_text: str
    key_path: str
    host: str = ""
    key_file: str = ""
    """The configuration file that names the key; empty for the same."""
    before: str = ""
    """The file before it in a list that is read as one: a certificate's key may stand there (postconf(5)
    smtpd_tls_chain_files)."""


def certificate_files(host: Host, wishes: Sequence[Wish], here: bool) -> Iterator[CertificateFile]:
    """What lies at each; on a copy of a configuration nothing, for the certificates are not in it."""
    roots: frozenset[str] | None = None
    for wish in wishes:
        seen = _read(host, wish.path, here)
        pem = read_pem(seen.data)
        key_path = wish.key_path
        if wish.before and pem.certificates and not (pem.keys or pem.unread_keys):
            key_path = wish.before
        key = seen if key_path == wish.path else _read(host, key_path, here)
        key_pem = read_pem(key.data)
        chain = [each for each in map(read_certificate, pem.certificates) if each is not None]
        if chain and roots is None:
            roots = _roots(host)
        yield CertificateFile(
            parameter=wish.parameter,
            file=wish.file,
            line=wish.line,
            text=wish.text,
            path=wish.path,
            state=seen.state,
            chain=tuple(chain),
            unreadable=seen.state is FileState.FILE and not chain and not (pem.keys or pem.unread_keys),
            key_parameter=wish.key_parameter,
            key_line=wish.key_line,
            key_text=wish.key_text,
            key_path=key_path,
            key_file=wish.key_file or wish.file,
            key_state=key.state,
            key_mode=key.mode,
            key_group=key.group,
            pair=_pair(pem.certificates, key_pem, key),
            host=wish.host,
            known_issuer=_issued_by(chain, roots or frozenset()),
        )


def _read(host: Host, path: str, here: bool) -> FileSeen:
    return host.read(path) if here else FileSeen(path, path, FileState.ELSEWHERE)


def _pair(certificates: Sequence[bytes], pem: Pem, key: FileSeen) -> Pair:
    if key.state is not FileState.FILE or not certificates:
        return Pair.UNTOLD
    if not pem.keys and not pem.unread_keys:
        return Pair.NO_KEY
    own = public_key_of(certificates[0])
    if own in pem.keys:
        return Pair.YES
    if pem.unread_keys or own is None:
        return Pair.LOCKED if pem.locked_keys == pem.unread_keys > 0 and not pem.keys else Pair.UNTOLD
    return Pair.NO


def _issued_by(chain: Sequence[Certificate], roots: frozenset[str]) -> bool:
    return any(each.issuer in roots for each in chain)


def _roots(host: Host) -> frozenset[str]:
    """Subjects of the roots that this machine trusts."""
    for path in _ROOTS:
        seen = host.read(path)
        if seen.state is FileState.FILE:
            found = map(read_certificate, read_pem(seen.data).certificates)
            return frozenset(each.subject for each in found if each is not None)
    return frozenset()
