"""What a base64 token says, and how it went wrong when it was made by hand. Facts, no prose."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec

from mailproof.model.escape import printable
from mailproof.model.transcript import SECRET
from mailproof.sasl.digest_syntax import parse, single
from mailproof.sasl.oauthbearer import read_message
from mailproof.sasl.scram_syntax import decode_name
from mailproof.sasl.xoauth2 import MESSAGE as XOAUTH2_MESSAGE


class Flaw(StrEnum):
    """What is wrong with a token. Closed; in the order in which they are looked for."""

    LINE_BREAK = "line-break"
    """White space inside: `base64` wraps at 76 characters, `openssl base64` at 64, `nkf -MB` at 72."""
    URL_ALPHABET = "url-alphabet"
    """`-` and `_` in place of `+` and `/` (RFC 4648 section 5)."""
    PADDING = "padding"
    """Equals signs missing, or too many: often a piece was not copied."""
    NOT_BASE64 = "not-base64"
    ECHO_OPTION = "echo-option"
    """Begins with `-ne `: a shell whose `echo` knows no options."""
    TRAILING_NEWLINE = "trailing-newline"
    """`echo` without `-n`, or a here-document."""
    BACKSLASH_ZERO = "backslash-zero"
    """A backslash and a zero stand where a NUL should."""
    REPLACEMENT_CHARACTER = "replacement-character"
    """U+FFFD: a conversion replaced what it did not know, such as a NUL."""
    ENCODED_TWICE = "encoded-twice"
    NOT_UTF8 = "not-utf8"
    RECODED = "recoded"
    """Another character set than it was typed in, as `nkf` guesses it: ISO-2022-JP, or kanji in place of accents."""
    BACKSLASH_BANG = "backslash-bang"
    """`\\!`: bash keeps the backslash that one writes before `!` inside double quotes."""
    OCTAL_ESCAPE = "octal-escape"
    """Digits after `\\0` became a part of the escape: a NUL is missing, or a control character stands there."""
    NUL_COUNT = "nul-count"
    """PLAIN has exactly two NULs."""
    NOT_THE_MECHANISM = "not-the-mechanism"
    """Not in the syntax of the mechanism's message."""
    NO_USER = "no-user"
    NO_SECRET = "no-secret"


class Identity(StrEnum):
    """Which of the forms of PLAIN (RFC 4616 section 2)."""

    EMPTY = "empty"
    """`NUL user NUL password`: the one that every server takes."""
    REPEATED = "repeated"
    """`user NUL user NUL password`: some servers refuse it."""
    OTHER = "other"
    """One user asks to act as another."""


class Reading(msgspec.Struct, frozen=True):
    """What was made out, also where it had to be guessed what was meant. Its repr hides the secret.

    Texts have unsafe characters escaped; None is a part that is not there.
    """

    mechanism: str
    octets: int = 0
    """Size of what was decoded."""
    user: str | None = None
    authzid: str | None = None
    secret: str | None = None
    """Password or token, or the digest of one."""
    identity: Identity | None = None
    nuls: int = 0
    flaws: tuple[Flaw, ...] = ()

    def _shown(self) -> list[tuple[str, Any]]:
        hidden = {"secret": SECRET if self.secret else self.secret}
        return [(name, hidden.get(name, getattr(self, name))) for name in self.__struct_fields__]

    def __repr__(self) -> str:
        return f"Reading({', '.join(f'{name}={value!r}' for name, value in self._shown())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return self._shown()


_SPACE = re.compile(r"\s+")
_ALPHABET = re.compile(r"[A-Za-z0-9+/]*\Z")
_ECHO_OPTION = re.compile(rb"-[neE]{1,3} ")
_BACKSLASH_ZERO = re.compile(rb"\\(?:000|0|x00|u0000)")
_CONTROL = re.compile(rb"[\x01-\x1f\x7f]")
_ISO_2022_JP = re.compile(rb"\x1b(?:\$[@B]|\$\(D|\([BJI])")
_KANJI = re.compile("[\u3000-\u9fff]")
_KANJI_IN_WORD = re.compile("(?<=[A-Za-z])[\u3000-\u9fff]|[\u3000-\u9fff](?=[A-Za-z])")
_REPLACEMENT = "\ufffd".encode()


