from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.model.authentication import LoginTried
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.tls import Protection
from mailproof.parse.login_refusal import LoginRefusal, login_refusal, login_refusal_kind
from mailproof.sasl.oauth import read_refusal

K = LoginRefusal


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("535 5.7.8 Error: authentication failed: (reason unavailable)", K.REJECTED),
        ("535 5.7.0 authentication failed", K.REJECTED),
        ("535 Incorrect authentication data", K.REJECTED),
        ("535 5.7.3 Authentication unsuccessful", K.REJECTED),
        ("535 5.7.8 Username and Password not accepted. Learn more at https://support.google.com", K.REJECTED),
        ("535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.", K.REJECTED),
        ("535 5.7.0 (#AUTH005) Too many bad auth attempts.", K.APP_PASSWORD),
        ("535 5.7.0 (#MBR1212) Incorrect username or password.", K.REJECTED),
        ("-ERR [AUTH] Authentication failed.", K.REJECTED),
        ("NO [AUTHENTICATIONFAILED] Authentication failed.", K.REJECTED),
        ("-ERR invalid login", K.REJECTED),
        ("454 4.7.0 Temporary authentication failure: (reason unavailable)", K.TEMPORARY),
        ("-ERR [SYS/TEMP] Temporary authentication failure. [vm:2026-11-21 23:28:52]", K.TEMPORARY),
        ("NO [UNAVAILABLE] Temporary authentication failure.", K.TEMPORARY),
        ("435 Unable to authenticate at present", K.TEMPORARY),
        ("-ERR [AUTH] Account_suspended", K.DISABLED),
        ("NO [CONTACTADMIN] Account_suspended", K.DISABLED),
        ("535 5.7.8 Your account has been locked", K.DISABLED),
        ("534 5.7.9 Application-specific password required.", K.APP_PASSWORD),
        ("NO [ALERT] Application-specific password required: https://support.google.com", K.APP_PASSWORD),
        ("534 5.7.14 Please log in via your web browser\nand then try again", K.BY_PROVIDER),
        ("535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled", K.BY_PROVIDER),
        ("535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", K.BY_PROVIDER),
        ("NO [ALERT] Your account is not enabled for IMAP use.", K.BY_PROVIDER),
        ("503 5.5.2 Send hello first [TY2PR02CA0019.apcprd02.prod.outlook.com]", K.EHLO_FIRST),
        ("503 5.5.1 Error: send HELO/EHLO first", K.EHLO_FIRST),
        ("503 AUTH command used when not advertised", K.OTHER),
        ("503 5.5.1 Error: authentication not enabled", K.OTHER),
        ("-ERR [AUTH] Plaintext authentication disallowed on non-secure connections.", K.TLS_FIRST),
        ("NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure connections.", K.TLS_FIRST),
        ("NO [PRIVACYREQUIRED] Cleartext authentication disallowed on non-secure connections.", K.TLS_FIRST),
        ("538 5.7.11 Encryption required for requested authentication mechanism", K.TLS_FIRST),
        ("535 5.7.8 Error: authentication failed: Invalid authentication mechanism", K.MECHANISM_UNKNOWN),
        ("504 5.5.4 Unrecognized authentication type", K.MECHANISM_UNKNOWN),
        ("-ERR Invalid user name or password. Please use full email address as user name.", K.WANTS_DOMAIN),
        ("450 4.7.1 Error: too many AUTH commands from 127.0.0.1", K.OTHER),
        ("-ERR [SYS/PERM] Your mailbox is damaged.", K.OTHER),
        ("-ERR [SYS/PERM] Your account is not enabled for POP access.", K.BY_PROVIDER),
        ("-ERR [SYS/PERM] Your account is disabled.", K.DISABLED),
        ("-ERR [IN-USE] Mailbox is locked by another POP3 session.", K.OTHER),
        ("-ERR maildrop already locked", K.OTHER),
        ("-ERR /var/mail/alice lock busy!  Is another session active? (11)", K.OTHER),
        ("-ERR Can't get lock.  Mailbox in use", K.OTHER),
        ("-ERR mailbox is locked", K.DISABLED),
        ("BAD Error in IMAP command received by server.", K.OTHER),
    ],
)  # fmt: skip
def test_a_known_refusal_has_its_meaning(line: str, kind: LoginRefusal) -> None:
    code, _, text = line.partition(" ")
    first = text.split(" ")[0]
    enhanced = first.strip("[]") if first.startswith("[") or first.count(".") == 2 else ""
    assert login_refusal_kind(code, enhanced, text) is kind


def test_an_error_challenge_says_that_the_token_is_stale() -> None:
    failed = Reply(ReplyClass.PERMANENT, "535", "5.7.8 Username and Password not accepted", "5.7.8")
    google = b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}'
    microsoft = b'{"status":"401","schemes":"Bearer"}'
    rfc7628 = b'{"status":"invalid_token","scope":"example_scope"}'
    for challenge in (google, microsoft, rfc7628):
        refusal = read_refusal(challenge, "ya29.secret")
        assert refusal is not None
        tried = LoginTried("XOAUTH2", failed, Protection.VERIFIED, error=refusal.line)
        assert login_refusal(tried) is LoginRefusal.TOKEN_EXPIRED
    assert login_refusal(LoginTried("PLAIN", failed, Protection.VERIFIED)) is LoginRefusal.REJECTED


def test_silence_is_no_refusal() -> None:
    assert login_refusal(LoginTried("PLAIN", None, Protection.VERIFIED)) is None


@settings(max_examples=200)
@given(st.text(max_size=4), st.text(max_size=12), st.text(max_size=120))
def test_any_text_has_a_meaning(code: str, enhanced: str, text: str) -> None:
    assert login_refusal_kind(code, enhanced, text) in LoginRefusal


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ENCRYPT-NEEDED", K.TLS_FIRST),
        ("TRYLATER", K.TEMPORARY),
        ("AUTH-TOO-WEAK", K.MECHANISM_UNKNOWN),
        ("", K.REJECTED),
    ],
)
def test_the_codes_of_managesieve(code: str, kind: LoginRefusal) -> None:
    assert login_refusal_kind("NO", code, "no") is kind
