"""`mailproof log follow`: the log as it grows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mailproof.cli.reading import standard_input
from mailproof.cli.terminal import Complaint, Terminal

if TYPE_CHECKING:
    from mailproof.run.log.choice import Wish
    from mailproof.run.log.follow import Growing


def follow(terminal: Terminal, files: tuple[str, ...], shape: str, wish: Wish, lines: int, *, mask: bool) -> int:
    """Until Ctrl-C, or the end of standard input. Raises Complaint."""
    from mailproof.host.commands import JOURNAL
    from mailproof.host.here import Here
    from mailproof.run.log.files import usual_logs
    from mailproof.run.log.follow import GrowingStream, growing, journal_as_it_grows
    from mailproof.run.log.rotated import once

    sources: list[Growing] = []
    journal = None
    if not files:
        files = tuple(usual_logs(Here()))
        if not files:
            try:
                journal = journal_as_it_grows(JOURNAL, lines)
            except OSError:
                raise Complaint(terminal.say("cli.no-log")) from None
            if journal.stdout is not None:
                sources.append(GrowingStream(journal.stdout.fileno()))
    try:
        for name in once(files):
            if name == "-":
                sources.append(GrowingStream(standard_input(terminal).fileno()))
                continue
            try:
                sources.append(growing(Path(name), lines))
            except (OSError, ValueError) as error:
                why = getattr(error, "strerror", None) or str(error)
                raise Complaint(terminal.say("cli.unreadable", file=name, why=why)) from None
        _show(terminal, sources, shape, wish, mask)
    except KeyboardInterrupt as interrupt:
        # Ctrl-C is how it ends; what a signal ends is another matter.
        if type(interrupt) is not KeyboardInterrupt:
            raise
    finally:
        for source in sources:
            source.close()
        if journal is not None:
            journal.kill()
            journal.wait()
    return 0


def _show(terminal: Terminal, sources: list[Growing], shape: str, wish: Wish, mask: bool) -> None:
    from mailproof.report.log_follow import Note, Shown, line_as_json, line_as_text
    from mailproof.report.mask import Mask
    from mailproof.run.log.choice import Chooser, FollowedLines
    from mailproof.run.log.follow import grown

    names = Mask() if mask else None
    reader, chooser, hosts = FollowedLines(), Chooser(wish), set[str]()
    for raws in grown(sources):
        today, out = datetime.now().date(), []
        for raw in raws:
            if not raw.strip():
                continue
            for each in chooser.take(reader.read(raw, today)):
                note = Note(*each.meaning) if each.meaning is not None else None
                shown = Shown(each.raw, each.line, each.fact, each.queue_id, note)
                if names is not None:
                    names.learn(shown)
                    shown = names.apply(shown)
                if shape == "json":
                    out.append(line_as_json(shown))
                    continue
                if each.line is not None and len(hosts) < 2:
                    hosts.add(each.line.host)
                out.append(
                    line_as_text(shown, terminal.say, terminal.color, terminal.width, with_host=len(hosts) > 1)
                )
        if out:
            terminal.write("".join(out))
