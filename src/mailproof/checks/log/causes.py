"""The causes that only the server's log can tell: where each lies, and what of it is seen from outside.

Their names are those of the table of messages (`catalog/log_messages.toml`), which has the patterns.
"""

from __future__ import annotations

from mailproof.model.finding import Explains, FindingKind, Layer, Scope

# What a smtpd does to its clients that cannot run, or cannot look something up.
_ENDS = ("closed-unexpectedly", "no-greeting", "no-reply", "server-config-problem")
_PUT_OFF = ("temporary-reject", "server-config-problem", "not-delivered")
# One that is there and does not answer keeps the client waiting, for 201 seconds by default.
_NO_POLICY = (*_PUT_OFF, "no-reply")
_NO_LOGIN = ("auth-rejected", "auth-temporary-failure")
# An auth process that cannot start: Dovecot's login processes turn clients away after a while, and smtpd ends.
_NO_AUTH = ("sasl-no-mechanisms", "auth-server-gone", "greeting-refused", "greeting-slow")
_NO_SMTPD_LOGIN = (*_NO_LOGIN, "auth-not-offered", "closed-unexpectedly", "no-greeting", "greeting-refused")
_NO_QUEUE = ("queue-disk-full", "queue-write-error", *_PUT_OFF)
_UNDELIVERED = ("not-delivered", "mailbox-not-opened", "mailbox-full")
_STOPPED = (*_UNDELIVERED, "delivery-deferred", "delivery-bounced")
# Postfix finds nobody at the sockets of Dovecot.
_NO_DOVECOT = ("sasl-socket-missing", "sasl-no-mechanisms", "auth-server-gone", "delivery-agent-down")
# reject_unverified_recipient asks the delivery agent.
_NO_AGENT = (*_STOPPED, "recipient-lookup-failed", "delivery-socket-missing")
# What Dovecot cannot do for a user, it says as a failure of the login, or by hanging up.
_NO_SESSION = (*_STOPPED, "auth-temporary-failure", "closed-unexpectedly")
_NOT_THERE = ("port-closed", "closed-unexpectedly", "no-greeting")


def _cause(name: str, layer: Layer, explains: tuple[str, ...], reference: str, *params: str) -> FindingKind:
    arrows = tuple(Explains(each, Scope.SERVER) for each in explains)
    return FindingKind(name, layer, params, arrows, (reference,))


