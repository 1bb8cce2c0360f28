"""`mailproof lab --articles`: the servers of the five articles, and on start what their readers type."""

from __future__ import annotations

import signal
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from mailproof.cli.lab.embedded import listening, placed, running_of, until_interrupted, writing
from mailproof.cli.lab.guide import Running, data_of, ours
from mailproof.cli.terminal import Terminal
from mailproof.lab.articles import town
from mailproof.lab.articles.lessons import Lesson, Place, lessons
from mailproof.lab.embedded.settings import LabSettings
from mailproof.net.sockets import SocketNet
from mailproof.report.layout import wrap
from mailproof.report.style import Style, paint
from mailproof.script.authority import Authority


def serve_embedded_town(terminal: Terminal, settings: LabSettings, base: int | None, shape: str) -> int:
    """Until Ctrl-C. Raises Complaint and UsageError for what cannot be had."""
    from mailproof.lab.articles.embedded import EmbeddedTown

    net, authority = SocketNet(), Authority("Lab")
    with tempfile.TemporaryDirectory(prefix="mailproof-lab-") as directory:
        settings = msgspec.structs.replace(placed(settings, directory, "maillog"), greylist_delay=town.GREYLIST_DELAY)
        with writing(terminal, settings):
            Path(settings.log_file or "").open("ab").close()
            relays = str(Path(settings.maildir or "") / "relays")
            made = EmbeddedTown(net, settings, relays, authority, datetime.now(UTC), base)
        ca_file = str(authority.write_root(Path(directory)))

        async def main() -> None:
            with listening(terminal, settings.host):
                made.start()
            try:
                running = running_of(made.lab, ca_file)
                terminal.write(_ready(running, made.place(ca_file), terminal, shape))
                await net.sleep(float("inf"))
            finally:
                made.stop()

        return until_interrupted(terminal, lambda: net.run(main()))


def serve_real_town(terminal: Terminal, base: int | None, shape: str) -> int:
    """Until Ctrl-C. Raises Complaint and UsageError for what cannot be had."""
    from mailproof.cli.lab.real import must_have_servers, running_of_real, with_logs
    from mailproof.lab.articles.real import place_of, real_town

    must_have_servers(terminal)

    def serve() -> None:
        with listening(terminal, town.SERVER), with_logs(), real_town(base) as (lab, relays):
            running = msgspec.structs.replace(running_of_real(lab), logs=(str(lab.mail_log),), name="")
            terminal.write(_ready(running, place_of(lab, relays), terminal, shape))
            while True:
                signal.pause()

    return until_interrupted(terminal, serve)


def _ready(running: Running, place: Place, terminal: Terminal, shape: str) -> str:
    if shape == "text":
        return _guide(running, place, terminal)
    data = data_of(running)
    data["rewriting"] = {name: {"port": place.ports[name], "clients": value} for name, value in town.REWRITE.items()}
    data["relays"] = dict(place.relays)
    return msgspec.json.encode(data).decode() + "\n"


def _guide(running: Running, place: Place, terminal: Terminal) -> str:
    """In lines that can be copied: commands and what is typed into a session are never wrapped."""
    say = terminal.say

    def heading(text: str) -> list[str]:
        return ["", *(paint(line, Style.HEADING, terminal.color) for line in wrap(text, terminal.width))]

    lines = wrap(say("lab.articles-running"), terminal.width)
    clients = say("lab.articles-clients", server=town.SERVER, neighbour=town.NEIGHBOUR, outsider=town.OUTSIDER)
    lines += wrap(clients, terminal.width)
    lines += [*heading(say("cli.lab-urls")), *(f"  {url}" for url in running.urls.values())]
    lines += heading(say("lab.articles-rewriting"))
    lines += [f"  {town.SERVER}:{place.ports[name]}  {value}" for name, value in town.REWRITE.items()]
    lines += heading(say("cli.lab-accounts"))
    for person in running.accounts:
        lines += wrap(say("cli.lab-account", user=person.user, password=person.password), terminal.width, "  ")
    files = (running.ca_file, *running.logs, running.maildir)
    lines += [*heading(say("cli.lab-files")), *(f"  {file}" for file in files)]
    lines += [*heading(say("lab.articles-relays")), *(f"  {maildir}" for maildir in place.relays.values())]
    article = 0
    for lesson in lessons(place):
        if lesson.article != article:
            article = lesson.article
            lines += heading(say(f"lab.article-{article}"))
        lines += _lesson(lesson, terminal)
    lines += heading("mailproof")
    lines += [f"  {line}" for line in ours(running)]
    return "\n".join(lines) + "\n"


def _lesson(lesson: Lesson, terminal: Terminal) -> list[str]:
    lines = ["", *wrap(terminal.say(f"lab.lesson-{lesson.name}"), terminal.width, "  "), f"    {lesson.command}"]
    lines += [f"    {line}".rstrip() for line, _ in lesson.typed]
    telling = [answer for line, answer in lesson.typed if answer and line.split()[:1] not in (["EHLO"], ["QUIT"])]
    answer = telling[-1] if telling else lesson.printed
    if answer != ".":
        lines += wrap(terminal.say("lab.articles-answer", answer=answer), terminal.width, "  ")
    return lines
