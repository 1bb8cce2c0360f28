"""Starts the broken servers of the corpus, and checks them from the wire as a user would be told to."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mailproof.model.record import Asked, Record
from mailproof.model.tls import TlsSettings
from mailproof.net.sockets import SocketNet
from mailproof.probes.login import LoginWish, Message
from mailproof.probes.terms import Terms
from mailproof.run.endpoints import Wanted
from mailproof.run.examine import Plan, examine
from mailproof.run.targets import parse_target
from mailproof.sasl.credentials import Credentials

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
PORTS = {"smtp": 25, "submission": 587, "smtps": 465, "pop3": 110, "pop3s": 995, "imap": 143, "imaps": 993}


def cases(*prefixes: str) -> list[dict[str, Any]]:
    """The cases whose name begins with one of these, and that a check can meet; none where there is no corpus."""
    found = []
    for path in sorted((CORPUS / "broken").glob("*.json")) if CORPUS.is_dir() else ():
        case = json.loads(path.read_text("utf-8"))
        if path.stem.startswith(prefixes) and case["check"]["run"]:
            found.append(case | {"id": path.stem})
    return found


@contextmanager
def running(case: dict[str, Any], base_port: int) -> Iterator[Path]:
    """The server of a case, and its directory; stopped and removed at the end."""
    program = CORPUS / "lab" / ("exim_lab.py" if case["id"].startswith("exim-") else "lab.py")
    directory = Path(tempfile.mkdtemp(prefix="mailproof-corpus-"))
    directory.chmod(0o755)
    options = ["--dir", str(directory)]
    start = [sys.executable, str(program), "start", "--case", case["id"], "--base-port", str(base_port), *options]
    try:
        with (directory / "start.log").open("wb") as log:  # never a pipe: daemons would hold it open
            subprocess.run(start, stdout=log, stderr=log, stdin=subprocess.DEVNULL, timeout=60, check=False)
        yield directory
    finally:
        with Path("/dev/null").open("wb") as nowhere:
            subprocess.run(
                [sys.executable, str(program), "stop", *options], stdout=nowhere, stderr=nowhere, check=False
            )
        shutil.rmtree(directory, ignore_errors=True)


def check(case: dict[str, Any], base_port: int, directory: Path) -> Record:
    """What mailproof sees of it from outside, with the call that the corpus describes."""
    wanted = case["check"]
    options = [text.replace("@submission@", str(base_port + 587)) for text in wanted.get("args", [])]
    options = [text.replace("@smtps@", str(base_port + 465)) for text in options]
    urls = [text for text in options if "://" in text]
    schemes = wanted.get("only") or list(PORTS)
    user, password = wanted.get("user", "alice@example.test"), wanted.get("password", "alicepw")
    if not urls:
        urls = [f"{scheme}://127.0.0.1:{base_port + PORTS[scheme]}" for scheme in schemes]
    xclient = tuple(options[at + 1] for at, text in enumerate(options) if text == "--xclient")
    token = secrets.token_hex(8)
    message = (CORPUS / "lab" / "message.eml").read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    terms = Terms(
        settings=TlsSettings(ca_file=str(directory / "pki" / "root.pem")),
        ehlo="client.lab",
        sender=_value(options, "--from", "alice@example.test"),
        mailbox="bob@example.test",
        outside="y@elsewhere.test",
        xclient=xclient,
        source=_value(options, "--source", ""),
        timeout=10.0,
    )
    asked = Asked(
        user=user,
        mechanism=_value(options, "--mechanism", ""),
        all_mechanisms="--all-mechanisms" in options,
        sender=terms.sender,
        mailbox=terms.mailbox,
        mailbox_user="bob@example.test",
        outside=terms.outside,
        deliver=True,
        xclient=xclient,
    )
    plan = Plan(
        tuple(parse_target(url) for url in urls),
        Wanted(name="mail.example.test"),
        terms,
        asked,
        LoginWish(Credentials(user, password), secrets.token_hex(12), asked.mechanism),
        LoginWish(Credentials("bob@example.test", "bobpw"), secrets.token_hex(12)),
        Message("bob@example.test", f"X-Mailproof-Token: {token}\r\n".encode() + message, token),
    )
    net = SocketNet()
    return net.run(examine(net, plan, datetime.now(UTC)))


def _value(options: list[str], name: str, default: str) -> str:
    return options[options.index(name) + 1] if name in options else default
