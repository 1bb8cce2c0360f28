"""What servers on the way found out about a message.

Authentication-Results (RFC 8601), Received-SPF (RFC 7208), and the marks of known spam filters.
"""

from __future__ import annotations

import re

from mailproof.model.explained import Verdict

# RFC 8601 section 2.2; comments are left where they are. A method with its result, and properties behind it.
_METHOD = re.compile(
    r"\b(spf|dkim|dmarc|arc|sender-id|iprev|bimi|compauth)\s{0,3}=\s{0,3}([a-z]{2,12})\b", re.IGNORECASE
)
_ABOUT = re.compile(
    r"\b(?:smtp\.mailfrom|header\.(?:d|i|from)|policy\.iprev)\s{0,3}=\s{0,3}([^\s;]{1,255})", re.IGNORECASE
)
_SPF = re.compile(r"\s*([A-Za-z]{2,12})\b")
_RECEIVER = re.compile(r"receiver=([^\s;]{1,255})")
_RESULTS = frozenset(
    [
        "pass",
        "fail",
        "softfail",
        "neutral",
        "none",
        "temperror",
        "permerror",
        "policy",
        "hardfail",
        "bestguesspass",
        "unknown",
    ]
)
_MOST = 50


def verdicts_in(fields: tuple[tuple[str, str], ...]) -> tuple[Verdict, ...]:
    """From the header fields, names in lower case: the topmost first, which is the last server's."""
    found: list[Verdict] = []
    for name, value in fields:
        if name in ("authentication-results", "arc-authentication-results"):
            by = value.split(";")[0].strip().split(" ")[0]
            by = value.split(";")[1].strip() if by.startswith("i=") and ";" in value else by
            matches = list(_METHOD.finditer(value))
            for at, method in enumerate(matches):
                end = matches[at + 1].start() if at + 1 < len(matches) else len(value)
                if method[2].lower() in _RESULTS:
                    about = _ABOUT.search(value, method.end(), end)
                    found.append(
                        Verdict(
                            method[1].lower(), method[2].lower(), "" if "=" in by else by, about[1] if about else ""
                        )
                    )
        elif name == "received-spf" and (spf := _SPF.match(value)) and spf[1].lower() in _RESULTS:
            receiver = _RECEIVER.search(value)
            found.append(Verdict("spf", spf[1].lower(), receiver[1] if receiver else ""))
    return tuple(dict.fromkeys(found))[:_MOST]


# SpamAssassin and rspamd (`Yes, score=7.2`), Microsoft (`SFV:SPM`, SCL of 5 and more), Proofpoint, Barracuda.
_SPAM = (
    ("x-spam-flag", re.compile(r"\Ayes\b", re.IGNORECASE)),
    ("x-spam-status", re.compile(r"\Ayes\b", re.IGNORECASE)),
    ("x-spam", re.compile(r"\Ayes\b", re.IGNORECASE)),
    ("x-forefront-antispam-report", re.compile(r"\bSFV:(?:SPM|SKB|SKS)\b")),
    ("x-ms-exchange-organization-scl", re.compile(r"\A[5-9]\b")),
    ("x-barracuda-spam-status", re.compile(r"\Ayes\b", re.IGNORECASE)),
)


def spam_mark(fields: tuple[tuple[str, str], ...]) -> str:
    """The field by which a filter has called the message spam; empty for none."""
    for name, value in fields:
        if any(name == known and pattern.search(value) for known, pattern in _SPAM):
            return f"{name}: {value[:300]}"
    return ""
