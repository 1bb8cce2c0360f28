"""The standard form of an address, before any table is asked (src/trivial-rewrite/rewrite.c)."""

from __future__ import annotations

from collections.abc import Sequence

from mailproof.emulate.postfix.maps import Missing
from mailproof.emulate.postfix.server import Postfix, untold
from mailproof.model.postfix import Outcome, Step
from mailproof.parse.postfix.addresses import Token, internal, quote, scan, unquote


def standard(postfix: Postfix, address: str, *, remote: bool = False) -> str:
    """In external form. `remote` is the context of a header from outside (remote_header_rewrite_domain)."""
    return standard_steps(postfix, address, remote=remote)[0]


def standard_internal(postfix: Postfix, address: str) -> str:
    """Of an address without quotes, as envelopes have them."""
    return unquote(standard(postfix, quote(address))) if address else ""


def standard_steps(postfix: Postfix, address: str, *, remote: bool = False) -> tuple[str, Sequence[Step]]:
    """The form, and what made it."""
    tokens = scan(address)
    if not tokens or (len(tokens) == 1 and tokens[0].kind == "quoted" and not tokens[0].text):
        return '""', []
    if len(tokens) == 1 and tokens[0].kind == "@":
        return '""', []
    work = _Work(postfix, tokens, remote)
    work.strip_route()
    if work.last("@") < 0:
        work.add_domain()
    work.add_parent()
    work.strip_dot()
    return work.text, work.steps


class _Work:
    def __init__(self, postfix: Postfix, tokens: list[Token], remote: bool) -> None:
        self.postfix, self.tokens, self.remote = postfix, tokens, remote
        self.steps: list[Step] = []

    @property
    def text(self) -> str:
        """With the quotes that it needs, and no others."""
        return quote(internal(self.tokens))

    def last(self, kind: str) -> int:
        """Its place, or -1."""
        return next((at for at in range(len(self.tokens) - 1, -1, -1) if self.tokens[at].kind == kind), -1)

    def _first(self, kind: str) -> int:
        return next((at for at, token in enumerate(self.tokens) if token.kind == kind), -1)

    def _changed(self, name: str, parameter: str, before: str) -> None:
        setting = self.postfix.main.setting(parameter)
        params = {"parameter": parameter, "before": before, "after": self.text}
        file = setting.file if parameter else ""
        self.steps.append(Step(name, Outcome.WON, params, file, setting.line))

    def strip_route(self) -> None:
        """`@a,@b:user@site`."""
        colon = self._first(":") if self.tokens[0].kind == "@" else -1
        if 0 < colon < len(self.tokens) - 1:
            before = self.text
            self.tokens = self.tokens[colon + 1 :]
            self._changed("standard-route", "", before)

    def add_domain(self) -> None:
        before = self.text
        bang, percent = self._first("!"), self.last("%")
        name = "remote_header_rewrite_domain" if self.remote else "myorigin"
        origin = self.postfix.value(name) if self.remote else self.postfix.origin
        if isinstance(origin, Missing):  # the name of the file stands for what it has
            self.steps.append(untold(name, origin))
            origin = origin.table
        if bang >= 0 and self.postfix.value("swap_bangpath") == "yes":
            self.tokens = [*self.tokens[bang + 1 :], Token("@"), *self.tokens[:bang]]
            self._changed("standard-swapped", "swap_bangpath", before)
        elif percent >= 0 and self.postfix.value("allow_percent_hack") == "yes":
            self.tokens[percent] = Token("@")
            self._changed("standard-swapped", "allow_percent_hack", before)
        elif self.postfix.value("append_at_myorigin") == "yes" and origin:
            self.tokens = [*self.tokens, Token("@"), *scan(origin)]
            self._changed("standard-completed", name, before)

    def add_parent(self) -> None:
        at = self.last("@")
        domain = "remote_header_rewrite_domain" if self.remote else "mydomain"
        if at < 0 or at == len(self.tokens) - 1 or self.postfix.value("append_dot_mydomain") != "yes":
            return
        if not self.postfix.value(domain) or any(token.kind in (".", "literal") for token in self.tokens[at:]):
            return
        before = self.text
        self.tokens = [*self.tokens, Token("."), *scan(self.postfix.value(domain))]
        self._changed("standard-completed", "append_dot_mydomain", before)

    def strip_dot(self) -> None:
        if len(self.tokens) > 1 and self.tokens[-1].kind == "." and self.tokens[-2].kind not in (".", "@"):
            before = self.text
            self.tokens.pop()
            self._changed("standard-dot", "", before)
