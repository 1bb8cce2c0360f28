"""`mailproof ese`: a database of Exchange after a crash, from its files or from what eseutil printed; reads only.

Exit codes: 0 sound; 1 a finding at or above --fail-on; 2 wrong usage; 3 could not tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mailproof.cli.actions import actions_of, must_be_action, refuse_others
from mailproof.cli.bar import bar
from mailproof.cli.command import Command, Option, one_of
from mailproof.cli.masked import masked
from mailproof.cli.reading import read_file
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.model.finding import Severity

if TYPE_CHECKING:
    from mailproof.emulate.ese.shell import Wishes
    from mailproof.emulate.ese.situation import Situation
    from mailproof.model.ese_plan import Plan
    from mailproof.model.record import Record

# What eseutil prints of a hundred thousand logs is a tenth of this.
_LARGEST = 64 << 20
_MEGABYTE = 20


def command(terminal: Terminal) -> Command:
    """Reads files; connects to nothing, runs nothing, and writes nothing."""
    params: list[click.Parameter] = [
        click.Argument(["action"], metavar="|".join(actions_of("ese"))),
        click.Argument(["files"], nargs=-1, metavar="DIR|FILE|-…"),
        Option("--no-pages", is_flag=True, section="ese"),
        Option("--copy-plan", is_flag=True, section="ese"),
        Option("--database-name", metavar="NAME", default="", section="ese"),
        Option("--database-folder", metavar="DIR", default="", section="ese"),
        Option("--log-folder", metavar="DIR", default="", section="ese"),
        Option("--copy-to", metavar="DIR", default="", section="ese"),
        Option("--nothing-left", is_flag=True, section="ese"),
        Option("--profile", metavar="default|hosted|strict|FILE", default="default", section="judgement"),
        Option("--fail-on", default="fail", section="judgement", **one_of(("warn", "fail"), terminal)),
        Option("--format", "shape", default="text", words="format", **one_of(("text", "json"), terminal)),
        Option("-v", "--verbose", is_flag=True, words="ese-verbose"),
        Option("--mask", is_flag=True),
    ]
    return Command("ese", terminal, partial(_ese, terminal), params)


def _ese(terminal: Terminal, action: str, files: tuple[str, ...], **wish: Any) -> int:
    from mailproof.emulate.ese.several import groups, plans
    from mailproof.emulate.ese.shell import Wishes

    must_be_action(terminal, "ese", action)
    refuse_others(terminal, "ese", action)
    if not all(files or ("",)):  # an empty one is a variable of a shell that was not set, and no folder
        raise Complaint(terminal.say("cli.ese-what" if action == "check" else "cli.ese-paste"))
    wishes = Wishes(
        wish["database_name"], wish["database_folder"], wish["log_folder"], wish["copy_to"], wish["nothing_left"]
    )
    record = _pasted(files, terminal) if action == "plan" else _examined(files, wish, terminal)
    sets = groups(record)
    _of_one(sets, wishes, terminal)
    return _shown(record, plans(sets, wishes), wish, terminal)


def _of_one(sets: Sequence[Sequence[Situation]], wishes: Wishes, terminal: Terminal) -> None:
    """What is said of one database on the server cannot hold for several."""
    files = tuple(situation.database.file for each in sets for situation in each)
    option = "--database-name" if wishes.identity and len(files) > 1 else ""
    if len(sets) > 1 and (wishes.folder or wishes.log_folder):
        option = "--database-folder" if wishes.folder else "--log-folder"
    if option:
        raise Complaint(terminal.say("cli.ese-of-one", option=option, files=files))


def _shown(record: Record, plans: Sequence[Plan], wish: dict[str, Any], terminal: Terminal) -> int:
    from mailproof.catalog.profiles import load_profile
    from mailproof.checks import all_checks
    from mailproof.cli.verdict import exit_code
    from mailproof.diagnose.judge import judge
    from mailproof.report.build import build
    from mailproof.report.ese import copies_as_json, ese_as_json, render_copies, render_ese

    plans = masked(plans, wish["mask"], record)
    json, lang, color, width = wish["shape"] == "json", terminal.lang, terminal.color, terminal.width
    if wish["copy_plan"]:
        if not plans:
            raise Complaint(terminal.say("cli.ese-no-database"))
        terminal.write(copies_as_json(plans) if json else render_copies(plans, lang, color, width))
        return 0
    policy = load_profile(wish["profile"])
    report = build(record, judge(record, policy, all_checks("ese")), policy)
    report, record = masked((report, record), wish["mask"])
    if json:
        terminal.write(ese_as_json(report, record, plans))
    else:
        terminal.write(render_ese(report, record, plans, lang, color, width, wish["verbose"]))
    return exit_code(report, "text", Severity(wish["fail_on"]))


def _examined(files: tuple[str, ...], wish: dict[str, Any], terminal: Terminal) -> Record:
    from mailproof.run.ese.look import examine

    if "-" in files:
        raise Complaint(terminal.say("cli.ese-files-only"))
    with_pages = not (wish["no_pages"] or wish["copy_plan"])
    with bar(terminal, "ese.progress") as progress:

        def told(done: int, of: int) -> None:
            progress(done >> _MEGABYTE, max(of >> _MEGABYTE, 1))

        return examine([Path(file) for file in files], told, with_pages=with_pages)


def _pasted(files: tuple[str, ...], terminal: Terminal) -> Record:
    import mailproof
    from mailproof.model.record import Record
    from mailproof.parse.ese.eseutil import MOST_DATABASES, read_eseutil
    from mailproof.run.ese.look import attempts_of

    found = read_eseutil("\n".join(_text(file, terminal) for file in files))
    if not (found.databases or found.logs):
        raise Complaint(terminal.say("cli.ese-not-eseutil"))
    if found.left_out:
        several = {"n": str(MOST_DATABASES + found.left_out), "most": str(MOST_DATABASES)}
        raise Complaint(terminal.say("cli.ese-too-many", **several))
    attempts = attempts_of(found.databases, found.logs)
    return Record(datetime.now(UTC), attempts=attempts, mailproof=mailproof.__version__)


def _text(file: str, terminal: Terminal) -> str:
    """What was pasted; a console of Windows saves UTF-16, or the code page of Japan."""
    data = read_file(file, terminal, _LARGEST)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp932", "replace")
