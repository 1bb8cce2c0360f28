"""May the user of the mailboxes write where they are? Only said where it is one user for all, and a known one."""

from __future__ import annotations

import pytest

from configurations import linted, record_of
from mailproof.model.report import Judged

STATIC = "userdb {\n  driver = static\n  args = uid=vmail gid=vmail home=/var/vmail/%d/%n\n}\n"
OF_24 = "dovecot_config_version = 2.4.1\nuserdb static {\n  fields {\n    uid = vmail\n  }\n}\n"
FILE = "mail_uid = vmail\nuserdb {\n  driver = passwd-file\n  args = /etc/dovecot/users\n}\n"
DEFAULTS = FILE.replace("mail_uid = vmail\n", "").replace("  args", "  default_fields = uid=vmail\n  args")
HERE = "mail_location = maildir:/var/vmail/%d/%n/Maildir:INDEX=/var/index/%u\n"
ACCOUNTS = (
    "== /etc/passwd\nroot:x:0:0::/root:/bin/sh\nmail:x:8:8::/var/mail:/bin/sh\nvmail:x:5000:5000::/:/bin/sh\n"
    "== /etc/group\nmail:x:8:vmail\nvmail:x:5000:\n"
)
SHUT = {"/var": "755 root", "/var/vmail": "700 root"}
OPEN = {"/var": "755 root", "/var/vmail": "755 root"}
FOLDERS = {"/var": "755 root", "/var/vmail": "700 vmail"}
UNWRITABLE, NOT_ALLOWED = "mailbox-not-writable", "mail-uid-not-allowed"


def found(conf: str, folders: dict[str, str], users: str = "", accounts: str = ACCOUNTS) -> list[Judged]:
    example = f"== dovecot.conf\n{conf}{accounts}"
    for path, told in folders.items():
        mode, owner = told.split()
        example += f"== {path} state directory mode {mode} owner {owner}\n"
    if users:
        example += f"== /etc/dovecot/users mode 640\n{users}\n"
    return [each for each in linted(record_of(example)).findings if each.name in (UNWRITABLE, NOT_ALLOWED)]


@pytest.mark.parametrize(
    ("conf", "folders", "users", "names"),
    [
        (HERE + STATIC, FOLDERS, "", []),
        (HERE + STATIC, SHUT, "", [UNWRITABLE]),
        (HERE + STATIC, {"/var": "700 root", "/var/vmail": "700 vmail"}, "", [UNWRITABLE]),
        # A group of the user's is enough to go through; whether each mailbox is writable is seen in it alone.
        (HERE + STATIC, {"/var": "755 root", "/var/vmail": "770 mail"}, "", []),
        (HERE + STATIC, {"/var": "755 root", "/var/vmail": "755 root"}, "", []),
        (HERE + STATIC, {"/var": "755 root"}, "", [UNWRITABLE]),  # it cannot be made there
        (HERE + STATIC, {"/var": "777 root"}, "", []),
        (HERE + STATIC, {}, "", []),
        ("mail_location = mdbox:~/mdbox\n" + STATIC, SHUT, "", [UNWRITABLE]),
        ("mail_driver = maildir\nmail_path = /var/vmail/%{user}\n" + OF_24, {"/var": "755 root"}, "", [UNWRITABLE]),
        (HERE + FILE, SHUT, "al:{PLAIN}x::::::", [UNWRITABLE]),
        (HERE + DEFAULTS, SHUT, "al:{PLAIN}x::::::", [UNWRITABLE]),
        # What Dovecot gives him besides: a group that opens it, one that does not, one that nobody knows.
        (HERE + STATIC.replace("gid=vmail", "gid=mail"), {"/var": "755 root", "/var/vmail": "2770 mail"}, "", []),
        (HERE + STATIC + "mail_access_groups = mail\n", {"/var": "770 mail", "/var/vmail": "700 vmail"}, "", []),
        (HERE + STATIC + "mail_privileged_group = vmail\n", SHUT, "", [UNWRITABLE]),
        (HERE + STATIC + "mail_gid = nobody-knows\n", SHUT, "", []),
        # An access control list can stand behind the rights of a group.
        (HERE + STATIC, {"/var": "755 root", "/var/vmail": "770 root"}, "", []),
        # An account that has another uid is another user.
        (HERE + FILE, SHUT, "al:{PLAIN}x:8:8::::", []),
        (HERE + FILE, SHUT, "al:{PLAIN}x::::::userdb_uid=8", []),
        (HERE + FILE, SHUT, "", []),
        (HERE + "userdb {\n  driver = passwd\n}\n", {"/var": "700 root"}, "", []),
        (HERE + STATIC.replace("uid=vmail", "uid=nobody-knows"), {"/var": "700 root"}, "", []),
        (HERE + STATIC.replace("uid=vmail", "uid=8"), FOLDERS, "", [NOT_ALLOWED, UNWRITABLE]),
        (HERE + STATIC.replace("uid=vmail", "uid=mail") + "first_valid_uid = 8\n", OPEN, "", []),
        (HERE + STATIC + "last_valid_uid = 4999\n", FOLDERS, "", [NOT_ALLOWED]),
        ("mail_location = maildir:%h/Maildir\n" + STATIC, {"/var": "700 root"}, "", []),
        ("mail_location = maildir:/\n" + STATIC, {}, "", []),
    ],
)  # fmt: skip
def test_who_may_write(conf: str, folders: dict[str, str], users: str, names: list[str]) -> None:
    assert sorted(each.name for each in found(conf, folders, users)) == sorted(names)


def test_a_directory_that_is_not_there_is_made_for_its_user() -> None:
    (finding,) = found(HERE + STATIC, {"/var": "755 root"})
    assert finding.remedy is not None
    assert finding.remedy.then == ("install -d -o vmail -m 0700 /var/vmail",)
    assert [each.where.rpartition("/")[2] for each in finding.evidence][-2:] == ["vmail", "var"]


def test_without_the_files_of_accounts_nothing_is_said() -> None:
    assert found(HERE + STATIC, {"/var": "700 root"}, accounts="") == []
