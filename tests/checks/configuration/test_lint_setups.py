"""Lint on set-ups as administrators have them: what is sound there is no finding, what mail stumbles over is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from configurations import MASTER, NOW, MemoryHost, files_of, linted, record_of
from mailproof.catalog.pages import load
from mailproof.checks.postfix.configured import configured_of
from mailproof.model.configuration import PostfixFiles
from mailproof.parse.postfix.known import known
from mailproof.run.lint import read_configurations

SOUND = "compatibility_level = 3.6\nmyhostname = mail.example.com\n"
BEGIN = f"== main.cf\n{SOUND}"


def names(example: str) -> set[str]:
    return {finding.name for finding in linted(record_of(example)).findings}


def told(example: str, name: str, param: str) -> list[str]:
    return [str(each.params[param]) for each in linted(record_of(example)).findings if each.name == name]


@pytest.mark.parametrize(
    "lines",
    [
        "virtual_maps = texthash:/etc/aliases.v",  # before 2.0; virtual_alias_maps is $virtual_maps
        "fallback_relay = [backup.example.net]",
        "virtual_alias_maps = $virtual_maps, texthash:/etc/aliases.v",  # as Plesk has it
        "luser_relay = $user+unknown@example.com",
        "forward_path = $home/.forward$(recipient_delimiter)$extension",
        'mailbox_command = /usr/bin/procmail -a "$EXTENSION" -d "$LOGNAME"',
        "smtpd_reject_footer = See $postmaster_page",
    ],
)
def test_names_that_postconf_knows_by_the_defaults_of_others_or_leaves_to_the_message(lines: str) -> None:
    assert not names(f"{BEGIN}{lines}\n") & {"parameter-unknown", "parameter-undefined"}


@pytest.mark.skipif(shutil.which("postconf") is None, reason="needs Postfix")
def test_undefined_is_told_of_the_parameters_that_postconf_tells_it_of(tmp_path: Path) -> None:
    """Each is given a name of nobody; postconf warns where it fills names in."""
    # Of these postconf itself wants a sound value, or to be the one who sets it.
    special = {"config_directory", "inet_interfaces", "inet_protocols", "myhostname", "mydomain", "mynetworks_style",
               "import_environment", "proxy_interfaces", "compatibility_level", "process_id", "process_name",
               "service_name", "multi_instance_directories"}  # fmt: skip
    defaults = subprocess.run(["postconf", "-d"], capture_output=True, text=True, check=True).stdout.splitlines()
    theirs = {line.partition(" =")[0] for line in defaults}
    asked = sorted((theirs & set(known())) - special)
    assert len(asked) > 900
    text = "".join(f"{name} = $nobody_{name}\n" for name in asked)
    (tmp_path / "main.cf").write_text(text)
    (tmp_path / "master.cf").write_text("")
    said = subprocess.run(["postconf", "-c", str(tmp_path), "-n"], capture_output=True, text=True, check=True).stderr
    warned = set(re.findall(r"undefined parameter: nobody_(\S+)", said))
    ours = set()
    for at in range(0, len(asked), 40):  # a report names so many of a kind
        part = "".join(f"{name} = $nobody_{name}\n" for name in asked[at : at + 40])
        ours |= {name.removeprefix("nobody_") for name in told(f"== main.cf\n{part}", "parameter-undefined", "name")}
    assert ours == warned


def test_relay_domains_that_are_mydestination_are_no_second_class() -> None:
    domains = f"{BEGIN}mydestination = example.com, localhost\n"
    assert "domain-in-two-classes" not in names(f"{domains}relay_domains = $mydestination, example.net\n")
    assert "domain-in-two-classes" in names(f"{domains}relay_domains = example.com\n")


def test_a_transport_by_sender_without_a_next_hop_is_one_though_its_name_has_dots() -> None:
    table = "sender_dependent_default_transport_maps = inline:{@a.test=out-192.0.2.1-:, @b.test=relay.example.net}\n"
    assert told(BEGIN + table, "sender-route-format-wrong", "value") == ["relay.example.net"]
    assert told(BEGIN + table, "transport-without-service", "transport") == ["out-192.0.2.1-"]


@pytest.mark.parametrize(
    ("value", "transport"),
    [
        ("[relay.example.net]:587", "[relay.example.net]"),
        ("relay.example.net", "relay.example.net"),
        ("smtp [relay.example.net]", "smtp [relay.example.net]"),
        ("DUNNO", "DUNNO"),
        ("SMTP:[relay.example.net]", "SMTP"),
        ("smtp:[relay.example.net]", ""),
        (":[relay.example.net]", ""),
        (":", ""),
        ("error:5.1.2 no such host", ""),
    ],
)
def test_what_a_transport_table_has_before_the_colon_is_a_service(value: str, transport: str) -> None:
    """The real trivial-rewrite takes each of these for the name of a transport, and the queue manager finds none."""
    example = f"{BEGIN}transport_maps = texthash:/etc/postfix/t\n== /etc/postfix/t\nfar.test {value}\n"
    assert told(example, "transport-without-service", "transport") == [transport] * bool(transport)


def test_a_content_filter_without_a_transport_is_named() -> None:
    assert told(f"{BEGIN}content_filter = [127.0.0.1]:10024\n", "transport-without-service", "transport") == [
        "[127.0.0.1]"
    ]


def test_keys_that_are_never_asked_for() -> None:
    entries = "@far.test smtp:\n*.far.test smtp:\n.far.test smtp:\nfar.test smtp:\nu@far.test smtp:\n* smtp:\n"
    virtual = "*@example.net x@far.test\n@example.net y@far.test\n"
    example = (
        f"{BEGIN}transport_maps = texthash:/etc/postfix/t\nvirtual_alias_maps = texthash:/etc/postfix/v\n"
        f"== /etc/postfix/t\n{entries}== /etc/postfix/v\n{virtual}"
    )
    assert told(example, "lookup-table-line-ignored", "text") == ["@far.test", "*.far.test", "*@example.net"]


def test_every_reason_for_which_a_line_does_not_count_has_its_words() -> None:
    """A rule with a $1 in a table of routes was told as `substitution`."""
    rules = "/^(.*)@a.test$/ smtp:[$1.test]\n"
    example = f"{BEGIN}transport_maps = regexp:/etc/postfix/t\n== /etc/postfix/t\n{rules}"
    (problem,) = told(example, "lookup-table-line-ignored", "problem")
    for language in ("en", "ja"):
        words = load("lookup-table-line-ignored", language).values
        assert {("problem", problem), ("problem", "never-asked")} <= words.keys()


@pytest.mark.parametrize("name", ["127.0.0.1:10025", "[127.0.0.1]:10025", "localhost:10026", "[::1]:10025"])
def test_the_way_back_of_a_filter_crosses_no_network(name: str) -> None:
    tls = "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_path = private/auth\nsmtpd_tls_security_level = may\n"
    behind = f"{name} inet n - n - - smtpd -o content_filter= -o smtpd_tls_security_level=none\n"
    example = f"{BEGIN}{tls}== master.cf\n{MASTER}{behind}"
    assert told(example, "login-in-clear-allowed", "server") == ["smtp/inet"]
    assert told(example, "tls-disabled", "server") == []
    assert told(example, "tls-no-certificate", "level") == ["smtpd_tls_security_level = may"]
    assert told(example.replace(" -o content_filter=", ""), "tls-disabled", "server") == [f"{name}/inet"]


def test_a_comment_behind_restrictions_is_told_once() -> None:
    lines = "smtpd_client_restrictions = permit_mynetworks, # my list\n  reject_unknown_client_hostnam\n"
    assert names(BEGIN + lines) == {"comment-in-value"}
    assert "restriction-misspelt" in names(f"{BEGIN}smtpd_client_restrictions = permit_mynetwork, # mine\n")


def test_the_envelope_of_a_table_that_was_not_read_has_no_example() -> None:
    example = f"{BEGIN}sender_canonical_maps = proxy:mysql:/etc/postfix/senders.cf\n"
    found = [each for each in linted(record_of(example, here=False)).findings if each.name == "header-not-rewritten"]
    assert [each.params for each in found] == [{"sender": "-", "envelope": "-"}]


@pytest.mark.parametrize("place", ["/usr/local/etc/postfix", "/opt/postfix/conf", "/etc/postfix-out"])
def test_tables_of_another_directory_of_a_postfix_are_found_in_its_copy(place: str) -> None:
    main = f"sender_dependent_relayhost_maps = texthash:{place}/by/sender\nvirtual_alias_maps = texthash:{place}/x\n"
    own = f"== /copy/main.cf\n{SOUND}{main}== /copy/master.cf\n{MASTER}"
    files = files_of(f"{own}== /copy/by/sender\nexample.co.jp [relay.test]\n")
    record = read_configurations(MemoryHost(files), NOW, {}, "/copy", here=False)
    assert [each.name for each in linted(record).findings] == ["sender-route-key-never-matches"]
    assert [each.params["table"] for each in linted(record).untold] == [f"{place}/x"]


def test_what_lies_beside_a_copy_of_all_of_etc_is_read() -> None:
    own = f"== /backup/etc/postfix/main.cf\n{SOUND}virtual_alias_maps = texthash:/etc/mail/names\n"
    files = files_of(f"{own}== /backup/etc/postfix/master.cf\n{MASTER}== /backup/etc/mail/names\na@x.test b@x.test\n")
    record = read_configurations(MemoryHost(files), NOW, {}, "/backup/etc/postfix", here=False)
    (fact,) = [sighting.fact for sighting in record.seen(PostfixFiles)]
    assert configured_of(fact).data("/etc/mail/names") == b"a@x.test b@x.test\n"


def test_dovecots_2_4_databases_are_known() -> None:
    """As its documentation has them; what stands in a block is the end of a name that begins with the block's."""
    example = (
        "== dovecot.conf\ndovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.1\nsql_driver = mysql\n"
        "mysql localhost {\n  user = m\n  dbname = mail\n}\npgsql db.test {\n  parameters {\n    user = m\n  }\n}\n"
        "passdb sql {\n  query = SELECT 1\n  default_password_scheme = SHA512-CRYPT\n}\n"
        "userdb sql {\n  query = SELECT 2\n  iterate_query = SELECT 3\n}\n"
        "passdb ldap {\n  filter = (uid=%{user})\n  bind = yes\n}\npassdb static {\n  password = x\n}\n"
        "passdb passwd-file {\n  passwd_file_path = /etc/dovecot/users\n}\n"
    )
    assert told(example, "dovecot-setting-unknown", "setting") == []
    assert told(example.replace("query = SELECT 1", "qery = SELECT 1"), "dovecot-setting-unknown", "setting") == [
        "qery"
    ]


@pytest.mark.parametrize(
    ("setting", "table", "then"),
    [
        ("tls_server_sni_maps = hash", "a.test /k\n", ("postmap -F hash:/etc/postfix/t", "postfix reload")),
        ("tls_server_sni_maps = hash", "a.test /k\n== /etc/postfix/t.db\n", ("postmap -F hash:/etc/postfix/t",)),
        ("alias_maps = hash", "a: b\n", ("postalias hash:/etc/postfix/t", "postfix reload")),
        ("virtual_alias_maps = hash", "a b\n== /etc/postfix/t.db\n", ("postmap hash:/etc/postfix/t",)),
        # postmap: fatal: texthash does not support bulk-mode creation
        ("virtual_alias_maps = texthash", "a b\na b\n", ("postfix reload",)),
    ],
)
def test_a_table_is_taken_up_as_its_parameter_and_its_type_want_it(
    setting: str, table: str, then: tuple[str, ...]
) -> None:
    judged = linted(record_of(f"{BEGIN}{setting}:/etc/postfix/t\n== /etc/postfix/t changed 9\n{table}"))
    assert [each.remedy.then for each in judged.findings if each.remedy] == [then]
