"""How an endpoint behaves: sound unless a fault changes a field."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mailproof.lab.embedded.chaos import Disturbance
from mailproof.lab.embedded.occasion import ALWAYS, Occasion
from mailproof.lab.embedded.oddities import Oddity
from mailproof.model.endpoint import Scheme, TlsMode
from mailproof.model.tls import TlsVersion
from mailproof.sasl.server import Reason
from mailproof.script.authority import CertificateKind


class Port(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    FILTERED = "filtered"
    """Connection attempts are never answered."""


class Welcome(StrEnum):
    """What comes first."""

    GREETING = "greeting"
    SILENCE = "silence"
    TEASER = "teaser"
    """One line of the greeting at once, the rest after the delay, as postscreen does."""
    FOREIGN = "foreign"
    """Another program answers: the SSH server has the port."""
    NOISE = "noise"
    """Something answers, and does not say what it is."""
    REFUSAL = "refusal"


class OnHello(StrEnum):
    """What EHLO, CAPA and CAPABILITY meet."""

    ANSWER = "answer"
    SILENCE = "silence"
    HANG_UP = "hang-up"
    NONSENSE = "nonsense"
    REFUSAL = "refusal"
    """Of EHLO and HELO; POP3 and IMAP have no word for it."""


class Upgrade(StrEnum):
    """STARTTLS and STLS."""

    OFFERED = "offered"
    NOT_OFFERED = "not-offered"
    REFUSED = "refused"
    STRIPPED = "stripped"
    """Overwritten in the offer, by a box on the way."""


class OnOpening(StrEnum):
    """What a user meets who opens a mailbox after the login."""

    OPEN = "open"
    BROKEN = "broken"
    """The login is right, and the mailbox cannot be read: its directory belongs to somebody else."""


class Uids(StrEnum):
    """What POP3 calls the messages (UIDL)."""

    KEPT = "kept"
    ANEW = "anew"
    """Otherwise at every login."""


class Passwords(StrEnum):
    """When a login is offered and taken."""

    IN_TLS = "in-tls"
    ALWAYS = "always"
    NEVER = "never"
    HIDDEN = "hidden"
    """Taken always, and offered only in TLS."""


class Stage(StrEnum):
    """Where in a mail transaction a refusal stands."""

    MAIL = "mail"
    RCPT = "rcpt"
    MESSAGE = "message"
    """After the dot."""


class Whom(StrEnum):
    """Which recipients a refusal is about."""

    ANY = "any"
    OWN = "own"
    """Of the server's own domain."""
    OUTSIDE = "outside"


class Rewrite(StrEnum):
    """Whose headers are rewritten where the envelope is (postconf(5) local_header_rewrite_clients)."""

    INTERFACES = "permit_inet_interfaces"
    """Of the server itself."""
    NETWORKS = "permit_mynetworks"
    ALL = "static:all"


class Client(StrEnum):
    """Which clients a refusal is about."""

    ANY = "any"
    STRANGER = "stranger"
    USER = "user"
    NEW = "new"
    """A stranger at its first visit."""
    NEW_TRIPLET = "new-triplet"
    """A stranger with a client address, sender and recipient not seen long enough ago (RFC 6647)."""


class Revision(StrEnum):
    """Of IMAP4."""

    ONE = "rev1"
    BOTH = "both"
    """IMAP4rev2 once a client has enabled it (RFC 9051 section 6.3.1)."""
    TWO = "rev2"


class Idle(StrEnum):
    """IMAP's IDLE (RFC 2177)."""

    TELLS = "tells"
    SILENT = "silent"
    """Taken, and nothing is told while it lasts."""
    NOT_OFFERED = "not-offered"
    REFUSED = "refused"


class Refusal(msgspec.Struct, frozen=True):
    """What a transaction meets. `{sender}`, `{recipient}`, `{client}`, `{helo}` and `{user}` are filled in."""

    stage: Stage
    code: int
    enhanced: str
    text: str
    whom: Whom = Whom.ANY
    client: Client = Client.ANY
    occasion: Occasion = ALWAYS


class LoginReply(msgspec.Struct, frozen=True):
    """A refused login in the words of each protocol; codes of POP3 and IMAP without their brackets."""

    smtp: tuple[int, str, str]
    pop3: tuple[str, str]
    imap: tuple[str, str]
    mechanisms: tuple[str, ...] = ()
    """Which logins meet it; empty for all. `USER` and `LOGIN` are also the commands of POP3 and IMAP."""
    reason: Reason = Reason.WRONG_PASSWORD
    """For the log."""
    occasion: Occasion = ALWAYS


WRONG_PASSWORD = LoginReply(
    (535, "5.7.8", "Error: authentication failed: (reason unavailable)"),
    ("AUTH", "Authentication failed."),
    ("AUTHENTICATIONFAILED", "Authentication failed."),
)

# Postfix message_size_limit.
MESSAGE_LIMIT = 10_240_000

