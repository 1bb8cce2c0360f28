"""`mailproof token`: SASL tokens made and read, and base64 that keeps every byte.

Exit codes: 0 made, or nothing wrong with it; 1 something is wrong with it; 2 wrong usage.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import click
from click.core import ParameterSource

from mailproof.cli.actions import refuse_others
from mailproof.cli.command import MANY, Command, Option, one_of, whole_number
from mailproof.cli.credentials import ask, source, user_options
from mailproof.cli.credentials import read as read_secret
from mailproof.cli.masked import masked
from mailproof.cli.reading import LONGEST_MESSAGE, is_there, read_file
from mailproof.cli.terminal import Complaint, Terminal

# Larger than any token or session that one pastes: RFC 4954 section 4.3.1 allows 12288 octets a line.
_LONGEST = 1 << 20
_SERVICES = ("smtp", "pop", "imap", "sieve")


def command(terminal: Terminal) -> Command:
    """What it makes, it prints: a token is a secret, and goes to standard output only."""
    params: list[click.Parameter] = [
        click.Argument(["action"], metavar="MECHANISM|read|base64"),
        click.Argument(["given"], required=False, metavar="[TEXT|FILE|-]"),
        *(each for each in user_options(terminal) if each.name != "netrc"),
        Option("--authzid", metavar="NAME", section="login"),
        Option("--challenge", metavar="BASE64", multiple=True, section="token"),
        Option("--nonce", metavar="TEXT", section="token"),
        Option("--host", metavar="NAME", section="token", words="token-host"),
        Option(
            "--port",
            metavar="N",
            default="587",
            section="token",
            words="token-port",
            callback=whole_number(1, 65535, terminal),
        ),
        Option("--service", default="smtp", section="token", **one_of(_SERVICES, terminal)),
        Option("--mechanism", metavar="MECHANISM", section="token", words="token-mechanism"),
        Option("--show-secret", is_flag=True, section="token"),
        Option("--decode", "-d", "-D", is_flag=True, section="base64"),
        Option(
            "--wrap", "-w", "-b", metavar="N", default="0", section="base64", callback=whole_number(0, MANY, terminal)
        ),
        Option("--format", "shape", default="text", words="format", **one_of(("text", "json"), terminal)),
        Option("--mask", is_flag=True),
    ]
    return Command("token", terminal, partial(_token, terminal), params)


def _token(terminal: Terminal, action: str, given: str | None, **wish: Any) -> int:
    refuse_others(terminal, "token", action if action in ("read", "base64") else "MECHANISM")
    if action == "read":
        return _read(terminal, given, wish)
    if action == "base64":
        return _base64(terminal, given, wish)
    if given is not None:
        # Not repeated: it may be a password.
        raise Complaint(terminal.say("cli.token-argument", action=action.lower()))
    return _make(terminal, action.upper(), wish)


def _make(terminal: Terminal, name: str, wish: dict[str, Any]) -> int:
    from mailproof.parse.ip_address import is_address
    from mailproof.run.targets import is_host_name
    from mailproof.sasl.mechanism import SecretKind
    from mailproof.sasl.registry import MECHANISMS

    say = terminal.say
    known = {each: mechanism for each, mechanism in MECHANISMS.items() if not each.endswith("-PLUS")}
    if name not in known:
        choices = (*(each.lower() for each in known), "read", "base64")
        raise Complaint(say("cli.not-one-of", option="token", choices=choices, value=name.lower()))
    mechanism = known[name]
    user = wish["user"] or ""
    if not user and name not in ("EXTERNAL", "OAUTHBEARER", "ANONYMOUS"):
        raise Complaint(say("cli.token-user"))
    if name in ("DIGEST-MD5", "OAUTHBEARER") and not wish["host"]:
        raise Complaint(say("cli.token-needs", mechanism=name, option="--host"))
    if wish["host"] and not (is_address(wish["host"]) or is_host_name(wish["host"])):
        raise Complaint(say("cli.no-host-name", option="--host", value=wish["host"]))
    if name in ("CRAM-MD5", "DIGEST-MD5") and not wish["challenge"]:
        raise Complaint(say("cli.token-needs", mechanism=name, option="--challenge"))
    if name.startswith("SCRAM-") and wish["challenge"] and not wish["nonce"]:
        raise Complaint(say("cli.token-needs", mechanism=name, option="--nonce"))
    secret = "" if mechanism.secret_kind is SecretKind.NONE else _secret(terminal, mechanism.secret_kind, user, wish)
    lines = _compose(terminal, name, user, secret, wish)
    if wish["shape"] == "json":
        _write_json(terminal, {"mechanism": name, "tokens": lines})
    else:
        terminal.write("".join(f"{line}\n" for line in lines))
    return 0


def _compose(terminal: Terminal, name: str, user: str, secret: str, wish: dict[str, Any]) -> list[str]:
    """The base64 of each message that can be made with the challenges at hand."""
    import base64
    import secrets

    from mailproof.sasl.credentials import Circumstances, Credentials
    from mailproof.sasl.mechanism import Respond
    from mailproof.sasl.registry import MECHANISMS

    challenges = [_challenge(text, terminal) for text in wish["challenge"]]
    if name == "LOGIN":
        challenges = [b"Username:", b"Password:"]
    nonce = wish["nonce"] or secrets.token_urlsafe(18)
    try:
        who = Credentials(user, password=secret, token=secret, authzid=wish["authzid"] or "")
        where = Circumstances(wish["service"], wish["host"] or "", wish["port"], nonce)
    except ValueError:
        raise Complaint(terminal.say("cli.token-nonce")) from None
    # LOGIN is two lines; of the others, the one that answers the last challenge.
    histories = [challenges[:1], challenges] if name == "LOGIN" else [challenges]
    lines = []
    for history in histories:
        step = MECHANISMS[name].respond(who, where, history)
        if not isinstance(step, Respond) or step.data is None:
            why = getattr(step, "line", "")
            raise Complaint(terminal.say("cli.token-impossible", mechanism=name, why=why))
        lines.append(base64.b64encode(step.data).decode() or "=")
    return lines


def _challenge(text: str, terminal: Terminal) -> bytes:
    """Raises Complaint for what is no base64; the `334` or `+` of the line may stand before it."""
    import base64
    import binascii

    try:
        return base64.b64decode(text.strip().removeprefix("334").removeprefix("+ ").strip(), validate=True)
    except (binascii.Error, ValueError):
        raise Complaint(terminal.say("cli.token-challenge")) from None


def _secret(terminal: Terminal, kind: str, user: str, wish: dict[str, Any]) -> str:
    chosen = source(wish, kind, terminal)
    return (
        read_secret(chosen, terminal) if chosen.option else ask(terminal.say("cli.password-of", user=user), terminal)
    )


def _read(terminal: Terminal, given: str | None, wish: dict[str, Any]) -> int:
    import msgspec

    from mailproof.model.escape import to_text
    from mailproof.model.transcript import SECRET
    from mailproof.report.token import TokenRead, hidden, render_token, token_as_data
    from mailproof.sasl.credentials import Credentials
    from mailproof.sasl.meant import compare
    from mailproof.sasl.pasted import prompt_of, read_pasted, split

    pasted = split(_input(terminal, given, _LONGEST, text=True).decode("utf-8", "replace"))
    for each in (*pasted.answers, *pasted.challenges):
        terminal.secrets.add(each.encode())
        terminal.secrets.add(_decoded(each))
    if not pasted.answers and not pasted.challenges:
        raise Complaint(terminal.say("cli.token-nothing"))
    reading = read_pasted(pasted, wish["mechanism"] or "")
    terminal.secrets.add((reading.secret or "").encode("utf-8", "surrogateescape"))
    prompt = prompt_of(pasted)
    try:
        meant = Credentials(
            _typed("user", wish),
            password=_meant(terminal, "password", wish),
            token=_meant(terminal, "token", wish),
            authzid=_typed("authzid", wish),
        )
    except ValueError:
        raise Complaint(terminal.say("cli.token-nonce")) from None
    secret = reading.secret if wish["show_secret"] else hidden(reading.secret)
    only_server = bool(prompt) or not pasted.answers
    read = TokenRead(
        mechanism=reading.mechanism or pasted.mechanism,
        octets=reading.octets,
        user=reading.user,
        authzid=reading.authzid,
        secret=None if only_server else secret,
        prompt=prompt,
        identity=reading.identity,
        shape=None,
        flaws=() if only_server else tuple(reading.flaws),
        differences=() if only_server else compare(meant, reading),
        compared=any((meant.user, meant.password, meant.token, meant.authzid)) and not only_server,
        challenges=tuple(
            to_text(_decoded(each)) if wish["show_secret"] or _shows_nothing(each) else SECRET
            for each in pasted.challenges
        ),
    )
    read = masked(read, wish["mask"], users=(reading.user or "", reading.authzid or ""))
    if reading.nuls == 2:
        read = msgspec.structs.replace(read, shape=f"{read.authzid}\\0{read.user}\\0{read.secret}")
    if wish["shape"] == "json":
        _write_json(terminal, token_as_data(read))
    else:
        terminal.write(render_token(read, terminal.lang, terminal.color, terminal.width))
    return 0 if read.sound else 1


def _shows_nothing(challenge: str) -> bool:
    """Whether it is the server's, so that no secret can be in it."""
    from mailproof.sasl.pasted import is_of_server
    from mailproof.sasl.read import read_prompt

    return is_of_server(_decoded(challenge)) or read_prompt(challenge) is not None


