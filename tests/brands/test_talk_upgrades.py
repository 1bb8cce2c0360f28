"""`talk` upgrades to TLS on real servers of other protocols; what openssl s_client upgrades beside it is named.

OpenLDAP, vsftpd, InspIRCd, Prosody (for clients and between servers), PostgreSQL and MariaDB from Debian's packages.
SMTP, LMTP, POP3, IMAP and ManageSieve are on Postfix and Dovecot in tests/real; NNTP is on the scripted server alone.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from otherservices import INSPIRCD_, MARIADB, OPENLDAP, POSTGRESQL, PROSODY_, VSFTPD_
from unpacked import Brand, serving

from ptys import Terminal

ENV = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"}

# What is said inside TLS, and what a server that understands it answers: an anonymous bind, a StartupMessage …
SAID: dict[str, tuple[Brand, str]] = {
    "ldap": (
        OPENLDAP,
        "C| 0\\x0c\\x02\\x01\\x02`\\x07\\x02\\x01\\x03\\x04\\x00\\x80\\x00\n"
        "S| 0\\x0c\\x02\\x01\\x02a\\x07\\n\\x01\\x00\\x04\\x00\\x04\\x00\n",
    ),
    "ftp": (VSFTPD_, "C: PBSZ 0\nS: 200~\nC: USER anonymous\nS: 530~encryption~\n"),
    "irc": (INSPIRCD_, "C: NICK alice\nC: USER a 0 * :a\nC: PING x\nS: ~alice~\n"),
    "ircs": (INSPIRCD_, "C: NICK alice\nC: USER a 0 * :a\nC: PING x\nS: ~alice~\n"),
    "xmpp": (PROSODY_, "C| <presence/>\n* wait 0.1\n"),
    "xmpp-server": (PROSODY_, "C| <presence/>\n* wait 0.1\n"),
    "postgres": (
        POSTGRESQL,
        "C| \\x00\\x00\\x00\\x17\\x00\\x03\\x00\\x00user\\x00postgres\\x00\\x00\n"
        "S| R\\x00\\x00\\x00\\x08\\x00\\x00\\x00\\x00\n",
    ),
    "mysql": (MARIADB, "* wait 0.1\n"),
}


SERVERS = (OPENLDAP, VSFTPD_, INSPIRCD_, PROSODY_, POSTGRESQL, MARIADB)


@pytest.fixture(scope="module", params=SERVERS, ids=lambda brand: brand.name)
def server(request: pytest.FixtureRequest) -> Iterator[SimpleNamespace]:
    brand: Brand = request.param
    if not brand.runs():
        pytest.skip(f"{brand.name} is not unpacked here (tools/fetch-server-brands.sh)")
    with serving(brand) as lab:
        yield lab


def command(server: SimpleNamespace, scheme: str, *options: str) -> list[str]:
    trust = ("--name", server.name, "--ca-file", str(server.ca_file), "--tls", "required")
    return [sys.executable, "-m", "mailproof", "talk", server.urls[scheme], *trust, *options]


def test_tls_stands_and_the_server_answers_inside(server: SimpleNamespace) -> None:
    for scheme in server.ports:
        script = SAID[scheme][1]
        whole = command(server, scheme, "-v", "--timeout", "10s")
        # A script that begins with a line of the client's begins behind the opening.
        given = script if script.startswith("C") else f"C| \n{script}"
        env = {**ENV, "HOME": "/nonexistent"}
        done = subprocess.run(whole, input=given, env=env, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{scheme}: {done.stdout}{done.stderr}"
        assert re.search(r"\* TLS began: TLSv1\.[23]", done.stdout)


def test_the_chain_is_shown_and_verified(server: SimpleNamespace, tmp_path: Path) -> None:
    for scheme in server.ports:
        with Terminal(command(server, scheme), {**ENV, "HOME": str(tmp_path)}) as terminal:
            terminal.wait_for(f"verified, for {server.name}")
            terminal.wait_for("Lab Issuing CA")
            terminal.wait_for("/help lists")
            terminal.type("\x04")
            assert terminal.end() == 0


# Their names in s_client; MariaDB's greeting is one that s_client 3.0 knows, too.
S_CLIENT = {"ldap", "ftp", "irc", "xmpp", "xmpp-server", "postgres", "mysql"}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the command openssl")
def test_s_client_comes_as_far(server: SimpleNamespace) -> None:
    for scheme in server.ports.keys() & S_CLIENT:
        whole = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.ports[scheme]}", "-starttls", scheme]
        whole += ["-xmpphost", server.name, "-servername", server.name, "-CAfile", str(server.ca_file)]
        done = subprocess.run(
            whole, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False
        )
        assert "Verify return code: 0 (ok)" in done.stdout, f"{scheme}: {done.stdout[-800:]}{done.stderr[-800:]}"
