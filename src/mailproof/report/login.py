"""What `mailproof login` says: one line that answers, and what is behind it; a table where there were several."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mailproof.catalog.words import Words, words
from mailproof.model.escape import printable
from mailproof.model.login import LoginEnd, LoginReport, LoginResult
from mailproof.model.report import Judged, Report
from mailproof.report.build import message
from mailproof.report.frame import (
    beside_lines,
    headed,
    hint_lines,
    in_english,
    place_line,
    proof_lines,
    sessions,
)
from mailproof.report.layout import rows_with_text, wrap
from mailproof.report.style import Style, paint
from mailproof.report.telling import ended

_STYLES = {
    LoginEnd.ACCEPTED: Style.PASS,
    LoginEnd.REFUSED: Style.FAIL,
    LoginEnd.UNKNOWN: Style.UNKNOWN,
    LoginEnd.FAILED: Style.FAIL,
    LoginEnd.NOT_TRIED: Style.WARN,
}
# What the login itself has told already.
_OF_LOGIN = frozenset({"auth-rejected"})
# What one login tells of another, and so answers for all of them.
_OF_SEVERAL = frozenset({"user-name-has-domain", "user-name-lacks-domain", "auth-mechanism-broken"})


def build_login(results: Sequence[LoginResult], report: Report) -> LoginReport:
    """The results with their English sentences."""
    english = words("en")

    def told(result: LoginResult) -> LoginResult:
        why = english.reason(result.reason, result.params) if result.reason else ""
        return msgspec.structs.replace(result, cause=in_english(result.cause), why=why)

    logins = tuple(map(told, results))
    code = next((result.exit_code for result in logins if result.exit_code), 0)
    return LoginReport(not code, code, logins, report)


def render_login(told: LoginReport, lang: str, color: bool, width: int, verbose: bool = False) -> str:
    """For people, in lines of at most `width` cells, with a final newline."""
    say = words(lang)
    if len(told.logins) == 1:
        lines = _single(told.logins[0], told.report, say, color, width, verbose)
    else:
        lines = _several(told, say, color, width, verbose)
    if verbose:
        lines += sessions(told.report, say, color, width)
    return "\n".join(lines) + "\n"


def _single(result: LoginResult, report: Report, say: Words, color: bool, width: int, verbose: bool) -> list[str]:
    word = say(f"login.word-{result.end}")
    lines = headed(word, _STYLES[result.end], _answer(result, say), say, color, width)
    if result.end is not LoginEnd.ACCEPTED:
        lines += proof_lines(result.cause.evidence if result.cause is not None else (), say, width, verbose)
    if result.reason and result.cause is not None:
        lines += wrap(say.reason(result.reason, result.params), width, "  ")
    lines += wrap(_place(result, report, say), width, "  ")
    lines += _doubts(result, say, width)
    if result.cause is not None:
        lines += ["", *hint_lines(result.cause, say, color, width)]
    told = {result.cause.name if result.cause is not None else "", *_OF_LOGIN}
    return lines + beside_lines(told, report, say, width)


def _several(told: LoginReport, say: Words, color: bool, width: int, verbose: bool) -> list[str]:
    """A table by account, name or mechanism, and each cause once."""
    accepted = sum(result.end is LoginEnd.ACCEPTED for result in told.logins)
    total = len(told.logins)
    style = Style.PASS if accepted == total else Style.FAIL if not accepted else Style.WARN
    causes: dict[str, Judged] = {}
    for result in told.logins:
        if result.cause is not None:
            causes.setdefault(result.cause.name, result.cause)
    telling = [message(cause, say.lang) for name, cause in causes.items() if name in _OF_SEVERAL]
    count = say.counted("login.several", accepted, of=total)
    lines = [paint(line, style, color) for answer in (*telling, count) for line in wrap(answer, width)]
    lines.append("")
    columns = [name for name in ("target", "user", "mechanism") if len({getattr(r, name) for r in told.logins}) > 1]
    columns = columns or ["mechanism"]
    heading = tuple(say(f"login.column-{name}") for name in (*columns, "end"))
    rows = [
        (*(printable(getattr(r, name)) or "-" for name in columns), say(f"login.end-{r.end}")) for r in told.logins
    ]
    above, *laid = rows_with_text([heading, *rows], ["", *(_reason_of(r, say) for r in told.logins)], width)
    lines += [paint(line, Style.DIM, color) for line in above]
    for result, shown in zip(told.logins, laid, strict=True):
        lines += [paint(line, _STYLES[result.end], color and result.end is not LoginEnd.ACCEPTED) for line in shown]
    for name, cause in causes.items():
        lines += ["", *(() if name in _OF_SEVERAL else wrap(message(cause, say.lang), width))]
        lines += proof_lines(cause.evidence, say, width, verbose)
        lines += hint_lines(cause, say, color, width)
    lines += _doubts(next((r for r in told.logins if r.can_be), told.logins[0]), say, width)
    return lines


def _answer(result: LoginResult, say: Words) -> str:
    user = printable(result.user)
    if result.end is LoginEnd.ACCEPTED:
        key = "login.accepted" if user else "login.accepted-nobody"
        return say(key, user=user, mechanism=result.mechanism, reply=result.reply)
    if result.end is LoginEnd.NOT_TRIED and result.cause is None:
        return ended(say.reason(result.reason, result.params), say.lang)
    if result.cause is not None:
        return message(result.cause, say.lang)
    if result.end is LoginEnd.UNKNOWN:
        return say("login.unknown", reply=result.reply)
    return say("login.failed")


def _reason_of(result: LoginResult, say: Words) -> str:
    """For a row of the table: the server's words, or ours where it has not spoken."""
    if result.reply:
        return printable(result.reply)
    if result.reason:
        return say.reason(result.reason, result.params)
    return message(result.cause, say.lang) if result.cause is not None else ""


def _place(result: LoginResult, report: Report, say: Words) -> str:
    """Where, over which TLS, in how many seconds."""
    if not result.endpoint:
        return say("login.nowhere", target=result.target)
    return place_line(result.endpoint, result.address, report, say, result.seconds)


def _doubts(result: LoginResult, say: Words, width: int) -> list[str]:
    if not result.can_be:
        return []
    lines = ["", *wrap(say("login.can-be"), width, "  ")]
    for name in result.can_be:
        told = say(f"login.can-be-{name}", user=result.user, local=result.user.partition("@")[0])
        lines += wrap(told, width, "  - ")
    return lines
