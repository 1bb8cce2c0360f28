"""Is a name that was refused an account in another form, or one that is shut out?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.dovecot.configured import Configured, configurations
from mailproof.checks.login.account_usable import KINDS as ACCOUNTS
from mailproof.checks.login.login_accepted import KINDS as ACCEPTED
from mailproof.checks.survey import place
from mailproof.model.authentication import LoginTried
from mailproof.model.configuration import DovecotFiles, FileState
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Finding, Param, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.reply import ReplyClass
from mailproof.parse.dovecot.reader import Block

NAME = "login-name-in-store"
NEEDS = (DovecotFiles, LoginTried)
KINDS = (
    *(kind for kind in ACCOUNTS if kind.name in ("user-name-has-domain", "user-name-lacks-domain")),
    *(kind for kind in ACCEPTED if kind.name == "user-disabled"),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        denied = dict(_names(configured, deny=True))
        accounts = dict(_names(configured, deny=False))
        if not accounts or configured.value("auth_username_format") not in ("", "%u", "%Lu"):
            continue  # what is looked up is another name than the one that was typed
        for sighting in record.seen(LoginTried):
            fact = sighting.fact
            if fact.accepted or fact.reply is None or fact.reply.kind is not ReplyClass.PERMANENT or not fact.user:
                continue
            if fact.user in denied:
                yield Finding(
                    "user-disabled", (*sighting.evidence(fact.reply.turn), denied[fact.user]), **place(sighting)
                )
                continue
            if fact.user in accounts:
                yield Passed(NAME, (accounts[fact.user],), sighting.url)
                continue
            local, at, _ = fact.user.partition("@")
            if at and local in accounts:
                name, line = "user-name-has-domain", accounts[local]
            elif not at and (found := next((each for each in accounts if each.startswith(f"{local}@")), "")):
                name, line = "user-name-lacks-domain", accounts[found]
            else:
                continue
            params: dict[str, Param] = {key: fact.user for kind in KINDS if kind.name == name for key in kind.params}
            yield Finding(name, (*sighting.evidence(fact.reply.turn), line), **place(sighting), params=params)


def _names(configured: Configured, *, deny: bool) -> Iterator[tuple[str, Evidence]]:
    """The names in the files of a passdb, each with its line; those that a database has are not known.

    With `deny`, of those passdbs whose accounts may not log in (Dovecot manual: passdb).
    """
    for seen in configured.files.values():
        if seen.state is not FileState.FILE or not _is_of_passdb(configured, seen.name, deny=deny):
            continue
        for number, line in enumerate(seen.data.decode("utf-8", "replace").splitlines(), 1):
            name = line.partition(":")[0]
            if name and not line.startswith("#"):
                yield name, configured.line(seen.name, number)


def _is_of_passdb(configured: Configured, path: str, *, deny: bool) -> bool:
    passdbs = (block for _, block in configured.root.all_blocks() if block.kind == "passdb")
    blocks = (block for block in passdbs if deny is (_value(block, "deny") == "yes"))
    words = (word for block in blocks for setting in block.settings for word in setting.value.split())
    return any(word.rpartition("=")[2] == path for word in words)


def _value(block: Block, name: str) -> str:
    setting = block.last(name)
    return setting.value.lower() if setting is not None else ""