CAUSES = (
    _cause("postfix-not-running", Layer.REACH, _NOT_THERE, "postfix(1)"),
    _cause(
        "dovecot-not-running", Layer.REACH, (*_NOT_THERE, *_NO_SMTPD_LOGIN, *_NO_DOVECOT), "Dovecot manual: service"
    ),
    _cause(
        "process-limit-reached", Layer.REACH, ("greeting-slow", "no-greeting"), "postconf(5) default_process_limit"
    ),
    _cause(
        "login-process-limit-reached",
        Layer.REACH,
        (*_NOT_THERE, "retrieval-connection-limit"),
        "Dovecot manual: service limits",
    ),
    _cause(
        "blocklist-broken",
        Layer.REACH,
        ("greeting-slow", "no-reply", "client-blocklisted"),
        "postconf(5) reject_rbl_client",
    ),
    _cause(
        "proxy-header-missing",
        Layer.REACH,
        ("greeting-refused", "greeting-slow", "tls-handshake-failed", *_NOT_THERE),
        "postconf(5) smtpd_upstream_proxy_protocol",
    ),
    _cause("tlsmgr-missing", Layer.TLS, ("starttls-refused", "tls-handshake-failed", *_ENDS), "tlsmgr(8)"),
    _cause(
        "tls-context-broken",
        Layer.TLS,
        ("tls-handshake-failed", "starttls-refused", "closed-unexpectedly", "value-not-understood"),
        "Dovecot manual: SSL configuration",
    ),
    # One of several stores does not know the user, and the one that does has another password.
    _cause("password-wrong", Layer.LOGIN, ("auth-rejected", "user-unknown"), "Dovecot manual: auth_verbose"),
    _cause("user-unknown", Layer.LOGIN, ("auth-rejected",), "Dovecot manual: auth_verbose"),
    _cause(
        "userdb-missing",
        Layer.LOGIN,
        ("user-unknown", "delivery-user-unknown", "closed-unexpectedly", *_NO_LOGIN, *_STOPPED),
        "Dovecot manual: userdb",
    ),
    _cause(
        "password-store-incompatible",
        Layer.LOGIN,
        ("auth-mechanism-broken", *_NO_LOGIN, *_NO_AUTH),
        "Dovecot manual: password schemes",
    ),
    _cause(
        "password-scheme-missing", Layer.LOGIN, (*_NO_LOGIN, "password-wrong"), "Dovecot manual: password schemes"
    ),
    _cause("login-source-not-allowed", Layer.LOGIN, _NO_LOGIN, "Dovecot manual: allow_nets"),
    _cause("credentials-lookup-failed", Layer.LOGIN, (*_NO_LOGIN, *_NO_AUTH), "Dovecot manual: passdb"),
    _cause("saslauthd-missing", Layer.LOGIN, _NO_LOGIN, "Postfix SASL_README"),
    _cause(
        "auth-server-gone",
        Layer.LOGIN,
        (*_NO_SMTPD_LOGIN, "sasl-no-mechanisms", "greeting-slow"),
        "postconf(5) smtpd_sasl_path",
    ),
    _cause("sasl-no-mechanisms", Layer.LOGIN, _NO_SMTPD_LOGIN, "postconf(5) smtpd_sasl_security_options"),
    _cause("policy-service-down", Layer.RELAY, _NO_POLICY, "Postfix SMTPD_POLICY_README", "service"),
    _cause("milter-down", Layer.RELAY, _PUT_OFF, "Postfix MILTER_README"),
    _cause("milter-socket-unreachable", Layer.RELAY, _PUT_OFF, "Postfix MILTER_README"),
    _cause("milter-tempfail", Layer.RELAY, _PUT_OFF, "Postfix MILTER_README"),
    _cause(
        "queue-permission",
        Layer.DELIVERY,
        (*_NO_QUEUE, *_ENDS, *_STOPPED, "port-closed", "greeting-slow"),
        "postfix(1) set-permissions",
    ),
    _cause("maildrop-permission", Layer.DELIVERY, (), "postdrop(1)"),
    _cause("delivery-agent-down", Layer.DELIVERY, _NO_AGENT, "Dovecot manual: LMTP server"),
    _cause("delivery-socket-permission", Layer.DELIVERY, _NO_AGENT, "Dovecot manual: LMTP server"),
    _cause("delivery-user-unknown", Layer.DELIVERY, _STOPPED, "postconf(5) virtual_mailbox_maps"),
    _cause("mailbox-setup-broken", Layer.DELIVERY, _NO_SESSION, "Dovecot manual: mail_location"),
    _cause("mailbox-not-writable", Layer.DELIVERY, _NO_SESSION, "Dovecot manual: mail_uid"),
    _cause(
        "mailbox-disk-full",
        Layer.DELIVERY,
        (*_NO_SESSION, "index-damaged", "uidl-changed", "no-reply"),
        "Dovecot manual: mail_location",
        "path",
    ),
    _cause("mail-uid-not-allowed", Layer.DELIVERY, _NO_SESSION, "Dovecot manual: first_valid_uid"),
    _cause(
        "content-filter-down",
        Layer.DELIVERY,
        # smtpd_proxy_filter is asked before the queue.
        (*_STOPPED, "queue-write-error"),
        "Postfix FILTER_README",
    ),
    _cause("next-hop-refused", Layer.DELIVERY, _STOPPED, "postconf(5) relayhost", "host"),
    _cause("next-hop-needs-login", Layer.DELIVERY, _STOPPED, "Postfix SASL_README"),
    _cause("next-hop-lacks-smtputf8", Layer.DELIVERY, _STOPPED, "Postfix SMTPUTF8_README"),
    _cause(
        "mail-loop",
        Layer.DELIVERY,
        (*_STOPPED, "relay-denied", "own-domain-rejected"),
        "Postfix ADDRESS_CLASS_README",
        "domain",
    ),
    _cause("mail-discarded", Layer.DELIVERY, _UNDELIVERED, "access(5) DISCARD"),
    _cause("delivery-bounced", Layer.DELIVERY, _UNDELIVERED, "RFC 3464"),
    _cause("delivery-deferred", Layer.DELIVERY, _UNDELIVERED, "postqueue(1)"),
    _cause("exim-tainted-data", Layer.DELIVERY, _STOPPED, "Exim specification: tainted data"),
    _cause("sieve-script-broken", Layer.DELIVERY, ("filtered-into-folder",), "Pigeonhole manual: sievec"),
    _cause("index-damaged", Layer.RETRIEVAL, ("mailbox-not-opened", "uidl-changed"), "doveadm-force-resync(1)"),
)


def cause_named(name: str) -> FindingKind:
    """One of them, for a check of files that can tell it too. Raises StopIteration for another name."""
    return next(kind for kind in CAUSES if kind.name == name)
