"""Writes what Exim can be told, by version, from its sources: names of options, drivers, ACL conditions; kinds.

    python tools/known_exim.py EXIM.git [MACROS]

EXIM.git is a git directory with tags; names and kinds are facts of the sources. MACROS is what `exim4 -bP macros`
prints: which macros a binary defines by itself; without it those rows stay. The result is `known.txt` of
`parse/exim`.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path

from known_settings import git

KNOWN = Path(__file__).resolve().parent.parent / "src" / "mailproof" / "parse" / "exim" / "known.txt"
VERSIONS = [f"4.{minor}" for minor in range(92, 100)]
_OPTION = re.compile(r'\{\s*"([a-z][a-z0-9_]*)",\s*(opt_\w+)([^,{]*)')
_KINDS = {"stringptr": "str", "mkint": "int", "Kint": "int", "octint": "octal", "bit": "bool", "bool_verify": "bool",
          "bool_set": "bool", "expand_bool": "xbool", "expand_uid": "uid", "expand_gid": "gid", "func": "str",
          "module": "str", "lookuptype": "str"}  # fmt: skip
_CLASSES = {"routers": "router", "transports": "transport", "auths": "authenticator"}
_GENERIC = {"readconf.c": "main", "route.c": "router", "transport.c": "transport"}
_DRIVERS = {
    "router": ("accept", "dnslookup", "ipliteral", "iplookup", "manualroute", "queryprogram", "redirect"),
    "transport": ("appendfile", "autoreply", "lmtp", "pipe", "queuefile", "smtp"),
    "authenticator": ("cram_md5", "cyrus_sasl", "dovecot", "external", "gsasl", "heimdal_gssapi", "plaintext", "spa",
                      "tls"),
}  # fmt: skip
_FILES = {"gsasl_exim": "gsasl"}
_VERBS = ("accept", "defer", "deny", "discard", "drop", "require", "warn")


def options(repository: str, tag: str) -> dict[tuple[str, str], str]:
    """The kind of every option, by where it belongs and its name."""
    found: dict[tuple[str, str], str] = {}
    for path in git(repository, "ls-tree", "-r", "--name-only", tag, "src/src").split():
        *_, folder, file = path.split("/")
        driver = _FILES.get(file.removesuffix(".c"), file.removesuffix(".c"))
        cls = _CLASSES.get(folder, "")
        text = git(repository, "show", f"{tag}:{path}") if path.endswith(".c") else ""
        if cls and driver in _DRIVERS[cls]:
            group = f"{cls}.{driver}"
            found[group, "driver"] = "str"
        elif folder == "src" and file in _GENERIC:
            group = _GENERIC[file]
        elif folder == "src" and file in ("globals.c", "drtables.c", "auth.c"):
            group = "authenticator"
            text = text.partition("optionlist_auths[]")[2].partition("};")[0]
        else:
            if folder == "src" and file == "acl.c":
                found |= conditions(text)
            continue
        for name, kind, flags in _OPTION.findall(text):
            word = kind.removeprefix("opt_")
            # With a plus: it may be set more than once.
            found[group, name] = _KINDS.get(word, word) + ("+" if "opt_rep" in flags else "")
    return found


def conditions(text: str) -> dict[tuple[str, str], str]:
    """Conditions and modifiers of ACLs, and controls."""
    table = text.partition("condition_def conditions[]")[2].partition("\n};")[0]
    found = {("acl", name): "" for name in re.findall(r'\{\s*(?:US)?"(\w+)"', table)}
    controls = text.partition("control_def controls_list[]")[2].partition("\n};")[0]
    names = re.findall(r'\{\s*(?:US)?"([\w]+)"', controls)
    return found | {("control", name): "" for name in names}


def main() -> int:
    repository = sys.argv[1]
    seen: dict[tuple[str, str], list[str]] = defaultdict(list)
    kinds: dict[tuple[str, str], str] = {}
    for version in VERSIONS:
        for key, kind in options(repository, f"exim-{version}").items():
            seen[key].append(version)
            kinds[key] = kind
    rows = []
    for (group, name), versions in sorted(seen.items()):
        since = "" if versions[0] == VERSIONS[0] else versions[0]
        last = VERSIONS.index(versions[-1])
        gone = "" if last + 1 == len(VERSIONS) else VERSIONS[last + 1]
        rows.append("\t".join([group, name, kinds[group, name], since, gone]))
    rows += [f"verb\t{name}\t\t\t" for name in _VERBS]
    if len(sys.argv) > 2:
        lines = Path(sys.argv[2]).read_text("utf-8").splitlines()
        # Those that only say that there is an option are made of the options.
        built_in = sorted({line.partition("=")[0] for line in lines if line.startswith("_")})
        rows += [f"macro\t{name}\t\t\t" for name in built_in if not name.startswith("_OPT_")]
    else:
        rows += [line for line in KNOWN.read_text("utf-8").splitlines() if line.startswith("macro\t")]
    KNOWN.write_text("\n".join(rows) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
