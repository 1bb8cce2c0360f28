"""What a lab says of itself: where it is, who lives there, and what to type to see it by hand."""

from __future__ import annotations

import os
import shlex

import msgspec

from mailproof.cli.terminal import Terminal
from mailproof.report.layout import wrap
from mailproof.report.style import Style, paint


class Person(msgspec.Struct, frozen=True):
    """An account; everything is there to be printed."""

    user: str
    address: str
    password: str
    token: str
    maildir: str


class Running(msgspec.Struct, frozen=True):
    """A lab that has been started."""

    urls: dict[str, str]
    """By scheme."""
    accounts: tuple[Person, ...]
    ca_file: str
    logs: tuple[str, ...]
    maildir: str
    """Above the Maildirs."""
    hostname: str
    domain: str
    faults: tuple[str, ...] = ()
    seed: int = 0
    name: str = ""
    """What its certificates name, where that is not the address."""


def ready(running: Running, terminal: Terminal, shape: str) -> str:
    """For people, or as JSON in one line: what a script reads once the lab is ready, the same in both languages."""
    if shape == "text":
        return guide(running, terminal)
    return msgspec.json.encode(data_of(running)).decode() + "\n"


def data_of(running: Running) -> dict[str, object]:
    data = {"pid": os.getpid(), **msgspec.structs.asdict(running)}
    del data["name"]
    return data


def guide(running: Running, terminal: Terminal) -> str:
    """In lines that can be copied: commands are never wrapped."""
    say = terminal.say

    def heading(key: str) -> str:
        return paint(say(f"cli.{key}"), Style.HEADING, terminal.color)

    lines = wrap(say("cli.lab-running", domain=running.domain), terminal.width)
    if running.faults:
        lines += wrap(say("cli.lab-faults", names=running.faults), terminal.width)
        if any("chance" in fault for fault in running.faults):
            lines += wrap(say("lab.seed", seed=str(running.seed)), terminal.width)
    lines += ["", heading("lab-urls"), *(f"  {url}" for url in running.urls.values())]
    lines += ["", heading("lab-accounts")]
    for person in running.accounts:
        lines += wrap(say("cli.lab-account", user=person.user, password=person.password), terminal.width, "  ")
        if person.address != person.user:
            lines += wrap(say("lab.address", address=person.address), terminal.width, "    ")
        if person.token:
            lines += wrap(say("cli.lab-token", token=person.token), terminal.width, "    ")
    files = (running.ca_file, *running.logs, running.maildir)
    lines += ["", heading("lab-files"), *(f"  {file}" for file in files)]
    lines += ["", heading("lab-by-hand"), *(f"  {line}" for line in commands(running))]
    return "\n".join(lines) + "\n"


def commands(running: Running) -> list[str]:
    """Lines for a shell on this machine."""
    places = {scheme: url.partition("://")[2] for scheme, url in running.urls.items() if "+unix" not in url}
    first = running.accounts[0]
    user, password = first.user, first.password
    ca = shlex.quote(running.ca_file)
    name = f" -servername {running.name} -verify_hostname {running.name}" if running.name else ""
    openssl = f"openssl s_client -crlf -quiet -CAfile {ca}{name}"
    host = places["smtp"].rpartition(":")[0].strip("[]")
    ports = ",".join(place.rpartition(":")[2] for place in places.values())
    return [
        f"{openssl} -starttls smtp -connect {places['submission']}",
        f"{openssl} -connect {places['pop3s']}",
        f"{openssl} -starttls imap -connect {places['imap']}",
        f"telnet {host} {places['smtp'].rpartition(':')[2]}",
        f"printf '\\0%s\\0%s' {shlex.quote(user)} {shlex.quote(password)} | base64",
        f"nmap -sT -sV -p {ports} {host}",
        f"tail -f {' '.join(map(shlex.quote, running.logs))}",
        *ours(running),
    ]


def ours(running: Running) -> list[str]:
    """What this program makes of it: a session by hand, a login, a message, and the whole check, which is last."""
    first = running.accounts[0]
    user, secret = shlex.quote(first.user), f"PW={shlex.quote(first.password)} mailproof"
    trusting = f"--ca-file {shlex.quote(running.ca_file)}{f' --name {running.name}' if running.name else ''}"
    sender = f" --from {shlex.quote(first.address)}" if first.address != first.user else ""
    mailbox = f" --mailbox {shlex.quote(first.address)}" if first.address != first.user else ""
    to = shlex.quote(running.accounts[min(1, len(running.accounts) - 1)].address)
    submission = running.urls["submission"]
    targets = " ".join(url for scheme, url in running.urls.items() if scheme != "lmtp")
    return [
        f"mailproof talk {submission} {trusting}",
        f"{secret} login {submission} {trusting} --user {user} --password-env PW",
        f"{secret} send {submission} {trusting} --user {user} --password-env PW{sender} --to {to}",
        f"{secret} check {targets} {trusting} --user {user}{sender}{mailbox} --password-env PW --deliver",
    ]
