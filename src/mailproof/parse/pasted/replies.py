"""Refusals in pasted text: a reply of one or several lines, a session with its prompts, a program's complaint with a
reply inside.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from mailproof.model.attempt import Step
from mailproof.parse.bounce.statements import flat, statement
from mailproof.parse.hindrance import hindrance, of_the_network, said_of_itself
from mailproof.parse.login_refusal import LoginRefusal, login_refusal_kind
from mailproof.parse.meanings import LONGEST
from mailproof.parse.refusal import Words, refusal_in_words
from mailproof.parse.refusal_kind import RefusalKind
from mailproof.parse.talk.notes import is_login

# Of swaks (`<-`, `<~`, `<**`, ` ->`), of sendmail and qmail, of scripts, of quoted mail, of a shell.
_FROM_SERVER = re.compile(r"\s*(?:S: ?|<-{1,2} |<~ ?|<\*\* |<<< ?|< |\[?S\]?> ?|Server: ?|R: )")
_FROM_CLIENT = re.compile(r"\s*(?:C: ?|-{1,2}> |~> |\*\*> |>>> ?|\[?C\]?> ?|Client: ?)")
_AROUND = re.compile(r"\s*(?:> ?){0,8}(?:\d{1,4}[-/:.]\d\d[-/:. ]?[\d:., TZ+-]{0,30} )?")
_SMTP = re.compile(r"([2-5](?:[0-5]\d|60|71))([ -]|$)(.*)$")
_POP3 = re.compile(r"-ERR\b ?(.*)$")
_IMAP = re.compile(r"([A-Za-z]{0,6}\d{1,6}|\*) (NO|BAD|BYE) (.*)$")
_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
# The subjects of RFC 3463 section 3 are these: what has another is the number of a version.
_STATUS_ALONE = re.compile(r"[45]\.([0-7]\.\d{1,3})")
# RFC 4954 section 6 and RFC 5248: credentials invalid, user account disabled. It was a login that these refused.
_OF_A_LOGIN = ("7.8", "7.13")
_CODE_OF_IMAP = re.compile(r"\[([A-Z][A-Z0-9/=-]{1,40})[^\]]{0,100}\]")
_COMMAND = re.compile(
    r"(?:[A-Za-z]{0,6}\d{1,6} )?"
    r"(EHLO|HELO|LHLO|MAIL|RCPT|DATA|BDAT|AUTH|AUTHENTICATE|LOGIN|STARTTLS|STLS|USER|PASS|APOP|\.)"
    r"(?:\s|:|$)",
    re.IGNORECASE,
)
_STEPS = {"MAIL": Step.MAIL, "RCPT": Step.RCPT, "DATA": Step.DATA, "BDAT": Step.DATA, ".": Step.DATA}
_ASKED = {Step.AUTH: "AUTH", Step.MAIL: "MAIL", Step.RCPT: "RCPT", Step.DATA: "DATA"}
# Those that are in use (RFC 5321 section 4.2.3, RFC 4954, RFC 7504, and 460, 571 and 598 of older servers). HTTP has
# none of the fifties but 451.
_CODES = re.compile(r"4(?:2[12]|3[0-4]|4[0-9]|5[0-9]|60|71)|5(?:0[0-4]|1[0-3]|2[0-5]|3[0-9]|4[0-2]|5[0-9]|7[0-3]|98)")
# The same codes in the words of FTP: RFC 959 section 4.2.2, vsftpd, Pure-FTPd, ProFTPD, IIS.
_OF_FTP = re.compile(
    r"(?i)\bftps?\b|requested file action|file (?:unavailable|name not)|insufficient storage space"
    r"|(?:control|data) (?:channel|connection)|\buser and pass\b|\A\d{3} user cannot log in"
    r"|too many connections \(\d{1,9}\) from this ip"
)
# How Postfix, Exim, sendmail and qmail begin what they say of a delivery that did not succeed.
_REASON = re.compile(
    r"connect to \S{1,255}\[[\d.:a-fA-F]+\]:\d|Name service error for|lost connection with \S{1,255}\["
    r"|loops back to myself|delivery temporarily suspended|conversation with \S{1,255}\[|retry timeout exceeded"
    r"|Unrouteable address|Giving up on \d|CNAME_lookup_failed|Host or domain name not found"
    r"|MX list for \S{1,255} points"
)
# A sentence of one server; more is prose.
_SHORT = 300
_OF_SMTP = re.compile(
    r"(?i)\brelay|\brecipient|\bsender\b|\bmailbox\b|\bgr[ea]ylist(?:ed|ing)\b(?!\.\w)|blocked using|\bhelo\b"
    r"|client host|<[^<>\s]{1,64}@[^<>\s]{1,255}>|\A\W*(?:user unknown|unknown user)\W*\Z|rcpthosts"
)
_K = RefusalKind
_SURE = frozenset(
    {
        *(_K.RELAY_DENIED, _K.GREYLISTED, _K.SENDER_NOT_OWNED, _K.SENDER_NOT_LOGGED_IN, _K.SENDER_REJECTED),
        *(_K.SENDER_DOMAIN_UNKNOWN, _K.RECIPIENT_UNKNOWN, _K.RECIPIENT_REJECTED, _K.CLIENT_BLOCKLISTED),
        *(_K.CLIENT_NAME_MISSING, _K.HELO_REJECTED),
    }
)
_VAGUE = (None, _K.UNROUTABLE, _K.SERVICE_UNAVAILABLE)
_LOGIN_CODES = ("530", "534", "535", "538")
_OF_LOGINS = re.compile(
    r"auth|log ?in|passw|credential|user ?name|account|sign.?in|ログイン|認証|パスワード", re.IGNORECASE
)
# What is said of TLS and of AUTH themselves: Postfix, Exim, sendmail, Courier, Exchange.
_OF_THE_SESSION: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("closed-unexpectedly", re.compile(r"(?i)\blost connection to \[")),
    ("starttls-refused", re.compile(r"(?i)\btls (?:is )?(?:currently |temporarily )?(?:not available|unavailable)")),
    (
        "auth-not-offered",
        re.compile(r"(?i)\bauth(?:entication)? (?:command )?(?:is |used when )?not (?:available|enabled|advertised)"),
    ),
)
# Base64, alone in its line.
_TOKEN = re.compile(r"[A-Za-z0-9+/]{12,}={0,2}")
# More lines than a session by hand has.
_MOST_LINES = 2000
_MOST = 50


class Refused(NamedTuple):
    """One refusal, and what it means."""

    name: str
    """`unknown` where the words are not known."""
    code: str
    enhanced: str
    text: str


class Replies(NamedTuple):
    refused: tuple[Refused, ...]
    accepted: int
    """Replies that were no refusal."""
    rest: tuple[str, ...]
    """Lines that are neither a reply nor a command."""


def replies_in(text: str) -> Replies:
    """The refusals of a text in their order. Text that could be anything gives none."""
    refused: list[Refused] = []
    rest: list[str] = []
    commands: list[str] = []
    accepted = 0
    asked = ""
    current: list[str] = []

    def close() -> None:
        nonlocal accepted
        if current:
            made = _smtp(current, asked)
            if current[0][0] in "23":
                accepted += 1
            elif made is not None:
                refused.append(made)
            else:
                rest.extend(current)
            current.clear()

    for raw in text[:200_000].splitlines()[:_MOST_LINES]:
        client, line = _FROM_CLIENT.match(raw), raw
        if server := _FROM_SERVER.match(raw):
            line = raw[server.end() :]
        elif client:
            line = raw[client.end() :]
        else:
            line = raw[around.end() :] if (around := _AROUND.match(raw)) else raw
        line = line.strip()
        found = None if client else _SMTP.match(line)
        if found and (not current or current[0][:3] == found[1]):
            current.append(line)
            if found[2] != "-":
                close()
            continue
        close()
        if found:
            current.append(line)
            if found[2] != "-":
                close()
        elif not client and (other := _other(line, asked)) is not None:
            refused.append(other)
        elif command := _COMMAND.match(line):
            asked = line if command[1] != "." else "."
            if not is_login(line):
                commands.append(line)
        elif line.startswith(("+OK", "* OK")) or re.match(r"\S+ OK\b", line):
            accepted += 1
        elif line and not client and not _is_an_answer(line, asked):
            rest.append(line)
    close()
    if not refused and not accepted and (alone := _alone(text)) is not None:
        return Replies((alone,), 0, ())
    if not refused:
        # `User unknown` begins as a command of POP3 does.
        refused, rest = _inside(rest if accepted else [*rest, *commands])
    return Replies(tuple(refused[:_MOST]), accepted, tuple(rest[:_MOST]))


def _alone(text: str) -> Refused | None:
    """A code or a status that was pasted without its words: it is no prose, and nothing else either."""
    text = text.strip()
    if _CODES.fullmatch(text):
        return Refused("unknown", text, "", "")
    status = _STATUS_ALONE.fullmatch(text)
    if status is None:
        return None
    code = "535" if status[1] in _OF_A_LOGIN else f"{text[0]}50"
    name = str(login_refusal_kind(code, text, "")) if code == "535" else meaning_of(code, text, "", "")
    return Refused(name or "unknown", "", text, "")


def _is_an_answer(line: str, asked: str) -> bool:
    """To a challenge: a user name, a password or a token, which is nobody's to see."""
    return is_login(asked) or _TOKEN.fullmatch(line) is not None


