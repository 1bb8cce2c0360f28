"""No password of a configuration gets into a record, and every line stays where it was."""

from __future__ import annotations

import pytest

from mailproof.parse.pem import read_pem
from mailproof.parse.secret import exim_clients_without, exim_without, settings_without, table_without, users_without


@pytest.mark.parametrize(
    "line",
    [
        b"smtp_sasl_password_maps = static:user:hunter2\n",
        b"smtp_sasl_password_maps = inline:{[relay.test]:587=user:hunter2}\n",
        b"smtp_sasl_password_maps = inline:{\n  { [relay.test]:587 = user:hunter2 } }\n",
        b"people_bind_pw = hunter2\n",
        b"mine_password=hunter2\n",
        b"  ssl_key_password = hunter2 # of the key\n",
        b"doveadm_password = hunter2\n",
        b"connect = host=db dbname=mail user=mail password=hunter2\n",
        b"dnpass = hunter2\n",
        b"  args = proxy=y host=imap.test pass=hunter2\n",
        b"default_fields = pass=hunter2\n",
        b"fields { pass = hunter2 }\n",
        b"  pass = my hunter2\n",
        b"introspection_url = http://cid:hunter2@idp.test/\n",
        b"introspection_url = http://cid:a@hunter2@idp.test/\n",
        b"connect = host=db password='hunter2' user=mail\n",
        b"connect = host=db password='my \\' hunter2' user=mail\n",
        b'connect = "host=db password=\\"my hunter2\\""\n',
        b"connect = host=db password=my'hunter2\n",
    ],
)
def test_a_setting_of_a_password_is_masked(line: bytes) -> None:
    masked = settings_without(b"a = b\n" + line + b"c = d\n")
    assert b"hunter2" not in masked
    assert masked.count(b"\n") == 2 + line.count(b"\n")
    assert masked.startswith(b"a = b\n") and masked.endswith(b"c = d\n")


def test_what_is_no_password_stays() -> None:
    text = (
        b"smtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd\nssl_key_password = </etc/key.pass\npassdb {\n}\n"
        b"ssl_key = </etc/key.pem\npass_hosts = a.test\nauth_master_user_separator = *\n"
        b"default_pass_scheme = SHA512\n"
        b"fields { nopassword = yes }\nargs = proxy=y pass=%w\nquery = WHERE u = '%u' AND password = '%w'\n"
        b"postscreen_dnsbl_sites = zen.spamhaus.org, mail.abusix.zone, averylonglistname1234.example.net\n"
        b"uris = ldap://ldap.test:389/dc=a@b http://idp.test:8080/ postgresql://mail@db.test:5432/x\n"
    )
    assert settings_without(text) == text


def test_what_surrounds_a_password_stays() -> None:
    text = b"""connect = "host=db password=\\"hunter2\\" user=mail"\nfields { pass = hunter2 }\nurl = http://cid:hunter2@h/\n"""
    assert settings_without(text) == text.replace(b"hunter2", b"...")


def test_tables_and_users_keep_what_is_looked_for() -> None:
    assert table_without(b"# no\n[relay.test]:587  user:hunter2\n") == b"# no\n[relay.test]:587  user:...\n"
    assert (
        table_without(b"a@b.test\tx y:hunter2:3\nlone:key\nc.test u: v\n")
        == b"a@b.test\tx y:...\nlone:key\nc.test u:...\n"
    )
    users = b"alice@a.test:{PLAIN}hunter2:1:2::/home\nbob:$6$salt$hunter2::::::\n"
    assert users_without(users) == b"alice@a.test:{PLAIN}...:1:2::/home\nbob:$6$...::::::\n"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (b"john doe:$6$salt$hunter2:::::\n", b"john doe:$6$...:::::\n"),
        (b"x#y:hunter2\n", b"x#y:...\n"),
        (b"  al:{PLAIN}hunter2\n", b"  al:{PLAIN}...\n"),
        (b"al:{PLAIN}a:::::::proxy=y pass=hunter2 x=y\n", b"al:{PLAIN}...:::::::proxy=y pass=... x=y\n"),
        (b"al::::::::userdb_password=hunter2 nopassword=y\n", b"al::::::::userdb_password=... nopassword=y\n"),
        (b"# name:password\n", b"# name:password\n"),
        (b"#bob:hunter2:::::\n", b"#bob:...:::::\n"),
        (b"# bob:{PLAIN}hunter2\n", b"# bob:{PLAIN}...\n"),
    ],
)
def test_any_name_of_a_user_has_a_password(line: bytes, kept: bytes) -> None:
    assert users_without(line) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (b'  data = ${lookup ldap{pass="my hunter2" ldap:///}}', b'  data = ${lookup ldap{pass="..." ldap:///}}'),
        (b'  x = "${lookup ldap{pass=\\"hunter2\\" l:///}}"', b'  x = "${lookup ldap{pass=\\"...\\" l:///}}"'),
        (b"  data = ${lookup ldap{PASS=hunter2 ldap:///}}", b"  data = ${lookup ldap{PASS=... ldap:///}}"),
        (b"  d = ${lookup mysql{SERVERS=h/d/u/hunter2; S}}", b"  d = ${lookup mysql{SERVERS=...; S}}"),
        (b"SMARTPW = hunter2", b"SMARTPW = ..."),
        (b"PASSWORD = my hunter2", b"PASSWORD = ..."),
        (b"PASSWORD = /etc/exim4/pw", b"PASSWORD = /etc/exim4/pw"),
        (b"  x = ${lookup ldap{PASS=${quote:$2} l:///}}", b"  x = ${lookup ldap{PASS=${quote:$2} l:///}}"),
        (b"SERVERS = a.test : b.test", b"SERVERS = a.test : b.test"),
        (b"pass_router = next\npass_on_timeout", b"pass_router = next\npass_on_timeout"),
    ],
)
def test_exim_keeps_no_password(text: bytes, kept: bytes) -> None:
    assert exim_without(text) == kept


def test_a_client_of_exim_after_a_blank() -> None:
    assert exim_clients_without(b" h.test:u:hunter2\n\n#h:u:p\n") == b" h.test:u:...\n\n#h:u:p\n"


@pytest.mark.parametrize("data", [b"", b"\0\xff", b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
    b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"-----BEGIN X-----" * 1000])  # fmt: skip
def test_any_bytes_are_no_error(data: bytes) -> None:
    assert read_pem(data).keys == ()
