"""Writes what Postfix and Dovecot can be told, by version, from their sources: names, kinds of values, defaults.

    python tools/known_settings.py POSTFIX.git DOVECOT.git PIGEONHOLE.git

The three are git directories with tags. Names and kinds are facts of the sources, defaults are those of the Postfix
on this machine (`postconf -d`). The result is `known.txt` of `parse/postfix` and of `parse/dovecot`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "src" / "mailproof" / "parse"
POSTFIX_TAGS = {
    **{f"3.{minor}": f"v3.{minor}.0" for minor in range(4, 12)},
    "3.12": "HEAD",
}
DOVECOT_TAGS = {"2.3": ("2.3.19.1", "0.5.19"), "2.4": ("2.4.1", "2.4.1")}
# Of the machine, not of Postfix.
_OF_MACHINE = {
    "myhostname",
    "mydomain",
    "mynetworks",
    "process_id",
    "process_name",
    "mail_version",
    "config_directory",
}
_TABLE = re.compile(r"CONFIG_N?(BOOL|INT|TIME|LONG)(?:_FN)?_TABLE\s+\w+\[\]\s*=\s*\{(.*?)\n\s*0,?\s*\n?", re.DOTALL)
_DEFINED = re.compile(r"SETTING_DEFINE_STRUCT_(\w+)\(\"(\w+)\"")
_SETTINGS = re.compile(r"struct (\w+?)_settings\b")


def git(repository: str, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", repository, *arguments], capture_output=True, check=False)
    return done.stdout.decode("utf-8", "replace")


def postfix(repository: str) -> list[str]:
    """`name kind since gone default`, tabs between; an empty version is older or newer than all of these."""
    named: dict[str, list[str]] = defaultdict(list)
    symbols: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for version, tag in POSTFIX_TAGS.items():
        header = git(repository, "show", f"{tag}:postfix/src/global/mail_params.h")
        for symbol, name in re.findall(r'#define[ \t]+(VAR_\w+)[ \t]+"([a-z0-9][a-z0-9_]*[a-z0-9])"', header):
            symbols[symbol] = name
            named[name].append(version)
        if version not in ("3.7", "3.12"):
            continue
        for path in git(repository, "grep", "-lE", "CONFIG_N?(BOOL|INT|TIME|LONG)", tag, "--", "postfix/src").split():
            for kind, body in _TABLE.findall(git(repository, "show", path)):
                for symbol in re.findall(r"\bVAR_\w+", body):
                    if symbol in symbols:
                        kinds[symbols[symbol]] = {"LONG": "int"}.get(kind, kind.lower())
    defaults = {}
    told = subprocess.run(["postconf", "-d"], capture_output=True, text=True, check=True).stdout
    for line in told.splitlines():
        name, _, value = line.partition(" =")
        defaults[name] = "" if name in _OF_MACHINE else value.strip()
    versions = list(POSTFIX_TAGS)
    lines = []
    for name in sorted({*named, *defaults}):
        seen = named.get(name) or versions
        since = "" if seen[0] == versions[0] else seen[0]
        last = versions.index(seen[-1])
        gone = "" if last + 1 == len(versions) else versions[last + 1]
        lines.append("\t".join([name, kinds.get(name, "str"), since, gone, defaults.get(name, "")]))
    return lines


def dovecot(repositories: tuple[str, str]) -> list[str]:
    """`name where kinds default`: where it stands (`service`, `inet_listener` … or `-`), its kind in 2.3 and in 2.4,
    its default in 2.3 (`doveconf -d`).
    """
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for version, tags in DOVECOT_TAGS.items():
        for repository, tag in zip(repositories, tags, strict=True):
            paths = git(repository, "grep", "-lE", r"DEF\(|SETTING_DEFINE|\.key = ", tag, "--", "src", "*.c").split()
            for path in paths:
                if "/test-" not in path:
                    for name, where, kind in definitions(git(repository, "show", path)):
                        place = found[name, where if version == "2.3" else "-"]
                        # A name can be a block and, in another struct, a setting.
                        if not place.get(version, "").startswith("filter"):
                            place[version] = kind
    told = subprocess.run(["doveconf", "-d"], capture_output=True, text=True, check=False).stdout
    defaults = dict(re.findall(r"^(\w+) = ?(.*)$", told, re.MULTILINE))
    lines = []
    for (name, where), kinds in sorted(found.items()):
        default = defaults.get(name, "") if where == "-" else ""
        lines.append("\t".join([name, where, kinds.get("2.3", ""), kinds.get("2.4", ""), default]))
    return lines


_WHERES = {
    "inet_listener": "inet_listener",
    "file_listener": "listener",
    "service": "service",
    "auth_passdb": "passdb",
    "auth_userdb": "userdb",
    "mail_namespace": "namespace",
    "mailbox": "mailbox",
}


def definitions(source: str) -> list[tuple[str, str, str]]:
    """Name, block and kind of every setting that a file defines."""
    found = []
    prefixes: dict[str, str] = {}
    where = "-"
    use = re.compile(r"\b(DEF\w*)\((?:SET_)?(\w+),\s*(\w+)(?:,\s*\"(\w+)\")?|\.key\s*=\s*\"(\w+)\"")
    for line in source.replace("\\\n", " ").splitlines():
        if defined := re.match(r"#define (DEF\w*)\(", line):
            struct = _SETTINGS.search(line)
            where = _WHERES.get(struct[1], "-") if struct else "-"
            before = re.search(r"\"(\w+_)\"\s*#\s*name", line)
            prefixes[defined[1]] = before[1] if before else ""
        else:
            kind_of_key = re.search(r"\.type = SET_(\w+)", line)
            for by, kind, name, block, key in use.findall(line):
                if key:
                    found.append((key, "-", (kind_of_key[1] if kind_of_key else "STR").lower()))
                else:
                    named = block or prefixes.get(by, "") + name
                    found.append((named, where, "block" if block else kind.removesuffix("_HIDDEN").lower()))
        found += [(name, where, "str") for name in re.findall(r"\bDEFN\(\w+,\s*\w+,\s*(\w+)\)", line)]
        found += [(name, where, kind.lower()) for kind, name in _DEFINED.findall(line)]
        if raw := re.search(r"\{\s*(?:\.type = )?SET_(\w+),\s*(?:\.key = )?\"(\w+)\"", line):
            found.append((raw[2], where, raw[1].lower()))
    return found


def main() -> int:
    of_postfix, *of_dovecot = sys.argv[1:]
    for folder, lines in (("postfix", postfix(of_postfix)), ("dovecot", dovecot((of_dovecot[0], of_dovecot[1])))):
        (ROOT / folder).mkdir(exist_ok=True)
        (ROOT / folder / "known.txt").write_text("\n".join(lines) + "\n", "utf-8")
        print(folder, len(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
