"""What a refused login means: codes of RFC 4954, RFC 5530, RFC 3206 and RFC 5804, then words of known servers."""

from __future__ import annotations

import re
from enum import StrEnum

from mailproof.model.authentication import LoginTried
from mailproof.model.reply import Reply, ReplyClass
from mailproof.parse.meanings import Row, Table


class LoginRefusal(StrEnum):
    REJECTED = "auth-rejected"
    TEMPORARY = "auth-temporary-failure"
    DISABLED = "user-disabled"
    APP_PASSWORD = "app-password-required"
    BY_PROVIDER = "login-disabled-by-provider"
    TOKEN_EXPIRED = "token-expired"
    EHLO_FIRST = "ehlo-required-first"
    TLS_FIRST = "plaintext-login-refused"
    WANTS_DOMAIN = "user-name-lacks-domain"
    """Says so; whether it is true depends on the name that was given."""
    WANTS_NO_DOMAIN = "user-name-has-domain"
    CERTIFICATE_WANTED = "client-certificate-required"
    """The client's own, whatever the password is."""
    MECHANISM_UNKNOWN = "auth-mechanism-missing"
    OTHER = "other"
    """No answer to the question whether the credentials are right: limits, a locked mailbox, wrong order."""


# Dovecot `Client didn't present valid SSL certificate` (auth_ssl_require_client_cert); Postfix `Error: No client
# certificate presented`, `Error: Client certificate not trusted` (smtpd_tls_req_ccert).
CERTIFICATE_WANTED = (
    r"no client certificate|client certificate (is )?(not trusted|required)"
    r"|did(n't| not) present (a )?valid .*certificate"
)

# POP3 locks the mailbox with the login, and the password was right then. `maildrop already locked`, `unable to lock
# maildrop` (RFC 1939 section 7); qpopper `lock busy! Is another session active?`, UW `Can't get lock`,
# Dovecot `Mailbox is locked by another POP3 session`; a lock that nobody takes away `Timeout while waiting for lock`.
MAILBOX_LOCKED = (
    r"lock busy|locked by (another|pop)|(maildrop|mailbox) (is )?(already )?in use|maildrop (is )?(already )?locked"
    r"|unable to lock|can(not|'t) (get|obtain|acquire) .*lock|another (pop3? |imap )?session|waiting for lock"
)

_K = LoginRefusal

