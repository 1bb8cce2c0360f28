"""The spellings of swaks, for `mailproof send`: what its users have in their fingers, put into our options.

swaks takes a single dash before long names, too. What has no counterpart is said, never passed over in silence.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Iterator, Sequence

from mailproof.cli import swaks_spellings as spelt
from mailproof.cli.terminal import Complaint, Terminal

_OUR_FORM = re.compile(r"[\w.+-]+/[\w.+-]+(?:; *charset=[\w.-]+)?;")
"""Of --attach-body: the type stands before the text, and in no option of its own."""

_WITH_PORT = re.compile(r"\[([^\]]+)\](?::|/)(\w+)|([^:/]+)[:/](\w+)|([^/\[\]]+:[^/\[\]]*)/(\w+)")
"""HOST:PORT, HOST/PORT, [HOST]:PORT, [HOST]/PORT, and an IPv6 address with a slash, as swaks reads them."""

_OURS_TOO = frozenset({"-4", "-6", "-u", "-v", "-h"})
_VERSIONS = {"tlsv1": "1.0", "tlsv1_1": "1.1", "tlsv1_2": "1.2", "tlsv1_3": "1.3"}
_GONE = ("sslv2", "sslv3")
"""Of OpenSSL 3, and of us: nobody is asked for them anyhow."""


def translated(arguments: Sequence[str], terminal: Terminal) -> list[str]:
    """The arguments with the spellings of swaks put into ours. Raises Complaint for a password among them."""
    return _Translation(arguments, terminal).whole()


class _Translation:
    def __init__(self, arguments: Sequence[str], terminal: Terminal) -> None:
        self._rest = iter(arguments)
        self._say = terminal.say
        self._pending: str | None = None
        self._head: list[str] = []
        """The port that stood behind the server: first, so that one of its own wins."""
        self._attach_type = self._form_type = ""
        self._attach_name: str | None = None

    def whole(self) -> list[str]:
        said = list(self._words())
        return [*self._head, *said]

    def _words(self) -> Iterator[str]:
        while (argument := self._next()) is not None:
            if argument == "--":
                yield argument
                yield from self._rest
                return
            if not argument.startswith("-") or argument == "-" or argument in _OURS_TOO:
                yield argument
            else:
                name, equals, value = argument.lstrip("-").partition("=")
                yield from self._option(argument, name, value if equals else None)

    def _next(self) -> str | None:
        argument, self._pending = self._pending, None
        return argument if argument is not None else next(self._rest, None)

    def _value(self, given: str | None) -> str:
        return given if given is not None else self._next() or ""

    def _option(self, argument: str, name: str, given: str | None) -> Iterable[str]:
        head, _, field = name.partition("-")
        if name in spelt.PASSWORD:
            raise Complaint(self._say("cli.password-argument"))
        if name in spelt.INSTEAD or (name == "proxy-protocol" and not self._is_ours(given)):
            instead = self._say(f"cli.swaks-{spelt.INSTEAD.get(name, 'proxy')}")
            raise Complaint(self._say("cli.swaks-not-here", option=argument.partition("=")[0], instead=instead))
        if name in spelt.LOGINS:
            return self._login(name, given)
        if head in ("h", "header") and field:
            return ("--header", f"{field}: {self._value(given)}")
        if head == "xclient" and field in spelt.XCLIENT:
            return ("--xclient", f"{field.upper().replace('-', '_')}={self._value(given)}")
        if name == "xclient":  # several attributes may stand in one, as on the wire
            return [word for each in self._value(given).split() for word in ("--xclient", each)]
        if head == "attach" or name == "body-attach":
            return self._part(argument, name, given)
        if name in spelt.SERVER:
            return self._server(self._value(given))
        if name in spelt.PORT:
            return ("--port", _number(self._value(given)))
        if name in spelt.ADD_HEADER:
            fields = re.split(r"(?:\\n|\n)(?![ \t])", self._value(given))
            return [word for each in fields if each for word in ("--add-header", each)]
        if name in spelt.TLS_PROTOCOL:
            return self._versions(argument, self._value(given))
        if name == "copy-routing":  # a TARGET that is a domain
            return (self._value(given),)
        if name in spelt.HIDE_PASSWORD or name in spelt.PASSED_OVER or argument == "-raw":
            return self._passed_over(name, given)
        if name in spelt.WITH_VALUE:
            ours = spelt.WITH_VALUE[name]
            following = given if given is not None else self._next()
            return (ours,) if following is None else (ours, following)
        if name in spelt.ALONE and given is None:
            return self._alone(name)
        return (argument,)

    def _is_ours(self, given: str | None) -> bool:
        """`--proxy-protocol` is of both: versions here, STREAM or DGRAM in swaks."""
        if given is None:
            self._pending = given = self._next()
            if given is not None:
                return given[:1].lower() == "v"
        return given is None or given[:1].lower() == "v"

    def _login(self, name: str, given: str | None) -> Iterable[str]:
        following = given if given is not None else self._next()
        demanded = ("--login", spelt.LOGINS[name])
        if following is not None and "," in following and not following.startswith("-"):
            raise Complaint(self._say("cli.swaks-auth-list", value=following))
        if following is None or following.startswith("-") or not following.replace("-", "").isalnum():
            self._pending = following
            return demanded
        return (*demanded, "--mechanism", following)

    def _part(self, argument: str, name: str, given: str | None) -> Iterable[str]:
        """Type and name of an attachment stand before it; the type holds for those that follow, too."""
        if name == "attach-type":
            self._attach_type = self._form_type = self._value(given)
            return ()
        if name == "attach-name":
            following = self._value(given)
            self._pending = following if given is None and following.startswith("-") else None
            self._attach_name = "" if self._pending is not None else following
            return ()
        value = self._value(given)
        if name == "attach":
            told = {"type": self._attach_type or None, "name": self._attach_name}
            self._attach_name = None
            return ("--attach", value + "".join(f";{key}={said}" for key, said in told.items() if said is not None))
        if name in ("attach-body", "body-attach"):
            kind, self._form_type, self._attach_type, self._attach_name = self._form_type, "", "", None
            ours = not kind and _OUR_FORM.match(value)
            return ("--attach-body", value if ours else f"{kind or 'text/plain'};{value}")
        return (argument,) if given is not None else (argument, value)

    def _server(self, value: str) -> Iterable[str]:
        found = _WITH_PORT.fullmatch(value)
        if found is None:
            return ("--server", value)
        host, port = (each for each in found.groups() if each is not None)
        self._head += ["--port", _number(port)]
        return ("--server", host)

    def _versions(self, argument: str, value: str) -> Iterable[str]:
        """`tlsv1_2,tlsv1_3`, or `no_tlsv1,no_tlsv1_1`: the oldest and the newest, where none between is left out."""
        words = [word.strip().lower() for word in value.split(",") if word.strip()]
        without = [word.removeprefix("no_") for word in words if word.startswith("no_")]
        named = [word for word in words if not word.startswith("no_")]
        known = all(word in _VERSIONS or word in _GONE for word in (*named, *without))
        wanted = [name for name in _VERSIONS if (name in named if named else name not in without)]
        order = list(_VERSIONS)
        ends = [order.index(name) for name in wanted]
        if not words or not known or (named and without) or not ends or ends[-1] - ends[0] + 1 != len(ends):
            raise Complaint(self._say("cli.swaks-tls-protocol", option=argument.partition("=")[0], value=value))
        return ("--tls-min", _VERSIONS[wanted[0]], "--tls-max", _VERSIONS[wanted[-1]])

    def _passed_over(self, name: str, given: str | None) -> Iterable[str]:
        if given is None and (following := self._next()) is not None:
            optional = spelt.PASSED_OVER.get(name, frozenset())
            hidden = name in spelt.HIDE_PASSWORD and not following.startswith("-")
            self._pending = None if following in optional or hidden else following
        return ()

    def _alone(self, name: str) -> Iterable[str]:
        if name == "tls" and (following := self._next()) is not None:
            if following in ("auto", "required", "never"):
                return ("--tls", following)  # our own, which has a value
            self._pending = following
        return spelt.ALONE[name]


def _number(port: str) -> str:
    """The number of a port that was named, `submission`; as it is where there is no such name."""
    try:
        return port if port.isdigit() else str(socket.getservbyname(port, "tcp"))
    except OSError:
        return port
