"""`mailproof lab --list-faults`: what can be broken, by subject, and how it is written."""

from __future__ import annotations

from mailproof.catalog.pages import load
from mailproof.catalog.words import LANGUAGES, words
from mailproof.cli.listing import listing, titles_of
from mailproof.cli.terminal import Terminal
from mailproof.lab.embedded.behaviour import LoginReply, Refusal
from mailproof.lab.embedded.chaos import Step
from mailproof.lab.embedded.faults import GROUPS
from mailproof.lab.embedded.faults.order import OPTIONS, schemes_of
from mailproof.lab.embedded.faults.spec import FaultSpec
from mailproof.report.layout import wrap
from mailproof.report.style import Style, paint


def as_text(terminal: Terminal) -> str:
    say = terminal.say
    parts = []
    for subject, group in GROUPS.items():
        heading = paint(say(f"lab.faults-{subject}"), Style.HEADING, terminal.color)
        parts.append(f"{heading}\n{listing(titles_of((spec.name for spec in group), terminal.lang), terminal)}")
    heading = paint(say("lab.faults-steps"), Style.HEADING, terminal.color)
    parts.append(f"{heading}\n{listing({str(step): say(f'lab.step-{step}') for step in Step}, terminal)}")
    syntax = [line for text in say("lab.faults-syntax").splitlines() for line in wrap(text, terminal.width)]
    parts.append("\n".join(syntax) + "\n")
    return "\n".join(parts)


def as_data() -> dict[str, object]:
    """The same in both languages."""
    return {
        "faults": [_fault(subject, spec) for subject, group in GROUPS.items() for spec in group],
        "steps": [
            {
                "name": str(step),
                "title": {lang: words(lang)(f"lab.step-{step}") for lang in LANGUAGES},
                "schemes": [str(scheme) for scheme in schemes_of(step)],
            }
            for step in Step
        ],
        "options": list(OPTIONS),
    }


def _fault(subject: str, spec: FaultSpec) -> dict[str, object]:
    items = [item for value in spec.changes.values() if isinstance(value, tuple) for item in value]
    return {
        "name": spec.name,
        "subject": subject,
        "title": {lang: load(spec.name, lang).title for lang in LANGUAGES},
        "schemes": [str(scheme) for scheme in spec.schemes],
        "check_needs": list(spec.given),
        "takes_code": any(isinstance(item, Refusal | LoginReply) for item in items),
    }
