"""The same question put to programs that everybody trusts: `openssl`, `posttls-finger`, `nmap` and `curl`.

Each function starts one of them on a port of a server of the tests, and returns what it found, in our words.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

POSTTLS_FINGER = Path("/usr/sbin/posttls-finger")

SERVED_BY = {
    "smtp": "smtp",
    "submission": "smtp",
    "submissions": "smtps",
    "pop3": "pop3",
    "pop3s": "pop3s",
    "imap": "imap",
    "imaps": "imaps",
}
"""The scheme of curl for ours; ManageSieve is not among what it speaks, nor among nmap's scripts."""

_NMAP_SCRIPTS = {"smtp": "smtp-commands", "pop3": "pop3-capabilities", "imap": "imap-capabilities"}


class Handshake(NamedTuple):
    version: str
    cipher: str
    subjects: list[str]
    issuers: list[str]
    errors: set[int]
    """Every X509_V_ERR_… that was met."""


class Trust(NamedTuple):
    trusted: bool
    version: str
    cipher: str


class Session(NamedTuple):
    """What curl saw of one session that it tried to log in to."""

    code: int
    """Its exit code: 0 logged in, 60 the certificate, 67 the login."""
    clear: list[str]
    """Lines of the capabilities before TLS; none with implicit TLS."""
    inside: list[str]
    mechanism: str
    """Which it chose; empty if it did not come to that."""


def openssl(server: Any, scheme: str, *more: str) -> Handshake:
    """Standard input is empty and there is no `-quiet`: so it ends after the handshake by itself."""
    upgrade = {"submission": "smtp"}.get(scheme, scheme)
    said = _run(
        *("openssl", "s_client", "-connect", f"127.0.0.1:{server.ports[scheme]}", "-servername", server.name),
        *("-CAfile", str(server.ca_file), "-showcerts", "-nameopt", "RFC2253", "-cipher", "DEFAULT:@SECLEVEL=0"),
        *(() if scheme.endswith("s") else ("-starttls", upgrade)),
        *more,
    )[1]
    version, cipher = re.findall(r"^New, (\S+), Cipher is (\S+)$", said, re.MULTILINE)[-1]
    return Handshake(
        version,
        cipher,
        re.findall(r"^ \d s:(.*)$", said, re.MULTILINE),
        re.findall(r"^   i:(.*)$", said, re.MULTILINE),
        {int(code) for code in re.findall(r"verify error:num=(\d+)", said)},
    )


def posttls_finger(server: Any, scheme: str) -> tuple[Trust | None, list[str]]:
    """What it thinks of the certificate, None if there was no TLS; and the lines of the last EHLO."""
    _, said = _run(
        *(str(POSTTLS_FINGER), "-l", "secure", "-L", "summary", "-F", str(server.ca_file)),
        *(("-w",) if scheme == "submissions" else ()),
        *(f"[127.0.0.1]:{server.ports[scheme]}", server.name),
    )
    summary = re.search(r"(\w+) TLS connection established to \S+ (\S+) with cipher (\S+)", said)
    listed = next((part for part in reversed(said.split(": > ")) if part.startswith("EHLO")), "")
    lines = re.findall(r": < 250[- ](.*)", listed)[1:]
    return (Trust(summary[1] == "Verified", summary[2], summary[3]) if summary else None), lines


def nmap(server: Any, schemes: Sequence[str]) -> dict[str, str]:
    """The output of the script for the protocol, by scheme: before TLS, or inside where that comes first."""
    protocols = {scheme: SERVED_BY[scheme].rstrip("s") for scheme in schemes if scheme in SERVED_BY}
    found: dict[str, str] = {}
    for protocol in dict.fromkeys(protocols.values()):
        ports = {str(server.ports[scheme]): scheme for scheme, spoken in protocols.items() if spoken == protocol}
        script = _NMAP_SCRIPTS[protocol]
        _, said = _run(
            *("nmap", "-Pn", "-n", "-sT", "-oX", "-", "--script", f"+{script}", "-p", ",".join(ports)),
            *("--script-args", "smtp.domain=client.example.com", "127.0.0.1"),
        )
        for port in ElementTree.fromstring(said[said.index("<nmaprun") :]).iter("port"):
            output = next((item.get("output", "") for item in port.iter("script") if item.get("id") == script), "")
            found[ports[port.attrib["portid"]]] = output
    return found


def curl(server: Any, scheme: str, user: str, password: str) -> Session:
    port = server.ports[scheme]
    code, said = _run(
        *("curl", "-v", "-sS", "--ssl-reqd", "--cacert", str(server.ca_file), "--max-time", "60"),
        *("--connect-to", f"{server.name}:{port}:127.0.0.1:{port}", "-u", f"{user}:{password}"),
        *(("-X", "NOOP") if SERVED_BY[scheme].startswith("smtp") else ()),
        f"{SERVED_BY[scheme]}://{server.name}:{port}/",
    )
    upgraded, listed, last, chosen = scheme.endswith("s"), {False: [""], True: [""]}, "", ""
    for line in said.splitlines():
        if line.startswith("> "):
            last = line[2:].removeprefix("A00").lstrip("0123456789 ").upper()
            if last.startswith(("EHLO", "CAPA")):
                listed[upgraded] = []
            if login := re.match(r"(?:AUTH|AUTHENTICATE) ([\w-]+)|(USER|LOGIN) ", last):
                chosen = chosen or login[1] or login[2]
        elif line.startswith("< "):
            upgraded = upgraded or last.startswith(("STARTTLS", "STLS"))
            if last.startswith(("EHLO", "CAPA")):
                listed[upgraded].append(line[2:].rstrip())
    return Session(code, listed[False], listed[True], chosen)


def _run(*command: str) -> tuple[int, str]:
    run = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False
    )
    return run.returncode, run.stdout.decode("utf-8", "replace")
