"""Does mail to others leave this machine?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.exim.configured import Configured, running
from mailproof.checks.exim.logins import servers
from mailproof.checks.exim.mending import mend, settings_place, written
from mailproof.checks.exim.ports import variables
from mailproof.checks.files import bounded, fault
from mailproof.checks.log.causes import cause_named
from mailproof.model.configuration import EximFiles
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.exim.debian import STARTED

NAME = "exim-mail-goes-out"
NEEDS = (EximFiles,)
KINDS = (
    FindingKind(
        "outgoing-mail-disabled",
        Layer.DELIVERY,
        ("router", "submission"),
        (Explains("not-delivered", Scope.SERVER),),
        ("update-exim4.conf(8) dc_eximconfig_configtype", "Exim specification: the redirect router"),
    ),
    cause_named("delivery-deferred"),
)

# What Debian's QUEUERUNNER is where nobody looks at the queue.
_NO_RUNNER = ("no", "nodaemon")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in running(record):
        answers = bounded(NAME, _fails(configured), _waits(configured))
        yield from answers or [Passed(NAME, (configured.section("router"),))]


def _fails(configured: Configured) -> Iterator[Answer]:
    """A router that fails every address that is not of the machine's own, as Debian's `local` has it."""
    for router in configured.configuration.routers:
        domains, data = router.get("domains"), router.get("data")
        if domains is None or data is None or not data.value.lstrip().startswith(":fail:"):
            continue
        if domains.value.lstrip().startswith("!") and router.get("condition") is None:
            shown: tuple[Evidence, ...] = (configured.at(data), configured.at(domains))
            kind = configured.configuration.defined.get("DC_eximconfig_configtype")
            if kind is not None:
                shown = (configured.line(*kind), *shown)
            users = "yes" if servers(configured) else "no"
            yield fault("outgoing-mail-disabled", *shown, router=router.name, submission=users)


def _waits(configured: Configured) -> Iterator[Answer]:
    """Mail is only put into the queue, and nothing takes it out."""
    queued = configured.main.get("queue_only")
    if queued is None or queued.value != "yes":
        return
    for line, name, value in variables(configured):
        if name == "QUEUERUNNER" and value in _NO_RUNNER:
            found = fault("delivery-deferred", configured.at(queued), configured.line(STARTED, line))
            runner = written(configured, settings_place(configured, name, STARTED), "combined")
            yield found.mended_by(mend(configured, runner, restart=True))
