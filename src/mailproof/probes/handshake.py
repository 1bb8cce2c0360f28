"""A handshake as a fact that checks judge, and what a secret said inside it is protected by."""

from __future__ import annotations

from mailproof.model.escape import to_text
from mailproof.model.tls import Handshake, Protection, TlsHandshake
from mailproof.net.interface import Stream
from mailproof.parse.certificate import read_certificate
from mailproof.parse.hostname import names_host


def handshake_fact(name: str, made: Handshake, stream: Stream, turns: tuple[int, ...] = ()) -> TlsHandshake:
    """What the network layer saw, with its certificates read and everything masked; `name` is that presented."""
    certificates = [read_certificate(der) for der in made.chain]
    readable = tuple(certificate for certificate in certificates if certificate is not None)
    # What stands behind a leaf that cannot be read must not be taken for it.
    chain = readable if certificates and certificates[0] is not None else ()
    return TlsHandshake(
        name,
        made.seconds,
        made.version,
        made.cipher,
        made.group,
        chain,
        len(certificates) - len(readable),
        made.errors,
        made.trouble,
        made.alert,
        stream.secrets.mask_text(made.detail),
        to_text(stream.secrets.mask(made.clear_text)),
        turns,
    )


def protection_of(handshake: TlsHandshake | None) -> Protection:
    """Whether a handshake was made, with a chain that verifies and names the host."""
    if handshake is None or handshake.trouble is not None:
        return Protection.NONE
    if handshake.errors or not handshake.chain:
        return Protection.UNVERIFIED
    leaf = handshake.chain[0]
    named = names_host(leaf.dns_names, leaf.ip_addresses, handshake.name)
    return Protection.VERIFIED if named else Protection.UNVERIFIED
