"""What `token read` says of a token: as text, and as JSON that is the same in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from mailproof.catalog.words import Words, words
from mailproof.model.transcript import SECRET
from mailproof.report.layout import table, wrap
from mailproof.report.style import Style, paint


class TokenRead(msgspec.Struct, frozen=True):
    """Facts by the names that the catalogue has words for, in its section `token`."""

    mechanism: str
    """Empty for a value on its own."""
    octets: int
    user: str | None
    authzid: str | None
    secret: str | None
    """`[secret]` unless it was asked for."""
    prompt: str | None
    identity: str | None
    shape: str | None
    """The parts of PLAIN, with `\\0` where the NULs are."""
    flaws: tuple[str, ...] = ()
    differences: tuple[tuple[str, str], ...] = ()
    """Part and cause, where the user said what was meant."""
    compared: bool = False
    challenges: tuple[str, ...] = ()
    """What the server said, decoded and escaped."""

    @property
    def sound(self) -> bool:
        return not self.flaws and not self.differences


def hidden(secret: str | None) -> str | None:
    """What stands in its place; one that is empty, or not there, is no secret."""
    return SECRET if secret else secret


def token_as_data(read: TokenRead) -> Mapping[str, object]:
    """For JSON. Messages are English in every language."""
    say = words("en")
    return {
        "ok": read.sound,
        **{name: getattr(read, name) for name in ("mechanism", "octets", "user", "authzid", "secret", "prompt")},
        "identity": read.identity,
        "shape": read.shape,
        "flaws": [{"name": name, "message": say(f"token.flaw-{name}")} for name in read.flaws],
        "differences": [
            {"part": part, "name": name, "message": say(f"token.differs-{name}", part=say(f"token.part-{part}"))}
            for part, name in read.differences
        ],
        "compared": read.compared,
        "challenges": list(read.challenges),
    }


def render_token(read: TokenRead, lang: str, color: bool, width: int) -> str:
    """The answer in the first line, what is in the token, what is wrong with it and what to do instead."""
    say = words(lang)
    style = Style.PASS if read.sound else Style.FAIL
    lines = [paint(_answer(read, say), style, color)]
    rows = [(say(f"token.{label}"), text) for label, text in _parts(read, say)]
    lines += ["", *(f"  {line}" for line in table(rows))] if rows else []
    notes = [say(f"token.differs-{name}", part=say(f"token.part-{part}")) for part, name in read.differences]
    notes += [say(f"token.flaw-{name}") for name in read.flaws]
    if read.identity == "repeated":
        notes.append(say("token.note-repeated"))
    if not read.mechanism and read.secret and not read.prompt:
        notes.append(say("token.note-alone"))
    for note in notes:
        lines += ["", *wrap(note, width, "- ")]
    return "\n".join(lines).rstrip("\n") + "\n"


def _answer(read: TokenRead, say: Words) -> str:
    if read.prompt:
        return say(f"token.prompt-{read.prompt}")
    what = say("token.of-mechanism", mechanism=read.mechanism) if read.mechanism else say("token.of-value")
    if read.sound:
        return say("token.matches" if read.compared else "token.sound", what=what)
    first = read.differences[0][1] if read.differences else read.flaws[0]
    kind = "difference" if read.differences else "flaw"
    return say("token.broken", what=what, why=say(f"token.{kind}-title-{first}"))


def _parts(read: TokenRead, say: Words) -> Sequence[tuple[str, str]]:
    rows = [
        ("shape", read.shape),
        ("user", read.user or None),
        ("authzid", read.authzid or None),
        ("secret", say("token.empty") if read.secret == "" else read.secret),
        ("octets", str(read.octets) if read.octets else None),
        *(("challenge", each) for each in read.challenges if not read.prompt),
    ]
    return [(label, text) for label, text in rows if text is not None]
