"""What would mend a fault of Postfix's files: the lines of main.cf and master.cf that would set it right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from mailproof.checks.mending import Changes, appended, inserted, lines_of, quoted, remedy, replaced, taken_away
from mailproof.checks.postfix.configured import Configured, Daemon
from mailproof.model.remedy import Remedy
from mailproof.parse.postfix.known import known
from mailproof.parse.postfix.lines import logical_lines
from mailproof.parse.postfix.parameters import Setting
from mailproof.parse.postfix.tables import BUILT, Answer, Table

RELOAD = "postfix reload"
_INDENT = "  "
# The fields of an entry before its command.
_BEFORE_COMMAND = 7
# By postmap, but for these; without -F the keys and certificates of this table are not in what is built (postmap(1)).
_BUILT_BY = {"alias_maps": "postalias", "alias_database": "postalias", "tls_server_sni_maps": "postmap -F"}


def mend(*parts: Changes, then: Sequence[str] = ()) -> Remedy | None:
    """These changes together, and `postfix reload` behind what else is to be run."""
    return remedy(*parts, then=(*then, RELOAD))


def value_set(configured: Configured, setting: Setting, value: str, name: str = "") -> Changes:
    """This value where it is set, in main.cf or by an option; in main.cf, at its end, where it is nowhere.

    `name` is a new name for it, in main.cf alone.
    """
    if not setting.line:
        return appended(configured, "main.cf", f"{setting.name} = {value}".rstrip())
    if setting.file == "master.cf":
        return _option_replaced(configured, setting.line, setting.name, value)
    first, *rest = _extent(configured, setting.file, setting.line)
    found = re.match(rf"(\s*{re.escape(setting.name)}[ \t]*=)([ \t]*)", lines_of(configured, setting.file)[first - 1])
    if found is None:
        return None
    blank = found[2] or (" " if found[1].endswith((" =", "\t=")) else "")
    head = found[1].replace(setting.name, name, 1) if name else found[1]
    begin = replaced(configured, setting.file, first, f"{head}{blank}{value}".rstrip())
    others = taken_away(configured, setting.file, rest) if rest else ()
    return None if begin is None or others is None else (*begin, *others)


def main_set(configured: Configured, name: str, value: str) -> Changes:
    """In main.cf, whatever options say."""
    return value_set(configured, configured.main.setting(name), value)


def option_set(configured: Configured, daemon: Daemon, name: str, value: str) -> Changes:
    """By an option of this service; below its first line where it has none yet."""
    if name in daemon.service.options:
        return _option_replaced(configured, daemon.service.option_lines[name], name, value)
    lines = lines_of(configured, "master.cf")
    number = daemon.service.line
    if not 0 < number <= len(lines) or len(lines[number - 1].split()) <= _BEFORE_COMMAND:
        return None
    below = lines[number] if number < len(lines) else ""
    found = re.match(r"([ \t]+)-o", below)
    return inserted(configured, "master.cf", number, f"{found[1] if found else _INDENT}-o {name}={value}")


def _option_replaced(configured: Configured, line: int, name: str, value: str) -> Changes:
    lines = lines_of(configured, "master.cf")
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    found = list(re.finditer(rf"(?:(?<=\s)|(?<=\{{)|(?<=-o)){re.escape(name)}[ \t]*=[ \t]*", text))
    if len(found) != 1:
        return None
    end = found[0].end()
    braced = "{" in text[: found[0].start()]
    old = re.match(r"[^{}]*?(?=[ \t]*\})" if braced else r"\S*", text[end:])
    return (
        None
        if old is None
        else replaced(configured, "master.cf", line, f"{text[:end]}{value}{text[end + old.end() :]}".rstrip("\r"))
    )


def renamed(configured: Configured, setting: Setting, name: str) -> Changes:
    """Another name for a parameter, on its line; None where something has that name already."""
    if not setting.line or name in configured.main.settings or name == setting.name:
        return None
    file = setting.file or "main.cf"
    lines = lines_of(configured, file)
    text = lines[setting.line - 1] if setting.line <= len(lines) else ""
    found = list(re.finditer(rf"(?<![A-Za-z0-9_$]){re.escape(setting.name)}(?=[ \t]*=)", text))
    if len(found) != 1:
        return None
    return replaced(
        configured, file, setting.line, f"{text[: found[0].start()]}{name}{text[found[0].end() :]}".rstrip("\r")
    )


def item_set(configured: Configured, setting: Setting, item: str, new: str) -> Changes:
    """One item of a list by another, on the line that it stands on."""
    if not setting.line:
        return None
    file, line = setting.file or "main.cf", setting.line_of(item)
    text = _with_item(lines_of(configured, file)[line - 1].removesuffix("\r"), item, new)
    return None if text is None else replaced(configured, file, line, text)


def items_gone(configured: Configured, setting: Setting, items: Iterable[str]) -> Changes:
    """A list without some of its items, each with a comma beside it; a line that nothing is left of goes."""
    file = setting.file or "main.cf"
    texts: dict[int, str | None] = {}
    for item in dict.fromkeys(items) if setting.line else ():
        line = setting.line_of(item)
        text = texts.get(line, lines_of(configured, file)[line - 1].removesuffix("\r"))
        texts[line] = None if text is None else _with_item(text, item, "")
    changes: Changes = ()
    for line, text in texts.items():
        if text is None or changes is None:
            return None
        part = replaced(configured, file, line, *([text] if text.strip(" \t,") else []))
        changes = None if part is None else (*changes, *part)
    return changes or None


def _with_item(text: str, item: str, new: str) -> str | None:
    """A line with another item, or without; None where it is not there exactly once."""
    found = list(re.finditer(rf"(?<![^\s,={{]){re.escape(item)}(?![^\s,}}])", text, re.IGNORECASE))
    if len(found) != 1:
        return None
    before, behind = text[: found[0].start()], text[found[0].end() :]
    if not new:
        kept = before.rstrip(" \t,")
        if kept and not kept.endswith("="):
            before = kept
        else:
            behind = behind.lstrip(" \t,")
    return f"{before}{new}{behind}"


def item_added(configured: Configured, setting: Setting, item: str) -> Changes:
    """One more item at the end of a list."""
    if not setting.line or setting.file == "master.cf":
        return None
    last = _extent(configured, setting.file, setting.line)[-1]
    text = lines_of(configured, setting.file)[last - 1].rstrip()
    comma = ", " if "," in setting.value or len(setting.value.split()) < 2 else " "
    return replaced(configured, setting.file, last, f"{text.rstrip(',')}{comma if setting.value else ' '}{item}")


def comment_moved(configured: Configured, setting: Setting, comment: str) -> Changes:
    """A comment that stands in a value, on a line of its own before it."""
    if setting.file == "master.cf":
        return None
    number = setting.line_of(comment)
    text = lines_of(configured, setting.file)[number - 1].removesuffix("\r")
    found = re.search(r"(?:(?<=[ \t])|(?<=\A))#.*", text)
    if found is None or not text[: found.start()].strip():
        return None
    return replaced(configured, setting.file, number, found[0], text[: found.start()].rstrip())


def unindented(configured: Configured, file: str, line: int) -> Changes:
    """A line that begins with a blank and continues nothing, at the beginning of its line.

    None for a parameter that is set elsewhere too, and for what would be no line of its file.
    """
    text = lines_of(configured, file)[line - 1].strip()
    name = text.partition("=")[0].strip()
    if name in configured.main.settings if file == "main.cf" else len(text.split()) <= _BEFORE_COMMAND:
        return None
    return replaced(configured, file, line, text) if file == "master.cf" or name in known() else None


def with_equals(configured: Configured, line: int) -> Changes:
    """`name value` of main.cf with the sign between them, where it is a parameter that is set nowhere else.

    Behind a comma, a blank before it, with which it continues the line before.
    """
    lines = lines_of(configured, "main.cf")
    text = lines[line - 1].rstrip()
    if line > 1 and lines[line - 2].rstrip().endswith(",") and not lines[line - 2].lstrip().startswith("#"):
        return replaced(configured, "main.cf", line, f"    {text}")
    name, _, value = text.partition(" ")
    if name not in known() or name in configured.main.settings or not value.strip():
        return None
    return replaced(configured, "main.cf", line, f"{name} = {value.strip(' :')}")


def setting_gone(configured: Configured, setting: Setting) -> Changes:
    """All lines of a parameter of main.cf."""
    if not setting.line or setting.file == "master.cf":
        return None
    return taken_away(configured, setting.file, _extent(configured, setting.file, setting.line))


def lines_gone(configured: Configured, file: str, line: int) -> Changes:
    """The logical line that begins here."""
    return taken_away(configured, file, _extent(configured, file, line))


def logical_line(configured: Configured, file: str, line: int) -> str:
    """The text of one, its physical lines put together."""
    lines = lines_of(configured, file)
    return "".join(lines[number - 1].rstrip() for number in _extent(configured, file, line))


def service_there(configured: Configured, names: Sequence[str], kind: str, entry: Sequence[str]) -> Changes:
    """An entry of master.cf: the one that stands behind `#`, with its options; else this one, at the end.

    None where several of them stand behind `#`.
    """
    lines = [line.removesuffix("\r") for line in lines_of(configured, "master.cf")]
    begin = re.compile(rf"#[ \t]?(?:\S+:)?(?:{'|'.join(map(re.escape, names))})[ \t]+{kind}(?:[ \t]+\S+){{6,}}[ \t]*")
    found = [number for number, line in enumerate(lines, 1) if begin.fullmatch(line)]
    if not found:
        return appended(configured, "master.cf", *entry)
    if len(found) > 1:
        return None
    numbers = [found[0]]
    for number, line in enumerate(lines[found[0] :], found[0] + 1):
        option = re.fullmatch(r"#[ \t]+(?:-o[ \t]*[A-Za-z0-9_]+=\S*(?:[ \t]+|\Z))+", line)
        if option and not _lacks(configured, line):
            numbers.append(number)
        elif not re.match(r"#[ \t]", line):
            break
    changes: Changes = ()
    for number in numbers:
        line = lines[number - 1][1:]
        part = replaced(configured, "master.cf", number, line.lstrip() if number == found[0] else line)
        if part is None or changes is None:
            return None
        changes = (*changes, *part)
    return changes


def _lacks(configured: Configured, line: str) -> bool:
    """Whether an option asks for a parameter that is nowhere, as Debian's `$mua_client_restrictions`."""
    return any(name not in configured.main.settings for name in re.findall(r"\$\{?(mua_[a-z_]+)", line))


