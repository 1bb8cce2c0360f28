"""What a lab says of itself: where it is, who lives there, and what to type to see it by hand."""

from __future__ import annotations

import shlex

import msgspec

from mailproof.cli.terminal import Terminal
from mailproof.report.layout import wrap
from mailproof.report.style import Style, paint


class Running(msgspec.Struct, frozen=True):
    """A lab that has been started."""

    urls: dict[str, str]
    """By scheme."""
    accounts: tuple[tuple[str, str, str], ...]
    """User, password, token; they are there to be printed."""
    ca_file: str
    logs: tuple[str, ...]
    faults: tuple[str, ...] = ()
    seed: int = 0
    name: str = ""
    """What its certificates name, where that is not the address."""


def guide(running: Running, terminal: Terminal) -> str:
    """In lines that can be copied: commands are never wrapped."""
    say = terminal.say

    def heading(key: str) -> str:
        return paint(say(f"cli.{key}"), Style.HEADING, terminal.color)

    lines = wrap(say("cli.lab-running"), terminal.width)
    if running.faults:
        lines += wrap(say("cli.lab-faults", names=running.faults), terminal.width)
        if any("chance" in fault for fault in running.faults):
            lines += wrap(say("lab.seed", seed=str(running.seed)), terminal.width)
    lines += ["", heading("lab-urls"), *(f"  {url}" for url in running.urls.values())]
    lines += ["", heading("lab-accounts")]
    for user, password, token in running.accounts:
        lines += wrap(say("cli.lab-account", user=user, password=password), terminal.width, "  ")
        if token:
            lines += wrap(say("cli.lab-token", token=token), terminal.width, "    ")
    lines += ["", heading("lab-files"), f"  {running.ca_file}", *(f"  {log}" for log in running.logs)]
    lines += ["", heading("lab-by-hand"), *(f"  {line}" for line in commands(running))]
    return "\n".join(lines) + "\n"


def commands(running: Running) -> list[str]:
    """Lines for a shell on this machine."""
    places = {scheme: url.partition("://")[2] for scheme, url in running.urls.items() if "+unix" not in url}
    user, password, _ = running.accounts[0]
    ca = shlex.quote(running.ca_file)
    name = f" -servername {running.name} -verify_hostname {running.name}" if running.name else ""
    openssl = f"openssl s_client -crlf -quiet -CAfile {ca}{name}"
    host = places["smtp"].rpartition(":")[0].strip("[]")
    ports = ",".join(place.rpartition(":")[2] for place in places.values())
    targets = " ".join(url for scheme, url in running.urls.items() if scheme != "lmtp")
    return [
        f"{openssl} -starttls smtp -connect {places['submission']}",
        f"{openssl} -connect {places['pop3s']}",
        f"{openssl} -starttls imap -connect {places['imap']}",
        f"telnet {host} {places['smtp'].rpartition(':')[2]}",
        f"printf '\\0{user}\\0{password}' | base64",
        f"nmap -sT -sV -p {ports} {host}",
        f"tail -f {' '.join(map(shlex.quote, running.logs))}",
        f"PW={shlex.quote(password)} mailproof check {targets} --ca-file {ca}"
        + (f" --name {running.name}" if running.name else "")
        + f" --user {user} --password-env PW --deliver",
    ]
