"""sendmail and what is like it: addresses, and then the conversation about them (savemail.c)."""

from __future__ import annotations

import re

import msgspec

from mailproof.model.bounce import Action, Statement, Undelivered
from mailproof.parse.bounce.notice import ADDRESS, Notice, lines_of, merged, status_of, until
from mailproof.parse.bounce.statements import flat, statement

MARK = re.compile(
    r"(?<!-)-{3,} ?(?:The following addresses had (?:permanent|transient|delivery)|Transcript of session follows)"
)
_SECTION = re.compile(r" {0,8}-{3,20} ?(.{3,80}?) ?-{3,20}$")
_ADDRESS = re.compile(rf"\s*<?({ADDRESS})>?$")
# Programs that only borrow the headings have the reply of another server without the conversation.
_OTHERS = "<<< "
_REASON = re.compile(r"\s+\(reason: (.*?)\)?$")
_HOST = re.compile(r"\.{3} while talking to ([^\s:]{1,255}?)\.?:")
# Of a refusal that was told above it sendmail itself says no more than this.
_EMPTY = ("554 5.0.0 Service unavailable", "451 4.4.1 reply: read error")
_ENDS = re.compile(
    r"^-{2,}[\w=]|^ *-{3,} ?(?:Original message|Message header|Unsent message|Returned message) ?", re.I
)
_DELAYED = re.compile(r"transient non-fatal errors|still undelivered after")


def read(text: str) -> Notice:
    addresses: list[tuple[str, list[str]]] = []
    transcript: list[str] = []
    section = ""
    for line in until(lines_of(text), _ENDS):
        if heading := _SECTION.match(line):
            section = heading[1].lower()
        elif section.startswith("the following addresses"):
            if found := _ADDRESS.match(line):
                addresses.append((found[1], []))
            elif addresses and (reason := _REASON.match(line)):
                addresses[-1][1].append(reason[1])
        elif section.startswith(("transcript", "non-delivered")):
            transcript.append(line)
    action = Action.DELAYED if _DELAYED.search(text[:4000]) else Action.FAILED
    told = list(_conversation(transcript))
    found_all = []
    for recipient, reasons in addresses:
        about = [(said, host) for said, host in told if _is_about(said, recipient, len(addresses))]
        said = [statement(text, host) if host else Statement(flat(text)) for text, host in about]
        said += [statement(reason) for reason in reasons]
        server = next((each.server for each in said if each.server), "")
        found_all.append(Undelivered(recipient, action, status_of(said), server, tuple(said)))
    return Notice(merged(found_all))


def in_own_words(text: str, told: Undelivered) -> Undelivered:
    """sendmail gives what it says itself the form of a reply (`550 Host unknown`), and calls the domain that it asked
    DNS for the remote server. Where it talked to none, these are words of its own.
    """
    if MARK.search(text) is None or _HOST.search(text) or _OTHERS in text:
        return told
    said = tuple(msgspec.structs.replace(each, code="", server="") for each in told.said)
    return msgspec.structs.replace(told, said=said, remote="")


def _conversation(lines: list[str]) -> list[tuple[str, str]]:
    """Each command with its answer, and the host that gave it; what sendmail itself says stands last."""
    asked, answer, host = "", [""], ""
    told: list[tuple[str, str]] = []
    own: list[tuple[str, str]] = []

    def close() -> None:
        if answer[1:]:
            told.append(("\n".join([f">>> {asked}" if asked else "", *answer[1:]]).strip(), host))
        answer[1:] = []

    for line in lines:
        if found := _HOST.search(line):
            close()
            host = found[1]
        elif line.startswith(">>> "):
            close()
            asked = line[4:]
        elif line.startswith("<<< "):
            answer.append(line[4:])
        elif line.strip():
            close()
            if line.strip() not in _EMPTY:
                own.append((line, ""))
    close()
    return [*(each for each in told if _is_refusal(each[0])), *own]


def _is_refusal(said: str) -> bool:
    return re.search(r"(?m)^[45]\d\d[ -]", said) is not None


def _is_about(said: str, recipient: str, of: int) -> bool:
    """A command or line that names an address is about that one."""
    named = re.search(ADDRESS, said)
    return of == 1 or (named is not None and recipient.lower() in said.lower())
