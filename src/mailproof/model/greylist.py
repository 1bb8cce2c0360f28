"""A policy of milter-greylist: its rules, one mail that it is asked about, and what it says."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class RuleAction(StrEnum):
    GREYLIST = "greylist"
    WHITELIST = "whitelist"
    BLACKLIST = "blacklist"
    CONTINUE = "continue"


class Clause(msgspec.Struct, frozen=True):
    """One condition of a rule."""

    kind: str
    """Its keyword: `addr`, `domain`, `from`, `rcpt`, `helo`, `geoip`, `list` …"""
    value: str = ""
    """Without quotes and slashes."""
    regex: bool = False
    negated: bool = False
    operator: str = ""
    """Of `rcptcount >= 25` and the like."""
    text: str = ""
    """As it stands in the file."""


class Rule(msgspec.Struct, frozen=True):
    """One entry of the access list."""

    action: RuleAction
    line: int
    """Where it begins; a rule may go on behind a backslash."""
    last_line: int
    """Where it ends: the number by which milter-greylist itself calls it."""
    clauses: tuple[Clause, ...] = ()
    """All must match; a rule without any (`default`) always does."""
    values: tuple[tuple[str, str], ...] = ()
    """What it sets: `delay`, `autowhite`, `code`, `ecode`, `msg` …"""
    stage: str = "racl"
    """`racl` at RCPT, `dacl` at the end of the message."""
    id: str = ""
    is_default: bool = False
    text: str = ""
    dropped: str = ""
    """A keyword that this kind of build lacks: it leaves the whole rule out."""

    def value(self, name: str) -> str | None:
        return next((value for key, value in self.values if key == name), None)


class ListOf(msgspec.Struct, frozen=True):
    """`list "name" TYPE { … }`."""

    name: str
    kind: str
    items: tuple[Clause, ...]
    line: int


class Setting(msgspec.Struct, frozen=True):
    """A line that is no rule."""

    name: str
    words: tuple[str, ...]
    line: int


class Unread(msgspec.Struct, frozen=True):
    """Why a file cannot be read: the reason of an `Unreadable`."""

    reason: str
    params: dict[str, str] = {}


STOPPING = frozenset(
    (
        *("syntax-error", "clause-twice", "clause-at-wrong-stage", "value-twice", "bad-mask", "time-without-unit"),
        *("socket-mode", "token-too-long", "last-line-unended", "carriage-return", "regex-broken", "list-twice"),
        *("no-such-list", "no-such-dnsrbl"),
    )
)
"""The slips with which milter-greylist does not start at all."""


class Slip(msgspec.Struct, frozen=True):
    """What is wrong in a file, or taken in another way than it looks."""

    name: str
    """Kebab-case; its words are `greylist.slip-NAME`."""
    line: int
    severity: str
    """`fail` keeps the milter from starting or a rule from ever matching; `warn` does not do what it says."""
    params: dict[str, str] = {}
    text: str = ""
    """The line of the file."""
    unread: Unread | None = None
    """Why a file that it is about cannot be read."""

    @property
    def stops(self) -> bool:
        """milter-greylist does not start with it."""
        return self.name in STOPPING


class Slips(msgspec.Struct, frozen=True):
    """What is wrong in a file."""

    first: tuple[Slip, ...] = ()
    """In the order of their lines, as many as are told."""
    counts: dict[str, int] = {}
    """All of them, by severity."""

    @property
    def more(self) -> int:
        """Those that are counted and not told."""
        return sum(self.counts.values()) - len(self.first)


class DatabaseSeen(msgspec.Struct, frozen=True):
    """A country database that the file names, as it is on the disk."""

    path: str
    line: int
    """Of the setting."""
    setting: str
    """`geoipdb`, `geoipv6db`, `geoip2db`."""
    kind: str = ""
    """`mmdb`, `dat`; empty where it cannot be read."""
    unread: Unread | None = None
    built: int = 0
    """When its data was made, in seconds since 1970; 0 where it does not tell."""
    type: str = ""
    """What it calls itself."""


class BinarySeen(msgspec.Struct, frozen=True):
    """A milter-greylist, as far as its file tells without being run."""

    path: str
    libraries: tuple[str, ...] = ()
    """Those that it links, `libGeoIP.so.1`."""
    lacks: tuple[str, ...] = ()
    """What it was built without, by the words that it has for it: `GeoIP`, `SPF`, `LDAP` …"""
    postfix: bool = False
    """Built with --enable-postfix."""
    version: str = ""
    unread: Unread | None = None

    @property
    def country_kind(self) -> str:
        """The kind of country database that it reads; empty for none."""
        for library, kind in (("libGeoIP.", "dat"), ("libmaxminddb.", "mmdb")):
            if any(each.startswith(library) for each in self.libraries):
                return kind
        return ""


class GreylistConfig(msgspec.Struct, frozen=True):
    """A greylist.conf."""

    rules: tuple[Rule, ...] = ()
    """In the order in which they are asked."""
    lists: tuple[ListOf, ...] = ()
    settings: tuple[Setting, ...] = ()
    slips: tuple[Slip, ...] = ()
    """What the grammar objects to, the first of it."""
    more_slips: int = 0
    """What it objects to besides."""
    cut: int = 0
    """The line from which on it was not read, for it is larger than any greylist.conf; 0 where all was read."""

    def setting(self, name: str) -> Setting | None:
        """The last of this name, which wins."""
        return next((each for each in reversed(self.settings) if each.name == name), None)

    def has(self, name: str) -> bool:
        return self.setting(name) is not None


class GreylistMail(msgspec.Struct, frozen=True):
    """One recipient of one message, as milter-greylist hears of it."""

    client: str
    """Its IP address."""
    sender: str
    recipient: str
    host: str | None = None
    """The client's name in DNS; None where it is not known here."""
    helo: str | None = None
    auth: str | None = ""
    """The user who has logged in; empty for nobody."""
    tls: str | None = ""
    """The subject of a client certificate that verified."""
    spf: str | None = None
    macros: tuple[tuple[str, str], ...] = ()
    recipients: int = 1
    """Which recipient of its message this is."""
    at: tuple[int, int, int, int, int] = (0, 0, 1, 1, 0)
    """Minute, hour, day, month, weekday from Sunday = 0."""
    answers: tuple[tuple[str, bool], ...] = ()
    """What clauses say that ask others (`dnsrbl "name"`), by their text."""


