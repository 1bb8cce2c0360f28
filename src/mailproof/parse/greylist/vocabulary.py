"""The words of a greylist.conf, and what may stand behind each."""

from __future__ import annotations

from mailproof.model.greylist import RuleAction
from mailproof.parse.greylist.tokens import Kind, words

# A clause by its keyword: what may stand behind it.
_TEXT, _TEXT_OR_REGEX = (Kind.STRING,), (Kind.STRING, Kind.REGEX)
CLAUSES: dict[str, tuple[Kind, ...]] = {
    "addr": (Kind.ADDRESS,),
    "domain": (Kind.NAME, Kind.REGEX),
    "from": (Kind.EMAIL, Kind.REGEX),
    "rcpt": (Kind.EMAIL, Kind.REGEX),
    "helo": _TEXT_OR_REGEX,
    "geoip": _TEXT,
    "auth": _TEXT_OR_REGEX,
    "tls": _TEXT_OR_REGEX,
    "header": (*_TEXT_OR_REGEX, Kind.PROPERTY),
    "body": (*_TEXT_OR_REGEX, Kind.PROPERTY),
    "p0f": _TEXT_OR_REGEX,
    **dict.fromkeys(("dnsrbl", "sm_macro", "urlcheck", "ldapcheck", "ratelimit", "nsupdate", "log", "list"), _TEXT),
    "time": _TEXT,
    "mx": (Kind.CIDR,),
    "tarpit": (Kind.DELAY,),
    "msgsize": (Kind.OPERATOR,),
    "rcptcount": (Kind.OPERATOR,),
    "spamd": (Kind.OPERATOR,),
    "spf": (Kind.WORD,),
    "dkim": (Kind.WORD,),
}
MAY_STAND_ALONE = frozenset({"spf", "spamd"})
DATA_ONLY = frozenset({"header", "body", "msgsize", "spamd", "dkim"})
ONCE = frozenset({"addr", "domain", "from", "helo", "tarpit", "mx"})
STATUSES = words("pass fail softfail neutral unknown error self none")
VALUES: dict[str, tuple[Kind, ...]] = {
    **dict.fromkeys(("delay", "autowhite"), (Kind.DELAY,)),
    **dict.fromkeys(("code", "ecode", "msg", "report", "addheader", "addfooter", "subjtag"), (Kind.STRING,)),
    "maxpeek": (Kind.NUMBER,),
    "tarpit_scope": (Kind.WORD,),
    **dict.fromkeys(("flushaddr", "nolog"), ()),
}
# Settings that stand alone, and those with a value; the others are taken as they come.
ALONE = frozenset(
    words(
        "verbose quiet noauth multiracl noaccessdb extendedregex unbracket nospf delayedreject testmode "
        "nodetach lazyaw domainexact nodrac logexpired dump_no_time_translation"
    )
)
TIMES = frozenset(["greylist", "autowhite", "timeout", "dumpfreq", "tarpit"])
PATHS = frozenset(["pidfile", "dumpfile", "socket", "user", "geoipdb", "p0fsock"])
OTHERS = frozenset(
    words(
        "subnetmatch subnetmatch6 report logfac stat peer syncaddr syncsrcaddr syncmaxqlen drac maxpeek "
        "dnsrbl sm_macro urlcheck ldapcheck ldapconf fixldapcheck localaddr spamdsock tsig nsupdate ratelimit "
        "tarpit_scope"
    )
)
RULES = {action.value: action for action in RuleAction}
UNREAD = frozenset([Kind.UNKNOWN, Kind.TOO_LONG])
LIST_KINDS = frozenset(
    words("helo from rawfrom rcpt domain dnsrbl urlcheck body header sm_macro addr auth tls time geoip p0f")
)


def seconds(text: str) -> int:
    """`30m`, `5d`, `90`: as humanized_atoi has it. 0 for what is no time."""
    unit = text[-1:] if text[-1:] in "smhdwkM" else ""
    digits = text.removesuffix(unit) if unit else text
    if not digits.removeprefix("-").isdigit():
        return 0
    units = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "k": 1024, "M": 1 << 20}
    return int(digits[:12]) * units[unit]
