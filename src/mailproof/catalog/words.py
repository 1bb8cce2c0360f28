"""Interface strings by language, and how a string is filled with its parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from mailproof.catalog import CATALOG
from mailproof.model.escape import printable
from mailproof.model.finding import Param

LANGUAGES = ("en", "ja")

_PARAMETER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_BETWEEN = {"en": ", ", "ja": "、"}


class Words:
    """The strings of one language, by `section.key`."""

    def __init__(self, lang: str, strings: Mapping[str, str]) -> None:
        self.lang = lang
        self._strings = strings

    def __call__(self, key: str, /, **params: Param) -> str:
        """The string, filled. Raises KeyError for a key or a parameter that is missing: our mistake."""
        return fill(self._strings[key], params, self.lang)

    def __contains__(self, key: str) -> bool:
        return key in self._strings

    def reason(self, why: str, params: Mapping[str, Param]) -> str:
        """Why something was not tested. Raises KeyError for a reason that the catalogue does not know."""
        return fill(self._strings[f"reasons.{why}"], params, self.lang)

    def usage(self, reason: str, params: Mapping[str, Param]) -> str:
        """The sentence of a UsageError. Raises KeyError for a reason that the catalogue does not know."""
        return fill(self._strings[f"usage.{reason}"], params, self.lang)

    def subject(self, name: str) -> str:
        """What a check or a step is about; a name without an entry stands for itself, as in the JSON."""
        for section in ("checks", "steps"):
            if (key := f"{section}.{name}") in self._strings:
                return self._strings[key]
        return name

    def question(self, name: str) -> str:
        """The same where it could not be told: `whether the login is accepted`. Begins with a small letter."""
        return self._strings.get(f"subjects.{name}") or self.subject(name)

    def keys(self) -> frozenset[str]:
        return frozenset(self._strings)


def fill(template: str, params: Mapping[str, Param], lang: str) -> str:
    """`template` with its {parameters}, which come from the peer and are made safe to print.

    Raises KeyError for a parameter that is missing.
    """
    return _PARAMETER.sub(lambda match: printable(shown(params[match[1]], lang)), template)


def shown(value: Param, lang: str) -> str:
    """A parameter as text: a list with the commas of the language, seconds with one decimal."""
    if isinstance(value, (tuple, list)):
        return _BETWEEN[lang].join(value)
    if isinstance(value, float):
        return f"{value:.1f}"
    return str(value)


@cache
def words(lang: str) -> Words:
    """The strings of `en` or `ja`. Raises KeyError for another language."""
    import tomllib

    if lang not in LANGUAGES:
        raise KeyError(lang)
    text = (CATALOG / f"{lang}.toml").read_text(encoding="utf-8")
    return Words(lang, {f"{s}.{k}": v for s, table in tomllib.loads(text).items() for k, v in table.items()})