class Met(StrEnum):
    """Whether a condition is met."""

    YES = "yes"
    NO = "no"
    UNTOLD = "untold"
    """It asks somebody else, or something about the mail that was not given."""
    NOT_ASKED = "not-asked"
    """One before it was not met."""


class ClauseMet(msgspec.Struct, frozen=True):
    clause: Clause
    met: Met
    why: str = ""
    """The name of a sentence, `greylist.why-NAME`."""
    params: dict[str, str] = {}


class RuleMet(msgspec.Struct, frozen=True):
    rule: Rule
    met: Met
    clauses: tuple[ClauseMet, ...]


class GreylistDecision(msgspec.Struct, frozen=True):
    """What becomes of the mail at RCPT."""

    action: RuleAction
    rules: tuple[RuleMet, ...] = ()
    """Those that were asked, the deciding one last; none where something before the rules decides."""
    told: bool = True
    """No rule before it might have decided otherwise."""
    before: str = ""
    """What decided before the rules were asked: `auth`, `tls`, `spf`, `macro`."""
    reply: str = ""
    """What the client hears; empty where it is let in."""
    delay: int = 0
    """Seconds until the same client, sender and recipient are taken."""
    autowhite: int = 0
    """Seconds for which they are taken at once afterwards."""
    key: tuple[str, str, str] = ("", "", "")
    """What is remembered: network, sender, recipient."""
    country: str = ""
    """As the rules see it; empty where no database is asked."""
    ends: bool = False
    """milter-greylist ends when such a client connects, and decides nothing any more."""

    @property
    def rule(self) -> Rule | None:
        """The one that decides; None for the default of milter-greylist itself."""
        last = self.rules[-1] if self.rules else None
        return last.rule if last and last.met is Met.YES and last.rule.action is not RuleAction.CONTINUE else None


class Evaluated(msgspec.Struct, frozen=True):
    """Both readings of the same policy."""

    built: GreylistDecision
    """As the program does it."""
    documented: GreylistDecision
    """As its manual says."""
