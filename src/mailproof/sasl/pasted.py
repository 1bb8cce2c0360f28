"""What a person pastes: a token, the line of a command with one, or a piece of a session, also as swaks shows it."""

from __future__ import annotations

import re

import msgspec

from mailproof.sasl.read import Flaw, Prompt, Reading, read_initial, read_prompt, recognise

# What stands before a line in a session: `C: ` in the RFCs, ` ~> ` and `<~ ` of swaks, `> ` in the articles.
_MARK = re.compile(r"\s*(?:<[-~*=]+|[-~*=]+>|>|[CS]:)\s+")
_AUTH = re.compile(r"(?:AUTH|(?:\S+ +)?AUTHENTICATE) +\"?([A-Za-z][A-Za-z0-9_-]+)\"?(?: +(\S.*))?\Z", re.IGNORECASE)
_CHALLENGE = re.compile(r"(?:334|\+)(?: +(.*))?\Z")
_REPLY = re.compile(r"(?:[2-5][0-9][0-9](?:[ -]|\Z)|\+OK\b|-ERR\b|\* )")
# RFC 2195 section 2; RFC 2831 section 2.1 and 2.1.3; RFC 5802 section 7; RFC 7628 section 3.2.2. A name in CRAM-MD5's
# angle brackets, a nonce and a salt are no secrets.
_OF_SERVER = re.compile(
    rb"(?:user ?name:?\0?|password(?::\0?|\0)|<[^<>\s\0]+>"
    rb"|(?:realm|nonce|qop|algorithm|charset|rspauth|stale)=[^\0]+"
    rb"|r=[^,\0]+,s=[A-Za-z0-9+/=]+,i=[0-9]+(?:,[^\0]*)?|v=[A-Za-z0-9+/=]+"
    rb"|\{(?:[^\0\"]|\"(?!status\"))*+\"status\"[^\0]*\})\Z",
    re.IGNORECASE,
)
# One message says it all: what stands on further lines is the rest of it.
_PAIR = "LOGIN"


class Pasted(msgspec.Struct, frozen=True):
    """Nothing of it is decoded yet."""

    mechanism: str = ""
    """In upper case; empty where no line names it."""
    answers: tuple[str, ...] = ()
    """Base64 of the client, a line each."""
    challenges: tuple[str, ...] = ()
    """Base64 of the server."""


def split(text: str) -> Pasted:
    """Sort the lines of `text`; any text gives an answer."""
    mechanism, answers, challenges = "", [], []
    for each in text.splitlines():
        marked = _MARK.match(each)
        line = (each[marked.end() :] if marked else each).strip()
        if match := _AUTH.match(line):
            mechanism = match[1].upper()
            answers += [match[2].strip('"')] if match[2] else []
        elif match := _CHALLENGE.match(line):
            challenges += [match[1].strip()] if match[1] else []
        elif line and not _REPLY.match(line):
            answers.append(line)
    return Pasted(mechanism, tuple(answers), tuple(challenges))


def read_pasted(pasted: Pasted, mechanism: str = "") -> Reading:
    """The reading of what the client said; never raises.

    `mechanism` is what the user says it is. `Reading.mechanism` is empty for a value on its own of which nobody said
    what it is: it may be a password, and is held as the secret.
    """
    name = (mechanism or pasted.mechanism).upper()
    whole = "\n".join(pasted.answers)
    if name == _PAIR or (not name and len(pasted.answers) == 2 and _are_two(pasted.answers)):
        return _read_pair(pasted)
    if name:
        return read_initial(name, whole)
    return recognise(whole) or _read_unknown(whole)


def prompt_of(pasted: Pasted) -> Prompt | None:
    """The prompt of LOGIN, where that is all that was pasted."""
    said = pasted.challenges + pasted.answers
    return read_prompt(said[0]) if len(said) == 1 else None


def is_of_server(challenge: bytes) -> bool:
    """Whether only a server says this: a prompt of LOGIN, a challenge of CRAM-MD5, DIGEST-MD5, SCRAM, or an error.

    What a client says may stand by mistake where a challenge belongs, and then it holds the secret.
    """
    return _OF_SERVER.match(challenge) is not None and b"response=" not in challenge


def _are_two(answers: tuple[str, ...]) -> bool:
    """Two tokens rather than one that was wrapped: the first ends in padding, or both together say nothing."""
    if answers[0].endswith("="):
        return True
    together, apart = read_initial(_PAIR, "".join(answers)), [read_initial(_PAIR, each) for each in answers]
    whole = all(each.user and not each.flaws for each in apart)
    return whole and "\\x00" not in (together.user or "") and recognise("".join(answers)) is None


def _read_pair(pasted: Pasted) -> Reading:
    answers = pasted.answers
    if len(answers) < 2:
        alone = read_initial(_PAIR, "".join(answers))
        if pasted.challenges and read_prompt(pasted.challenges[-1]) is Prompt.PASSWORD:
            return msgspec.structs.replace(alone, user=None, secret=alone.user)
        return alone
    name, password = read_initial(_PAIR, answers[0]), read_initial(_PAIR, "\n".join(answers[1:]))
    # The reader of a name finds no user where a password is empty.
    late = [Flaw.NO_SECRET if flaw is Flaw.NO_USER else flaw for flaw in password.flaws]
    flaws = tuple(dict.fromkeys([*name.flaws, *late]))
    return Reading(_PAIR, name.octets + password.octets, name.user, None, password.user, flaws=flaws)


def _read_unknown(whole: str) -> Reading:
    plain = read_initial("PLAIN", whole)
    if plain.nuls:
        return plain
    alone = read_initial(_PAIR, whole)
    text = alone.user or ""
    if "auth=bearer" in text.lower():
        return read_initial("OAUTHBEARER" if text.startswith(("n,", "y,", "p=")) else "XOAUTH2", whole)
    return msgspec.structs.replace(alone, mechanism="", user=None, secret=alone.user)
