"""What became of a message for each of its recipients, and why."""

from __future__ import annotations

from mailproof.message.read import read_headers
from mailproof.model.bounce import Action, Bounce, Statement, Undelivered
from mailproof.model.escape import printable
from mailproof.model.explained import Explained, Explanation, Pasted, Side
from mailproof.parse.bounce.entities import LONGEST_HEAD
from mailproof.parse.providers import provider_of
from mailproof.parse.sides import side_of
from mailproof.parse.undelivered import UNKNOWN, meaning
from mailproof.run.explaining.pages import page_of

_GOOD = (Action.DELIVERED, Action.RELAYED, Action.EXPANDED)
# Of one report; each is a paragraph of the answer.
MOST = 20


def explain_bounce(bounce: Bounce) -> Explanation:
    """One cause for each recipient; recipients with the same one are still told apart, for somebody must be asked."""
    fields = {name.lower(): value for name, value in reversed(read_headers(bounce.original[:LONGEST_HEAD]))}
    causes = [_explained(each) for each in bounce.recipients]
    unread = bounce.unread if bounce.recipients else (*bounce.unread, "text/plain")
    return Explanation(
        Pasted.BOUNCE,
        format=bounce.format,
        reporter=printable(bounce.reporter),
        sender=printable(fields.get("from", ""))[:320],
        subject=printable(fields.get("subject", ""))[:500],
        message_id=printable(fields.get("message-id", ""))[:320],
        date=printable(fields.get("date", ""))[:80],
        causes=tuple(causes[:MOST]),
        unread=tuple(printable(each) for each in dict.fromkeys(unread)),
        left_out=max(0, len(causes) - MOST),
    )


def _words(said: Statement) -> str:
    """As it was said: without a code the status stands in the words already."""
    return f"{said.code} {said.enhanced} {said.text}".strip() if said.code else said.text


def _explained(about: Undelivered) -> Explained:
    if about.action in _GOOD:
        return Explained(
            "delivered", Side.NOBODY, about.action, printable(about.recipient), status=about.status, text=""
        )
    meant = meaning(about)
    said = meant.said
    # Words of its own name hosts that did not answer.
    server = (said.server or about.remote) if said and said.code else ""
    text = _words(said) if said else ""
    provider = provider_of(text, server, about.recipient)
    own = said is None or not said.code
    side = side_of(meant.name, own=own) if meant.name != UNKNOWN else Side.UNKNOWN
    return Explained(
        meant.name,
        side,
        about.action,
        printable(about.recipient),
        printable(server),
        provider.key if provider else "",
        said.code if said else "",
        (said.enhanced if said else "") or about.status,
        printable(" ".join(text.split())),
        page_of(meant.name),
        provider.reference if provider and not own else "",
    )