def _typed(name: str, wish: dict[str, Any]) -> str:
    """An option of this command line; a user from a file of settings is not what every token is about."""
    given_by = click.get_current_context().get_parameter_source(name)
    return wish[name] or "" if given_by is ParameterSource.COMMANDLINE else ""


def _meant(terminal: Terminal, kind: str, wish: dict[str, Any]) -> str:
    chosen = source(wish, kind, terminal)
    name = chosen.option.removeprefix("--").replace("-", "_")
    return read_secret(chosen, terminal) if name and _typed(name, wish) else ""


def _decoded(text: str) -> bytes:
    """Base64 as far as it is any; else the text as it came."""
    import base64
    import binascii

    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode("utf-8", "surrogateescape")


def _input(terminal: Terminal, given: str | None, limit: int, *, text: bool) -> bytes:
    """The bytes of a file, of standard input, or (`text`) of the argument itself. Raises Complaint."""
    if given is None and sys.stdin.isatty():
        raise Complaint(terminal.say("cli.token-nothing"))
    if given is None or given == "-" or not text or is_there(given):
        return read_file("-" if given is None else given, terminal, limit)
    return given.encode("utf-8", "surrogateescape")


def _base64(terminal: Terminal, given: str | None, wish: dict[str, Any]) -> int:
    import base64
    import binascii

    data = _input(terminal, given, LONGEST_MESSAGE, text=False)
    if not wish["decode"]:
        made = base64.b64encode(data)
        width = wish["wrap"] or len(made) or 1
        out = b"".join(made[at : at + width] + b"\n" for at in range(0, len(made), width))
    else:
        body = b"".join(data.split())
        try:
            out = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            # Nothing is written: half a file looks like a whole one.
            terminal.tell(f"mailproof: {terminal.say('cli.no-base64')}")
            return 1
    terminal.write_bytes(out)
    return 0


def _write_json(terminal: Terminal, data: object) -> None:
    from mailproof.report.json import text_of

    terminal.write(text_of(data))
