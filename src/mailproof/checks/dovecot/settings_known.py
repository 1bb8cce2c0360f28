"""Does Dovecot know every setting, where it stands?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.dovecot.configured import Configured, configurations
from mailproof.checks.dovecot.mending import mend, name_set, value_set
from mailproof.checks.dovecot.renamed import BLOCKS_OF_23, RENAMED
from mailproof.checks.files import bounded, fault
from mailproof.checks.nearest import misspelt, nearest
from mailproof.checks.postfix.future import DROPPED
from mailproof.model.configuration import DovecotFiles
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.remedy import Remedy
from mailproof.parse.dovecot.known import known
from mailproof.parse.dovecot.reader import Block, Setting

NAME = "dovecot-settings-known"
NEEDS = (DovecotFiles,)
KINDS = (
    FindingKind(
        "dovecot-setting-unknown",
        Layer.REACH,
        ("setting", "near"),
        (Explains("port-closed", Scope.SERVER), Explains("closed-unexpectedly", Scope.SERVER)),
        ("doveconf(1)",),
    ),
    DROPPED,
)

# In these a setting can have any name: their own programs read it.
_FREE = ("plugin", "dict", "map", "fields", "value", "mail_attribute")
# Blocks of 2.3 whose settings the sources call otherwise.
_WHERE = {"unix_listener": "listener", "fifo_listener": "listener", "inet_listener": "inet_listener",
          "service": "service", "passdb": "passdb", "userdb": "userdb", "namespace": "namespace",
          "mailbox": "mailbox"}  # fmt: skip
# Read by the parser itself (config-parser.c of 2.4).
_OF_PARSER = ("dovecot_config_version", "dovecot_storage_version")
# Filters, and what may stand in any of them.
_ANYWHERE = (
    "protocol",
    "local",
    "remote",
    "local_name",
    "group",
    "plugin",
    "passdb",
    "userdb",
    "namespace",
    "service",
)
_BLOCKS_OF_23 = (*_ANYWHERE, "mailbox", "dict", "inet_listener", "unix_listener", "fifo_listener", "metric",
                 "event_exporter", "auth", "socket", "client", "master")  # fmt: skip
# A server of a database, by its name: `mysql localhost { user = ... }`; its library tells the settings, not the core.
_SERVERS = ("mysql", "pgsql")
_FILTERS = ("", "protocol", "local", "remote", "local_name", "group")
# Of plugins and of Pigeonhole, which are not in the sources that were read.
_OF_OTHERS = ("sieve", "managesieve", "imapsieve", "fts", "acl_", "quota", "virtual_", "mail_crypt", "push_notif",
              "metric", "event_exporter", "solr_", "flatcurve", "stats_", "notify_", "mail_log_", "expire_", "lazy_",
              "trash_", "welcome_", "zlib_", "last_login", "spam_", "antispam", "imap_", "lda_", "lmtp_")  # fmt: skip
# Read by old versions, and by 2.3 with a warning (old-set-parser.c).
_OLD = frozenset({"ssl_protocols", "ssl_parameters_regenerate", "ssl_dh_parameters_length", "ssl_disable",
                  "login_dir", "dbox_rotate_size", "fsync_disable", "imap_client_workarounds", "auth_executable",
                  "login_executable", "mail_executable", "ssl_cert_file", "ssl_key_file", "ssl_ca_file"})  # fmt: skip


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _settings(configured), _blocks(configured), _old_blocks(configured))
        yield from answers
        if not any(isinstance(each, Finding) and each.name == "dovecot-setting-unknown" for each in answers):
            yield Passed(NAME, (configured.begin,))


def _settings(configured: Configured) -> Iterator[Answer]:
    for around, setting in configured.settings():
        kinds = [each.kind.partition(" ")[0] for each in around]
        if any(kind in _FREE for kind in kinds) or setting.name.startswith("@") or setting.name in _OF_PARSER:
            continue
        name = setting.name.rpartition("/")[2]
        before = _known_23(name, kinds[-1]) or name in _OLD
        after = _known_24(name, around)
        if before and not after:
            yield _dropped(configured, setting, "no" if configured.is_24 else "yes")
        elif not (after if configured.is_24 else before):
            yield _unknown(configured, setting)


def _unknown(configured: Configured, setting: Setting) -> Answer:
    names = [
        name
        for name, rows in known().items()
        if any(row.kind_24 if configured.is_24 else row.kind_23 for row in rows)
    ]
    near = nearest(setting.name, names)
    remedy = mend(name_set(configured, setting, near)) if misspelt(setting.name, near) else None
    shown = configured.at(setting)
    return fault("dovecot-setting-unknown", shown, setting=setting.name[:60], near=near).mended_by(remedy)


def _dropped(configured: Configured, setting: Setting, still: str) -> Answer:
    instead = RENAMED.get(setting.name.rpartition("/")[2], "-")
    return fault(
        "setting-dropped",
        configured.at(setting),
        setting=setting.name,
        version="Dovecot 2.4",
        instead=instead,
        still=still,
    ).mended_by(_successor(configured, setting, instead) if still == "no" else None)


def _successor(configured: Configured, setting: Setting, instead: str) -> Remedy | None:
    """The same as 2.4 has it; while 2.3 reads the file, it is right as it is."""
    if setting.name == "disable_plaintext_auth":
        return mend(value_set(configured, setting, "no" if setting.value.lower() == "yes" else "yes", instead))
    if not re.fullmatch(r"[a-z0-9_]+", instead) or setting.name in ("ssl_protocols", "service_count"):
        return None
    if setting.from_file:
        return mend(value_set(configured, setting, setting.value, instead)) if instead.endswith("_file") else None
    return mend(name_set(configured, setting, instead))


def _known_23(name: str, kind: str) -> bool:
    rows = known().get(name)
    if rows is None or not any(row.kind_23 for row in rows):
        return name.startswith(_OF_OTHERS)
    if kind in _FILTERS:
        return any(row.where == "-" and row.kind_23 for row in rows) or name.startswith(_OF_OTHERS)
    where = _WHERE.get(kind)
    return where is None or any(row.where == where and row.kind_23 for row in rows)


def _in_23(name: str) -> bool:
    return any(row.kind_23 for row in known().get(name, ()))


def _in_24(name: str) -> bool:
    return any(row.kind_24 for row in known().get(name, ()))


def _known_24(name: str, around: tuple[Block, ...]) -> bool:
    """With the beginning that the blocks around it stand for (`inet_listener` { `ssl` } is `inet_listener_ssl`)."""
    if _in_24(name) or name.startswith(_OF_OTHERS):
        return True
    for block in around:
        if block.kind in ("plugin", "local", "remote", "protocol", "local_name"):
            continue
        if block.kind and (_in_24(f"{block.kind}_{name}") or block.kind.startswith(_OF_OTHERS)):
            return True
        driver = block.name.replace("-", "_")
        # passdb sql { query } is passdb_sql_query, passdb passwd-file { path } is passwd_file_path.
        if block.kind in ("passdb", "userdb") and (
            _in_24(f"{driver}_{name}") or _in_24(f"{block.kind}_{driver}_{name}")
        ):
            return True
    # A list of names: mail_plugins { quota = yes }, sql's and fields' own keys.
    kind = around[-1].kind
    return any(row.kind_24 in ("boollist", "strlist") for row in known().get(kind, ()))


def _blocks(configured: Configured) -> Iterator[Answer]:
    """Blocks of no kind that there is."""
    for around, block in configured.root.all_blocks():
        kind = block.kind.partition(" ")[0]
        if any(each.kind in _FREE for each in around) or kind in _ANYWHERE or kind.startswith(_OF_OTHERS):
            continue
        # 2.3 takes a block of the name of any setting, and makes nothing of it.
        if _block_of_24(kind, around) if configured.is_24 else kind in _BLOCKS_OF_23 or _in_23(kind):
            continue
        names = _BLOCKS_OF_23 if not configured.is_24 else [*_BLOCKS_OF_23, *_ANYWHERE]
        shown = configured.at(block)
        yield fault("dovecot-setting-unknown", shown, setting=f"{kind} {{ }}"[:60], near=nearest(kind, names))


def _block_of_24(kind: str, around: tuple[Block, ...]) -> bool:
    """A named filter, or a list of names; with the beginning that the blocks around it stand for."""
    if kind in _SERVERS:
        return True
    names = [kind, *(f"{each.kind}_{kind}" for each in around if each.kind)]
    names += [f"{each.name.replace('-', '_')}_{kind}" for each in around if each.name]
    return any(
        row.kind_24.startswith("filter") or row.kind_24.endswith("list") for n in names for row in known().get(n, ())
    )


def _old_blocks(configured: Configured) -> Iterator[Answer]:
    """Blocks that 2.4 has no more."""
    for _, block in configured.root.all_blocks():
        if block.kind in BLOCKS_OF_23:
            yield fault(
                "setting-dropped",
                configured.at(block),
                setting=f"{block.kind} {{ }}",
                version="Dovecot 2.4",
                instead=BLOCKS_OF_23[block.kind],
                still="yes",  # 2.4 takes it, and its own plugins read nothing in it
            )
