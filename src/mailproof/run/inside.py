"""A check with what the server itself can tell of it."""

from __future__ import annotations

from datetime import datetime

from mailproof.model.record import Record
from mailproof.model.secret import Secrets
from mailproof.net.interface import Driver
from mailproof.run.examine import Plan, examine
from mailproof.run.log_join import with_log
from mailproof.run.log_watch import LogWatch


async def examine_inside(net: Driver, plan: Plan, started: datetime, watch: LogWatch) -> Record:
    """As `examine`; the record has what the logs say, too. `watch` was made before anything was sent."""
    record = await examine(net, plan, started)
    await watch.settled(net)
    during, before, read = watch.read(started.astimezone().date())
    secrets = Secrets(secret for wish in (plan.login, plan.mailbox_login) if wish for secret in wish.secrets)
    return with_log(record, during, read, before, secrets)
