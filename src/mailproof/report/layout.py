"""Lines by cell width: a Japanese character takes two cells of a terminal (UAX 11)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

# What a line may break after: a word of narrow characters, or one wide character, together with the wide marks that
# begin no line (the closing ones) or end none (the opening ones): kinsoku, JIS X 4051.
_OPENING = "「『([【〈《"
_CLOSING = "、。,.:;!?)\\]」』】〉》・ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
_WIDE = (
    "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\U0001f300-\U0003fffd"
)
_WORD = re.compile(r" *[^ ]+ *| +")


def cell_len(text: str) -> int:
    """Cells that the text takes on a terminal."""
    if text.isascii() and text.isprintable():
        return len(text)
    from rich.cells import cell_len as wide

    return wide(text)


def pad(text: str, width: int) -> str:
    """`text` with spaces up to `width` cells."""
    return text + " " * (width - cell_len(text))


def cut(text: str, width: int) -> str:
    """`text` in at most `width` cells, with an ellipsis where something was left off."""
    if cell_len(text) <= width:
        return text
    return (chop(text, width - 1)[0] if width > 1 else "") + "…"


def chop(text: str, width: int) -> list[str]:
    """`text` in pieces of at most `width` cells, wherever that cuts it; a single character may be wider."""
    pieces = [""]
    for char in text:
        if pieces[-1] and cell_len(pieces[-1]) + cell_len(char) > width:
            pieces.append("")
        pieces[-1] += char
    return pieces


def wrap(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """`text` in lines of at most `width` cells, the first after `first`, the others after `rest` (spaces, as wide).

    Breaks at spaces and between wide characters; a word that is longer than a line is cut in pieces.
    """
    rest = " " * cell_len(first) if rest is None else rest
    lines: list[str] = []
    lead, line = first, ""
    for piece in _pieces(text, max(width - max(cell_len(first), cell_len(rest)), 2)):
        if line and cell_len(lead) + cell_len(line) + cell_len(piece.rstrip(" ")) > width:
            lines.append(lead + line.rstrip(" "))
            lead, line = rest, ""
            piece = piece.lstrip(" ")
        line += piece
    return [*lines, (lead + line.rstrip(" ")).rstrip(" ")]


def table(rows: Iterable[tuple[str, ...]], gap: int = 2) -> list[str]:
    """Rows in columns as wide as their widest cell; all rows have as many columns."""
    filled = list(rows)
    widths = [max(map(cell_len, column)) for column in zip(*filled, strict=True)]
    between = " " * gap
    return [between.join(pad(t, w) for t, w in zip(row, widths, strict=True)).rstrip() for row in filled]


def records(rows: Iterable[tuple[str, ...]], width: int) -> list[str]:
    """The rows as a table where that is no wider than `width`; else each row as a paragraph.

    The first row has the headings: below the first cell of a row stands every other one with its heading.
    """
    filled = list(rows)
    laid = table(filled)
    if max(map(cell_len, laid), default=0) <= width:
        return laid
    heads, *rest = filled
    lines = wrap(heads[0], width) if heads[0] else []
    for row in rest:
        lines += wrap(row[0], width)
        for head, cell in zip(heads[1:], row[1:], strict=True):
            lines += wrap(f"{head}: {cell}", width, "  ", "    ")
    return lines


def rows_with_text(
    rows: Iterable[tuple[str, ...]], texts: Iterable[str], width: int, room: int = 30
) -> list[list[str]]:
    """Rows in columns, and behind each a text as long as it is: a list of lines for each row.

    The text stands beside its row, line under line, where at least `room` cells are left for it, else below.
    """
    laid = table(rows)
    lead = "  " + " " * max(map(cell_len, laid), default=0) + "  "
    beside = width - cell_len(lead) >= room
    out: list[list[str]] = []
    for row, text in zip(laid, texts, strict=True):
        if not text:
            out.append(wrap(row, width, "  ", "    "))
        elif beside:
            out.append(wrap(text, width, pad(f"  {row}", cell_len(lead)), lead))
        else:
            out.append([*wrap(row, width, "  ", "    "), *wrap(text, width, "      ")])
    return out


def _pieces(text: str, longest: int) -> list[str]:
    """`text` in the pieces that are not broken, with the spaces after them; those longer than a line are cut."""
    out: list[str] = []
    # The pattern for wide characters takes longer to compile than a whole English report to print.
    pattern = _WORD if text.isascii() else _wide_pieces()
    for piece in filter(None, pattern.findall(text)):
        out.extend([piece] if cell_len(piece.rstrip(" ")) <= longest else chop(piece, longest))
    return out


@cache
def _wide_pieces() -> re.Pattern[str]:
    return re.compile(rf" *[{_OPENING}]*(?:[{_WIDE}]|[^ {_WIDE}]+(?<![{_OPENING}]))?[{_CLOSING}]* *")