def read_initial(mechanism: str, data: str | bytes) -> Reading:
    """Read the first response of `mechanism`, initial or not, from its base64 `data`; never raises.

    For LOGIN that is the user name; a password on its own cannot be told from it.

    What a shell, printf or perl took out of a name or a password leaves no trace in the token: see `meant`.
    """
    mechanism = mechanism.upper()
    flaws: list[Flaw] = []
    decoded = _decode(data.decode("latin-1") if isinstance(data, bytes) else data, flaws)
    if decoded is None:
        return Reading(mechanism, flaws=tuple(flaws))
    size = len(decoded)
    decoded = _clean(decoded, flaws)
    read = _READERS.get("SCRAM" if mechanism.startswith("SCRAM-") else mechanism)
    reading = read(decoded) if read else None
    if reading is None:
        flaws.append(Flaw.NOT_THE_MECHANISM)
        return Reading(mechanism, size, flaws=tuple(flaws))
    if mechanism == "PLAIN":
        if _CONTROL.search(decoded) or (reading.nuls == 1 and decoded.startswith(b"\0")):
            flaws.append(Flaw.OCTAL_ESCAPE)
        if reading.nuls != 2:
            flaws.append(Flaw.NUL_COUNT)
    if reading.user == "" and mechanism != "ANONYMOUS":
        flaws.append(Flaw.NO_USER)
    if reading.secret == "":
        flaws.append(Flaw.NO_SECRET)
    return msgspec.structs.replace(reading, mechanism=mechanism, octets=size, flaws=tuple(flaws))


def _decode(text: str, flaws: list[Flaw]) -> bytes | None:
    text = text.strip()
    if text == "=":
        return b""  # how SMTP writes an empty initial response (RFC 4954 section 4)
    if _SPACE.search(text):
        flaws.append(Flaw.LINE_BREAK)
        text = _SPACE.sub("", text)
    body = text.rstrip("=")
    if "-" in body or "_" in body:
        flaws.append(Flaw.URL_ALPHABET)
        body = body.replace("-", "+").replace("_", "/")
    if not _ALPHABET.match(body):
        # Whatever else it is, it is not this alphabet with dashes: say one thing.
        flaws[:] = [Flaw.NOT_BASE64]
        return None
    if len(text) - len(body) != -len(body) % 4:
        flaws.append(Flaw.PADDING)
    if len(body) % 4 == 1:
        body = body[:-1]  # six bits left over make no octet
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4))
    except binascii.Error:
        flaws.append(Flaw.NOT_BASE64)
        return None


def _clean(decoded: bytes, flaws: list[Flaw]) -> bytes:
    """Without what slipped in; NULs put back where something else stands for them."""
    if match := _ECHO_OPTION.match(decoded):
        flaws.append(Flaw.ECHO_OPTION)
        decoded = decoded[match.end() :]
    if decoded.endswith(b"\n"):
        flaws.append(Flaw.TRAILING_NEWLINE)
        decoded = decoded.removesuffix(b"\n").removesuffix(b"\r")
    # A password may hold both; they stand for a NUL only where there is none.
    if b"\0" not in decoded and _BACKSLASH_ZERO.search(decoded):
        flaws.append(Flaw.BACKSLASH_ZERO)
        decoded = _BACKSLASH_ZERO.sub(b"\0", decoded)
    if _REPLACEMENT in decoded:
        flaws.append(Flaw.REPLACEMENT_CHARACTER)
        decoded = decoded.replace(_REPLACEMENT, b"\0") if b"\0" not in decoded else decoded
    if _is_base64_of_plain(decoded):
        flaws.append(Flaw.ENCODED_TWICE)
        decoded = base64.b64decode(decoded)
    try:
        decoded.decode("utf-8")
    except UnicodeDecodeError:
        flaws.append(Flaw.NOT_UTF8)
    if _ISO_2022_JP.search(decoded) or _is_kanji_for_accents(decoded):
        flaws.append(Flaw.RECODED)
    if rb"\!" in decoded:
        flaws.append(Flaw.BACKSLASH_BANG)
    return decoded


def _is_kanji_for_accents(decoded: bytes) -> bool:
    """Whether its kanji, each beside a Latin letter, are the UTF-8 of accented letters when written in EUC-JP."""
    try:
        text = decoded.decode("utf-8")
        kanji = _KANJI.findall(text)
        back = "".join(kanji).encode("euc_jp").decode("utf-8")
    except UnicodeError:
        return False
    return bool(kanji) and back.isalpha() and max(back) < "\u0250" and len(_KANJI_IN_WORD.findall(text)) == len(kanji)


def _is_base64_of_plain(decoded: bytes) -> bool:
    """Whether it is itself a token with the two NULs of PLAIN; a password alone can look like base64 by chance."""
    try:
        return base64.b64decode(decoded, validate=True).count(b"\0") == 2
    except binascii.Error:
        return False


def _plain(decoded: bytes) -> Reading:
    parts = [_text(part) for part in decoded.split(b"\0")]
    nuls = len(parts) - 1
    if nuls == 1:
        return Reading("PLAIN", user=parts[0], secret=parts[1], nuls=nuls)
    if nuls != 2:
        # Nobody can say where the password begins: all of it may be secret.
        return Reading("PLAIN", secret=_text(decoded), nuls=nuls)
    authzid, user, password = parts
    identity = Identity.EMPTY if not authzid else Identity.REPEATED if authzid == user else Identity.OTHER
    return Reading("PLAIN", 0, user, authzid, password, identity, nuls)


