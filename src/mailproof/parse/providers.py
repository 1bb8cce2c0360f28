"""Hosts of known providers: what a login there commonly lacks, and where they say what their refusals mean."""

from __future__ import annotations

import re
from typing import NamedTuple

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


class Provider(NamedTuple):
    """Who refuses, where it is somebody who says in public what his refusals mean."""

    key: str
    """In the catalogue: `providers.KEY`."""
    domains: tuple[str, ...]
    """Of its exchangers, and of its customers' addresses."""
    words: str
    """Regular expression for what only its replies hold; may be empty."""
    reference: str
    """Its own documentation of them; empty where it has none in public."""


PROVIDERS = (
    Provider(
        "gmail",
        ("google.com", "googlemail.com", "gmail.com"),
        r"\bgsmtp\b|\bgcdp\b|support\.google\.com",
        "https://support.google.com/a/answer/3726730",
    ),
    Provider("yahoo-japan", ("yahoo.co.jp", "ybb.ne.jp"), "", "https://support.yahoo-net.jp/PccMail/s/"),
    Provider(
        "yahoo",
        ("yahoodns.net", "yahoo.com", "aol.com", "ymail.com"),
        r"\[(?:TSS?|PH|BL|GL|IPTS)\d\d\]|yahooinc\.com|postmaster\.yahoo",
        "https://senders.yahooinc.com/smtp-error-codes/",
    ),
    Provider(
        "microsoft",
        ("outlook.com", "office365.com", "hotmail.com", "live.com", "msn.com", "onmicrosoft.com"),
        r"prod\.outlook\.com|protection\.outlook|sender\.office\.com|\(AS\d{3,10}\)|\bAS\(\d{3,10}\)|\(S\d{3,10}\)|RESOLVER\.|STOREDRV\.",
        "https://learn.microsoft.com/exchange/troubleshoot/email-delivery/ndr/non-delivery-reports-in-exchange-online",
    ),
    Provider(
        "icloud",
        ("icloud.com", "me.com", "mac.com", "apple.com"),
        r"\[(?:[CH][SM]\d{2}|HME\d)\]|support\.apple\.com",
        "https://support.apple.com/102322",
    ),
    Provider("docomo", ("docomo.ne.jp",), "", ""),
    Provider("au", ("ezweb.ne.jp", "au.com", "auone-net.jp", "uqmobile.jp"), "", ""),
    Provider("softbank", ("softbank.jp", "softbank.ne.jp", "vodafone.ne.jp", "ymobile.ne.jp"), "", ""),
    Provider(
        "gmx",
        ("gmx.net", "gmx.com", "gmx.de", "web.de", "mail.com", "kundenserver.de"),
        r"\bpostmaster\.(?:gmx|web|1und1|1and1)\.|Nemesis ESMTP",
        "https://postmaster.gmx.net/en/error-messages",
    ),
    Provider("t-online", ("t-online.de",), r"@rx\.t-online\.de", "https://postmaster.t-online.de/index.en.html"),
    Provider("orange", ("orange.fr", "wanadoo.fr"), r"\bOFR\d{0,3}_\d{3}\b", "https://postmaster.orange.fr"),
    Provider("free", ("free.fr",), r"postmaster\.free\.fr", "http://postmaster.free.fr/"),
    Provider("qq", ("qq.com",), r"service\.(?:ex)?mail\.qq\.com", "https://service.mail.qq.com/detail/122"),
    Provider(
        "mimecast",
        ("mimecast.com",),
        r"\bcommunity\.mimecast\.com",
        "https://mimecastsupport.zendesk.com/hc/en-us/articles/34000709564691-Policies-Mimecast-SMTP-Error-Codes",
    ),
    Provider(
        "amazon-ses",
        ("amazonses.com", "amazonaws.com"),
        r"identities failed the check in region",
        "https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html",
    ),
    Provider(
        "sendgrid",
        ("sendgrid.net",),
        r"sendgrid\.com/docs",
        "https://www.twilio.com/docs/sendgrid/for-developers/sending-email/smtp-errors-and-troubleshooting",
    ),
    Provider(
        "cloudflare",
        ("mx.cloudflare.net",),
        r"developers\.cloudflare\.com/email-routing",
        "https://developers.cloudflare.com/email-routing/postmaster/",
    ),
)


def provider_of(text: str, *hosts: str) -> Provider | None:
    """By its own words, else by the first of the hosts and addresses that is one of its own."""
    for provider in PROVIDERS:
        if provider.words and re.search(provider.words, text):
            return provider
    for host in hosts:
        name = host.rpartition("@")[2].rstrip(".").lower()
        for provider in PROVIDERS:
            if any(name == domain or name.endswith(f".{domain}") for domain in provider.domains):
                return provider
    return None
