"""What would mend Debian's Exim, whose configuration is made of files: the file that it is made of is named."""

from __future__ import annotations

import pytest
from eximremedied import REFUSED, UNKNOWN, assert_mends, changed, judged

from configurations import MemoryHost, a_file, linted
from eximmachine import NOW, SOUND, debian, machine, part
from mailproof.model.record import Attempt
from mailproof.model.remedy import hunks
from mailproof.parse.exim.debian import GENERATED, LOCAL_MACROS, SETTINGS, SPLIT, STARTED, TEMPLATE
from mailproof.run.lint import read_configurations
from mailproof.script.authority import Authority
from remedied import generated, mended

OF_DEBIAN = (
    (SETTINGS, "dc_relay_nets=''", "dc_relay_nets='192.0.2.0/24 ; *'", "open-relay-by-mynetworks",
     ["-dc_relay_nets='192.0.2.0/24 ; *'", "+dc_relay_nets='192.0.2.0/24'"]),
    (SETTINGS, "dc_relay_nets=''", "dc_relay_nets='192.0.2.0/24, 10.0.0.0/8'", "exim-list-item-wrong",
     ["-dc_relay_nets='192.0.2.0/24, 10.0.0.0/8'", "+dc_relay_nets='192.0.2.0/24 : 10.0.0.0/8'"]),
    (SETTINGS, "dc_relay_nets=''", "dc_relay_nets='2001:db8::/48'", "exim-list-item-wrong",
     ["-dc_relay_nets='2001:db8::/48'", "+dc_relay_nets='2001::db8::::/48'"]),
    (SETTINGS, "'internet'", "'internets'", "exim-config-type-unknown",
     ["-dc_eximconfig_configtype='internets'", "+dc_eximconfig_configtype='internet'"]),
    (SETTINGS, "'internet'", "'none'", "exim-config-type-unknown", []),
    (SETTINGS, "dc_relay_nets=''", "dc_relay_nets='*'", "open-relay-by-mynetworks",
     ["-dc_relay_nets='*'", "+dc_relay_nets=''"]),
    (SETTINGS, "dc_relay_domains=''", "dc_relay_domains=*", "open-relay-by-restriction",
     ["-dc_relay_domains=*", "+dc_relay_domains=''"]),
    (SETTINGS, "'example.com'", "'example.com ; *'", "open-relay-by-restriction",
     ["-dc_other_hostnames='example.com ; *'", "+dc_other_hostnames='example.com'"]),
    ("acl/30_check_rcpt", "  require\n    message", "  accept\n\n  require\n    message", "open-relay-by-restriction",
     ["-  accept"]),
    ("main/02_options", "= acl_check_rcpt", "= acl_check_rctp", "exim-name-undefined",
     ["-MAIN_ACL_CHECK_RCPT = acl_check_rctp", "+MAIN_ACL_CHECK_RCPT = acl_check_rcpt"]),
    ("main/01_listmacrosdefs", "smtp : 465 : 587", "smtp : 465", "service-disabled",
     ["-daemon_smtp_ports = smtp : 465", "+daemon_smtp_ports = smtp : 465 : 587"]),
    ("macros", "MAIN_TLS_ENABLE = yes", "", "tls-no-certificate", ["+MAIN_TLS_ENABLE = yes"]),
    ("macros", "MAIN_TLS_ENABLE = yes", "MAIN_TLS_ENABLE = yes\nMAIN_TLS_ADVERTISE_HOSTS =", "tls-disabled",
     ["-MAIN_TLS_ADVERTISE_HOSTS =", "+MAIN_TLS_ADVERTISE_HOSTS = *"]),
    ("macros", "MAIN_TLS_ENABLE = yes", "MAIN_TLS_ENABLE = yes\nAUTH_SERVER_ALLOW_NOTLS_PASSWORDS = yes",
     "login-in-clear-allowed", ["-AUTH_SERVER_ALLOW_NOTLS_PASSWORDS = yes"]),
    ("main/01_listmacrosdefs", "tls_on_connect_ports = 465\n", "", "tls-wrappermode-missing",
     ["+tls_on_connect_ports = 465"]),
    ("transport/30_mail_spool", "$local_part_data", "$local_part", "exim-tainted-data",
     ["-  file = /var/mail/$local_part", "+  file = /var/mail/$local_part_data"]),
    ("auth/30_examples", "  public_name", "  publik_name", "exim-config-broken", []),
    ("acl/30_check_rcpt", "    authenticated = *", "    authentcated = *", "exim-config-broken",
     ["-    authentcated = *", "+    authenticated = *"]),
    (STARTED, "='combined'", "='combined'\nSMTPLISTENEROPTIONS='-oX 25:10025 -oP /run/exim4/exim.pid'",
     "service-disabled", ["-SMTPLISTENEROPTIONS='-oX 25:10025 -oP /run/exim4/exim.pid'",
                          "+SMTPLISTENEROPTIONS='-oX 25:10025:587 -oP /run/exim4/exim.pid'"]),
)  # fmt: skip
"""By the file of Debian's that is changed, before Exim's is made of them."""