MECHANISMS = (
    "PLAIN",
    "LOGIN",
    "CRAM-MD5",
    "DIGEST-MD5",
    "SCRAM-SHA-1",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-256",
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-512",
    "XOAUTH2",
    "OAUTHBEARER",
)


class Behaviour(msgspec.Struct, frozen=True):
    port: Port = Port.OPEN
    welcome: Welcome = Welcome.GREETING
    welcome_delay: float = 0.0
    most_visits: int = 0
    """Of one client, after which it is turned away (smtpd_client_connection_rate_limit); 0 for no limit."""
    greeting_ends: str = ""
    """Words behind the name of the host and the protocol."""
    reveals_version: bool = False
    """The greeting names the program and its version."""
    on_hello: OnHello = OnHello.ANSWER
    disturbances: tuple[Disturbance, ...] = ()
    oddities: tuple[Oddity, ...] = ()
    """What it says in another form than the protocol has it."""

    tls_at_once: bool = False
    upgrade: Upgrade = Upgrade.OFFERED
    certificate: CertificateKind = CertificateKind.GOOD
    # RFC 8996; what Postfix (smtpd_tls_protocols = >=TLSv1.2) and Dovecot (ssl_min_protocol) should have.
    tls_minimum: TlsVersion = TlsVersion.TLS1_2
    tls_maximum: TlsVersion = TlsVersion.TLS1_3
    ciphers: str | None = None
    wants_client_certificate: bool = False
    """The handshake ends without one (smtpd_tls_req_ccert, auth_ssl_require_client_cert)."""
    tls_alert: int | None = None
    """Every handshake ends with this alert (RFC 8446 section 6)."""
    mail_needs_tls: bool = False
    """530 to all but EHLO, STARTTLS, NOOP and QUIT (smtpd_tls_security_level = encrypt)."""

    passwords: Passwords = Passwords.IN_TLS
    without_mechanisms: tuple[str, ...] = ()
    legacy_auth: bool = False
    """`250-AUTH=` as well (broken_sasl_auth_clients)."""
    login_replies: tuple[LoginReply, ...] = ()
    """A login with the right password meets the first of these that is about its mechanism."""
    scram_iterations: int = 4096
    """What SCRAM asks the client to compute; below 4096 clients refuse (RFC 7677 section 4)."""
    tokens_expired: bool = False
    penalty: bool = False
    """A failed login makes the next ones from the same address late (Dovecot's anvil)."""

    hello_needed: bool = True
    """Mail and logins want EHLO or HELO first (smtpd_helo_required)."""
    logs_in_again: bool = False
    """Another AUTH is taken after one that was accepted (RFC 4954 section 4)."""
    reads_injected: bool = False
    """What came in clear with STARTTLS is carried out inside TLS (CVE-2011-0411)."""
    bears_errors: bool = False
    """However many commands are wrong, the session goes on."""
    splits_lines: bool = False
    """A line that is too long is read as several."""
    most_recipients: int = 0
    """Fewer than the settings of the lab allow; 0 for as many."""

    login_needed: bool = False
    """Nothing is taken from strangers, as on a submission port."""
    relays: bool = False
    """Strangers may send elsewhere."""
    verifies_users: bool = False
    """VRFY tells who has a mailbox, as Postfix does out of the box, and EXPN, as sendmail does."""
    knows_everybody: bool = False
    """Every address of the own domain is taken."""
    refusals: tuple[Refusal, ...] = ()
    message_limit: int = MESSAGE_LIMIT
    on_opening: OnOpening = OnOpening.OPEN
    revision: Revision = Revision.BOTH
    idle: Idle = Idle.TELLS
    delivery_seconds: float = 0.0
    """From the acceptance of a message to the mailbox."""
    login_delay: int = 0
    """POP3's LOGIN-DELAY (RFC 2449 section 6.5): seconds between two logins of one user."""
    expire: str = ""
    """POP3's EXPIRE (RFC 2449 section 6.7): days that mail is kept, or NEVER; empty for nothing said."""
    other_mailbox: bool = False
    """POP3 reads another place than the one into which mail is delivered."""
    rewritten_sender: str = ""
    """Sender of every envelope, while the header stays (local_header_rewrite_clients); empty for the client's own."""
    uids: Uids = Uids.KEPT
    files_into: str = ""
    """A filter of the user puts what is delivered into this folder; empty for INBOX."""
    rewrites_headers: Rewrite = Rewrite.INTERFACES
    """Beside envelopes, by the site's own table of senders."""
    delivers: bool = True
    """False: accepted, and left in the queue."""


def healthy(scheme: Scheme) -> Behaviour:
    """The sound server, at the endpoint with this scheme."""
    return Behaviour(
        tls_at_once=scheme.tls_mode is TlsMode.IMPLICIT,
        mail_needs_tls=scheme is Scheme.SUBMISSION,
        login_needed=scheme.is_submission,
        passwords=Passwords.NEVER if scheme in (Scheme.SMTP, Scheme.LMTP) else Passwords.IN_TLS,
    )
