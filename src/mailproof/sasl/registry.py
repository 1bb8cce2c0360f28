"""The mechanisms by name, and in which order to try those a server offers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib import import_module

from mailproof.model.tls import Protection
from mailproof.sasl.credentials import BINDINGS
from mailproof.sasl.mechanism import Mechanism

_TOKEN = ("OAUTHBEARER", "XOAUTH2")
_REVEALING = ("PLAIN", "LOGIN")
_BOUND = ("SCRAM-SHA-512-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS")
_UNBOUND = ("SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1")
_PROVING = (*_UNBOUND, "DIGEST-MD5", "CRAM-MD5")

# Module and class of each.
_MADE_BY = {
    **dict.fromkeys((*_BOUND, *_UNBOUND), ("scram", "Scram")),
    "PLAIN": ("plain", "Plain"),
    "LOGIN": ("login", "Login"),
    "CRAM-MD5": ("cram_md5", "CramMd5"),
    "DIGEST-MD5": ("digest_md5", "DigestMd5"),
    "OAUTHBEARER": ("oauthbearer", "OauthBearer"),
    "XOAUTH2": ("xoauth2", "Xoauth2"),
    "EXTERNAL": ("external", "External"),
    "ANONYMOUS": ("anonymous", "Anonymous"),
}


class _Mechanisms(Mapping[str, Mechanism]):
    """A login uses one of them; the modules of the others are not imported."""

    def __getitem__(self, name: str) -> Mechanism:
        module, made_by = _MADE_BY[name]
        mechanism: Mechanism = getattr(import_module(f"mailproof.sasl.{module}"), made_by)(name=name)
        return mechanism

    def __contains__(self, name: object) -> bool:
        return name in _MADE_BY

    def __iter__(self) -> Iterator[str]:
        return iter(_MADE_BY)

    def __len__(self) -> int:
        return len(_MADE_BY)


MECHANISMS: Mapping[str, Mechanism] = _Mechanisms()
"""By their registered name, in upper case."""


def preferred(
    offered: Sequence[str],
    *,
    protection: Protection,
    have_token: bool,
    have_password: bool = True,
    binding: Collection[str] = (),
) -> tuple[str, ...]:
    """The names among `offered` that these credentials can use, the one to try first in front.

    `binding` are the kinds of channel binding at hand. A token goes before a password: who has one was given it
    because passwords are off. Inside TLS that verified, PLAIN comes first, then LOGIN: they alone do not depend
    on how the server stores its passwords, while CRAM-MD5, DIGEST-MD5 and SCRAM fail with the right password
    where the stored hash is of another kind, or where the server prepares letters beyond ASCII in another way
    (Dovecot 2.3 knows neither SASLprep nor the ISO 8859-1 of RFC 2831). Without it, those come first that do not
    reveal the password, SCRAM bound to TLS at the head; whether PLAIN may be sent at all is not decided here.

    EXTERNAL and ANONYMOUS are never chosen, only asked for by name; NTLM and GSSAPI are not spoken.
    """
    bound = _BOUND if any(kind in BINDINGS for kind in binding) else ()
    proving = (*bound, *_PROVING)
    passwords = (*_REVEALING, *proving) if protection is Protection.VERIFIED else (*proving, *_REVEALING)
    order = (*(_TOKEN if have_token else ()), *(passwords if have_password else ()))
    names = {name.upper() for name in offered}
    return tuple(name for name in order if name in names)
