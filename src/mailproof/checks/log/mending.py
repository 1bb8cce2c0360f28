"""What would mend what Dovecot's log complains of, where its configuration says what was meant.

Nothing that keeps somebody out is taken away: a plugin can be what protects mailboxes, and a PROXY header who comes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from mailproof.checks.dovecot.configured import Configured, configurations
from mailproof.checks.dovecot.mending import inside_set, mend, setting_gone, value_set
from mailproof.checks.mending import Changes, appended
from mailproof.checks.nearest import nearest
from mailproof.model.configuration import FileState
from mailproof.model.record import Record
from mailproof.model.remedy import Remedy
from mailproof.model.server_log import LogSaid
from mailproof.parse.dovecot.mailboxes import may_have_users_of
from mailproof.parse.dovecot.reader import Block, Setting

# The plugins of Dovecot 2.3 and Pigeonhole, as mail_plugins names them.
_NAMES = """
    acl apparmor charset_alias fts fts_flatcurve fts_lucene fts_solr fts_squat imap_acl imap_filter_sieve
    imap_quota imap_old_stats imap_sieve imap_zlib last_login lazy_expunge listescape mail_compress mail_crypt
    mail_crypt_acl mail_log mail_lua mailbox_alias notify notify_status old_stats pop3_migration
    push_notification push_notification_lua quota quota_clone replication sieve trash virtual welcome zlib
"""
_PLUGINS = frozenset(_NAMES.split())
_PLUGIN = re.compile(r"Plugin '([^']{1,80})' not found")
_VERSION = re.compile(r"Unknown ssl_min_protocol setting '([^']{0,80})'")
# Without these, Dovecot takes what OpenSSL and it hold to be good.
_NOT_TAKEN = re.compile(r"\((ssl_cipher_list|ssl_curve_list|ssl_dh) setting\)|set (ciphersuites) to '")
_NOT_TRUSTED = re.compile(r"([a-z0-9]+-login): \S{0,20} ?haproxy: Client not trusted")


def mended(record: Record, name: str) -> Remedy | None:
    """Of a finding that the log has; None where nothing, or more than one thing, follows from what was read."""
    found = list(configurations(record))
    told = [
        line.text for sighting in record.seen(LogSaid) if sighting.fact.name == name for line in sighting.fact.lines
    ]
    if len(found) != 1 or name not in _MENDING or not _whole(found[0]):
        return None
    changes = list(_MENDING[name](found[0], told))
    return mend(*changes) if changes else None


def _whole(configured: Configured) -> bool:
    """Whether all of it was read: what was not may say otherwise."""
    files = (configured.files[name].state for name in configured.fact.included)
    return not configured.configuration.troubles and all(state is FileState.FILE for state in files)


def _tls(configured: Configured, told: Sequence[str]) -> Iterator[Changes]:
    versions = {found[1] for text in told if (found := _VERSION.search(text))}
    refused = {found[1] or "ssl_cipher_suites" for text in told if (found := _NOT_TAKEN.search(text))}
    for _, setting in configured.settings():
        if setting.name == "ssl_min_protocol" and setting.value in versions:
            digits = "".join(re.findall(r"\d", setting.value))
            # Not one that is obsolete.
            yield value_set(configured, setting, "TLSv1.3" if digits == "13" else "TLSv1.2")
        elif setting.name in refused:
            yield setting_gone(configured, setting)


def _mailbox(configured: Configured, told: Sequence[str]) -> Iterator[Changes]:
    wrong = {found[1] for text in told if (found := _PLUGIN.search(text))}
    for word in sorted(wrong):
        meant = nearest(word, sorted(_PLUGINS))
        if not _is_slip(word, meant):
            yield None
            continue
        for _, setting in configured.settings():
            words = re.split(r"( +)", setting.value)
            if setting.name == "mail_plugins" and word in words:
                yield value_set(configured, setting, "".join(meant if each == word else each for each in words))
    if any("inbox=yes namespace missing" in text for text in told):
        yield _inbox(configured)


def _is_slip(word: str, meant: str) -> bool:
    """One letter more, less or other, or two that changed places: nothing else can have been meant."""
    if not meant or len(meant) < 4 or word == meant:
        return False
    less = {word[:at] + word[at + 1 :] for at in range(len(word))}
    more = {meant[:at] + meant[at + 1 :] for at in range(len(meant))}
    swapped = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)}
    return meant in less or word in more or meant in swapped or (len(word) == len(meant) and bool(less & more))


def _inbox(configured: Configured) -> Changes:
    """In the namespace of the user, where he has one; those that are shared are not his INBOX."""
    own = [each for each in configured.configuration.blocks("namespace") if _value(each, "type") in ("", "private")]
    plain = all(_value(each, "hidden") != "yes" and not _value(each, "prefix") for each in own)
    return inside_set(configured, own[0], "inbox", "yes") if len(own) == 1 and plain else None


def _users(configured: Configured, told: Sequence[str]) -> Iterator[Changes]:
    """Behind prefetch, the file of the passdb, where all its accounts say whose mailbox is theirs."""
    blocks = configured.configuration.blocks
    passdbs, userdbs = blocks("passdb"), blocks("userdb")
    if not any("with only userdb prefetch" in text for text in told):
        return
    if configured.is_24 or [_value(each, "driver") for each in (*passdbs, *userdbs)] != ["passwd-file", "prefetch"]:
        yield None
        return
    words = _value(passdbs[0], "args").split()
    path = words[-1] if words else ""
    asked = [each for each in words[:-1] if each.startswith("username_format=")]
    if not may_have_users_of(configured.configuration, configured.data(path)):
        yield None
        return
    args = " ".join((*asked, path))
    yield appended(configured, userdbs[0].file, "userdb {", "  driver = passwd-file", f"  args = {args}", "}")


def _proxy(configured: Configured, told: Sequence[str]) -> Iterator[Changes]:
    """Where no proxy is trusted, nobody at all gets in; where one is, he is to come by it."""
    services = {found[1] for text in told if (found := _NOT_TRUSTED.search(text))}
    if configured.value("haproxy_trusted_networks") or not services:
        return
    for around, block in configured.root.all_blocks():
        setting: Setting | None = block.last("haproxy") if block.kind == "inet_listener" else None
        if setting is not None and setting.value.lower() == "yes" and around[-1].name in services:
            yield value_set(configured, setting, "no")


def _value(block: Block, name: str) -> str:
    setting = block.last(name)
    return setting.value if setting is not None else block.name if name == "driver" else ""


_MENDING: Mapping[str, Callable[[Configured, Sequence[str]], Iterator[Changes]]] = {
    "mailbox-setup-broken": _mailbox,
    "proxy-header-missing": _proxy,
    "tls-context-broken": _tls,
    "userdb-missing": _users,
}
