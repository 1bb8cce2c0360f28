"""From the words of a greylist.conf to its rules, lists and settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mailproof.model.greylist import Clause, GreylistConfig, ListOf, Rule, RuleAction, Setting, Slip
from mailproof.parse.greylist.tokens import LARGEST, LONGEST_TOKEN, Kind, Token, excerpt, tokens
from mailproof.parse.greylist.vocabulary import (
    ALONE,
    CLAUSES,
    DATA_ONLY,
    LIST_KINDS,
    MAY_STAND_ALONE,
    ONCE,
    OTHERS,
    PATHS,
    RULES,
    STATUSES,
    TIMES,
    UNREAD,
    VALUES,
)

MOST_SLIPS = 100
"""That are told of one file; the others are counted. A hundred are ten screens, and milter-greylist itself names the
first alone."""
LONGEST_LINE = 1000
"""Of a line, where it is shown: RFC 5321 section 4.5.3.1.6 has a thousand octets for a line of text."""


class _Wrong(Exception):
    def __init__(self, token: Token, name: str = "syntax-error", **params: str) -> None:
        super().__init__(name)
        self.token = token
        self.name = name
        self.params = params


def read_greylist(data: bytes) -> GreylistConfig:
    """Any bytes. What milter-greylist would refuse is a slip of severity `fail`, the first MOST_SLIPS of them; the
    other lines are read all the same."""
    text = data[:LARGEST].decode("utf-8", "surrogateescape")
    read = _Read()
    line: list[Token] = []
    cut = last = 0
    for token in tokens(text):
        last = token.line
        if token.kind is Kind.CUT:
            cut = token.line
            break
        if token.kind is Kind.UNENDED:
            read.slip(Slip("last-line-unended", token.line, "fail", {}, _shown(line, text)))
        elif token.kind is not Kind.END:
            line.append(token)
        elif line:
            whole = _shown(line, text)
            try:
                _Line(line, text, whole).read(read)
            except _Wrong as wrong:
                read.slip(Slip(wrong.name, wrong.token.line, "fail", wrong.params, whole))
            line = []
    return read.config(cut or (last if len(data) > LARGEST else 0))


def _shown(line: Sequence[Token], text: str) -> str:
    return excerpt(" ".join(text[line[0].start : line[-1].end].split()), LONGEST_LINE) if line else ""


class _Read:
    """What was read of a file."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.lists: list[ListOf] = []
        self.settings: list[Setting] = []
        self.former: list[Rule] = []
        """Of before there were rules; each is put before all others."""
        self._slips: list[Slip] = []
        self._more = 0

    def slip(self, slip: Slip) -> None:
        if len(self._slips) < MOST_SLIPS:
            self._slips.append(slip)
        else:
            self._more += 1

    def config(self, cut: int) -> GreylistConfig:
        rules = (*reversed(self.former), *self.rules)
        return GreylistConfig(
            rules, tuple(self.lists), tuple(self.settings), tuple(self._slips), more_slips=self._more, cut=cut
        )


