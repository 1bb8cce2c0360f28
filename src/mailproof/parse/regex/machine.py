"""Runs a program over a text: no step of it is tried twice at one place of the text, so nothing hangs it."""

from __future__ import annotations

from mailproof.parse.regex.program import Program, Step
from mailproof.parse.regex.tree import WORD, Unread

# A tenth of a second. Without references a text takes at most as many as it has bytes for each step of the program.
_MOST_STEPS = 200_000

Spans = list[int]
"""Of each group, the whole first: where it begins and ends; -1 where it was not met."""


class Machine:
    """One text. Raises Unread where it would take too long."""

    def __init__(self, program: Program, text: str) -> None:
        self.program, self.text = program, text
        self._steps = 0

    def first(self) -> Spans | None:
        """The leftmost match, and of those the one that is tried first (PCRE)."""
        program, text, seen = self.program, self.text, set[int]()
        for start in range(1 if program.anchored else len(text) + 1):
            if start < len(text) and not program.first >> ord(text[start]) & 1:
                continue
            if program.remembers:
                seen = set()
            spans = self._run(program, start, seen)
            if spans is not None:
                return spans
        return None

    def longest(self) -> Spans | None:
        """Of the leftmost matches the longest; which way leads there is tried in the usual order (glibc)."""
        begun = self.first()
        if begun is None:
            return None
        ends: set[int] = set()
        self._run(self.program, begun[0], set(), ends=ends)
        return self._run(self.program, begun[0], set(), goal=max(ends)) or begun

    def _run(
        self,
        program: Program,
        start: int,
        seen: set[int],
        *,
        goal: int | None = None,
        ends: set[int] | None = None,
        spans: Spans | None = None,
    ) -> Spans | None:
        """From one place. `goal` is where it must end; with `ends` every end is kept, and nothing is returned."""
        text, size, steps = self.text, len(self.text) + 1, program.steps
        now = list(spans) if spans is not None else [-1] * (2 * (program.groups + 1))
        now[0] = start
        stack: list[tuple[int, int, int, int]] = [(0, start, -1, 0)]
        while stack:
            at, pos, slot, old = stack.pop()
            if slot >= 0:
                now[slot] = old
                continue
            while True:
                self._steps += 1
                if self._steps > _MOST_STEPS:
                    raise Unread
                if not program.remembers:
                    key = at * size + pos
                    if key in seen:
                        break
                    seen.add(key)
                step = steps[at]
                if step.op == "chars":
                    if pos + 1 >= size or not step.a >> ord(text[pos]) & 1:
                        break
                    pos += 1
                elif step.op == "fork":
                    stack.append((step.b, pos, -1, 0))
                    at = step.a
                    continue
                elif step.op == "jump":
                    at = step.a
                    continue
                elif step.op == "again":
                    at = step.b if step.a * size + pos in seen else step.a
                    continue
                elif step.op == "save":
                    if step.a < len(now):
                        stack.append((0, 0, step.a, now[step.a]))
                        now[step.a] = pos
                elif step.op == "place":
                    if not at_place(step.text, text, pos):
                        break
                elif step.op == "end":
                    if ends is not None:
                        ends.add(pos)
                        break
                    if goal is not None and pos != goal:
                        break
                    now[1] = pos
                    return now
                elif step.op == "back":
                    pos = self._again(step, pos, now)
                    if pos < 0:
                        break
                elif step.inner is not None:
                    done = self._inside(step, step.inner, pos, now)
                    if (done is None) != step.negated:
                        break
                    if done is not None:
                        changed = [slot for slot in range(2, len(now)) if now[slot] != done[slot]]
                        stack += [(0, 0, slot, now[slot]) for slot in changed]
                        now[2:] = done[2:]
                        pos = done[1] if step.op == "atomic" else pos
                at += 1
        return None

    def _again(self, step: Step, pos: int, now: Spans) -> int:
        """Where it goes on behind what a group has matched, or -1."""
        begin, end = now[2 * step.a : 2 * step.a + 2]
        wanted, found = self.text[begin:end], self.text[pos : pos + end - begin]
        same = found.lower() == wanted.lower() if step.b else found == wanted
        return pos + end - begin if end >= 0 and same else -1

    def _inside(self, step: Step, inner: Program, pos: int, now: Spans) -> Spans | None:
        if not step.widths:
            return self._run(inner, pos, set(), spans=now)
        for width in step.widths:
            if width <= pos and (done := self._run(inner, pos - width, set(), goal=pos, spans=now)) is not None:
                return done
        return None


def at_place(kind: str, text: str, pos: int) -> bool:
    """Whether an anchor or an edge of a word is here."""
    match kind:
        case "start":
            return pos == 0
        case "end":
            return pos == len(text)
        case "end-or-newline":
            return pos == len(text) or (pos == len(text) - 1 and text[pos] == "\n")
        case "line-start":
            return pos == 0 or text[pos - 1] == "\n"
        case "line-end":
            return pos == len(text) or text[pos] == "\n"
    before = pos > 0 and bool(WORD >> ord(text[pos - 1]) & 1)
    after = pos < len(text) and bool(WORD >> ord(text[pos]) & 1)
    match kind:
        case "word":
            return before != after
        case "no-word":
            return before == after
        case "word-start":
            return after and not before
    return before and not after
