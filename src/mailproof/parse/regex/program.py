"""An expression as steps of a small machine (R. Cox, "Regular Expression Matching: the Virtual Machine Approach")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from mailproof.parse.regex.tree import ALL, Alt, Atomic, Back, Cat, Chars, Group, Look, Many, Node, Place, Unread

# `(x{255}){255}` is an expression that glibc takes too, and runs out of memory.
MOST_STEPS = 20_000


class Step(msgspec.Struct):
    """`chars`, `fork` (to `a` first, then to `b`), `jump`, `save`, `place`, `look`, `atomic`, `back`, `end`.

    `again` is a jump to the fork `a` of a loop; behind it, at `b`, goes on what has taken nothing since (PCRE).
    """

    op: str
    a: int = 0
    b: int = 0
    text: str = ""
    inner: Program | None = None
    negated: bool = False
    widths: tuple[int, ...] = ()


class Program(msgspec.Struct):
    steps: list[Step]
    groups: int
    first: int
    """The bytes that it can begin with; all where it may begin with none."""
    anchored: bool
    """Whether it can begin at the beginning of the text alone."""
    remembers: bool
    """Whether what it asks depends on what a group has matched."""


def program_of(node: Node, groups: int, *, posix: bool, left: Iterator[int] | None = None) -> Program:
    """Raises Unread where it would be too large, with the programs inside it: they take of what is `left`."""
    writer = _Writer(posix, iter(range(MOST_STEPS)) if left is None else left)
    writer.write(node)
    writer.add("end")
    steps = writer.steps
    first, anchored = _beginning(steps)
    inner = [step.inner for step in steps if step.inner is not None]
    remembers = any(step.op == "back" for step in steps) or any(each.remembers for each in inner)
    return Program(steps, groups, first, anchored, remembers)


class _Writer:
    def __init__(self, posix: bool, left: Iterator[int]) -> None:
        self._posix = posix
        self._left = left
        self.steps: list[Step] = []

    def add(self, op: str, a: int = 0, b: int = 0, **more: object) -> Step:
        if next(self._left, None) is None:
            raise Unread
        step = Step(op, a, b, **more)  # type: ignore[arg-type]
        self.steps.append(step)
        return step

    def write(self, node: Node) -> None:
        match node:
            case Chars(mask):
                self.add("chars", mask)
            case Cat(parts):
                for part in parts:
                    self.write(part)
            case Alt(options):
                self._alternatives(options)
            case Many(body, low, high, greedy):
                self._many(body, low, high, greedy)
            case Group(body, number):
                self.add("save", 2 * number)
                self.write(body)
                self.add("save", 2 * number + 1)
            case Place(kind):
                self.add("place", text=kind)
            case Look(body, negated, widths):
                self.add("look", inner=self._inside(body), negated=negated, widths=widths)
            case Atomic(body):
                self.add("atomic", inner=self._inside(body))
            case Back(number, caseless):
                self.add("back", number, int(caseless))

    def _inside(self, body: Node) -> Program:
        return program_of(body, 0, posix=self._posix, left=self._left)

    def _alternatives(self, options: Sequence[Node]) -> None:
        jumps = []
        for option in options[:-1]:
            fork = self.add("fork", len(self.steps) + 1)
            self.write(option)
            jumps.append(self.add("jump"))
            fork.b = len(self.steps)
        self.write(options[-1])
        for jump in jumps:
            jump.a = len(self.steps)

    def _many(self, body: Node, low: int, high: int | None, greedy: bool) -> None:
        for _ in range(low):
            before = len(self.steps)
            self.write(body)
            if len(self.steps) == before:
                return
        forks = []
        if high is None:
            start = len(self.steps)
            forks.append((len(self.steps), self.add("fork")))
            self.write(body)
            again = self.add("jump" if self._posix else "again", start)
            again.b = len(self.steps)
        for _ in range(0 if high is None else high - low):
            forks.append((len(self.steps), self.add("fork")))
            self.write(body)
        for place, fork in forks:
            inside, behind = place + 1, len(self.steps)
            fork.a, fork.b = (inside, behind) if greedy else (behind, inside)


def _beginning(steps: Sequence[Step]) -> tuple[int, bool]:
    first, anchored = 0, True
    waiting, seen = [0], set[int]()
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        step = steps[at]
        if step.op == "chars":
            first |= step.a
            anchored = False
        elif step.op == "fork":
            waiting += [step.a, step.b]
        elif step.op in ("jump", "again"):
            waiting.append(step.a)
        elif step.op == "save" or (step.op == "place" and step.text != "start"):
            waiting.append(at + 1)
        elif step.op == "place":
            first = ALL
        else:
            first, anchored = ALL, False
    return first, anchored