class _Line:
    """One line, those that a backslash joins to it included."""

    def __init__(self, line: Sequence[Token], text: str, whole: str) -> None:
        self._tokens = line
        self._text = text
        self._whole = whole
        self._at = 0

    def read(self, into: _Read) -> None:
        first = self._next()
        if first.kind is not Kind.WORD:
            raise _Wrong(first, word=first.text)
        if first.text in ("racl", "dacl", "acl"):
            into.rules.append(self._rule(first))
        elif first.text == "list":
            into.lists.append(self._list(first))
        elif first.text in ("addr", "from", "rawfrom", "rcpt", "domain"):
            self._at = 0
            clause = self._clause(False)
            self._end()
            into.former.append(self._made(RuleAction.WHITELIST, first, (clause,), ()))
        else:
            into.settings.append(self._setting(first))

    def _rule(self, first: Token) -> Rule:
        id_ = self._next().text if first.text != "acl" and self._peek(Kind.STRING) else ""
        action = self._next()
        if (
            action.kind is not Kind.WORD
            or action.text not in RULES
            or (first.text, action.text) == ("acl", "continue")
        ):
            raise _Wrong(action, word=action.text)
        clauses: list[Clause] = []
        values: list[tuple[str, str]] = []
        default = self._peek(Kind.WORD, "default")
        negated = False
        if default:
            self._next()
        while not default and self._at < len(self._tokens) and self._tokens[self._at].text not in VALUES:
            if self._peek(Kind.WORD, "not"):
                self._next()
                negated = True
                continue
            if (clause := self._clause(negated)) is not None:
                clauses.append(clause)
            negated = False
        while self._at < len(self._tokens):
            values.append(self._value())
        if not clauses and not default and not negated:
            raise _Wrong(action, word=action.text)
        stage = "dacl" if first.text == "dacl" else "racl"
        self._checked(first, clauses, values, stage)
        if negated:
            clauses.append(Clause("not", text="not"))
        return self._made(RULES[action.text], first, tuple(clauses), tuple(values), stage, id_, default)

    def _made(
        self,
        action: RuleAction,
        first: Token,
        clauses: tuple[Clause, ...],
        values: tuple[tuple[str, str], ...],
        stage: str = "racl",
        id_: str = "",
        default: bool = False,
    ) -> Rule:
        last = self._tokens[-1].line
        return Rule(action, first.line, last, clauses, values, stage, id_, default, self._whole)

    def _checked(
        self, first: Token, clauses: Sequence[Clause], values: Sequence[tuple[str, str]], stage: str
    ) -> None:
        seen: set[tuple[str, bool]] = set()
        for clause in clauses:
            key = (clause.kind, clause.regex)
            if clause.kind in ONCE and key in seen:
                raise _Wrong(first, "clause-twice", clause=clause.kind)
            seen.add(key)
            if clause.kind in DATA_ONLY and stage == "racl":
                raise _Wrong(first, "clause-at-wrong-stage", clause=clause.kind, stage="dacl")
            if clause.kind == "helo" and stage == "dacl":
                raise _Wrong(first, "clause-at-wrong-stage", clause=clause.kind, stage="racl")
        for name, times in Counter(name for name, _ in values).items():
            if times > 1 and name not in ("flushaddr", "nolog", "maxpeek"):
                raise _Wrong(first, "value-twice", value=name)

    def _clause(self, negated: bool) -> Clause:
        first = self._next()
        if first.kind is Kind.PROPERTY or (first.kind is Kind.PUNCTUATION and first.text == "*"):
            return self._property(first, negated)
        if first.kind is not Kind.WORD or first.text not in (*CLAUSES, "set", "rset"):
            raise _Wrong(first, word=first.text)
        if first.text in ("set", "rset"):
            for kind in (Kind.PROPERTY, Kind.OPERATOR, None):
                self._next(kind)
            return self._clause_of(first, "", negated)
        wanted = CLAUSES[first.text]
        following = self._tokens[self._at] if self._at < len(self._tokens) else None
        is_status = following is not None and following.kind is Kind.WORD and following.text in STATUSES
        fits = following is not None and following.kind in wanted and (following.kind is not Kind.WORD or is_status)
        if not fits:
            if first.text in MAY_STAND_ALONE:
                return self._clause_of(first, "pass" if first.text == "spf" else "", negated)
            raise _Wrong(following or first, word=(following or first).text)
        value = self._next()
        if value.kind is Kind.OPERATOR:
            number = self._next()
            if number.kind not in (Kind.NUMBER, Kind.PROPERTY):
                raise _Wrong(number, word=number.text)
            return self._clause_of(first, number.text, negated, operator=value.text)
        text = value.text
        if first.text == "addr":
            text = self._network(value)
        return self._clause_of(first, text, negated, regex=value.kind is Kind.REGEX)

    def _clause_of(
        self, first: Token, value: str, negated: bool, *, regex: bool = False, operator: str = ""
    ) -> Clause:
        end = self._tokens[self._at - 1].end
        text = " ".join(self._text[first.start : end].split())
        return Clause(first.text, value, regex, negated, operator, f"not {text}" if negated else text)

    def _property(self, first: Token, negated: bool) -> Clause:
        if first.kind is Kind.PUNCTUATION:
            self._next(Kind.PROPERTY)
        value = self._next()
        if value.kind is Kind.OPERATOR:
            self._next()
        end = self._tokens[self._at - 1].end
        text = " ".join(self._text[first.start : end].split())
        return Clause("property", value.text, False, negated, "", f"not {text}" if negated else text)

    def _network(self, address: Token) -> str:
        if not self._peek(Kind.CIDR):
            return address.text
        cidr = self._next()
        if int(cidr.text) > (128 if ":" in address.text else 32):
            raise _Wrong(cidr, "bad-mask", mask=cidr.text)
        return f"{address.text}/{cidr.text}"

    def _value(self) -> tuple[str, str]:
        name = self._next()
        if name.text not in VALUES or name.kind is not Kind.WORD:
            raise _Wrong(name, word=name.text)
        wanted = VALUES[name.text]
        if not wanted:
            return name.text, ""
        value = self._next()
        if value.kind not in wanted:
            unitless = value.kind is Kind.NUMBER and Kind.DELAY in wanted
            raise _Wrong(value, "time-without-unit" if unitless else "syntax-error", word=value.text, value=name.text)
        if name.text == "addheader" and self._peek(Kind.PUNCTUATION, ","):
            self._next()
            self._next(Kind.NUMBER)
        return name.text, value.text

    def _list(self, first: Token) -> ListOf:
        name, kind = self._next(Kind.STRING), self._next(Kind.WORD)
        if kind.text not in LIST_KINDS:
            raise _Wrong(kind, word=kind.text)
        opened = self._next()
        if opened.text != "{":
            raise _Wrong(opened, word=opened.text)
        wanted = (*CLAUSES.get(kind.text, (Kind.EMAIL, Kind.REGEX)), Kind.REGEX)
        items: list[Clause] = []
        while not self._peek(Kind.PUNCTUATION, "}"):
            item = self._next()
            if item.kind not in wanted or item.kind is Kind.PROPERTY:
                raise _Wrong(item, word=item.text)
            value = self._network(item) if kind.text == "addr" else item.text
            written = self._text[item.start : self._tokens[self._at - 1].end]
            items.append(Clause(kind.text, value, item.kind is Kind.REGEX, text=written))
        self._next()
        self._end()
        if not items:
            raise _Wrong(opened, word="{ }")
        return ListOf(name.text, kind.text, tuple(items), first.line)

    def _setting(self, first: Token) -> Setting:
        name = first.text
        rest = self._tokens[1:]
        if name in ALONE:
            fits = not rest
        elif name in TIMES:
            fits = len(rest) == 1 and rest[0].kind in (Kind.NUMBER, Kind.DELAY)
        elif name in PATHS:
            modes = name in ("socket", "dumpfile")
            fits = bool(rest) and rest[0].kind is Kind.STRING and len(rest) <= 1 + modes
        else:
            fits = name in OTHERS or name in ("geoipv6db", "geoip2db")
        unread = next((token for token in rest if token.kind in UNREAD), None)
        if unread is not None:
            raise _unread(unread)
        if not fits:
            wrong = rest[0] if rest else first
            raise _Wrong(wrong, word=wrong.text)
        if name == "socket" and len(rest) == 2 and rest[1].text not in ("600", "660", "666"):
            raise _Wrong(rest[1], "socket-mode", mode=rest[1].text)
        return Setting(name, tuple(token.text for token in rest), first.line)

    def _next(self, kind: Kind | None = None) -> Token:
        if self._at >= len(self._tokens):
            raise _Wrong(self._tokens[-1], word=self._tokens[-1].text)
        token = self._tokens[self._at]
        if token.kind in UNREAD:
            raise _unread(token)
        if kind is not None and token.kind is not kind:
            raise _Wrong(token, word=token.text)
        self._at += 1
        return token

    def _peek(self, kind: Kind, text: str | None = None) -> bool:
        if self._at >= len(self._tokens):
            return False
        token = self._tokens[self._at]
        return token.kind is kind and (text is None or token.text == text)

    def _end(self) -> None:
        if self._at < len(self._tokens):
            raise _Wrong(self._tokens[self._at], word=self._tokens[self._at].text)


def _unread(token: Token) -> _Wrong:
    """What ends the scanner itself."""
    if token.kind is Kind.TOO_LONG:
        return _Wrong(token, "token-too-long", word=token.text, most=str(LONGEST_TOKEN))
    return _Wrong(token, "carriage-return") if token.text == "\r" else _Wrong(token, word=token.text)
