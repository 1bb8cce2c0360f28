"""Whatever was pasted, handed to the room that can read it."""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.model.escape import printable
from mailproof.model.explained import Explained, Explanation, Pasted, Side
from mailproof.model.log import LogCause, LogExplained, LogLine
from mailproof.parse.bounce.entities import as_text
from mailproof.parse.bounce.reader import read as read_bounce
from mailproof.parse.pasted.kind import kind_of
from mailproof.parse.pasted.openssl import findings_in, verified
from mailproof.parse.pasted.replies import Refused, replies_in
from mailproof.parse.providers import provider_of
from mailproof.parse.sides import side_in_log, side_of, side_of_reply
from mailproof.run.explaining.bounces import MOST, explain_bounce
from mailproof.run.explaining.databases import explain_database
from mailproof.run.explaining.messages import explain_message
from mailproof.run.explaining.pages import page_of
from mailproof.run.log.explain import LogExplainer

# Of lines that could not be read.
_SHOWN = 5


def explain_text(data: bytes) -> Explanation:
    """Of anything but a log, whose lines may be more than fit in memory: `explain_log`."""
    kind = kind_of(data)
    if kind is Pasted.BOUNCE and (bounce := read_bounce(data)) is not None:
        return explain_bounce(bounce)
    if kind is Pasted.MESSAGE:
        return explain_message(data)
    text = as_text(data, "")
    if kind is Pasted.DATABASE:
        return explain_database(text)
    if kind is Pasted.SESSION:
        return _session(text)
    return _replies(text) if kind is Pasted.REPLY else Explanation(Pasted.UNKNOWN)


def explain_log(lines: Iterable[LogLine | bytes]) -> tuple[Explanation, LogExplained]:
    """The causes in the lines of a log, with the side of each, and what `log explain` makes of them."""
    explainer = LogExplainer()
    explainer.take(lines)
    result = explainer.result()
    causes = [
        Explained(
            cause.name,
            _side(cause),
            text=cause.example,
            page=cause.page,
            count=cause.count,
            params=cause.params,
        )
        for cause in result.causes
    ]
    explained = Explanation(
        Pasted.LOG,
        causes=tuple(causes[:MOST]),
        unread=result.samples[:_SHOWN],
        left_out=max(0, len(causes) - MOST),
    )
    return explained, result


def _side(cause: LogCause) -> Side:
    if refusal := cause.params.get("refusal"):
        return side_of(refusal)
    return side_in_log(cause.name, cause.rank, cause.example)


def _session(text: str) -> Explanation:
    causes = [
        Explained(name, side_of(name), text=printable(line), page=page_of(name)) for name, line in findings_in(text)
    ]
    if not causes and verified(text):
        causes = [Explained("certificate-verified", Side.NOBODY)]
    replies = replies_in(text).refused if not causes else ()
    told = (*causes, *(_refused(each) for each in replies))
    return Explanation(Pasted.SESSION if told else Pasted.UNKNOWN, causes=told[:MOST])


def _replies(text: str) -> Explanation:
    if sum(char == "\ufffd" or (char < " " and not char.isspace()) for char in text) * 10 > len(text):
        return Explanation(Pasted.UNKNOWN)  # an archive, a picture: nothing of it can be read, nor shown
    found = replies_in(text)
    if not found.refused:
        kind = Pasted.REPLY if found.accepted else Pasted.UNKNOWN
        accepted = (Explained("accepted", Side.NOBODY),) if found.accepted and not found.rest else ()
        return Explanation(
            kind if accepted else Pasted.UNKNOWN,
            causes=accepted,
            unread=tuple(printable(each)[:300] for each in found.rest[:_SHOWN]),
            left_out=max(0, len(found.rest) - _SHOWN),
        )
    # The same refusal of many recipients is one cause.
    causes: dict[tuple[str, str, str], Explained] = {}
    for each in found.refused:
        causes.setdefault((each.name, each.code, each.text), _refused(each))
    told = tuple(causes.values())
    return Explanation(
        Pasted.REPLY,
        causes=told[:MOST],
        unread=tuple(printable(each)[:300] for each in found.rest[:_SHOWN]),
        left_out=max(0, len(told) - MOST),
    )


def _refused(said: Refused) -> Explained:
    provider = provider_of(said.text)
    return Explained(
        said.name,
        side_of_reply(said.name, own=not said.code),
        provider=provider.key if provider else "",
        code=said.code,
        status=said.enhanced,
        text=printable(" ".join(filter(None, (said.code, said.enhanced if said.code.isdigit() else "", said.text)))),
        page=page_of(said.name),
        reference=provider.reference if provider else "",
    )
