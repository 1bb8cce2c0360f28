"""Commands, as a client writes them.

All raise ValueError where an argument holds CR, LF or NUL: it would begin another command. `raw` sends anything.
"""

from __future__ import annotations

import re

from mailproof.wire.outgoing import Outgoing, command_line, sasl_initial, sasl_response

_XTEXT_UNSAFE = re.compile(rb"[^!-*,-<>-~]")


def raw(line: bytes) -> Outgoing:
    """These bytes exactly, no line end added: for what a client must never send."""
    return Outgoing(line)


def ehlo(name: str) -> Outgoing:
    return _with("EHLO", name)


def helo(name: str) -> Outgoing:
    return _with("HELO", name)


def lhlo(name: str) -> Outgoing:
    """The EHLO of LMTP (RFC 2033 4.1)."""
    return _with("LHLO", name)


def starttls() -> Outgoing:
    return command_line("STARTTLS")


def mail(sender: str, *params: str) -> Outgoing:
    """`sender` without brackets, empty for the null sender; `params` such as `SIZE=1000`."""
    return command_line(" ".join((f"MAIL FROM:<{sender}>", *params)))


def rcpt(recipient: str, *params: str) -> Outgoing:
    return command_line(" ".join((f"RCPT TO:<{recipient}>", *params)))


def data() -> Outgoing:
    return command_line("DATA")


def bdat(size: int, last: bool) -> Outgoing:
    """Announces `size` bytes, which follow at once (RFC 3030 2)."""
    return command_line(f"BDAT {size} LAST" if last else f"BDAT {size}")


def rset() -> Outgoing:
    return command_line("RSET")


def noop() -> Outgoing:
    return command_line("NOOP")


def quit() -> Outgoing:
    return command_line("QUIT")


def vrfy(text: str) -> Outgoing:
    return _with("VRFY", text)


def expn(text: str) -> Outgoing:
    return _with("EXPN", text)


def auth(mechanism: str, initial: bytes | None = None) -> Outgoing:
    """AUTH (RFC 4954 4): `initial` not yet in base64; None for none, b"" for an empty one, sent as `=`."""
    return sasl_initial(f"AUTH {mechanism}", initial)


def auth_response(data: bytes) -> Outgoing:
    """An answer to 334, not yet in base64; b"" is an empty line."""
    return sasl_response(data)


def auth_cancel() -> Outgoing:
    return command_line("*")


def xclient(*attributes: str) -> Outgoing:
    """XCLIENT (Postfix XCLIENT_README) with attributes such as `ADDR=192.0.2.1`, not yet in xtext.

    Raises ValueError also for an attribute without `=`.
    """
    words = ["XCLIENT"]
    for attribute in attributes:
        name, equals, value = attribute.partition("=")
        if not equals or not name:
            raise ValueError(f"an XCLIENT attribute is NAME=value, not {attribute!r}")
        command_line(attribute)  # refuses what xtext would only hide
        words.append(f"{name}={xtext(value)}")
    return command_line(" ".join(words))


def _with(verb: str, argument: str) -> Outgoing:
    """The bare verb where the argument is empty: some people and some articles say just HELO."""
    return command_line(f"{verb} {argument}" if argument else verb)


def xtext(value: str) -> str:
    """A value with what would end it encoded (RFC 3461 4)."""
    encoded = _XTEXT_UNSAFE.sub(lambda match: b"+%02X" % match[0][0], value.encode("utf-8", "surrogateescape"))
    return encoded.decode("ascii")
