"""What would mend a fault of Dovecot's files: the lines of dovecot.conf, or of what it includes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailproof.checks.dovecot.configured import Configured
from mailproof.checks.mending import Changes, appended, inserted, lines_of, remedy, replaced
from mailproof.model.remedy import Remedy
from mailproof.parse.dovecot.reader import Block, Setting

RELOAD = "doveadm reload"
_INDENT = "  "


def mend(*parts: Changes, then: Sequence[str] = ()) -> Remedy | None:
    """These changes together, and `doveadm reload` behind what else is to be run."""
    return remedy(*parts, then=(*then, RELOAD))


def value_set(configured: Configured, setting: Setting, value: str, name: str = "") -> Changes:
    """Another value, on the line where it is set; another name too, if there is one. A comment behind it stays."""
    parts = _parts(configured, setting)
    if parts is None:
        return None
    before, key, equals, rest = parts
    return replaced(configured, setting.file, setting.line, f"{before}{name or key}{equals}{value}{rest}".rstrip())


def setting_gone(configured: Configured, setting: Setting) -> Changes:
    """Without its line, so that the default holds."""
    return None if _parts(configured, setting) is None else replaced(configured, setting.file, setting.line)


def name_set(configured: Configured, setting: Setting, name: str) -> Changes:
    """Another name for the same value."""
    text = _line(configured, setting)
    found = re.match(rf"([ \t]*){re.escape(setting.name)}(?=[ \t]*=)", text)
    if found is None:
        return None
    return replaced(configured, setting.file, setting.line, f"{found[1]}{name}{text[found.end() :]}")


def top_set(configured: Configured, name: str, value: str) -> Changes:
    """At the top, where the last is set; where none is, at the end of the file that includes the others."""
    setting = configured.root.last(name)
    if setting is not None:
        return value_set(configured, setting, value)
    if configured.configuration.troubles:
        return None
    return appended(configured, configured.fact.path, f"{name} = {value}")


def inside_set(configured: Configured, block: Block, name: str, value: str) -> Changes:
    """In a block: where the last is set, else below its first line."""
    setting = block.last(name)
    if setting is not None:
        return () if setting.value == value else value_set(configured, setting, value)
    return block_filled(configured, block, f"{name} = {value}")


def block_filled(configured: Configured, block: Block, *lines: str) -> Changes:
    """More lines below the first of a block."""
    text = _line(configured, block)
    if not text.endswith("{"):
        return None
    indent = text[: len(text) - len(text.lstrip())] + _INDENT
    return inserted(configured, block.file, block.line, *(f"{indent}{line}" for line in lines))


def closed(configured: Configured, file: str, line: int) -> Changes:
    """The brace of a block at the end of its file; None where another begins behind it: it may end before that."""
    if len(configured.configuration.troubles) > 1 or any("{" in each for each in lines_of(configured, file)[line:]):
        return None
    return appended(configured, file, "}")


def listener_added(configured: Configured, service: str, path: str, owner: str) -> Changes:
    """A Unix socket of a service for Postfix, as its manual has it (SASL_README)."""
    lines = (f"unix_listener {path} {{", "  mode = 0660", f"  user = {owner}", f"  group = {owner}", "}")
    block = next(
        (each for _, each in configured.root.all_blocks() if each.kind == "service" and each.name == service), None
    )
    if block is not None:
        return block_filled(configured, block, *lines)
    if configured.configuration.troubles:
        return None
    whole = (f"service {service} {{", *(f"{_INDENT}{line}" for line in lines), "}")
    return appended(configured, configured.fact.path, *whole)


def _line(configured: Configured, place: Setting | Block) -> str:
    lines = lines_of(configured, place.file)
    return lines[place.line - 1].removesuffix("\r").rstrip() if 0 < place.line <= len(lines) else ""


def _parts(configured: Configured, setting: Setting) -> tuple[str, str, str, str] | None:
    """Blanks, name, `=`, and what stands behind the value; None for what a backslash continues or quotes hide."""
    text = _line(configured, setting)
    found = re.fullmatch(rf"([ \t]*)({re.escape(setting.name)})([ \t]*=[ \t]*)(.*)", text)
    if found is None or text.endswith("\\") or ("#" in found[4] and ('"' in found[4] or "'" in found[4])):
        return None
    value, mark, comment = found[4].partition("#")
    blanks = value[len(value.rstrip()) :]
    equals = found[3] if found[3].endswith((" ", "\t")) or found[4] else f"{found[3]} "
    return found[1], found[2], equals, f"{blanks}#{comment}" if mark else ""
