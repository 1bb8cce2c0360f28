"""Who logs in, and with which secret: from the options to a wish that a probe can carry out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from mailproof.cli import credentials
from mailproof.cli.options import Connecting
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.model.endpoint import Target
from mailproof.probes.wish import LoginWish

# Mechanisms that prove who one is without a password (RFC 4422 appendix A, RFC 4505).
_WITHOUT_PASSWORD = ("EXTERNAL", "ANONYMOUS")
# Mechanisms that show a token (RFC 7628).
_BY_TOKEN = ("OAUTHBEARER", "XOAUTH2")
# Commands of POP3 and IMAP that log in without SASL.
_COMMANDS = ("USER", "APOP", "LOGIN")


def login_wish(
    user: str, how: Connecting, given: Mapping[str, Any], targets: Sequence[Target], terminal: Terminal
) -> LoginWish | None:
    """The credentials that were given, or asked for; None if there is no user. Raises Complaint."""
    from mailproof.sasl.credentials import Credentials

    password_source = credentials.source(given, "password", terminal)
    token_source = credentials.source(given, "token", terminal)
    mechanism = mechanism_of(how.mechanism or "", terminal)
    password, token = "", ""
    if password_source.option == "--netrc":
        hosts = {how.name} if how.name else {target.host for target in targets if target.host}
        if len(hosts) > 1:  # an entry is for its host alone
            raise Complaint(terminal.say("cli.netrc-hosts", hosts=tuple(sorted(hosts))))
        host = next(iter(hosts), "")
        user, password = credentials.from_netrc(host, user, terminal)
    elif (password_source.option or token_source.option) and not user:
        option = password_source.option or token_source.option
        raise Complaint(terminal.say("cli.whose-secret", option=option))
    elif not user and mechanism not in _WITHOUT_PASSWORD:
        if mechanism or how.all_mechanisms:
            option = "--mechanism" if mechanism else "--all-mechanisms"
            raise Complaint(terminal.say("cli.whose-secret", option=option))
        return None
    if token_source.option:
        token = credentials.read(token_source, terminal)
    if password_source.option and not password:
        password = credentials.read(password_source, terminal)
    if not password and not token and mechanism not in _WITHOUT_PASSWORD:
        password = credentials.ask(terminal.say("cli.password-of", user=user), terminal)
    must_be_sayable("--user", user, terminal)
    if mechanism in _BY_TOKEN and not token:
        password, token = "", password  # as swaks takes it: whoever names the mechanism means the token
    return LoginWish(Credentials(user, password, token=token), random_text(), mechanism)


def mailbox_wish(user: str, given: Mapping[str, Any], mailbox: str, terminal: Terminal) -> LoginWish | None:
    """The login of the mailbox where it is not the sender's; None if there is none. Raises Complaint."""
    from mailproof.sasl.credentials import Credentials

    source = credentials.source(given, "mailbox-password", terminal)
    user = user or (mailbox if source.option else "")
    if not user:
        if source.option:
            raise Complaint(terminal.say("cli.whose-mailbox", option=source.option))
        return None
    if source.option:
        password = credentials.read(source, terminal)
    else:
        asking = terminal.say("cli.password-of", user=user)
        password = credentials.ask(asking, terminal, "cli.no-mailbox-password")
    must_be_sayable("--mailbox-user", user, terminal)
    return LoginWish(Credentials(user, password), random_text())


def random_text() -> str:
    """For a nonce or a token. `secrets` would do the same, and brings OpenSSL's hashes along."""
    return os.urandom(18).hex()


def known_mechanisms() -> tuple[str, ...]:
    """What --mechanism takes: those of SASL, and the commands that log in without it."""
    from mailproof.sasl.registry import MECHANISMS

    return (*MECHANISMS, *(command for command in _COMMANDS if command not in MECHANISMS))


def mechanism_of(name: str, terminal: Terminal) -> str:
    """In upper case; empty for none. Raises Complaint for one that nobody knows."""
    known = known_mechanisms()
    if name and name.upper() not in known:
        raise Complaint(terminal.say("cli.one-of-mechanisms", value=name, choices=known))
    return name.upper()


def must_be_sayable(option: str, user: str, terminal: Terminal) -> None:
    """Raises Complaint: a name with a line end or NUL in it would begin another command, or end the name."""
    if set(user) & set("\r\n\0"):
        raise Complaint(terminal.say("cli.no-user-name", option=option))
