"""From the record of logins by hand to one result for each that was wanted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from mailproof.checks import all_checks
from mailproof.diagnose.judge import Judgement, judge
from mailproof.model.attempt import Skipped
from mailproof.model.authentication import LoginTried
from mailproof.model.finding import Severity
from mailproof.model.login import LoginEnd, LoginResult
from mailproof.model.policy import Policy
from mailproof.model.record import Attempt, Record
from mailproof.model.report import Judged
from mailproof.parse.login_doubts import doubts
from mailproof.parse.login_refusal import LoginRefusal, login_refusal
from mailproof.run.hand.logins import Trial
from mailproof.run.hand.stages import Stage, reason_of, skipped_code, stage_code

_TRANSCRIPT = re.compile(r"transcript (\d+),")
# What says no more than that the server answered, where one wants to know why.
_BARE = "auth-rejected"
_NO_WORD = frozenset({LoginRefusal.OTHER, LoginRefusal.TEMPORARY})


SUBJECTS = ("certificate", "login", "reach", "retrieval", "tls")
"""Of the checks that a login can tell anything to."""


def login_results(
    record: Record, trials: Sequence[Trial], judgement: Judgement, policy: Policy
) -> tuple[LoginResult, ...]:
    """One for each trial, in their order. `judgement` is that of the record by `policy`."""
    accounts = dict.fromkeys(trial.account for trial in trials)
    if len(accounts) == 1:
        spans = [range(trial.first, trial.end) for trial in trials]
        return tuple(_of_account(record.attempts, trials, spans, judgement))
    results: list[LoginResult] = []
    for account in accounts:
        results += _alone(record, [trial for trial in trials if trial.account == account], policy)
    return tuple(results)


def _alone(record: Record, trials: Sequence[Trial], policy: Policy) -> Iterable[LoginResult]:
    """Of one account among several, judged by itself: what one is refused says nothing of another."""
    resolved = tuple(attempt for attempt in record.attempts if attempt.endpoint is None and attempt.observations)
    kept: list[Attempt] = list(resolved)
    spans: list[range] = []
    for trial in trials:
        spans.append(range(len(kept), len(kept) + trial.end - trial.first))
        kept += record.attempts[trial.first : trial.end]
    part = msgspec.structs.replace(record, attempts=tuple(kept))
    return _of_account(kept, trials, spans, judge(part, policy, all_checks(*SUBJECTS)))


def _of_account(
    kept: Sequence[Attempt], trials: Sequence[Trial], spans: Sequence[range], judgement: Judgement
) -> Iterable[LoginResult]:
    """Judged together, for what one mechanism or name tells of another."""
    ranked = [*judgement.causes, *(item for item in judgement.findings if item not in judgement.causes)]
    telling = [item for item in ranked if item.severity is not Severity.INFO]
    tried_all = [fact for attempt in kept for fact in attempt.observations if isinstance(fact, LoginTried)]
    for trial, span in zip(trials, spans, strict=True):
        attempts = [kept[at] for at in span]
        numbers = {sum(a.transcript is not None for a in kept[: at + 1]) for at in span}
        yield _result(trial, attempts, _cause(telling, numbers), tried_all, kept, judgement)


def _cause(ranked: Sequence[Judged], numbers: set[int]) -> Judged | None:
    """The first of these findings that one of these transcripts shows."""
    for item in ranked:
        where = (_TRANSCRIPT.match(piece.where) for piece in item.evidence)
        if any(match and int(match[1]) in numbers for match in where):
            return item
    return next((item for item in ranked if not any(_TRANSCRIPT.match(e.where) for e in item.evidence)), None)


def _result(
    trial: Trial,
    attempts: Sequence[Attempt],
    cause: Judged | None,
    others: Sequence[LoginTried],
    kept: Sequence[Attempt],
    judgement: Judgement,
) -> LoginResult:
    last = attempts[-1] if attempts else None
    tried = next((f for a in attempts for f in a.observations if isinstance(f, LoginTried)), None)
    skipped = next((s for a in attempts for s in a.skipped if s.what == "login-accepted"), None)
    reason, params = reason_of(skipped, cause, kept, judgement) if tried is None else ("", {})
    end = _end(tried, reason)
    host = last.endpoint.host if last is not None and last.endpoint is not None else ""
    bare = end is LoginEnd.REFUSED and cause is not None and cause.name == _BARE
    return LoginResult(
        end=end,
        exit_code=0 if end is LoginEnd.ACCEPTED or _left_out(skipped) else _exit_code(attempts, skipped),
        target=trial.target,
        user=trial.user,
        mechanism=tried.mechanism if tried is not None else trial.mechanism,
        endpoint=last.endpoint.url if last is not None and last.endpoint is not None else "",
        address=last.endpoint.address if last is not None and last.endpoint is not None else "",
        seconds=round(sum(step.seconds for attempt in attempts for step in attempt.steps), 3),
        reply=tried.reply.line if tried is not None and tried.reply is not None else "",
        cause=None if end is LoginEnd.ACCEPTED else cause,
        can_be=doubts(tried, host, [o for o in others if o is not tried]) if bare and tried is not None else (),
        reason=reason,
        params=params,
    )


def _left_out(skipped: Skipped | None) -> bool:
    """A mechanism that the secret at hand does not serve is no failure of the credentials."""
    return skipped is not None and not skipped.asked


def _end(tried: LoginTried | None, reason: str) -> LoginEnd:
    if tried is None:
        return LoginEnd.NOT_TRIED if reason else LoginEnd.FAILED
    if tried.accepted:
        return LoginEnd.ACCEPTED
    if tried.reply is None:
        return LoginEnd.FAILED
    return LoginEnd.UNKNOWN if login_refusal(tried) in _NO_WORD else LoginEnd.REFUSED


def _exit_code(attempts: Sequence[Attempt], skipped: Skipped | None) -> int:
    """The stage at which the last of the attempts ended."""
    last = attempts[-1] if attempts else None
    if last is None or last.endpoint is None:
        return Stage.CONNECT if skipped is None else Stage.LOGIN
    if any(skipped_code(each) is Stage.TLS for each in last.skipped):
        return Stage.TLS
    return stage_code(last) or Stage.LOGIN
