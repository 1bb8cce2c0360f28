"""OpenDKIM 2 and OpenDMARC 1: milters that write the queue id before what they say."""

from __future__ import annotations

import re

from mailproof.model.log import Fact, LogLine, Routine, Trouble
from mailproof.model.log_filter import DkimSaid
from mailproof.model.log_service import ServiceChanged

_ID = re.compile(r"([0-9A-Za-z]{6,24}): ")
_ADDED = re.compile(r"DKIM-Signature (?:field|header) added \(s=([^,]*), d=([^)]*)\)")
_SIGNATURE = re.compile(r"s=(\S*) d=(\S*)(?: a=\S*)? SSL ?(.*)")
_KEY = re.compile(r"key (retrieval failed|revoked|not found)(?: \(s=([^,]*), d=([^),]*)[^)]*\))?(.*)")
_DMARC = re.compile(r"(\S+) (pass|fail|none|reject|quarantine|policy \S+)\Z")
_SAID = {
    "DKIM verification successful": "verified",
    "no signature data": "no signature",
    "bad signature data": "bad signature",
    "signature processing failed": "failed",
    "signature generation error": "not signed",
    "no signing ": "not signed",
    "external host ": "not signed",
    "not authenticated": "not signed",
    "can't determine message sender": "not signed",
    "failed to parse authentication-results": "unread header",
    "RFC5322 header requirement error": "bad header",
    "syntax error": "bad header",
}
_INTERNAL = re.compile(r"\S+ \[[^\]]*\] not internal")
_SERVER = re.compile(r"Open(?:DKIM|DMARC) Filter[: ]v?(\S+) (starting|terminating)")
_ROUTINE = (
    *("ignoring ", "domain '", "skipping signing", "no MTA name match", "mode select", "BodyLengthDB", "SPF("),
    *("OpenDKIM Filter: ", "OpenDMARC Filter: ", "sender ", "mi_stop=", "unable to parse From", "Resolved"),
)  # fmt: skip
_TROUBLE = ("can't ", "key data is not secure", "error ", "dkimf_", "smfi_", "milter ", "failed ")


def opendkim_fact(line: LogLine) -> Fact | None:
    """None for a line that is not known yet."""
    text, queue_id = line.text, ""
    if found := _ID.match(text):
        queue_id, text = found[1], text[found.end() :]
    if found := _ADDED.match(text):
        return DkimSaid(queue_id, "signed", found[2], found[1])
    if found := _SIGNATURE.match(text):
        # `SSL` alone ends each line about a signature; what follows it is an error of OpenSSL.
        return DkimSaid(queue_id, "failed" if found[3] else "signature", found[2], found[1], found[3])
    if found := _KEY.match(text):
        return DkimSaid(queue_id, f"key {found[1]}", found[3] or "", found[2] or "", found[4].lstrip(": "))
    if line.tag == "opendmarc" and (found := _DMARC.match(text)):
        return DkimSaid(queue_id, f"dmarc {found[2]}", found[1])
    if _INTERNAL.match(text):
        return DkimSaid(queue_id, "not signed", detail=text)
    for start, result in _SAID.items():
        if text.startswith(start):
            return DkimSaid(queue_id, result, detail=text)
    if found := _SERVER.match(text):
        return ServiceChanged("started" if found[2] == "starting" else "stopped", found[1])
    if text.startswith(_TROUBLE) or "key data is not secure" in text:
        return Trouble("error", text, queue_id)
    return Routine() if text.startswith(_ROUTINE) else None
