"""An error of Mount-Database, or pasted output of eseutil: what it says, and what to ask next."""

from __future__ import annotations

from datetime import UTC, datetime

from mailproof.checks import all_checks
from mailproof.emulate.ese import commands
from mailproof.model.escape import printable
from mailproof.model.explained import Explained, Explanation, Pasted, Side
from mailproof.model.record import Record
from mailproof.parse.ese.eseutil import read_eseutil
from mailproof.parse.ese.mount_error import EVENTS, MountError, mount_error
from mailproof.run.ese.look import attempts_of
from mailproof.run.explaining.bounces import MOST
from mailproof.run.explaining.pages import page_of


def explain_database(text: str) -> Explanation:
    error = mount_error(text)
    return _mount(error) if error is not None else _eseutil(text)


def _mount(error: MountError) -> Explanation:
    """The number of the store says nothing; one of the engine says what, and not of which file."""
    name = "mount-error" if error.generic else "mount-error-known" if error.jet else "mount-error-numbered"
    exception = error.exception or "Mount-Database"
    params = {"exception": exception, "hr": error.hr, "ec": str(error.ec), "jet": error.jet}
    cause = Explained(
        name,
        Side.EXCHANGE,
        code=str(error.ec),
        text=printable(f"{exception}: (hr={error.hr}, ec={error.ec})"),
        page=page_of(error.finding),
        params=params,
    )
    return Explanation(
        Pasted.DATABASE,
        causes=(cause,),
        events=EVENTS,
        commands=(commands.events(), *commands.state(error.database)),
    )


def _eseutil(text: str) -> Explanation:
    """The findings that `ese plan` has for it, without the plan."""
    from mailproof.catalog.profiles import load_profile
    from mailproof.diagnose.judge import judge

    found = read_eseutil(text)
    record = Record(datetime.now(UTC), attempts=attempts_of(found.databases, found.logs))
    judged = judge(record, load_profile(), all_checks("ese")).findings
    causes = tuple(
        Explained(item.name, Side.EXCHANGE, text=printable(item.evidence[0].text), page=item.name) for item in judged
    )
    if not causes:
        causes = (Explained("database-sound", Side.NOBODY),)
    left_out = max(0, len(causes) - MOST) + found.left_out
    return Explanation(Pasted.DATABASE, causes=causes[:MOST], left_out=left_out, commands=("mailproof ese plan -",))
