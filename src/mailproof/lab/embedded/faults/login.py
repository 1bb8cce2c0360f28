"""Faults of the login. Hosted providers are quoted in their own words, as they are known from their help pages."""

from __future__ import annotations

from mailproof.lab.embedded.behaviour import WRONG_PASSWORD, LoginReply, OnOpening, Passwords
from mailproof.lab.embedded.faults.spec import LOGINS, RETRIEVAL, SUBMISSION, UPGRADED, FaultSpec
from mailproof.model.endpoint import Scheme
from mailproof.sasl.server import Reason

# The challenge mechanisms need the password in clear; where it is stored as a hash they all fail.
_CHALLENGED = ("CRAM-MD5", "DIGEST-MD5")

_PLAIN_TEXT = "Plaintext authentication disallowed on non-secure (SSL/TLS) connections."


def _refused(name: str, reply: LoginReply, given: tuple[str, ...] = ()) -> FaultSpec:
    return FaultSpec(name, {"login_replies": (reply,)}, LOGINS, given)


def _password(text: str) -> LoginReply:
    """The ordinary refusal, with a sentence of the server's own."""
    return LoginReply(
        (535, "5.7.8", f"Error: authentication failed: {text}"), ("AUTH", text), ("AUTHENTICATIONFAILED", text)
    )


def _locked(text: str, imap: str) -> LoginReply:
    """The password is right, and the mailbox is not to be had: a POP3 login opens it at once."""
    return LoginReply(WRONG_PASSWORD.smtp, ("IN-USE", text), (imap, text), reason=Reason.NOT_AUTHORIZED)


LOGIN = (
    FaultSpec("auth-not-offered", {"passwords": Passwords.NEVER}, LOGINS),
    FaultSpec(
        "auth-offered-in-clear",
        {"passwords": Passwords.ALWAYS, "mail_needs_tls": False},
        tuple(scheme for scheme in UPGRADED if scheme in LOGINS),
    ),
    FaultSpec("auth-legacy-syntax", {"legacy_auth": True}, (Scheme.SUBMISSION, Scheme.SUBMISSIONS)),
    FaultSpec(
        "auth-mechanism-missing",
        {"without_mechanisms": ("CRAM-MD5",)},
        LOGINS,
        given=("--mechanism", "CRAM-MD5"),
    ),
    _refused("auth-rejected", WRONG_PASSWORD),
    FaultSpec("login-exchange-broken", {"scram_iterations": 1}, LOGINS, given=("--mechanism", "SCRAM-SHA-256")),
    _refused(
        "app-password-required",
        LoginReply(
            (534, "5.7.9", "Application-specific password required."),
            ("AUTH", "Application-specific password required"),
            ("ALERT", "Application-specific password required"),
        ),
    ),
    _refused(
        "login-disabled-by-provider",
        LoginReply(
            (535, "5.7.139", "Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."),
            ("SYS/PERM", "Your account is not enabled for POP access."),
            ("ALERT", "Your account is not enabled for IMAP use."),
        ),
    ),
    _refused(
        "auth-temporary-failure",
        LoginReply(
            (454, "4.7.0", "Temporary authentication failure: Connection lost to authentication server"),
            ("SYS/TEMP", "Temporary authentication failure."),
            ("UNAVAILABLE", "Temporary authentication failure."),
        ),
    ),
    FaultSpec(
        "auth-mechanism-broken",
        {
            "login_replies": (
                LoginReply(
                    WRONG_PASSWORD.smtp, WRONG_PASSWORD.pop3, WRONG_PASSWORD.imap, _CHALLENGED, Reason.WRONG_PASSWORD
                ),
            )
        },
        LOGINS,
        given=("--all-mechanisms",),
    ),
    # The proxy in front takes TLS off, and the server behind it sees a connection in clear text.
    FaultSpec(
        "plaintext-login-refused",
        {
            "login_replies": (
                LoginReply(
                    (538, "5.7.11", "Encryption required for requested authentication mechanism"),
                    ("AUTH", _PLAIN_TEXT),
                    ("PRIVACYREQUIRED", _PLAIN_TEXT),
                    reason=Reason.NOT_AUTHORIZED,
                ),
            )
        },
        tuple(scheme for scheme in LOGINS if scheme.is_retrieval),
    ),
    _refused(
        "user-disabled",
        LoginReply(
            (535, "5.7.13", "Error: authentication failed: User account disabled"),
            ("SYS/PERM", "Your account is disabled."),
            ("CONTACTADMIN", "Your account is disabled."),
            reason=Reason.NOT_AUTHORIZED,
        ),
    ),
    _refused("user-name-has-domain", _password("Give the user name without the domain.")),
    _refused("user-name-lacks-domain", _password("The user name is the full e-mail address."), ("--user", "alice")),
    FaultSpec("token-expired", {"tokens_expired": True}, LOGINS, given=("--token", "alicetoken")),
    FaultSpec(
        "auth-rate-limited",
        {
            "login_replies": (
                LoginReply(
                    (450, "4.7.1", "Error: too many AUTH commands from 198.51.100.7"),
                    WRONG_PASSWORD.pop3,
                    WRONG_PASSWORD.imap,
                    reason=Reason.NOT_AUTHORIZED,
                ),
            )
        },
        SUBMISSION,
    ),
    FaultSpec("mailbox-not-opened", {"on_opening": OnOpening.BROKEN}, RETRIEVAL),
    FaultSpec(
        "mailbox-in-use",
        {"login_replies": (_locked("Mailbox is locked by another POP3 session.", "INUSE"),)},
        (Scheme.POP3, Scheme.POP3S),
    ),
    FaultSpec("mailbox-locked", {"login_replies": (_locked("Timeout while waiting for lock", "INUSE"),)}, RETRIEVAL),
    FaultSpec(
        "retrieval-connection-limit",
        {
            "login_replies": (
                _locked(
                    "Maximum number of connections from user+IP exceeded (mail_max_userip_connections=1)",
                    "UNAVAILABLE",
                ),
            )
        },
        RETRIEVAL,
    ),
    FaultSpec(
        "auth-penalty",
        {"penalty": True},
        LOGINS,
        given=("--password", "not-the-password"),
        leads_to=("auth-rejected",),
    ),
)
