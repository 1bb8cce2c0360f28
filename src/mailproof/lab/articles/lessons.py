"""What the articles' readers type, for the ports of a lab: commands for a shell, lines of a session, what answers."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Mapping

import msgspec

from mailproof.lab.articles import town

_ME = f"sample@{town.DOMAIN}"
_ELSEWHERE = "someone@example.net"


class Place(msgspec.Struct, frozen=True):
    """Where a lab is."""

    ports: Mapping[str, int]
    """By scheme, and by the names of `town.REWRITE`."""
    ca_file: str
    maillog: str
    maildirs: Mapping[str, str]
    """By login."""
    relays: Mapping[str, str]
    """The Maildir of each."""


class Lesson(msgspec.Struct, frozen=True):
    name: str
    """Its words are `lab.lesson-NAME`."""
    article: int
    """From 1 to 5."""
    command: str
    """For bash."""
    typed: tuple[tuple[str, str], ...] = ()
    """Lines of the session, and how the last line of the answer begins; empty where none comes."""
    printed: str = ""
    """What the command itself prints, among more."""


def lessons(place: Place) -> tuple[Lesson, ...]:
    """In the order of the articles; what a lesson changes (mail that arrives) may be there for the next ones."""
    return (*_first(place), *_second(place), *_third(place), *_fourth(place), *_fifth(place))


def _first(place: Place) -> tuple[Lesson, ...]:
    """STARTTLS, SMTP AUTH and POP3S by openssl s_client."""
    inside, outside = _openssl(place), _openssl(place, source=town.OUTSIDER)
    ehlo, mail = ("EHLO localhost", "250 "), (f"MAIL FROM: {_ME}", "250 2.1.0 Ok")
    relay, refused = (f"RCPT TO: {_ELSEWHERE}", "250 2.1.5 Ok"), f"554 5.7.1 <{_ELSEWHERE}>: Relay access denied"
    return (
        Lesson("inside", 1, inside, (ehlo, mail, relay, _QUIT)),
        Lesson("outside", 1, outside, (ehlo, mail, (relay[0], refused), _QUIT)),
        Lesson("outside-log", 1, f"grep 'NOQUEUE: reject' {_quoted(place.maillog)}", printed="Relay access denied"),
        Lesson("printf", 1, r"printf 'sample\0sample\0password' | base64", printed=_plain("sample", "sample")),
        Lesson(
            "auth-plain",
            1,
            outside,
            (ehlo, (f"AUTH PLAIN {_plain('sample', 'sample')}", _LOGGED_IN), mail, relay, _QUIT),
        ),
        Lesson("auth-login", 1, outside, (ehlo, *_auth_login("sample", _LOGGED_IN), mail, relay, _QUIT)),
        Lesson(
            "pop3s",
            1,
            f"openssl s_client -quiet -connect localhost:{place.ports['pop3s']} -crlf{_trusting(place)}",
            _POP3,
        ),
    )


def _second(place: Place) -> tuple[Lesson, ...]:
    """nmap, telnet and perl, and the log."""
    schemes = ("smtp", "submissions", "pop3", "pop3s", "imap", "imaps")
    ports = ",".join(str(place.ports[name]) for name in schemes)
    token = _plain("", "sample")
    by_address = _plain("", _ME)
    telnet = f"telnet localhost {place.ports['smtp']}"
    return (
        Lesson("nmap", 2, f"nmap -p {ports} localhost", printed="open"),
        Lesson(
            "perl",
            2,
            r"""perl -MMIME::Base64 -e 'print encode_base64("\000sample\000password");'""",
            printed=token,
        ),
        Lesson(
            "telnet",
            2,
            telnet,
            (
                (f"EHLO {town.HOSTNAME}", "250 "),
                (f"AUTH PLAIN {token}", _LOGGED_IN),
                (f"MAIL FROM:{_ME}", "250 2.1.0 Ok"),
                (f"RCPT TO:{_ELSEWHERE}", "250 2.1.5 Ok"),
                ("DATA", "354 End data with"),
                ("SUBJECT this is test", ""),
                ("test mail", ""),
                (".", "250 2.0.0 Ok: queued as"),
                _QUIT,
            ),
        ),
        Lesson("telnet-pop3", 2, f"telnet localhost {place.ports['pop3']}", (_POP3[0], _POP3[1], _STAT, *_POP3[2:])),
        Lesson(
            "user-name",
            2,
            telnet,
            ((f"EHLO {town.HOSTNAME}", "250 "), (f"AUTH PLAIN {by_address}", "535 5.7.8"), _QUIT),
        ),
        Lesson("tail", 2, f"tail -n 200 {_quoted(place.maillog)}", printed="authentication failed"),
    )


def _third(place: Place) -> tuple[Lesson, ...]:
    """The R that renegotiates; headers that are not rewritten; two ways for two senders; a greylist."""
    mine = f"sample@host1.{town.DOMAIN}"
    unquiet = f"openssl s_client -connect localhost:{place.ports['submission']} -starttls smtp"
    rewritten = (
        ("rewrite-interfaces", "smtp", town.NEIGHBOUR, mine),
        ("rewrite-mynetworks", "rewrite-mynetworks", town.NEIGHBOUR, _ME),
        ("rewrite-all", "rewrite-all", town.OUTSIDER, _ME),
    )
    found: list[Lesson] = [
        Lesson(
            "renegotiating",
            3,
            f"{unquiet}{_trusting(place)}",
            (("EHLO localhost", "250 "), (f"MAIL FROM: {_ME}", "250 2.1.0 Ok"), (f"RCPT TO: {_ME}", "RENEGOTIATING")),
        ),
        Lesson(
            "auth-plain-3",
            3,
            _openssl(place, crlf=False, source=town.OUTSIDER),
            (
                ("EHLO localhost", "250 "),
                (f"AUTH PLAIN {_plain('username', 'username')}", _LOGGED_IN),
                (f"MAIL FROM: username@{town.DOMAIN}", "250 2.1.0 Ok"),
                (f"RCPT TO: {_ELSEWHERE}", "250 2.1.5 Ok"),
                _QUIT,
            ),
        ),
    ]
    to = f"authtest@{town.DOMAIN}"
    for name, port, source, header in rewritten:
        subject = f"Subject: {town.REWRITE[port]}"
        session = _session(mine, to, f"From: {mine}", subject)
        found.append(Lesson(name, 3, _telnet(place, port, source), session))
        look = f"grep -rh -B1 -A1 '^{subject}' {_quoted(place.maildirs[to])}"
        found.append(Lesson("header", 3, look, printed=f"From: {header}"))
    senders = {**town.TRANSPORTS, **town.RELAYHOSTS}
    session = tuple(step for domain in senders for step in _session(f"foo{domain}", _ELSEWHERE, f"From: foo{domain}"))
    found.append(Lesson("two-ways", 3, f"telnet localhost {place.ports['smtp']}", _one_farewell(session)))
    for relay in town.RELAYS:
        caught = next(domain for domain, name in senders.items() if name == relay)
        look = f"grep -rh '^Return-Path' {_quoted(place.relays[relay])}"
        found.append(Lesson(relay, 3, look, printed=f"Return-Path: <foo{caught}>"))
    asked = (
        ("EHLO client.example.net", "250 "),
        ("MAIL FROM:<someone@example.net>", "250 2.1.0 Ok"),
        (f"RCPT TO:<{_ME}>", f"451 4.7.1 <{_ME}>: Recipient address rejected: Greylisting in action"),
        _QUIT,
    )
    found.append(Lesson("greylist", 3, _telnet(place, "smtp", town.OUTSIDER), asked))
    return tuple(found)


def _fourth(place: Place) -> tuple[Lesson, ...]:
    """Whether a user name and password are right."""
    user = f"authtest@{town.DOMAIN}"
    wrong = (*_auth_login(user, "")[:-1], (_base64("not-this-one"), "535 5.7.8"))
    session = _openssl(place)
    return (
        Lesson("base64", 4, f'printf "{user}" | base64', printed=_base64(user)),
        Lesson("right", 4, session, (("EHLO localhost", "250 "), *_auth_login(user, _LOGGED_IN), _QUIT)),
        Lesson("wrong", 4, session, (("EHLO localhost", "250 "), *wrong, _QUIT)),
        Lesson("no-ehlo", 4, session, (*_auth_login(user, _LOGGED_IN), _QUIT)),
    )


def _fifth(place: Place) -> tuple[Lesson, ...]:
    """TLS at once, and echo."""
    echo = r"""USER=sample; PASS=password; echo -ne "${USER}\0${USER}\0${PASS}" | base64 -w0"""
    command = (
        f"openssl s_client -quiet -connect localhost:{place.ports['submissions']} -CAfile {_quoted(place.ca_file)}"
    )
    return (
        Lesson("echo", 5, echo, printed=_plain("sample", "sample")),
        Lesson(
            "smtps",
            5,
            command,
            (
                ("HELO localhost", "250 "),
                ("AUTH PLAIN", "334"),
                (_plain("sample", "sample"), _LOGGED_IN),
                ("NOOP", "250 2.0.0 Ok"),
                _QUIT,
            ),
        ),
        Lesson("helo", 5, command, (("HELO localhost", "250 "), *_auth_login("sample", _LOGGED_IN), _QUIT)),
    )


_QUIT = ("QUIT", "221 2.0.0 Bye")
_LOGGED_IN = "235 2.7.0 Authentication successful"
_STAT = ("STAT", "+OK 3 ")
_POP3 = (
    ("USER sample", "+OK"),
    ("PASS password", "+OK Logged in."),
    ("LIST", "."),
    ("RETR 1", "."),
    ("QUIT", "+OK Logging out"),
)


def _openssl(place: Place, *, crlf: bool = True, source: str = "") -> str:
    # A port has to stand behind the address of -bind; 0 is any.
    host, bind = ("127.0.0.1", f" -bind {source}:0") if source else ("localhost", "")
    where = f"-connect {host}:{place.ports['submission']}{' -crlf' if crlf else ''}"
    return f"openssl s_client -quiet {where} -starttls smtp{bind}{_trusting(place)}"


def _telnet(place: Place, port: str, source: str) -> str:
    return f"telnet -b {source} 127.0.0.1 {place.ports[port]}"


def _session(sender: str, recipient: str, *lines: str) -> tuple[tuple[str, str], ...]:
    return (
        ("EHLO client.example.net", "250 "),
        (f"MAIL FROM:<{sender}>", "250 2.1.0 Ok"),
        (f"RCPT TO:<{recipient}>", "250 2.1.5 Ok"),
        ("DATA", "354 End data with"),
        *((line, "") for line in (*lines, "", "hello")),
        (".", "250 2.0.0 Ok: queued as"),
        _QUIT,
    )


def _one_farewell(session: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Several mails over one connection."""
    return (*(step for step in session if step != _QUIT), _QUIT)


def _auth_login(user: str, answer: str) -> tuple[tuple[str, str], ...]:
    return (
        ("AUTH LOGIN", "334 VXNlcm5hbWU6"),
        (_base64(user), "334 UGFzc3dvcmQ6"),
        (_base64("password"), answer),
    )


def _plain(authzid: str, user: str) -> str:
    return _base64(f"{authzid}\0{user}\0password")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _trusting(place: Place) -> str:
    return f" -CAfile {_quoted(place.ca_file)}"


def _quoted(path: str) -> str:
    return shlex.quote(path)