_ROWS: tuple[Row[LoginRefusal], ...] = (
    Row(_K.CERTIFICATE_WANTED, words=CERTIFICATE_WANTED),
    # Response codes and statuses that say it all.
    Row(_K.TLS_FIRST, status=r"PRIVACYREQUIRED|ENCRYPT-NEEDED|5\.7\.11"),
    Row(_K.TLS_FIRST, code="538"),
    Row(_K.DISABLED, status=r"CONTACTADMIN|5\.7\.13"),
    # Dovecot says so of mail_max_userip_connections in IMAP, after the password was found right.
    Row(_K.OTHER, words=r"maximum number of connections|too many (simultaneous )?connections"),
    Row(_K.TEMPORARY, status=r"UNAVAILABLE|SERVERBUG|SYS/TEMP|TRYLATER"),
    Row(_K.OTHER, status=r"IN-USE|INUSE|LIMIT|LOGIN-DELAY|CLIENTBUG"),
    Row(_K.OTHER, words=MAILBOX_LOCKED),
    Row(_K.MECHANISM_UNKNOWN, code="504"),
    Row(_K.MECHANISM_UNKNOWN, status=r"AUTH-TOO-WEAK"),
    # Hosted providers: Google 534 5.7.9 and 5.7.14, Microsoft 535 5.7.139, Yahoo, Apple.
    Row(_K.APP_PASSWORD, status=r"5\.7\.9", words=r"application-specific|app(lication)?[- ]password"),
    Row(
        _K.APP_PASSWORD,
        words=r"application-specific password|app(-| )?specific password|app password|generate (?>.*?app).*password",
    ),
    # Yahoo, to the account's own password at the first attempt: it is let in with an app password only.
    Row(_K.APP_PASSWORD, words=r"\(#auth005\)"),
    Row(_K.REJECTED, status=r"5\.7\.139", words=r"credentials were incorrect"),
    Row(_K.BY_PROVIDER, status=r"5\.7\.(139|14)"),
    Row(
        _K.BY_PROVIDER,
        words=r"smtpclientauthentication is disabled|basic authentication is disabled|security defaults"
        r"|log ?in (with|via|through) your web browser|less secure app|web login required|webloginrequired"
        r"|(imap|pop3?|smtp)( access)? is (disabled|not enabled)|not enabled for (imap|pop)"
        r"|account is not enabled for",
    ),
    # Order and protection.
    Row(_K.TLS_FIRST, words=r"(plain-?text|cleartext) (authentication|login|passwords?) (is )?(not|dis)"),
    Row(_K.TLS_FIRST, words=r"must issue a starttls|starttls (command )?first|(encryption|tls|ssl) (is )?required"),
    Row(_K.EHLO_FIRST, code="503", words=r"(helo|ehlo|hello)( first)?\b"),
    Row(
        _K.OTHER, code="503"
    ),  # not enabled, not advertised, already done (RFC 4954 section 4): no word on the credentials
    Row(
        _K.MECHANISM_UNKNOWN, words=r"(invalid|unsupported|unknown|unrecogni[sz]ed) (authentication |sasl )?mechanism"
    ),
    Row(_K.MECHANISM_UNKNOWN, words=r"mechanism (is )?not (supported|available|allowed)"),
    # Limits: before "temporary", for many limits are worded so.
    Row(_K.OTHER, words=r"too many|rate limit|maximum number of"),
    # The account.
    Row(
        _K.DISABLED,
        words=r"(account|user|mailbox|login)[ _](is |has been )?(\w+ )?"
        r"(disabled|locked|suspended|blocked|deactivated)"
        r"|(disabled|locked|suspended|blocked) (account|user|mailbox)",
    ),
    Row(_K.TOKEN_EXPIRED, words=r"token (is |has )?(expired|invalid)|(expired|invalid)[ _]token"),
    Row(
        _K.WANTS_DOMAIN,
        words=r"full e-?mail address|(complete|entire) e-?mail address|user ?name (?>.*?with ).*domain",
    ),
    Row(
        _K.WANTS_NO_DOMAIN,
        words=r"without (the |its |@ ?)*domain|user ?name (must|may|should) not contain (a |the )?(domain|@)",
    ),
    # Codes alone. Gmail says [SYS/PERM] of an account that is not enabled for POP3, in words.
    Row(_K.OTHER, status=r"SYS/PERM"),
    Row(_K.TEMPORARY, code="4"),
    Row(_K.TEMPORARY, words=r"temporary authentication failure|(temporary|internal) (server )?(error|failure)"),
    Row(_K.REJECTED, code="53"),
    Row(_K.REJECTED, code="55"),
    Row(_K.REJECTED, status=r"5\.7\.[38]|AUTHENTICATIONFAILED|AUTHORIZATIONFAILED|EXPIRED|AUTH"),
    Row(_K.OTHER, code="5"),
    Row(_K.OTHER, code="BAD"),
)
_TABLE = Table(_ROWS)
# RFC 7628 section 3.2.2 (OAUTHBEARER); Google's and Microsoft's XOAUTH2 send a status of HTTP, 400 or 401. As
# `LoginTried.error` has them.
_EXPIRED = re.compile(r"status=(400|401)\b|token_?expired|invalid_token", re.IGNORECASE)


def login_refusal_kind(code: str, enhanced: str, text: str) -> LoginRefusal:
    """What a refusal of AUTH, USER, PASS, APOP, LOGIN or AUTHENTICATE means."""
    return _TABLE.kind(code, enhanced, text) or LoginRefusal.REJECTED


def login_refusal(tried: LoginTried) -> LoginRefusal | None:
    """What the refusal of this login means; None if it was not refused (accepted, or never answered)."""
    if _is_refusal(tried.reply):
        if tried.mechanism in ("XOAUTH2", "OAUTHBEARER") and _EXPIRED.search(tried.error):
            return LoginRefusal.TOKEN_EXPIRED
        assert tried.reply is not None
        return login_refusal_kind(tried.reply.code, tried.reply.enhanced, tried.reply.text)
    return None


def _is_refusal(reply: Reply | None) -> bool:
    return reply is not None and reply.kind in (ReplyClass.TRANSIENT, ReplyClass.PERMANENT)
