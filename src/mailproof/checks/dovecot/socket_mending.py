"""What would let Postfix and Dovecot meet: the path on the one side, or the socket on the other."""

from __future__ import annotations

from collections.abc import Sequence

from mailproof.checks.dovecot.configured import Configured as Dovecot
from mailproof.checks.dovecot.mending import RELOAD, block_filled, inside_set, listener_added
from mailproof.checks.mending import remedy
from mailproof.checks.postfix.configured import Configured as Postfix
from mailproof.checks.postfix.mending import RELOAD as RELOAD_POSTFIX
from mailproof.checks.postfix.mending import mend, value_set
from mailproof.model.remedy import Remedy
from mailproof.parse.dovecot.reader import Block
from mailproof.parse.postfix.parameters import Setting

# Sockets of its own programs, by the last part of their path.
_OF_DOVECOT = ("/auth-userdb", "/auth-master", "/auth-login", "/auth-worker", "/login/login", "/token-login")


def meeting(
    postfix: Postfix, dovecot: Dovecot, setting: Setting, path: str, service: str, listeners: Sequence[str]
) -> Remedy | None:
    """Where Dovecot listens for Postfix at one place, Postfix goes there; where it does nowhere, it shall.

    None where it listens at several, or where neither side can be told to be the wrong one.
    """
    queue = f"{postfix.main.value('queue_directory').text}/"
    inside = [name.removeprefix(queue) for name in listeners if name.startswith(queue)]
    elsewhere = [name for name in listeners if not name.startswith(queue) and not name.endswith(_OF_DOVECOT)]
    if not setting.value.endswith(path):
        return None  # it stands in another parameter
    before, whole = setting.value.removesuffix(path), path if path.startswith("/") else f"{queue}{path}"
    if len(inside) == 1:
        return mend(value_set(postfix, setting, f"{before}{inside[0]}"))
    if inside:
        return None
    if whole.startswith(queue):
        owner = postfix.main.value("mail_owner").text
        return remedy(listener_added(dovecot, service, whole, owner), then=(RELOAD, RELOAD_POSTFIX))
    chrooted = any(each.chrooted for each in postfix.running("smtpd" if service == "auth" else service))
    return None if chrooted or len(elsewhere) != 1 else mend(value_set(postfix, setting, f"{before}{elsewhere[0]}"))


def permitted(postfix: Postfix, dovecot: Dovecot, block: Block) -> Remedy | None:
    """The socket for Postfix alone, as its manual has it (SASL_README)."""
    owner = postfix.main.value("mail_owner").text
    wanted = {"mode": "0660", "user": owner, "group": owner}
    changes = [
        inside_set(dovecot, block, name, value) for name, value in wanted.items() if block.last(name) is not None
    ]
    new = [f"{name} = {value}" for name, value in wanted.items() if block.last(name) is None]
    return remedy(*changes, *([block_filled(dovecot, block, *new)] if new else []), then=(RELOAD,))