@pytest.mark.parametrize("split", [False, True], ids=["template", "split"])
@pytest.mark.parametrize(
    ("file", "old", "new", "name", "lines"), OF_DEBIAN, ids=[f"{n}-{row[3]}" for n, row in enumerate(OF_DEBIAN)]
)
def test_what_debian_makes_it_of(
    authority: Authority, split: bool, file: str, old: str, new: str, name: str, lines: list[str]
) -> None:
    files = debian(authority, split)
    macros = f"{SPLIT}/main/000_localmacros" if split else LOCAL_MACROS
    path = macros if file == "macros" else file if file.startswith("/") else part(file) if split else TEMPLATE
    files = changed(files, path, old, new)
    files[GENERATED] = generated(files)
    if not lines:
        assert {each.remedy for each in judged(files) if each.name == name} == {None}
        return
    remedy = assert_mends(files, name)
    assert [each for each in hunks(remedy) if each[:2] not in ("--", "++", "@@")] == lines
    assert {each.file for each in remedy.changes} == {macros if "+tls_on" in lines[0] else path}
    verb = "restart" if path == STARTED else "reload"
    assert remedy.then == ("update-exim4.conf", f"systemctl {verb} exim4")


@pytest.mark.parametrize("split", [False, True], ids=["template", "split"])
def test_the_sound_one_of_debian_is_sound(authority: Authority, split: bool) -> None:
    assert [(each.name, each.evidence) for each in judged(debian(authority, split))] == []


def test_a_file_of_ones_own_is_made_where_there_is_none(authority: Authority) -> None:
    files = debian(authority, split=True)
    del files[f"{SPLIT}/main/000_localmacros"]
    files[GENERATED] = generated(files)
    remedy = assert_mends(files, "tls-no-certificate")
    path = f"{SPLIT}/main/000_localmacros"
    assert hunks(remedy) == [f"--- {path}", f"+++ {path}", "@@ -0,0 +1 @@", "+MAIN_TLS_ENABLE = yes"]


def test_a_file_of_ones_own_that_is_empty_is_filled(authority: Authority) -> None:
    files = debian(authority)
    files[LOCAL_MACROS] = a_file(LOCAL_MACROS, b"")
    files[GENERATED] = generated(files)
    remedy = assert_mends(files, "tls-no-certificate")
    assert hunks(remedy)[2:] == ["@@ -0,0 +1 @@", "+MAIN_TLS_ENABLE = yes"]


@pytest.mark.parametrize(
    ("split", "path", "text", "found"),
    [
        (True, LOCAL_MACROS, b"MAIN_TLS_ENABLE = yes\n", True),
        (True, LOCAL_MACROS, b"# nothing\n\n", False),
        (False, f"{SPLIT}/main/000_localmacros", b"MAIN_TLS_ENABLE = yes\n", True),
        (False, f"{SPLIT}/router/mmm_mail4root", b"mail4root:\n", False),
        (False, f"{SPLIT}/main/01_exim4-config_listmacrosdefs", b"x = 1\n", False),
    ],
)
def test_a_file_of_ones_own_in_the_place_that_does_not_count(
    authority: Authority, split: bool, path: str, text: bytes, found: bool
) -> None:
    """Made on the day on which the package came, as all of a new server."""
    files = debian(authority, split)
    for name in [each for each in files if not split and each.startswith(f"{SPLIT}/")]:
        del files[name]
    files[path] = a_file(path, text)
    files[GENERATED] = generated(files)
    told = [each for each in judged(files) if each.name == "exim-config-without-effect"]
    assert [each.params["file"] for each in told] == ([path] if found else [])
    assert [each.remedy for each in told] == ([None] if found else [])


