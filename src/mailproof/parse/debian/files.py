"""What stands in debian/: read, and changed in place with everything else left as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from mailproof.model.failure import Unreadable

_ENTRY = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9+.-]+) \((?P<version>[^()\s]+)\) (?P<suite>[^;\n]+);(?P<rest>[^\n]*)\n", re.ASCII
)
# The line that hands options to configure, and those that follow it behind backslashes.
_CONFIGURE = re.compile(
    r"^(?P<head>[^\n#]*(?:dh_auto_configure[^\n]*--|\./configure|DEB_CONFIGURE_EXTRA_FLAGS[ \t]*[:+]?=)[^\n]*)\n"
    r"(?P<more>(?:(?<=\\\n)[^\n]*\n)*)",
    re.MULTILINE,
)


class Entry(msgspec.Struct, frozen=True):
    """The newest entry of a changelog."""

    name: str
    version: str
    suite: str


class NoPackage(Unreadable):
    """This is no Debian source package, or a part of it is not understood."""


def newest(changelog: str) -> Entry:
    """Raises NoPackage."""
    match = _ENTRY.match(changelog.lstrip())
    if match is None:
        raise NoPackage("changelog-entry")
    return Entry(match["name"], match["version"], match["suite"].strip())


def with_entry(changelog: str, entry: Entry, lines: Sequence[str], who: str, date: str) -> str:
    """The changelog with an entry before all others; `who` is `Name <address>`, `date` as RFC 5322 has it."""
    told = "".join(f"  * {line}\n" for line in lines)
    head = f"{entry.name} ({entry.version}) {entry.suite}; urgency=low"
    return f"{head}\n\n{told}\n -- {who}  {date}\n\n{changelog.lstrip()}"


def packages(control: str) -> tuple[str, ...]:
    """The binary packages that it makes, in their order."""
    return tuple(re.findall(r"^Package:[ \t]*([a-z0-9][a-z0-9+.-]+)[ \t]*$", control, re.MULTILINE))


def build_depends(control: str) -> tuple[str, ...]:
    """The packages that must be there to build it; alternatives and versions are left off. Raises NoPackage."""
    start, end = _depends(control)
    items = re.sub(r"(?m)#[^\n]*$", "", control[start:end]).split(",")
    return tuple(name[0] for item in items if (name := re.findall(r"[a-z0-9][a-z0-9+.-]+", item)))


def with_build_depends(control: str, wanted: Sequence[str]) -> str:
    """`Build-Depends` with what it lacks of `wanted`. Raises NoPackage."""
    known = build_depends(control)
    missing = [name for name in wanted if name not in known]
    if not missing:
        return control
    start, end = _depends(control)
    value = control[start:end].rstrip()
    comma = "" if value.endswith(",") else ","
    return f"{control[:start]}{value}{comma} {', '.join(missing)}{control[start + len(value) : end]}{control[end:]}"


def _depends(control: str) -> tuple[int, int]:
    match = re.search(r"^Build-Depends:[ \t]*", control, re.MULTILINE)
    if match is None:
        raise NoPackage("control-build-depends")
    more = re.compile(r"[^\n]*\n?(?:[ \t#][^\n]*\n?)*").match(control, match.end())
    return match.end(), more.end() if more else match.end()


def configure_options(rules: str) -> str:
    """What configure is told, as it stands there. Raises NoPackage."""
    match = _CONFIGURE.search(rules)
    if match is None:
        raise NoPackage("rules-options")
    return match[0]


def with_options(rules: str, wanted: Sequence[str]) -> str:
    """debian/rules with what configure lacks of `wanted`, behind the last `--with-` or, else, the first line. Raises
    NoPackage."""
    told = configure_options(rules)
    missing = [each for each in wanted if not re.search(rf"{re.escape(each)}(?![A-Za-z0-9-])", told)]
    if not missing:
        return rules
    lines = told.split("\n")
    # The last of the options that begin a line of their own and go on behind a backslash.
    places = [n for n, line in enumerate(lines) if line.rstrip().endswith("\\")]
    options = [n for n in places if re.match(r"\s*--with", lines[n])]
    at = (options or places or [0])[-1]
    if not places:  # all in one line: it goes on in the next
        lines[0] = f"{lines[0].rstrip()} \\"
        added = [f"\t\t{each} \\" for each in missing]
        added[-1] = added[-1].removesuffix(" \\")
    else:
        sample = lines[at] if options else lines[min(at + 1, len(lines) - 1)]
        indent = re.match(r"\s*", sample)
        added = [f"{indent[0] if indent else chr(9)}{each} \\" for each in missing]
    changed = "\n".join([*lines[: at + 1], *added, *lines[at + 1 :]])
    return rules.replace(told, changed, 1)
