"""What `log summary` tells: tables of words that text and HTML share, and the text. JSON is `text_of` as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from mailproof.catalog.words import Words, words
from mailproof.model.log_summary import Counted, Delays, LogSummary, Reason, Traffic
from mailproof.report.layout import cell_len, cut, pad, records, wrap
from mailproof.report.style import Style, paint

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_TRAFFIC = ("received", "delivered", "deferrals", "bounced", "rejected")


class Table(NamedTuple):
    """One of the tables, in words. The first column is a name, the last may be a text; all others are numbers."""

    name: str
    """Of its title in the catalogue."""
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: int = 1
    """How many columns from the left are text."""


def render_summary(summary: LogSummary, lang: str, color: bool, width: int, *, everything: bool = False) -> str:
    """The answer in a line, then the tables that have something in them; with `everything` the unknown lines too."""
    say = words(lang)
    first = answer(summary, say) if summary.mail else say("log.no-mail")
    lines = wrap(first, width) + wrap(span(summary, say), width)
    for table in tables(summary, say):
        lines += ["", paint(table.title, Style.HEADING, color), *_columns(table, width)]
    if summary.folded:
        lines += ["", *wrap(say("summary.folded"), width)]
    if summary.unknown or summary.unread:
        lines += ["", *wrap(say("log.not-known", unknown=summary.unknown, unread=summary.unread), width)]
        if everything:
            lines += [line for sample in summary.samples for line in wrap(sample, width, "  ? ", "    ")]
    return "\n".join(lines) + "\n"


def answer(summary: LogSummary, say: Words) -> str:
    """The totals, as a sentence."""
    totals = summary.totals
    numbers = {name: number(getattr(totals, name)) for name in (*_TRAFFIC, "deferred")}
    return say("summary.answer", **numbers)


def span(summary: LogSummary, say: Words) -> str:
    """Which time, and how many lines."""
    lines = {"lines": number(summary.lines), "mail": number(summary.mail)}
    if not summary.first:
        return say.counted("summary.timeless", summary.lines, **lines)
    return say.counted("summary.span", summary.lines, first=summary.first, last=summary.last, **lines)


def tables(summary: LogSummary, say: Words) -> Iterator[Table]:
    """In the order in which they are read; those with nothing in them are left out."""
    for table in (
        _totals(summary, say),
        *(_traffic(name, getattr(summary, name), say) for name in ("days", "hours", "hosts")),
        _services(summary, say),
        *(_correspondents(name, summary, say) for name in ("senders", "sender-domains", "recipients")),
        _domains(summary, say),
        _delays(summary.delays, say),
        _slowest(summary, say),
        *(_reasons(name, summary, say) for name in ("deferrals", "bounces", "rejects", "reject-warnings")),
        *(_reasons(name, summary, say) for name in ("held", "discarded")),
        _counted("refused-clients", summary.refused_clients, say, "client"),
        _logins(summary, say),
        _reasons("login-failures", summary, say),
        _counted("failed-clients", summary.failed_clients, say, "client"),
        _tls(summary, say),
        _counted("tls-levels", summary.tls_levels, say, "level"),
        *(_counted(name, getattr(summary, name), say, "event") for name in ("greylisting", "postscreen")),
        *(_reasons(name, summary, say) for name in ("warnings", "errors")),
    ):
        if table.rows:
            yield table


def number(value: int) -> str:
    """`1,234,567`."""
    return f"{value:,}"


def octets(value: int) -> str:
    """`1.5 GiB`: three digits, and a unit of powers of 1024 (IEC 80000-13)."""
    amount, unit = float(value), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{value} B" if not unit else f"{amount:.{0 if amount >= 100 else 1}f} {_UNITS[unit]}"


def duration(seconds: float, say: Words) -> str:
    """`0.05 s`, `12 s`, `3.4 min`, `5.0 h`, `2.1 d`."""
    for limit, unit, size in ((60.0, "seconds", 1.0), (3600.0, "minutes", 60.0), (172800.0, "hours", 3600.0)):
        if seconds < limit:
            value = seconds / size
            return say(f"summary.{unit}", n=f"{value:.{2 if value < 1 else 1 if value < 10 else 0}f}")
    return say("summary.days-long", n=f"{seconds / 86400:.1f}")


def _table(name: str, say: Words, heads: tuple[str, ...], rows: Iterator[tuple[str, ...]], texts: int = 1) -> Table:
    shown = tuple(say(f"summary.column-{head}") if head else "" for head in heads)
    return Table(name, say(f"summary.title-{name}"), shown, tuple(rows), texts)


def _totals(summary: LogSummary, say: Words) -> Table:
    def rows() -> Iterator[tuple[str, ...]]:
        for name in summary.totals.__struct_fields__:
            value = getattr(summary.totals, name)
            if value or name in ("received", "delivered"):
                shown = octets(value) if name.startswith("bytes") else number(value)
                yield say(f"summary.total-{name.replace('_', '-')}"), shown

    return _table("totals", say, ("", ""), rows())


def _traffic(name: str, lines: tuple[Traffic, ...], say: Words) -> Table:
    if len(lines) < 2 and name != "hours":
        lines = ()
    heads = {"days": "day", "hours": "hour", "hosts": "host"}
    rows = ((line.name or "-", *(number(getattr(line, column)) for column in _TRAFFIC)) for line in lines)
    return _table(name, say, (heads[name], *_TRAFFIC), rows)


def _services(summary: LogSummary, say: Words) -> Table:
    columns = ("received", "with-login", "rejected")
    rows = ((line.name, *map(number, (line.received, line.with_login, line.rejected))) for line in summary.services)
    return _table("services", say, ("service", *columns), rows)


def _correspondents(name: str, summary: LogSummary, say: Words) -> Table:
    rows = (
        (line.name, number(line.messages), octets(line.bytes)) for line in getattr(summary, name.replace("-", "_"))
    )
    return _table(name, say, ("domain" if "domain" in name else "address", "messages", "bytes"), rows)


def _domains(summary: LogSummary, say: Words) -> Table:
    rows = (
        (
            *(line.domain, number(line.messages), octets(line.bytes), number(line.deferrals)),
            *(duration(line.average_delay, say), duration(line.longest_delay, say)),
        )
        for line in summary.recipient_domains
    )
    heads = ("domain", "messages", "bytes", "deferrals", "average-delay", "longest-delay")
    return _table("recipient-domains", say, heads, rows)


def _delays(delays: Delays | None, say: Words) -> Table:
    names = () if delays is None else tuple(name for name in delays.__struct_fields__ if name != "buckets")
    rows = ((say(f"summary.delay-{name.replace('_', '-')}"), duration(getattr(delays, name), say)) for name in names)
    return _table("delays", say, ("", ""), rows)


def _slowest(summary: LogSummary, say: Words) -> Table:
    def rows() -> Iterator[tuple[str, ...]]:
        for line in summary.slowest:
            times = (line.before_queue, line.in_queue, line.connecting, line.sending, line.longest)
            counts = (line.deliveries, line.deferrals, line.bounced)
            yield line.name, *map(number, counts), *(duration(each, say) for each in times)

    heads = (
        "deliveries",
        "deferrals",
        "bounced",
        "before-queue",
        "in-queue",
        "connecting",
        "sending",
        "longest-delay",
    )
    return _table("slowest", say, ("relay", *heads), rows())


def _reasons(name: str, summary: LogSummary, say: Words) -> Table:
    lines: tuple[Reason, ...] = getattr(summary, name.replace("-", "_"))
    rows = ((line.place, line.reason, number(line.count)) for line in lines)
    return _table(name, say, ("place", "reason", "count"), rows, texts=2)


def _counted(name: str, lines: tuple[Counted, ...], say: Words, head: str) -> Table:
    def shown(text: str) -> str:
        key = f"summary.greylisting-{text}"
        return say(key) if name == "greylisting" and key in say else text

    return _table(name, say, (head, "count"), ((shown(line.name), number(line.count)) for line in lines))


def _logins(summary: LogSummary, say: Words) -> Table:
    rows = (
        (line.service, line.mechanism or "-", *map(number, (line.accepted, line.without_tls, line.failed)))
        for line in summary.logins
    )
    return _table("logins", say, ("service", "mechanism", "accepted", "without-tls", "failed"), rows, texts=2)


def _tls(summary: LogSummary, say: Words) -> Table:
    rows = (
        (say(f"summary.direction-{line.direction}"), line.version, line.cipher, number(line.connections))
        for line in summary.tls
    )
    return _table("tls", say, ("direction", "version", "cipher", "connections"), rows, texts=3)


def _columns(table: Table, width: int) -> Iterator[str]:
    """Texts to the left and numbers to the right, in columns as wide as they must be; the widest text is cut."""
    rows = (*((table.heads,) if any(table.heads) else ()), *table.rows)
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    widest = max(range(table.texts), key=lambda column: widths[column])
    room = width - 2 - sum(widths) - 2 * (len(widths) - 1) + widths[widest]
    widths[widest] = max(min(widths[widest], room), 8)
    left: list[Callable[[str, int], str]] = [
        _left if column < table.texts else _right for column in range(len(widths))
    ]
    if 2 + sum(widths) + 2 * (len(widths) - 1) > width and any(table.heads):
        yield from (f"  {line}" for line in records((("", *table.heads[1:]), *table.rows), width - 2))
        return
    for row in rows:
        cells = (place(cell, size) for place, cell, size in zip(left, row, widths, strict=True))
        yield ("  " + "  ".join(cells)).rstrip()


def _left(text: str, width: int) -> str:
    return pad(cut(text, width), width)


def _right(text: str, width: int) -> str:
    return " " * (width - cell_len(text)) + text