def _smtp(lines: list[str], asked: str) -> Refused | None:
    """A reply that refuses; None for one that accepts, or that could be any text that begins with a number."""
    code = lines[0][:3]
    if code[0] in "23":
        return None
    texts = [line[4:].strip() for line in lines]
    status = _STATUS.match(texts[0])
    enhanced = status[1] if status else ""
    said = flat(" ".join(text[found.end() :] if (found := _STATUS.match(text)) else text for text in texts))[:LONGEST]
    if not enhanced and not asked and _OF_FTP.search(f"{code} {said}"):
        return None
    name = meaning_of(code, enhanced, said, asked)
    if not _CODES.fullmatch(code) or (not name and not enhanced and not asked and len(lines) == 1):
        return None
    return Refused(name or "unknown", code, enhanced, said)


def meaning_of(code: str, enhanced: str, said: str, asked: str) -> str:
    """Name of what a refusal means; empty where words and status do not tell."""
    if (own := said_of_itself(enhanced, said)) is not None:
        return str(own)
    if named := next((name for name, words in _OF_THE_SESSION if words.search(said)), ""):
        return named
    found = _COMMAND.match(asked)
    verb = found[1].upper() if found else ""
    if verb in ("STARTTLS", "STLS") and code[:1] == "4":
        return "starttls-refused"
    of_login = bool(asked and is_login(asked)) or (code in _LOGIN_CODES and _OF_LOGINS.search(said))
    kind = refusal_in_words(code, enhanced, said, _STEPS.get(verb), Words.ALONE if not asked else Words.IN_SESSION)
    # A 530 without a status is FTP's `Login incorrect` too.
    sure = code != "530" or enhanced or asked
    if of_login and sure and (kind is None or code in ("534", "535") or (asked and is_login(asked))):
        meant = login_refusal_kind(code, enhanced, said)
        return "" if meant is LoginRefusal.OTHER else str(meant)
    if kind in _VAGUE and (own := of_the_network(enhanced, said)) is not None:
        return str(own)
    return "" if kind is None else str(kind)


