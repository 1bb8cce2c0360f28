"""Is every value of the kind that its parameter takes?"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.checks.postfix.mending import comment_moved, item_set, mend, value_set
from mailproof.model.configuration import PostfixFiles
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.remedy import Remedy
from mailproof.parse.postfix.known import known
from mailproof.parse.postfix.lines import split_list
from mailproof.parse.postfix.parameters import Setting
from mailproof.parse.postfix.restrictions import LISTS as RESTRICTION_LISTS
from mailproof.parse.postfix.tables import misspelt

_OF_TLS = tuple(f"smtpd_tls_{each}" for each in ("protocols", "mandatory_protocols", "ciphers", "mandatory_ciphers"))
_NO_TLS = tuple(
    Explains(name, Scope.SERVER, when=(("parameter", parameter),))
    for name in ("starttls-refused", "tls-handshake-failed")
    for parameter in _OF_TLS
)
NAME = "values-understood"
NEEDS = (PostfixFiles,)
KINDS = (
    FindingKind(
        "value-not-understood",
        Layer.CONFIGURATION,
        params=("parameter", "value", "wanted"),
        # Who is in it is asked of every recipient.
        explains=tuple(
            Explains(name, Scope.SERVER, when=(("parameter", "mynetworks"),))
            for name in ("recipient-lookup-failed", "server-config-problem")
        )
        + _NO_TLS,
        references=("postconf(5)", "Dovecot: settings syntax"),
    ),
    FindingKind(
        "comment-in-value",
        Layer.CONFIGURATION,
        params=("parameter", "comment"),
        # smtpd(8) takes the # for a restriction: it says so in its log, and refuses each recipient.
        explains=(
            Explains("restriction-misspelt", Scope.SERVER, only=(("restriction", "#"),)),
            *(
                Explains("server-config-problem", Scope.SERVER, when=(("parameter", each),))
                for each in RESTRICTION_LISTS
            ),
            *_NO_TLS,
        ),
        references=("postconf(5)",),
    ),
)

_WANTED = {
    "bool": (re.compile(r"yes|no", re.IGNORECASE), "yes, no"),
    "int": (re.compile(r"[+-]?\d{1,19}"), "N"),
    # conv_time() looks at one letter behind the number.
    "time": (re.compile(r"\+?\d{1,19}(?:[smhdw].*)?", re.DOTALL), "N[smhdw]"),
}
SWITCHES = {
    **dict.fromkeys(("true", "on", "1", "y", "enable", "enabled"), "yes"),
    **dict.fromkeys(("false", "off", "0", "n", "disable", "disabled"), "no"),
}
"""What people write for the two words that there are."""
_COMMENT = re.compile(r"(?:^|[ \t])(#.*)", re.DOTALL)
# Texts for people, in which # may stand.
_TEXTS = ("smtpd_banner", "smtpd_reject_footer", "default_rbl_reply", "smtpd_client_restrictions_text")
_PROTOCOLS = re.compile(r"(?:smtpd?|lmtp|tlsproxy(?:_client)?)_tls_(?:mandatory_)?protocols")
# tls_misc.c, tls_proto_mask_lims(): a name, or a number of the protocol behind a bound.
_PROTOCOL = re.compile(
    r"!?(?:SSLv[23]|TLSv1(?:\.[123])?)|[<>]=\s*(?:SSLv3|TLSv1(?:\.[123])?|0x[0-9a-f]+|\d*)", re.IGNORECASE
)
_GRADES = re.compile(r"(?:smtpd?|lmtp|tlsproxy(?:_client)?)_tls_(?:mandatory_)?ciphers")
_GRADE = re.compile(r"null|export|low|medium|high", re.IGNORECASE)
_NETWORK = re.compile(r"[0-9.]+(?:/\d+)?|\[[0-9A-Fa-f:.]+\](?:/\d+)?")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(
            NAME, _values(configured), _networks(configured), _protocols(configured), _tables(configured)
        )
        yield from answers or [Passed(NAME, (configured.line("main.cf", 1),))]


def _values(configured: Configured) -> Iterable[Answer]:
    for setting, main in configured.assignments():
        value = main.value(setting.name)
        if comment := _comment(setting):
            yield fault(
                "comment-in-value",
                configured.at(setting, comment[1]),
                parameter=setting.name,
                comment=" ".join(comment[1].split())[:60],
            ).mended_by(mend(comment_moved(configured, setting, comment[1])))
            continue
        kind = known()[setting.name].kind if setting.name in known() else "str"
        if kind not in _WANTED or value.trouble:
            continue
        pattern, wanted = _WANTED[kind]
        if not pattern.fullmatch(value.text):
            meant = SWITCHES.get(value.text.strip().lower(), "") if kind == "bool" else ""
            yield fault(
                "value-not-understood",
                configured.at(setting),
                parameter=setting.name,
                value=value.text[:60],
                wanted=wanted,
            ).mended_by(mend(value_set(configured, setting, meant)) if meant else None)


def _comment(setting: Setting) -> re.Match[str] | None:
    return None if setting.name in _TEXTS else _COMMENT.search(setting.value)


def _networks(configured: Configured) -> Iterable[Answer]:
    for setting, main in configured.settings("mynetworks"):
        for item in split_list(main.value("mynetworks").text):
            text = item.lstrip("!")
            if _NETWORK.fullmatch(text) and not _is_network(text):
                yield fault(
                    "value-not-understood",
                    configured.at(setting, text),
                    parameter="mynetworks",
                    value=text,
                    wanted="NETWORK/N",
                ).mended_by(_network_meant(configured, setting, text))


def _protocols(configured: Configured) -> Iterable[Answer]:
    """What Postfix does not know of TLS it takes as no TLS, or refuses each client."""
    for setting, main in configured.assignments():
        if _comment(setting):
            continue  # that is what is not understood
        grade = main.value(setting.name).text
        if _GRADES.fullmatch(setting.name) and grade and not _GRADE.fullmatch(grade):
            shown = configured.at(setting)
            yield fault(
                "value-not-understood", shown, parameter=setting.name, value=grade[:60], wanted="medium, high"
            )
        if not _PROTOCOLS.fullmatch(setting.name) or main.value(setting.name).trouble:
            continue
        for item in re.split(r"[\s,:]+", main.value(setting.name).text):
            if item and not _PROTOCOL.fullmatch(item):
                yield fault(
                    "value-not-understood",
                    configured.at(setting, item),
                    parameter=setting.name,
                    value=item[:60],
                    wanted="TLSv1.2",
                )


def _tables(configured: Configured) -> Iterable[Answer]:
    """Those that stand in the value itself; Postfix ends where one is not written as it wants it."""
    for setting, main in configured.assignments():
        for spec, wanted, item in misspelt(main.value(setting.name).text):
            yield fault(
                "value-not-understood",
                configured.at(setting, item),
                parameter=setting.name,
                value=spec[:60],
                wanted=wanted,
            )


def _network_meant(configured: Configured, setting: Setting, text: str) -> Remedy | None:
    """Without the bits of a host, as Postfix itself proposes (cidr_match.c)."""
    try:
        network = ipaddress.ip_network(text.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return None
    address, _, bits = str(network).partition("/")
    return mend(item_set(configured, setting, text, f"[{address}]/{bits}" if "[" in text else f"{address}/{bits}"))


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text.replace("[", "").replace("]", ""))
    except ValueError:
        return False
    return True
