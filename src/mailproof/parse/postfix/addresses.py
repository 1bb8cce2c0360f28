"""Addresses as Postfix takes them apart and writes them again (RFC 822, section 6; src/global/tok822_parse.c).

Two forms: external, as in a header or a command of SMTP, with quotes where they are needed; internal, without them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

_SPACES = " \t\r\n"
_OPERATORS = frozenset('|%!()<>@,;:\\".[]')
# header_address_token_limit of Postfix: what is behind is lost there too.
_MOST_TOKENS = 10_240
# Of a phrase and comments around one address; with more Postfix writes the address alone (CERT CA-2003-07).
_LONGEST_AROUND = 250
# cleanup_fold_header: as many addresses on a line as fit.
_LINE = 70


class Token(msgspec.Struct):
    """`atom`, `quoted`, `comment`, `literal`, `group` (its colon), `address`, or the operator itself."""

    kind: str
    text: str = ""
    parts: list[Token] = []
    """Of an address."""
    inner: bool = False
    """Whether it was found as part of an address; such ones are written without blanks between them."""


_WORDS = ("atom", "quoted", "literal")
_SPACED = (*_WORDS, "comment", "address")


def scan(text: str) -> list[Token]:
    """Any text, from left to right. Never raises."""
    tokens: list[Token] = []
    at = 0
    while at < len(text) and len(tokens) < _MOST_TOKENS:
        char = text[at]
        if char in _SPACES:
            at += 1
        elif char == "(":
            end = _end_of_comment(text, at)
            tokens.append(Token("comment", text[at:end]))
            at = end
        elif char in '["':
            closing = "]" if char == "[" else '"'
            body, at = _collected(text, at + 1, closing)
            tokens.append(Token("literal" if char == "[" else "quoted", body))
            at += 1
        elif char in _OPERATORS and char != "\\":
            tokens.append(Token(char))
            at += 1
        else:
            body, at = _collected(text, at, "")
            odd = any(each == " " or each < " " or each == "\x7f" or each in _OPERATORS for each in body)
            tokens.append(Token("quoted" if odd else "atom", body))
    return tokens


def _collected(text: str, at: int, closing: str) -> tuple[str, int]:
    """To the closing character, or else to the next blank or operator; a backslash protects."""
    body = []
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
            if at == len(text):
                break
            char = text[at]
        elif char == closing if closing else (char in _SPACES or char in _OPERATORS):
            break
        body.append(" " if char in _SPACES else char)
        at += 1
    return "".join(body), at


def _end_of_comment(text: str, at: int) -> int:
    depth = 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == "(":
            depth += 1
        elif text[at] == ")":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return len(text)


def parse(text: str) -> list[Token]:
    """With each address a token of its own, and commas where they lack. Never raises."""
    return _Parser(scan(text)).parsed()


class _Parser:
    """From right to left: `between` is what may become an address, `done` what is right of it (both backwards)."""

    def __init__(self, tokens: list[Token]) -> None:
        self.left = tokens
        self.between: list[Token] = []
        self.done: list[Token] = []

    def parsed(self) -> list[Token]:
        word, group, apart = True, False, False
        while self.left:
            token = self.left[-1]
            if token.kind == "comment":
                self.done.append(self.left.pop())
            elif token.kind == ";":
                self._address(comma=True)
                self.done.append(self.left.pop())
                group, word = True, True
            elif token.kind == ":" and group:
                self.left[-1] = Token("group")
                self._address()
                while self.left and self.left[-1].kind != ",":
                    self.done.append(self.left.pop())
            elif token.kind == ">":
                self._route()
                word, apart = True, True
                continue
            elif token.kind in _WORDS:
                if not word:
                    self._address(comma=True)
                word = False
                self.between.append(self.left.pop())
            elif token.kind == ",":
                self._address()
                self.done.append(self.left.pop())
                word = True
            else:
                word = True
                # Just left of <…> nothing of an address can begin.
                (self.done if apart else self.between).append(self.left.pop())
            apart = False
        self._address()
        return self.done[::-1]

    def _address(self, *, comma: bool = False) -> None:
        if not self.between:
            return
        for token in self.between:
            token.inner = True
        self.done.append(Token("address", "", self.between[::-1]))
        self.between = []
        if comma:
            self.done.append(Token(","))

    def _route(self) -> None:
        """`phrase <address>`."""
        self._address(comma=True)
        self.done.append(self.left.pop())
        while self.left and self.left[-1].kind != "<":
            token = self.left.pop()
            (self.done if token.kind == "comment" else self.between).append(token)
        self._address()
        while self.left and self.left[-1].kind not in (">", ";", ",", ":"):
            self.done.append(self.left.pop())


def addresses_in(tokens: Sequence[Token]) -> Iterator[Token]:
    """Those of a parsed header, to be changed in place."""
    return (token for token in tokens if token.kind == "address")


def internal(tokens: Sequence[Token]) -> str:
    """Without quotes."""
    out = []
    for token, space in _with_spaces(tokens):
        if token.kind == "address":
            out.append(internal(token.parts))
        elif token.kind == "literal":
            out.append(f"[{token.text}]")
        else:
            out.append(token.text or _operator(token))
        out.append(space)
    return "".join(out)


def external(tokens: Sequence[Token]) -> str:
    """With the quotes that the tokens came with."""
    return "".join(_written(token) + space for token, space in _with_spaces(tokens))


def _written(token: Token) -> str:
    if token.kind == "address":
        return quote(internal(token.parts))
    if token.kind == "quoted":
        return f'"{_escaped(token.text, chr(34) + chr(92))}"'
    if token.kind == "literal":
        return f"[{_escaped(token.text, chr(92))}]"
    return token.text or _operator(token)


def _operator(token: Token) -> str:
    if token.kind == "group":
        return ":"
    return token.kind if len(token.kind) == 1 else ""


def _escaped(text: str, special: str) -> str:
    return "".join(f"\\{char}" if char in special else char for char in text)


def _with_spaces(tokens: Sequence[Token]) -> Iterator[tuple[Token, str]]:
    for number, token in enumerate(tokens):
        following = tokens[number + 1] if number + 1 < len(tokens) else None
        if token.kind == "," and not token.inner:
            yield token, " "
        elif following is None or token.inner:
            yield token, ""
        elif token.kind == "group" or following.kind == "<":
            yield token, " "
        else:
            yield token, " " if token.kind in _SPACED and following.kind in _SPACED else ""


def header_lines(name: str, tokens: Sequence[Token]) -> str:
    """A header as Postfix writes it anew: one address after the other, folded before 70 characters by a tab."""
    expressions: list[list[Token]] = [[]]
    for token in tokens:
        expressions[-1].append(token)
        if token.kind == ",":
            expressions.append([])
    written = [_expression(each).removesuffix(" ") for each in expressions]
    lines = [f"{name}: {written[0]}"]
    for text in written[1:]:
        longer = f"{lines[-1]} {text}"
        if len(longer.encode("utf-8", "surrogateescape")) < _LINE:
            lines[-1] = longer
        else:
            lines.append(text)
    return "\n\t".join(lines)


def _expression(tokens: Sequence[Token]) -> str:
    text = external(tokens)
    found = next((token for token in reversed(tokens) if token.kind == "address"), None)
    if found is None or len(text) - len(_written(found)) <= _LONGEST_AROUND:
        return text
    return f"<{_written(found)}>{',' if tokens[-1].kind == ',' else ''}"


def quote(address: str, *, bare: bool = False) -> str:
    """Internal to external: the local part in quotes where it is no dot-string. `bare` is a local part alone."""
    route = 0
    if address.startswith("@") and ":" in address:
        route = address.index(":") + 1
    start, rest = address[:route], address[route:]
    user, at, domain = (rest, "", "") if bare or "@" not in rest else rest.rpartition("@")
    if _is_dot_string(user):
        return address
    return f'{start}"{_escaped(user, chr(34) + chr(92) + chr(13))}"{at}{domain}'


def _is_dot_string(text: str) -> bool:
    if not text or text.startswith(".") or text.endswith(".") or ".." in text:
        return False
    return not any(char <= " " or char == "\x7f" or char in '()<>@,;:\\"[]' for char in text)


def unquote(address: str) -> str:
    """External to internal."""
    start, rest = "", address
    if address.startswith("@") and ":" in address:
        start, _, rest = address.partition(":")
        start += ":"
    out: list[str] = []
    quoted, at, cut = False, 0, -1
    place = 0
    while place < len(rest):
        char = rest[place]
        if char == '"':
            quoted = not quoted
            place += 1
            continue
        if char == "@" and not quoted:
            cut, at = len(out), place
        elif char == "\\" and place + 1 < len(rest):
            place += 1
            char = rest[place]
        elif char == "\\":
            break
        out.append(char)
        place += 1
    if cut >= 0:
        return start + "".join(out[:cut]) + rest[at:]
    return start + "".join(out)