def _xoauth2(decoded: bytes) -> Reading | None:
    match = XOAUTH2_MESSAGE.match(decoded)
    return Reading("XOAUTH2", user=_text(match[1]), secret=_text(match[2])) if match else None


def _oauthbearer(decoded: bytes) -> Reading | None:
    user, token = read_message(decoded)
    if token is None:
        return None
    return Reading("OAUTHBEARER", user=None if user is None else printable(user), secret=token)


def _scram(decoded: bytes) -> Reading | None:
    match = _SCRAM_FIRST.match(decoded)
    if match is None:
        final = _SCRAM_FINAL.match(decoded)
        return Reading("SCRAM", secret=_text(final[1])) if final else None
    user, authzid = decode_name(match[2]), decode_name(match[1] or b"")
    return Reading("SCRAM", user=printable(user or ""), authzid=None if authzid is None else printable(authzid))


def _cram_md5(decoded: bytes) -> Reading | None:
    match = _CRAM_RESPONSE.match(decoded)
    return Reading("CRAM-MD5", user=_text(match[1]), secret=_text(match[2])) if match else None


def _digest_md5(decoded: bytes) -> Reading | None:
    directives = parse(decoded)
    user, response = (single(directives or {}, name) for name in ("username", "response"))
    return (
        None if user is None or response is None else Reading("DIGEST-MD5", user=_text(user), secret=_text(response))
    )


_SCRAM_FIRST = re.compile(rb"(?:p=[^,]*|n|y),(?:a=([^,]*))?,n=([^,]*),r=[^,]+")
_SCRAM_FINAL = re.compile(rb"c=[A-Za-z0-9+/=]+,r=[^,]+,p=([A-Za-z0-9+/=]+)\Z")
_CRAM_RESPONSE = re.compile(rb"(.*) ([0-9A-Fa-f]{32})\Z", re.DOTALL)
_READERS: dict[str, Callable[[bytes], Reading | None]] = {
    "PLAIN": _plain,
    "LOGIN": lambda decoded: Reading("LOGIN", user=_text(decoded)),
    "CRAM-MD5": _cram_md5,
    "DIGEST-MD5": _digest_md5,
    "SCRAM": _scram,
    "XOAUTH2": _xoauth2,
    "OAUTHBEARER": _oauthbearer,
    "EXTERNAL": lambda decoded: Reading("EXTERNAL", authzid=_text(decoded)),
    "ANONYMOUS": lambda decoded: Reading("ANONYMOUS", user=_text(decoded)),
}
# Those whose messages cannot be taken for another's; SCRAM's first message is the same in the whole family.
_RECOGNISABLE = ("XOAUTH2", "OAUTHBEARER", "SCRAM-", "DIGEST-MD5", "CRAM-MD5", "PLAIN")


def recognise(data: str | bytes) -> Reading | None:
    """The reading of a token of which nobody said for which mechanism it is; None if it could be anything.

    `Reading.mechanism` is `SCRAM-` where the hash cannot be known. A name or a password alone, as in LOGIN, is
    not recognised: any text could be one.
    """
    for mechanism in _RECOGNISABLE:
        reading = read_initial(mechanism, data)
        if not {Flaw.NOT_BASE64, Flaw.NOT_THE_MECHANISM, Flaw.NUL_COUNT} & set(reading.flaws):
            return reading
    return None


def _text(data: bytes) -> str:
    return printable(data.decode("utf-8", "backslashreplace"))


class Prompt(StrEnum):
    """What a server asked for in LOGIN."""

    USERNAME = "username"
    PASSWORD = "password"


_PROMPTS = {"Username:": Prompt.USERNAME, "User Name": Prompt.USERNAME, "Password:": Prompt.PASSWORD}
# `Pas`, `Use`: what four characters hold, the least that says anything.
_SHORTEST = 3


def read_prompt(text: str) -> Prompt | None:
    """Which prompt of LOGIN this base64 is, also where it was cut: logs show it as the reason of a failed login.

    Complete ones in any case of letters; cut ones only as nearly all servers write them, for `password` alone is
    an answer rather than a question.
    """
    body = text.strip().rstrip("=.…")
    if not _ALPHABET.match(body):
        return None
    body = body[: len(body) // 4 * 4] if len(body) % 4 == 1 else body
    decoded = base64.b64decode(body + "=" * (-len(body) % 4)).decode("latin-1").rstrip("\0 ")
    if len(decoded) < _SHORTEST:
        return None
    for prompt, asked in _PROMPTS.items():
        if prompt.startswith(decoded) or prompt.lower() == decoded.lower():
            return asked
    return None
