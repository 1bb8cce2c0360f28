"""What became of the logins of one run, one by one."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mailproof.model.report import Judged, Report


class LoginEnd(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """The server answered, and its answer is no word on the credentials: a limit, a temporary failure."""
    FAILED = "failed"
    """The conversation ended before an answer."""
    NOT_TRIED = "not-tried"
    """No secret went out, and why."""


class LoginResult(msgspec.Struct, frozen=True):
    """One user name with one mechanism at one endpoint."""

    end: LoginEnd
    exit_code: int
    """Of the stage that failed (docs/login.md); 0 where the login was accepted."""
    target: str
    user: str
    mechanism: str = ""
    """As tried, or as wanted; empty where none came to be chosen."""
    endpoint: str = ""
    address: str = ""
    seconds: float = 0.0
    """For the whole connection."""
    reply: str = ""
    """The server's last words on it, code and all."""
    cause: Judged | None = None
    can_be: tuple[str, ...] = ()
    """Names of findings that a bare refusal can stand for, the likeliest first."""
    why: str = ""
    """English sentence: why it was not tried, or is not known."""
    reason: str = ""
    """Name of that sentence in the catalogue."""
    params: dict[str, str] = {}


class LoginReport(msgspec.Struct, frozen=True):
    """JSON of `mailproof login`."""

    ok: bool
    exit_code: int
    logins: tuple[LoginResult, ...]
    report: Report
    """The same run judged as `check` judges: TLS, certificate, findings, transcripts."""
