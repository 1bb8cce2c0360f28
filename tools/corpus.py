"""Runs the broken servers of the corpus, checks each from outside, and writes down what was named.

    python tools/corpus.py [--only PREFIX]

The answers go to `tests/corpus/causes.json` and, as a table, to `docs/corpus.md`; standard output has the score. It
needs root, the servers that `tools/install-test-servers.sh` installs, and the corpus beside the project.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "corpus"))

from broken_servers import cases, check, notes, running  # noqa: E402

ANSWERS = ROOT / "tests" / "corpus" / "causes.json"
TABLE = ROOT / "docs" / "corpus.md"
# Well below the ephemeral ports, and each case on ports of its own: the kernel keeps closed ones busy for a minute.
_FIRST_PORT, _STEP, _BASES = 20000, 1000, 10

_HEADING = """# Broken servers, checked from outside

Made by `make corpus`: each server is a real Postfix and Dovecot, or Exim, broken in one way, started, and checked
with the call that its case describes, from the wire alone. `right` are the first causes that are true; where there
is none, nothing is wrong that a client could see, and no cause of severity `fail` may be named. Where the answer is
another one, the last column says why.

| case | right from outside | first cause named | |
|---|---|---|---|
"""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--only", default="", metavar="PREFIX", help="cases whose name begins with this")
    given = arguments.parse_args()
    wanted = cases(given.only)
    if not wanted:
        print("no case: is the corpus beside the project?", file=sys.stderr)
        return 2
    known: dict[str, Any] = json.loads(ANSWERS.read_text("utf-8")) if ANSWERS.exists() else {}
    for number, case in enumerate(wanted):
        known[case["id"]] = answer(case, _FIRST_PORT + number % _BASES * _STEP)
        print(f"{case['id']:40} {known[case['id']]['causes'][:1]}", flush=True)
    ANSWERS.write_text(json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n", "utf-8")
    write_table(known)
    right = sum(map(is_right, known.values()))
    print(f"{right} of {len(known)} right")
    return 0 if all(is_right(found) or name in notes() for name, found in known.items()) else 1


def answer(case: dict[str, Any], base_port: int) -> dict[str, Any]:
    """The names that are right, and the causes named: those of severity `fail` or `warn`, the first first."""
    with running(case, base_port) as server:
        report = check(case, server)
    causes = [[item["name"], item["severity"]] for item in report["causes"]]
    infos = sorted({item["name"] for item in report["findings"] if item["severity"] == "info"})
    return {"right": case["right"]["wire"], "causes": causes, "info": infos}


def is_right(known: dict[str, Any]) -> bool:
    """Whether the first cause is a right one; where none is, whether nothing was said to fail."""
    if not known["right"]:
        return not any(severity == "fail" for _, severity in known["causes"])
    named = [name for name, _ in known["causes"][:1]] or known["info"]
    return bool(set(named) & set(known["right"]))


def write_table(known: dict[str, Any]) -> None:
    lines = []
    for name, found in sorted(known.items()):
        right = ", ".join(found["right"]) or "none"
        first = found["causes"][0][0] if found["causes"] else "none" + (f" (info: {', '.join(found['info'])})")
        why = notes().get(name, {}).get("why", "")
        lines.append(f"| {name} | {right} | {first} | {'right' if is_right(found) else f'other: {why}'} |")
    TABLE.write_text(_HEADING + "\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