def test_what_debian_would_not_make_is_named_before_what_it_did_not(authority: Authority) -> None:
    """The configuration of yesterday is sound, and the change of today is none that Exim can read."""
    files = changed(debian(authority), TEMPLATE, "  accept\n    authenticated", "  acept\n    authenticated")
    found = {each.name: each for each in judged(files)}
    assert found["exim-config-outdated"].explained_by == ("exim-config-broken",)
    assert found["exim-config-outdated"].remedy is None
    assert any(piece.where.startswith(f"{TEMPLATE}:") for piece in found["exim-config-broken"].evidence)
    remedy = assert_mends(files, "exim-config-broken")
    assert [each for each in hunks(remedy) if each[:2] not in ("--", "++", "@@")] == ["-  acept", "+  accept"]
    assert not {each.name for each in judged(mended(files, remedy))} & {"exim-config-broken", "exim-config-outdated"}


def test_without_a_certificate_it_is_not_known_which(authority: Authority) -> None:
    files = changed(debian(authority), LOCAL_MACROS, "MAIN_TLS_ENABLE = yes", "")
    del files["/etc/exim4/exim.key"]
    files[GENERATED] = generated(files)
    assert [each.remedy for each in judged(files) if each.name == "tls-no-certificate"] == [None]


def test_what_was_changed_and_not_made_is_made(authority: Authority) -> None:
    files = changed(debian(authority), SETTINGS, "dc_relay_domains=''", "dc_relay_domains='d.example'")
    remedy = assert_mends(files, "exim-config-outdated")
    assert (remedy.changes, remedy.then) == ((), ("update-exim4.conf", "systemctl reload exim4"))


def test_mail_that_only_waits(authority: Authority) -> None:
    files = changed(debian(authority), STARTED, "'combined'", "'no'")
    files = changed(files, LOCAL_MACROS, "MAIN_TLS_ENABLE", "queue_only = true\nMAIN_TLS_ENABLE")
    files[GENERATED] = generated(files)
    remedy = assert_mends(files, "delivery-deferred")
    assert "+QUEUERUNNER='combined'" in hunks(remedy)
    assert remedy.then[-1] == "systemctl restart exim4"


@pytest.mark.parametrize(
    ("old", "new", "wire", "name", "line"),
    [
        ("dc_local_interfaces=''", "dc_local_interfaces='127.0.0.1 ; ::1'", REFUSED, "listening-elsewhere",
         "+dc_local_interfaces=''"),
        ("", "", UNKNOWN, "domain-not-configured", "+dc_other_hostnames='example.com : other.example'"),
        ("'example.com'", "'a.example;b.example'", UNKNOWN, "domain-not-configured",
         "+dc_other_hostnames='a.example ; b.example ; other.example'"),
        ("'example.com'", "''", UNKNOWN, "domain-not-configured", "+dc_other_hostnames='other.example'"),
    ],
)  # fmt: skip
def test_settings_of_debian_as_they_are_seen_from_outside(
    authority: Authority, old: str, new: str, wire: Attempt, name: str, line: str
) -> None:
    files = changed(debian(authority), SETTINGS, old, new)
    files[GENERATED] = generated(files)
    remedy = assert_mends(files, name, wire)
    assert line in hunks(remedy)
    assert {each.file for each in remedy.changes} == {SETTINGS}


def test_one_that_listens_to_nobody(authority: Authority) -> None:
    files = changed(debian(authority), STARTED, "'combined'", "'queueonly'")
    remedy = assert_mends(files, "service-disabled", REFUSED)
    assert "+QUEUERUNNER='combined'" in hunks(remedy)


def test_the_commands_are_those_of_its_place(authority: Authority) -> None:
    """A server that is set up elsewhere is told by the file of its process number."""
    files = machine(authority)
    text = SOUND.replace("127.0.0.1 : ::::1", "*")
    own = "/usr/local/etc/exim/configure"
    for more, then in (
        ("", "systemctl reload exim"),
        ("pid_file_path = /run/exim pid\n", "kill -HUP \"$(cat '/run/exim pid')\""),
    ):
        files[own] = a_file(own, (more + text).encode())
        found = read_configurations(MemoryHost(files), NOW, {}, exim_conf=own)
        (item,) = (each for each in linted(found).findings if each.name == "open-relay-by-mynetworks")
        assert item.remedy is not None
        assert item.remedy.then == (f"exim -C {own} -bV", then)
    copy = {"copy/exim.conf": a_file("copy/exim.conf", text.encode())}
    found = read_configurations(MemoryHost(copy), NOW, {}, exim_conf="copy/exim.conf")
    (item,) = (each for each in linted(found).findings if each.name == "open-relay-by-mynetworks")
    assert item.remedy is not None and item.remedy.then == ("exim -bV", "systemctl reload exim")
