"""How a finding is mended on servers other than Postfix and Dovecot, as Markdown."""

from __future__ import annotations

from mailproof.catalog.brands import Remedy, remedies
from mailproof.catalog.words import Words, words


def on_servers(finding: str, lang: str) -> str:
    """For each brand: which file, the lines, and what they do not say themselves. Empty where nothing differs."""
    say = words(lang)
    return "\n\n".join(_told(remedy, say) for remedy in remedies(finding, lang))


def _told(remedy: Remedy, say: Words) -> str:
    if not remedy.lines:
        return f"{_head(remedy, say)} {remedy.note}"
    block = "\n".join(f"    {line}" for line in remedy.lines)
    return "\n\n".join(part for part in (_head(remedy, say), block, remedy.note) if part)


def _head(remedy: Remedy, say: Words) -> str:
    if remedy.where and remedy.apply:
        return say("explain.server-applied", name=remedy.name, where=remedy.where, apply=remedy.apply)
    if remedy.where:
        return say("explain.server-file", name=remedy.name, where=remedy.where)
    if remedy.apply:
        return say("explain.server-typed", name=remedy.name, apply=remedy.apply)
    return say("explain.server", name=remedy.name)
