"""A summary of a log as metrics, in the text format of Prometheus (for node_exporter's textfile collector).

https://prometheus.io/docs/instrumenting/exposition_formats/, format 0.0.4. They are gauges: a log that is rotated
starts them anew. Addresses and domains are left out: each would be a time series of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mailproof.catalog.words import words
from mailproof.model.escape import printable
from mailproof.model.log_summary import LogSummary

Sample = tuple[Mapping[str, str], float]


def render_metrics(summary: LogSummary) -> str:
    """The same in both languages."""
    return "".join(f"{line}\n" for name, samples in _metrics(summary) for line in _family(name, samples))


def _metrics(summary: LogSummary) -> Iterator[tuple[str, Iterable[Sample]]]:
    totals, delays = summary.totals, summary.delays
    yield "lines", [({"kind": "mail"}, summary.mail), ({"kind": "other"}, summary.lines - summary.mail)]
    yield "lines_unknown", [({}, summary.unknown + summary.unread)]
    outcomes = ("received", "delivered", "forwarded", "deferrals", "bounced", "rejected", "reject_warnings", "held")
    yield "messages", [({"outcome": name}, getattr(totals, name)) for name in (*outcomes, "discarded")]
    yield "messages_deferred", [({}, totals.deferred)]
    yield "bytes", [({"direction": "in"}, totals.bytes_received), ({"direction": "out"}, totals.bytes_delivered)]
    yield "service_received", [({"service": each.name}, each.received) for each in summary.services]
    yield "service_rejected", [({"service": each.name}, each.rejected) for each in summary.services]
    if delays is not None:
        stages = ("before_queue", "in_queue", "connecting", "sending")
        yield "delay_mean_seconds", [({"stage": name}, getattr(delays, name)) for name in stages]
        quantiles = (("0.5", delays.median), ("0.9", delays.p90), ("0.99", delays.p99), ("1", delays.longest))
        yield "delay_seconds", [({"quantile": quantile}, value) for quantile, value in quantiles]
    yield (
        "logins",
        [
            ({"service": each.service, "mechanism": each.mechanism, "outcome": outcome}, count)
            for each in summary.logins
            for outcome, count in (("accepted", each.accepted), ("failed", each.failed))
        ],
    )
    yield (
        "logins_without_tls",
        [({"service": each.service, "mechanism": each.mechanism}, each.without_tls) for each in summary.logins],
    )
    versions: dict[tuple[str, str], int] = {}
    for each in summary.tls:
        versions[each.direction, each.version] = versions.get((each.direction, each.version), 0) + each.connections
    yield "tls_connections", [({"direction": way, "version": name}, n) for (way, name), n in versions.items()]
    yield "greylisting", [({"action": each.name}, each.count) for each in summary.greylisting]
    yield "postscreen", [({"verdict": each.name}, each.count) for each in summary.postscreen]


def _family(name: str, samples: Iterable[Sample]) -> Iterator[str]:
    metric = f"mailproof_log_{name}"
    told = list(samples)
    if not told:
        return
    about = words("en")(f"summary.metric-{name.replace('_', '-')}")
    yield f"# HELP {metric} {about}"
    yield f"# TYPE {metric} gauge"
    for labels, value in told:
        inside = ",".join(f'{key}="{_label(text)}"' for key, text in labels.items())
        yield f"{metric}{{{inside}}} {value}" if inside else f"{metric} {value}"


def _label(text: str) -> str:
    return printable(text).replace("\\", r"\\").replace('"', r"\"")
