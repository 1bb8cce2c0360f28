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
# A line of its own, as TOML has it; no string of ours has such a line (tests/catalog/test_words.py).
_SECTION = re.compile(r"^\[([a-z]+)\]\n", re.MULTILINE)
_BETWEEN = {"en": ", ", "ja": "、"}


class Words:
    """The strings of one language, by `section.key`.

    A section is found and parsed when a string of it is first asked for: all of them take longer than a login.
    """

    def __init__(self, lang: str, text: str) -> None:
        self.lang = lang
        self._text = f"\n{text}"
        self._sections: dict[str, dict[str, str]] = {}

    def __call__(self, key: str, /, **params: Param) -> str:
        """The string, filled. Raises KeyError for a key or a parameter that is missing: our mistake."""
        return fill(self.template(key), params, self.lang)

    def counted(self, key: str, n: int, /, **params: Param) -> str:
        """The string for a number `n` of things; `key-one` for a single one."""
        return self(f"{key}-one" if n == 1 else key, n=n, **params)

    def of(self, key: str, params: Mapping[str, Param], /) -> str:
        """The string filled with parameters that come from elsewhere; `key-one` where their `n` is one."""
        one = f"{key}-one"
        return self(one if str(params.get("n")) == "1" and one in self else key, **params)

    def __contains__(self, key: str) -> bool:
        return self._found(key) is not None

    def template(self, key: str) -> str:
        """The string as it stands, with its {parameters}. Raises KeyError."""
        if (string := self._found(key)) is None:
            raise KeyError(key)
        return string

    def _found(self, key: str) -> str | None:
        section, _, name = key.partition(".")
        if section not in self._sections:
            import tomllib

            self._sections[section] = tomllib.loads(self._text_of(section))
        return self._sections[section].get(name)

    def _text_of(self, section: str) -> str:
        """Empty for a section that there is not."""
        heading = f"\n[{section}]\n"
        begins = self._text.find(heading) + len(heading)
        if begins < len(heading):
            return ""
        following = _SECTION.search(self._text, begins)
        return self._text[begins : following.start() if following else None]

    def reason(self, why: str, params: Mapping[str, Param]) -> str:
        """Why something was not tested. Raises KeyError for a reason that the catalogue does not know."""
        return fill(self.template(f"reasons.{why}"), params, self.lang)

    def usage(self, reason: str, params: Mapping[str, Param]) -> str:
        """The sentence of a UsageError. Raises KeyError for a reason that the catalogue does not know."""
        return fill(self.template(f"usage.{reason}"), params, self.lang)

    def unread(self, reason: str, params: Mapping[str, Param]) -> str:
        """The sentence of an Unreadable. Raises KeyError for a reason that the catalogue does not know."""
        return fill(self.template(f"unread.{reason}"), params, self.lang)

    def subject(self, name: str) -> str:
        """What a check or a step is about; a name without an entry stands for itself, as in the JSON."""
        for section in ("checks", "steps"):
            if (string := self._found(f"{section}.{name}")) is not None:
                return string
        return name

    def question(self, name: str) -> str:
        """The same where it could not be told: `whether the login is accepted`. Begins with a small letter."""
        return self._found(f"subjects.{name}") or self.subject(name)

    def keys(self) -> frozenset[str]:
        """Of all sections."""
        for section in _SECTION.findall(self._text):
            self._found(f"{section}.")
        return frozenset(f"{section}.{name}" for section, strings in self._sections.items() for name in strings)


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
    if lang not in LANGUAGES:
        raise KeyError(lang)
    return Words(lang, (CATALOG / f"{lang}.toml").read_text(encoding="utf-8"))