def _other(line: str, asked: str) -> Refused | None:
    """Of POP3 and IMAP."""
    if pop3 := _POP3.match(line):
        status, said = "-ERR", pop3[1]
    elif imap := _IMAP.match(line):
        status, said = imap[2], imap[3]
    else:
        return None
    code = _CODE_OF_IMAP.match(said)
    meant = login_refusal_kind(status, code[1] if code else "", said)
    sure = code or is_login(asked) or _OF_LOGINS.search(said)
    name = "" if meant is LoginRefusal.OTHER or not sure or status in ("BAD", "BYE") else str(meant)
    return Refused(name or "unknown", status, code[1] if code else "", flat(said)[:LONGEST])


def _inside(lines: list[str]) -> tuple[list[Refused], list[str]]:
    """A reply in the middle of a sentence: of a log, a mail program, an exception; or the words without a code."""
    found: list[Refused] = []
    left: list[str] = []
    whole = flat(" ".join(lines))
    # A sentence that is wrapped is one.
    for text in (whole,) if len(whole) <= LONGEST and len(lines) < 12 else lines:
        if _OF_FTP.search(text):
            left.append(text)
            continue
        said = statement(text.replace("b'", "'"))
        step = "" if said.step is None else _ASKED.get(said.step, "")
        name = meaning_of(said.code, said.enhanced, said.text, step) if _CODES.fullmatch(said.code) else ""
        if name or (said.enhanced and _CODES.fullmatch(said.code)):
            found.append(Refused(name or "unknown", said.code, said.enhanced, said.text.strip("'\")(")))
        elif name := words_alone(text):
            found.append(Refused(name, "", "", text))
        elif text:
            left.append(text)
    return found, left


def words_alone(text: str) -> str:
    """Name of what is meant by words of a server that stand without a code; empty for words that others say too.

    `Access denied` and `no such user` are said by databases and shells; then it is not known.
    """
    if len(text) > LONGEST:
        return ""
    if _REASON.search(text) and (own := hindrance(text)) is not None:
        return str(own)
    if len(text) > _SHORT or not _OF_SMTP.search(text):
        return ""
    for_now, for_good = (refusal_in_words(code, "", text) for code in ("450", "550"))
    kinds = (for_now if for_now is _K.GREYLISTED else None, for_good, for_now)
    return next((str(kind) for kind in kinds if kind in _SURE), "")
