"""The judged record. JSON is its canonical form and reads back (docs/formats.md)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from mailproof.model.attempt import Status, Step, Trouble
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Param, Severity
from mailproof.model.followed import EntryUsed, Waiting
from mailproof.model.log_trace import LogTrace
from mailproof.model.remedy import Remedy
from mailproof.model.transcript import Transcript


class Verdict(StrEnum):
    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Judged(msgspec.Struct, frozen=True, omit_defaults=True):
    """A finding with its severity and its place among the others; the same fault at several endpoints is one."""

    name: str
    severity: Severity
    endpoint: str | None
    """The first one; None for a finding of the whole server."""
    address: str
    endpoints: tuple[str, ...]
    params: dict[str, Param]
    message: str
    """English, in every language."""
    explained_by: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    remedy: Remedy | None = None
    """What mends it, where that follows from a configuration that was read; absent in JSON where not."""


class PassedItem(msgspec.Struct, frozen=True):
    name: str
    endpoint: str | None
    evidence: tuple[Evidence, ...]


class NotTested(msgspec.Struct, frozen=True):
    what: str
    why: str
    """English sentence."""
    endpoint: str | None = None
    reason: str = ""
    """Name of the sentence in the catalogue."""
    params: dict[str, str] = {}
    asked: bool = False


class StepReport(msgspec.Struct, frozen=True):
    step: Step
    status: Status
    seconds: float
    trouble: Trouble | None = None
    """Why it failed."""


class TlsReport(msgspec.Struct, frozen=True):
    version: str
    cipher: str
    subject: str
    issuer: str
    not_after: str
    verified: bool


class EndpointReport(msgspec.Struct, frozen=True):
    url: str
    address: str
    port: int
    tls: TlsReport | None
    capabilities: tuple[str, ...]
    """As last offered, one line each: `AUTH PLAIN LOGIN`."""
    steps: tuple[StepReport, ...]
    vantage: str = ""
    """Address we came from."""
    mechanisms: tuple[str, ...] = ()
    """With which a login was accepted; where none was, those that were tried."""


class MessageReport(msgspec.Struct, frozen=True):
    """What the server itself tells of a message that it took."""

    endpoint: str
    """That took it."""
    recipient: str
    trace: LogTrace
    """How it ended, and each leg of its way."""
    waiting: tuple[Waiting, ...] = ()
    """As long as it is in the queue."""
    entries: tuple[EntryUsed, ...] = ()
    """Lines of tables by which an address of it became another."""


class Report(msgspec.Struct, frozen=True):
    mailproof: str
    schema: int
    started: str
    seconds: float
    verdict: Verdict
    causes: tuple[Judged, ...]
    findings: tuple[Judged, ...]
    passed: tuple[PassedItem, ...]
    not_tested: tuple[NotTested, ...]
    endpoints: tuple[EndpointReport, ...]
    transcripts: tuple[Transcript, ...]
    profile: str = "default"
    targets: tuple[str, ...] = ()
    vantage: tuple[str, ...] = ()
    proxy: str = ""
    """URL of the proxy that everything went through; empty for none."""
    messages: tuple[MessageReport, ...] = ()
    """Those that were followed through the server's log."""


def schema() -> dict[str, Any]:
    """The JSON Schema of a report."""
    return msgspec.json.schema(Report)
