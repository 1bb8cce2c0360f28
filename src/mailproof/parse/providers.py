"""Hosts of known providers, and what a login there commonly lacks."""

from __future__ import annotations

# Two-step accounts need a password for the program alone: support.google.com/mail/answer/185833,
# help.yahoo.com SLN15241, support.apple.com/102654. Microsoft took passwords away from IMAP, POP and (by tenant)
# SMTP: learn.microsoft.com "Deprecation of Basic authentication in Exchange Online".
_WANTS: dict[str, str] = {
    "gmail.com": "app-password-required",
    "googlemail.com": "app-password-required",
    "google.com": "app-password-required",
    "yahoo.com": "app-password-required",
    "yahoo.co.jp": "app-password-required",
    "aol.com": "app-password-required",
    "icloud.com": "app-password-required",
    "me.com": "app-password-required",
    "mail.me.com": "app-password-required",
    "zoho.com": "app-password-required",
    "fastmail.com": "app-password-required",
    "office365.com": "login-disabled-by-provider",
    "outlook.com": "login-disabled-by-provider",
    "hotmail.com": "login-disabled-by-provider",
}


def lacks_at_provider(host: str) -> str:
    """The finding that a refusal there most often stands for; empty for a host of nobody we know."""
    labels = host.rstrip(".").lower().split(".")
    return next((_WANTS[name] for at in range(len(labels)) if (name := ".".join(labels[at:])) in _WANTS), "")
