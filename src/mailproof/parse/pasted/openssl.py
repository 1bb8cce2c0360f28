"""A session of `openssl s_client`, telnet, nc, curl or swaks that was pasted: what it says of the way and of TLS."""

from __future__ import annotations

import re

_PORTS = r"(?:24|25|110|143|465|587|993|995|2525|4190)"
MARK = re.compile(
    r"(?m)^(?:CONNECTED\([0-9A-F]{8}\)|depth=\d+ |verify error:num=|[^\S\n]*Verify return code: |Certificate chain$"
    r"|no peer certificate available|(?:[0-9A-Fa-f]{5,20}:)?error:[0-9A-F]{8}:|connect:errno=|.*BIO_connect:"
    r"|[Dd]idn't f(?:ou|i)nd (?:starttls|STARTTLS)|RENEGOTIATING$|read:errno=\d+$"
    # Of other tools; a port of mail tells that it is about mail.
    r"|telnet: Unable|\*\*\* (?:Error connecting|TLS|Host did not)"
    rf"|(?:nc|curl): .{{1,300}} port {_PORTS}\b)"
)
# Numbers of X509_V_ERR_ (openssl-verification-options(1)).
_VERIFY = {
    "2": "certificate-untrusted-root",
    "9": "certificate-not-yet-valid",
    "10": "certificate-expired",
    "18": "certificate-self-signed",
    "19": "certificate-untrusted-root",
    "20": "certificate-chain-incomplete",
    "21": "certificate-chain-incomplete",
    "62": "certificate-name-mismatch",
    "66": "certificate-key-weak",
    "68": "certificate-signature-weak",
}
_NUMBER = re.compile(r"(?m)^(verify error:num=(\d+):.{0,200}|[^\S\n]*Verify return code: (\d+) \(.{0,200})$")
# Words of the library, and of the system for a connection that was not made.
_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("renegotiating", re.compile(r"^RENEGOTIATING$", re.MULTILINE)),
    (
        "starttls-not-offered",
        re.compile(r"(?i)^.*(?:didn't f(?:ou|i)nd starttls|host did not advertise starttls).*$", re.MULTILINE),
    ),
    ("port-closed", re.compile(r"(?i)^.*(?:connect:errno=111|connection refused).*$", re.MULTILINE)),
    (
        "port-filtered",
        re.compile(r"(?i)^.*(?:connect:errno=110|timed out|no route to host).*$", re.MULTILINE),
    ),
    (
        "name-not-found",
        re.compile(
            r"(?i)^.*(?:name or service not known|nodename nor servname|could not resolve|BIO_lookup_ex:).*$",
            re.MULTILINE,
        ),
    ),
    (
        "implicit-tls-missing",
        re.compile(r"(?i)^.*(?:wrong version number|packet length too long|http request).*$", re.MULTILINE),
    ),
    (
        "tls-version-obsolete",
        re.compile(r"(?i)^.*(?:unsupported protocol|alert protocol version|version too low).*$", re.MULTILINE),
    ),
    (
        "tls-no-shared-cipher",
        re.compile(r"(?i)^.*(?:no shared cipher|no ciphers available|alert handshake failure).*$", re.MULTILINE),
    ),
    ("client-certificate-required", re.compile(r"(?i)^.*alert certificate required.*$", re.MULTILINE)),
    # What the other side says of a certificate that was shown to it.
    (
        "certificate-not-accepted",
        re.compile(
            r"(?i)^.*alert (?:bad certificate|unknown ca|certificate (?:unknown|expired|revoked)|unsupported cert).*",
            re.MULTILINE,
        ),
    ),
    (
        "tls-handshake-failed",
        re.compile(
            r"(?i)^.*(?:no peer certificate available|unexpected eof|write:errno=|tls startup failed|dh key too small"
            r"|alert (?:internal error|decode error|illegal parameter|unexpected message|record overflow)).*$",
            re.MULTILINE,
        ),
    ),
)
_LONGEST = 200_000
_CUT_OFF = re.compile(r"^read:errno=\d+$", re.MULTILINE)
_GOODBYE = re.compile(
    r"^(?:221[ -]|\* BYE\b|quit\b|\S+ logout\b|\+OK (?:Logging out|bye))", re.IGNORECASE | re.MULTILINE
)


def findings_in(text: str) -> tuple[tuple[str, str], ...]:
    """Names of findings with the line that says each. What only follows from another is left out."""
    text = text[:_LONGEST]
    found: dict[str, str] = {}
    for line in _NUMBER.finditer(text):
        name = _VERIFY.get(line[2] or line[3] or "")
        # A self-signed certificate in the chain is also reported as an issuer that was not found.
        if name and name not in found:
            found[name] = line[1].strip()
    if {"certificate-self-signed", "certificate-untrusted-root"} & found.keys():
        found.pop("certificate-chain-incomplete", None)
    for name, pattern in _WORDS:
        if (said := pattern.search(text)) and not (name == "tls-handshake-failed" and found):
            found.setdefault(name, said[0].strip()[:300])
    # s_client says it of a normal end, too: after QUIT servers close without a word of TLS.
    if not found and (cut := _CUT_OFF.search(text)) and not _GOODBYE.search(text):
        found["closed-unexpectedly"] = cut[0]
    return tuple(found.items())


def verified(text: str) -> bool:
    """OpenSSL says that nothing is wrong with the certificate."""
    return re.search(r"(?m)^[^\S\n]*Verify return code: 0 \(ok\)", text[:_LONGEST]) is not None