def built(spec: str, parameter: str = "") -> str:
    """The command that builds a table, as its parameter wants it."""
    return f"{_BUILT_BY.get(parameter, 'postmap')} {quoted(spec)}"


def taken_up(spec: str, parameter: str = "") -> Sequence[str]:
    """What makes Postfix take up a text that has changed: most are built again, and others read anew."""
    return (built(spec, parameter),) if spec.partition(":")[0] in BUILT else (RELOAD,)


def entry_set(configured: Configured, table: Table, entry: Answer, old: str, new: str) -> Remedy | None:
    """A key or a value of a table by another, on the line of its entry; then the table is to be built again."""
    lines = lines_of(configured, table.file) if table.file else ()
    text = lines[entry.line - 1] if 0 < entry.line <= len(lines) else ""
    found = list(re.finditer(rf"(?<!\S){re.escape(old)}(?!\S)", text, re.IGNORECASE))
    if len(found) != 1:
        return None
    change = replaced(
        configured, table.file, entry.line, f"{text[: found[0].start()]}{new}{text[found[0].end() :]}".rstrip("\r")
    )
    return remedy(change, then=taken_up(table.spec))


def _extent(configured: Configured, file: str, line: int) -> Sequence[int]:
    """The physical lines of a logical line, without the comments between them."""
    return _extents(configured.data(file) or b"").get(line, (line,))


@lru_cache(maxsize=8)
def _extents(data: bytes) -> dict[int, tuple[int, ...]]:
    return {
        line.number: tuple(number for _, number in line.starts) or (line.number,) for line in logical_lines(data)[0]
    }
