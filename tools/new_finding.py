"""Makes the files of a new finding: its check and its pages in both languages, each with the gaps to fill.

    python tools/new_finding.py NAME [--subject tls] [--holds what-holds]

NAME names the fault, in kebab-case; the guards in tests/catalog/test_guards.py say what is still missing.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "src" / "mailproof"
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+\Z")

CHECK = '''"""Say here, as a question, what this check looks at."""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, surveyed, url
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed
from mailproof.model.capabilities import Capabilities
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "{holds}"
NEEDS = (Capabilities,)
KINDS = (FindingKind("{name}", Layer.{layer}, references=()),)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in surveyed(record, Capabilities):
        if sighting.fact.get("KEYWORD") is None:
            yield Finding("{name}", sighting.evidence(), **place(sighting))
        else:
            yield Passed(NAME, sighting.evidence(), url(sighting))
'''

EXAMPLES = {
    "triggers": "```dialogue\n@ smtp://mx.test\nS: 220 mx.test ESMTP\nC: EHLO ~\nS: 250 mx.test   # <- {name}\n```",
    "sound": "```dialogue\n@ smtp://mx.test\nS: 220 mx.test ESMTP\nC: EHLO ~\nS: 250 mx.test\n```",
}
LAYERS = {
    "reach": "REACH",
    "tls": "TLS",
    "certificate": "TLS",
    "login": "LOGIN",
    "relay": "RELAY",
    "delivery": "DELIVERY",
    "retrieval": "RETRIEVAL",
    "ese": "DATABASE",
}


def page(name: str, lang: str) -> str:
    """A page with all its headings and nothing under them but the two examples."""
    from mailproof.catalog.page import HEADINGS, REFERENCES

    given = {"behind": "{behind}", "references": REFERENCES} | {
        key: text.format(name=name) for key, text in EXAMPLES.items()
    }
    body = "\n\n".join(f"## {heading}\n{given.get(key, '')}".rstrip() for key, heading in HEADINGS[lang])
    return f"---\nname: {name}\ntitle:\nmessage:\n---\n{body}\n"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--subject", choices=LAYERS, default="tls")
    parser.add_argument("--holds", help="name of what holds; the name of the check")
    wanted = parser.parse_args(arguments)
    if not KEBAB.match(wanted.name):
        parser.error(f"{wanted.name!r} is not kebab-case, such as certificate-expired")
    holds = wanted.holds or f"no-{wanted.name}"
    files = {
        ROOT / "checks" / wanted.subject / f"{holds.replace('-', '_')}.py": CHECK.format(
            name=wanted.name, holds=holds, layer=LAYERS[wanted.subject]
        ),
        ROOT / "catalog" / "en" / f"{wanted.name}.md": page(wanted.name, "en"),
        ROOT / "catalog" / "ja" / f"{wanted.name}.md": page(wanted.name, "ja"),
    }
    if there := [path for path in files if path.exists()]:
        parser.error(f"already there: {there[0].relative_to(ROOT.parent.parent)}")
    for path, text in files.items():
        path.write_text(text, "utf-8")
        print(f"made   {path.relative_to(ROOT.parent.parent)}")
    print(f"then   a severity for {wanted.name} in src/mailproof/catalog/profiles/default.toml")
    print(f"       the words for {holds} under [checks] in src/mailproof/catalog/en.toml and ja.toml")
    print("       tests for it in tests/checks, and: .venv/bin/pytest tests/catalog")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
