"""On whose side a thing is to be mended, as far as its name and who said it tell."""

from __future__ import annotations

from mailproof.model.explained import Side

_S = Side

_SIDES: dict[str, Side] = {
    # The address that was typed, or the message.
    "recipient-unknown": _S.SENDER,
    "recipient-domain-unknown": _S.SENDER,
    "sender-rejected": _S.SENDER,
    "sender-not-owned": _S.SENDER,
    "sender-not-logged-in": _S.SENDER,
    "sender-not-permitted": _S.RECIPIENT,
    "message-too-big": _S.SENDER,
    "content-rejected": _S.SENDER,
    "needs-smtputf8": _S.SENDER,
    # The settings of the mail program, and the login.
    "login-required": _S.SENDER,
    "auth-rejected": _S.SENDER,
    "user-disabled": _S.SENDER,
    "app-password-required": _S.SENDER,
    "login-disabled-by-provider": _S.SENDER,
    "token-expired": _S.SENDER,
    "ehlo-required-first": _S.SENDER,
    "plaintext-login-refused": _S.SENDER,
    "user-name-lacks-domain": _S.SENDER,
    "user-name-has-domain": _S.SENDER,
    "client-certificate-required": _S.SENDER,
    "auth-mechanism-missing": _S.SENDER,
    # The server that sends: its address, its names, its protection.
    "client-rejected": _S.YOURS,
    "client-blocklisted": _S.YOURS,
    "client-name-missing": _S.YOURS,
    "message-unauthenticated": _S.YOURS,
    "sender-domain-unknown": _S.YOURS,
    "tls-required": _S.YOURS,
    "closed-unexpectedly": _S.THEIRS,
    "helo-required": _S.YOURS,
    "helo-rejected": _S.YOURS,
    "limited": _S.YOURS,
    "relay-login-failed": _S.YOURS,
    "name-lookup-failed": _S.YOURS,
    "delivery-program-failed": _S.YOURS,
    "tls-not-agreed": _S.THEIRS,
    "forwarding-denied": _S.YOURS,
    # Who should get it.
    "recipient-rejected": _S.RECIPIENT,
    "mailbox-full": _S.RECIPIENT,
    "mailbox-disabled": _S.RECIPIENT,
    # The server that should take it.
    "relay-denied": _S.THEIRS,
    "recipient-lookup-failed": _S.THEIRS,
    "server-config-problem": _S.THEIRS,
    "queue-disk-full": _S.THEIRS,
    "queue-write-error": _S.THEIRS,
    "alias-loop": _S.THEIRS,
    "temporary-reject": _S.THEIRS,
    "unroutable": _S.THEIRS,
    "mail-loop": _S.THEIRS,
    "delivery-expired": _S.THEIRS,
    "auth-temporary-failure": _S.THEIRS,
    "marked-as-spam": _S.SENDER,
    # The way between them.
    "server-not-reached": _S.NETWORK,
    "connection-lost": _S.NETWORK,
    "delayed-on-the-way": _S.NETWORK,
    "greylisted": _S.NOBODY,
    "delivered": _S.NOBODY,
    # Of a session with a server by hand.
    "name-not-found": _S.SENDER,
    "port-closed": _S.THEIRS,
    "port-filtered": _S.NETWORK,
    "starttls-not-offered": _S.THEIRS,
    "starttls-refused": _S.THEIRS,
    "auth-not-offered": _S.THEIRS,
    "renegotiating": _S.SENDER,
    "certificate-not-accepted": _S.SENDER,
    "implicit-tls-missing": _S.SENDER,
    "tls-version-obsolete": _S.THEIRS,
    "tls-no-shared-cipher": _S.THEIRS,
    "tls-handshake-failed": _S.THEIRS,
}
# What the reporting server says of itself: nobody else has been asked yet.
_OWN = {
    "unroutable": _S.YOURS,
    "mail-loop": _S.YOURS,
    "relay-denied": _S.YOURS,
    "server-config-problem": _S.YOURS,
    "queue-disk-full": _S.YOURS,
    "queue-write-error": _S.YOURS,
    "recipient-lookup-failed": _S.YOURS,
    "temporary-reject": _S.YOURS,
}
# Said to a mail program: it has not logged in.
_TO_A_CLIENT = {
    "relay-denied": _S.SENDER,
    "tls-required": _S.SENDER,
    "client-rejected": _S.SENDER,
    "limited": _S.SENDER,
}


def side_of(name: str, *, own: bool = False) -> Side:
    """`own`: a server said it of its own attempt, and no other answered."""
    if name.startswith("certificate-"):
        return _S.THEIRS
    return (_OWN.get(name) if own else None) or _SIDES.get(name, _S.UNKNOWN)


def side_of_reply(name: str, *, own: bool = False) -> Side:
    """Of a bare reply, of which nobody says to whom it was given: most are pasted by who set up a mail program."""
    return _TO_A_CLIENT.get(name) or side_of(name, own=own)


def side_in_log(name: str, rank: int, text: str) -> Side:
    """Of a line in the log of one's own server; `rank` is that of the table of messages."""
    if any(each in text for each in _ANSWERED):
        return side_of(_AS_BOUNCE.get(name, name))
    if rank >= 5:
        return _S.NOBODY
    sides = (
        (AT_OUR_DOOR, _S.SENDER),
        (IN_BETWEEN, _S.NETWORK),
        (FROM_THEM, _S.THEIRS),
        (OF_THE_RECIPIENT, _S.RECIPIENT),
    )
    return next((side for names, side in sides if name in names), _S.YOURS)


# Postfix and Exim of what the next server answered.
_ANSWERED = (" said: ", "refused to talk to me", "SMTP error from remote mail server")
_AS_BOUNCE = {
    "delivery-user-unknown": "recipient-unknown",
    "sent-on-is-refused": "client-blocklisted",
    "sender-reputation-low": "client-blocklisted",
    "sender-refused-by-relay": "sender-not-owned",
    "mail-forwarding-loop": "mail-loop",
}
AT_OUR_DOOR = frozenset(
    (
        *("relay-denied", "recipient-unknown", "recipient-moved", "sender-domain-unknown", "sender-not-owned"),
        *("helo-rejected", "client-name-missing", "client-blocklisted", "content-rejected", "message-too-big"),
        *("connection-rate-limited", "client-refuses-certificate", "clear-text-on-tls-port", "tls-no-shared-cipher"),
        *("ehlo-required-first", "no-valid-recipients", "address-syntax-wrong", "pipelining-refused"),
        *("bare-newline-received", "too-many-errors", "sender-refused-by-relay", "destination-name-not-found"),
        *("user-name-has-domain", "user-unknown", "password-wrong", "plaintext-login-refused", "login-failed"),
        *("login-guessing", "connection-limit-per-user"),
    )
)
"""What a client of ours did wrong."""
IN_BETWEEN = frozenset(("outbound-25-blocked", "next-server-went-away", "firewall-mangles-smtp"))
FROM_THEM = frozenset(
    (
        *("next-hop-refused", "next-hop-lacks-smtputf8", "next-server-certificate-distrusted", "delivery-deferred"),
        *("next-server-tls-failed", "tls-required-elsewhere", "mail-expired"),
    )
)
OF_THE_RECIPIENT = frozenset(("mailbox-full",))
