"""Faults of relaying, of recipients and senders, and of delivery: replies as Postfix words them."""

from __future__ import annotations

from mailproof.lab.embedded.behaviour import Client, Idle, Refusal, Stage, Uids, Whom
from mailproof.lab.embedded.faults.spec import ANY_SMTP, SERVERS, SUBMISSION, FaultSpec
from mailproof.model.endpoint import Scheme


def _refused(
    name: str,
    stage: Stage,
    code: int,
    enhanced: str,
    text: str,
    *,
    at: tuple[Scheme, ...] = ANY_SMTP,
    whom: Whom = Whom.ANY,
    client: Client = Client.ANY,
    leads_to: tuple[str, ...] = (),
) -> FaultSpec:
    refusal = Refusal(stage, code, enhanced, text, whom, client)
    return FaultSpec(name, {"refusals": (refusal,)}, at, leads_to=leads_to)


_DENIED = "<{recipient}>: Relay access denied"

MAIL = (
    FaultSpec("open-relay", {"relays": True}, SERVERS),
    FaultSpec(
        "submission-without-login", {"login_needed": False, "relays": True}, SUBMISSION, leads_to=("open-relay",)
    ),
    _refused("relay-denied", Stage.RCPT, 554, "5.7.1", _DENIED, at=SUBMISSION, whom=Whom.OUTSIDE, client=Client.USER),
    _refused("relay-deferred", Stage.RCPT, 454, "4.7.1", _DENIED, whom=Whom.OUTSIDE),
    _refused(
        "own-domain-rejected", Stage.RCPT, 554, "5.7.1", _DENIED, at=SERVERS, whom=Whom.OWN, client=Client.STRANGER
    ),
    _refused(
        "recipient-unknown",
        Stage.RCPT,
        550,
        "5.1.1",
        "<{recipient}>: Recipient address rejected: User unknown in virtual mailbox table",
        whom=Whom.OWN,
    ),
    _refused(
        "recipient-lookup-failed",
        Stage.RCPT,
        451,
        "4.3.0",
        "<{recipient}>: Temporary lookup failure",
        whom=Whom.OWN,
    ),
    _refused(
        "recipient-rejected",
        Stage.RCPT,
        554,
        "5.7.1",
        "<{recipient}>: Recipient address rejected: Access denied",
        whom=Whom.OWN,
    ),
    FaultSpec("vrfy-reveals-users", {"verifies_users": True}, SERVERS),
    FaultSpec("unknown-recipient-accepted", {"knows_everybody": True}, SERVERS),
    _refused(
        "mailbox-full",
        Stage.RCPT,
        552,
        "5.2.2",
        "<{recipient}>: Recipient address rejected: Quota exceeded (mailbox for user is full)",
        whom=Whom.OWN,
    ),
    _refused(
        "greylisted",
        Stage.RCPT,
        450,
        "4.2.0",
        "<{recipient}>: Recipient address rejected: Greylisted, try again in 300 seconds",
        at=SERVERS,
        whom=Whom.OWN,
        client=Client.NEW_TRIPLET,
    ),
    _refused("sender-rejected", Stage.MAIL, 554, "5.7.1", "<{sender}>: Sender address rejected: Access denied"),
    _refused(
        "sender-domain-unknown", Stage.MAIL, 450, "4.1.8", "<{sender}>: Sender address rejected: Domain not found"
    ),
    _refused(
        "sender-not-owned",
        Stage.MAIL,
        553,
        "5.7.1",
        "<{sender}>: Sender address rejected: not owned by user {user}",
        at=SUBMISSION,
        client=Client.USER,
    ),
    _refused(
        "client-blocklisted",
        Stage.RCPT,
        554,
        "5.7.1",
        "Service unavailable; Client host [{client}] blocked using zen.dnsbl.test",
        at=SERVERS,
        client=Client.STRANGER,
    ),
    _refused(
        "client-name-missing",
        Stage.RCPT,
        550,
        "5.7.25",
        "Client host rejected: cannot find your hostname, [{client}]",
        at=SERVERS,
        client=Client.STRANGER,
    ),
    _refused(
        "helo-rejected",
        Stage.RCPT,
        504,
        "5.5.2",
        "<{helo}>: Helo command rejected: need fully-qualified hostname",
        at=SERVERS,
        client=Client.STRANGER,
    ),
    _refused(
        "message-unauthenticated",
        Stage.MESSAGE,
        550,
        "5.7.26",
        "This mail has been blocked because the sender is unauthenticated.",
    ),
    _refused("server-config-problem", Stage.MAIL, 451, "4.3.5", "Server configuration error"),
    _refused("temporary-reject", Stage.MAIL, 451, "4.7.1", "Service unavailable - try again later"),
    _refused("queue-disk-full", Stage.MAIL, 452, "4.3.1", "Insufficient system storage"),
    _refused("queue-write-error", Stage.MESSAGE, 451, "4.3.0", "Error: queue file write error"),
    _refused("content-rejected", Stage.MESSAGE, 550, "5.7.1", "message content rejected"),
    _refused(
        "pipelining-refused",
        Stage.MESSAGE,
        503,
        "5.5.0",
        "<DATA>: Data command rejected: Improper use of SMTP command pipelining",
    ),
    _refused("mail-rate-limited", Stage.MAIL, 450, "4.7.1", "Error: too much mail from {client}"),
    _refused("too-many-errors", Stage.RCPT, 421, "4.7.0", "Error: too many errors"),
    _refused("alias-loop", Stage.MESSAGE, 451, "4.6.0", "Alias expansion error"),
    FaultSpec("message-too-big", {"message_limit": 16}, ANY_SMTP),
    FaultSpec("header-not-rewritten", {"rewritten_sender": "office@example.test"}, ANY_SMTP),
    FaultSpec("delivered-elsewhere", {"other_mailbox": True}, (Scheme.POP3, Scheme.POP3S)),
    FaultSpec("mail-expires", {"expire": "0"}, (Scheme.POP3, Scheme.POP3S)),
    FaultSpec("idle-silent", {"idle": Idle.SILENT, "delivery_seconds": 2.0}, (*ANY_SMTP, Scheme.IMAP, Scheme.IMAPS)),
    FaultSpec("uidl-changed", {"uids": Uids.ANEW}, (Scheme.POP3, Scheme.POP3S)),
    FaultSpec("filtered-into-folder", {"files_into": "Junk"}, ANY_SMTP),
    FaultSpec("not-delivered", {"delivers": False}, ANY_SMTP),
)
