"""Charts as inline SVG: bars upright and lying, in the colours of html.css. The numbers stand in titles."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mailproof.model.escape import printable

_WIDTH, _HEIGHT = 720, 220
_LEFT, _BELOW, _ABOVE = 56, 28, 12
_ROW, _NAME = 26, 190
# Names under the bars, at most.
_LABELS = 24


def stacked_bars(title: str, names: Sequence[str], series: Sequence[tuple[str, str, Sequence[int]]]) -> str:
    """Upright bars, one for each name, of pieces: (word, class of its colour, values)."""
    sums = [sum(values) for values in zip(*(each[2] for each in series), strict=True)]
    top = _round_up(max(sums, default=0))
    step = (_WIDTH - _LEFT) / max(len(names), 1)
    inner = _HEIGHT - _BELOW - _ABOVE
    parts = [_opening(_WIDTH, _HEIGHT, title)]
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = _ABOVE + inner * (1 - share)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(
            f'<text class="axis" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_short(top * share)}</text>'
        )
    every = -(-len(names) // _LABELS)
    for at, name in enumerate(names):
        x, y = _LEFT + at * step, _ABOVE + float(inner)
        told = [f"{word}: {values[at]:,}" for word, _, values in series if values[at]]
        parts.append(f"<g><title>{_text('; '.join((name, *told)))}</title>")
        for _, kind, values in series:
            height = inner * values[at] / top
            y -= height
            if height:
                shape = f'x="{x + step * 0.1:.1f}" y="{y:.1f}" width="{step * 0.8:.1f}" height="{height:.1f}"'
                parts.append(f'<rect class="{kind}" {shape}/>')
        parts.append("</g>")
        if at % every == 0:
            middle = f'x="{x + step / 2:.1f}" y="{_HEIGHT - 8}"'
            parts.append(f'<text class="axis" {middle} text-anchor="middle">{_text(name)}</text>')
    legend = "".join(f'<span class="key {kind}">{_text(word)}</span>' for word, kind, _ in series)
    return f"<figure>{''.join(parts)}</svg><figcaption>{legend}</figcaption></figure>"


def lying_bars(title: str, rows: Sequence[tuple[str, float, str]], kind: str = "delivered") -> str:
    """A bar to the right for each row: (name, value, how it is written)."""
    longest = max((value for _, value, _ in rows), default=0) or 1
    room = _WIDTH - _NAME - 110
    parts = [_opening(_WIDTH, _ROW * len(rows) + 6, title)]
    for at, (name, value, written) in enumerate(rows):
        y = at * _ROW + 4
        length = max(room * value / longest, 1)
        parts.append(f'<text class="axis" x="{_NAME - 8}" y="{y + 14}" text-anchor="end">{_text(_cut(name))}</text>')
        parts.append(f'<rect class="{kind}" x="{_NAME}" y="{y}" width="{length:.1f}" height="{_ROW - 8}"/>')
        parts.append(f'<text class="axis" x="{_NAME + length + 6:.1f}" y="{y + 14}">{_text(written)}</text>')
    return f"<figure>{''.join(parts)}</svg></figure>"


def _opening(width: float, height: float, title: str) -> str:
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{_text(title)}">'


def _round_up(value: int) -> int:
    """The next number that begins with 1, 2 or 5, or 4 for a scale of four steps."""
    size = 1
    while value > size * 10:
        size *= 10
    return next((size * first for first in (1, 2, 4, 6, 8, 10) if size * first >= value), 1)


def _short(value: float) -> str:
    if value >= 1_000_000:
        return f"{value / 1_000_000:g}M"
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def _cut(name: str) -> str:
    return name if len(name) <= 28 else f"{name[:27]}…"


def _text(text: str) -> str:
    return escape(printable(text))
