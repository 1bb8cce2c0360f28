"""What `greylist rebuild` says: the differences, and what to type."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from mailproof.catalog.words import Words, words
from mailproof.model.escape import printable
from mailproof.model.rebuild import FileChange, RebuildPlan
from mailproof.report.frame import headed
from mailproof.report.json import text_of
from mailproof.report.layout import wrap
from mailproof.report.style import Style, paint

_CONTEXT = 2


def render_plan(
    plan: RebuildPlan,
    written: bool,
    built: Sequence[str],
    failed: str,
    lang: str,
    color: bool,
    width: int,
    *,
    asked: bool = False,
) -> str:
    """The answer, the differences, and the lines to type; those for root are not carried out."""
    say = words(lang)
    lines = _answer(plan, written, built, say, color, width, asked)
    for line in failed.splitlines():
        lines += wrap(printable(line), width, "    ")
    for change in plan.changes:
        lines.append("")
        for each in difference(change):
            style = Style.PASS if each.startswith("+") else Style.FAIL if each.startswith("-") else Style.DIM
            lines += [paint(piece, style, color) for piece in wrap(each, width, "  ", "      ")]
    for key, commands in commands_of(plan, built).items():
        if key == "build" and built:
            continue
        lines += ["", paint(say(f"rebuild.{key}"), Style.HEADING, color)]
        lines += [piece for command in commands for piece in wrap(printable(command), width, "  ", "      ")]
    if not written and plan.changes:
        lines += ["", *wrap(say("rebuild.not-written"), width)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def plan_as_json(plan: RebuildPlan, written: bool, built: Sequence[str], failed: str) -> str:
    """The same in every language."""
    return text_of(
        {
            "source": plan.source,
            "version": plan.version,
            "new_version": plan.new_version,
            "folder": plan.folder,
            "written": written,
            "added": list(plan.added),
            "changes": [{"path": each.path, "diff": list(difference(each))} for each in plan.changes],
            "build_depends": list(plan.needs),
            "packages": list(plan.packages),
            "commands": commands_of(plan, built),
            "built": list(built),
            "failed": printable(failed, keep_newlines=True),
        }
    )


def difference(change: FileChange) -> Iterator[str]:
    """A unified diff, safe to print."""
    olds, news = change.old.splitlines(), change.new.splitlines()
    names = f"a/{change.path}", f"b/{change.path}"
    for line in difflib.unified_diff(olds, news, *names, lineterm="", n=_CONTEXT):
        yield printable(line.expandtabs(8))


def commands_of(plan: RebuildPlan, built: Sequence[str]) -> dict[str, list[str]]:
    """What a person types, in its order."""
    names = built or [f"../{name}_{plan.file_version}_*.deb" for name in plan.packages]
    return {
        "prepare": [f"sudo apt-get install build-essential {' '.join(plan.needs)}"],
        "build": [f"cd {plan.folder}", "dpkg-buildpackage -us -uc -b"],
        "purge": [f"sudo apt-get purge {' '.join(plan.packages)}"],
        "install": [f"sudo dpkg -i {' '.join(names)}"],
    }


def _answer(
    plan: RebuildPlan,
    written: bool,
    built: Sequence[str],
    say: Words,
    color: bool,
    width: int,
    asked: bool,
) -> list[str]:
    params = {"source": plan.source, "version": plan.version, "new": plan.new_version, "folder": plan.folder}
    if asked and not built:
        return headed(say("rebuild.word-failed"), Style.FAIL, say("rebuild.failed", **params), say, color, width)
    if built:
        key, word = "built", "built"
    elif not plan.changes:
        key, word = ("nothing" if plan.source == "milter-greylist" else "as-it-is"), "nothing"
    else:
        key, word = ("written", "written") if written else ("shown", "shown")
    lines = headed(say(f"rebuild.word-{word}"), Style.PASS, say(f"rebuild.{key}", **params), say, color, width)
    return lines + [f"  {printable(name)}" for name in built]
