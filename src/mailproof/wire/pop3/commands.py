"""Commands, as a client writes them.

All raise ValueError where an argument holds CR, LF or NUL: it would begin another command. `raw` sends anything.
"""

from __future__ import annotations

from mailproof.wire.outgoing import Outgoing, command_line, sasl_initial, sasl_response


def raw(line: bytes) -> Outgoing:
    """These bytes exactly, no line end added: for what a client must never send."""
    return Outgoing(line)


def capa() -> Outgoing:
    """RFC 2449 5; answered by several lines."""
    return command_line("CAPA")


def stls() -> Outgoing:
    """RFC 2595 4."""
    return command_line("STLS")


def user(name: str) -> Outgoing:
    return command_line(f"USER {name}")


def pass_(password: str) -> Outgoing:
    return command_line("PASS ", password.encode("utf-8", "surrogateescape"))


def apop(name: str, digest: str) -> Outgoing:
    """`digest` in hex, as RFC 1939 7 makes it of the greeting's time stamp and the password."""
    return command_line(f"APOP {name} ", digest.encode("utf-8", "surrogateescape"))


def auth(mechanism: str, initial: bytes | None = None) -> Outgoing:
    """AUTH (RFC 5034 4): `initial` not yet in base64; None for none, b"" for an empty one, sent as `=`."""
    return sasl_initial(f"AUTH {mechanism}", initial)


def auth_response(data: bytes) -> Outgoing:
    """An answer to `+ challenge`, not yet in base64; b"" is an empty line."""
    return sasl_response(data)


def auth_cancel() -> Outgoing:
    return command_line("*")


def stat() -> Outgoing:
    return command_line("STAT")


def list_(number: int | None = None) -> Outgoing:
    """Answered by several lines where no number is given."""
    return command_line("LIST" if number is None else f"LIST {number}")


def uidl(number: int | None = None) -> Outgoing:
    """Answered by several lines where no number is given."""
    return command_line("UIDL" if number is None else f"UIDL {number}")


def retr(number: int) -> Outgoing:
    """Answered by several lines."""
    return command_line(f"RETR {number}")


def top(number: int, lines: int) -> Outgoing:
    """Answered by several lines."""
    return command_line(f"TOP {number} {lines}")


def dele(number: int) -> Outgoing:
    return command_line(f"DELE {number}")


def noop() -> Outgoing:
    return command_line("NOOP")


def rset() -> Outgoing:
    return command_line("RSET")


def quit() -> Outgoing:
    return command_line("QUIT")
