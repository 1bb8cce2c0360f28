"""No password of a configuration gets into a record, and every line stays where it was."""

from __future__ import annotations

import pytest

from mailproof.parse.pem import read_pem
from mailproof.parse.secret import settings_without, table_without, users_without


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
    )
    assert settings_without(text) == text


def test_tables_and_users_keep_what_is_looked_for() -> None:
    assert table_without(b"# no\n[relay.test]:587  user:hunter2\n") == b"# no\n[relay.test]:587  user:...\n"
    users = b"alice@a.test:{PLAIN}hunter2:1:2::/home\nbob:$6$salt$hunter2::::::\n"
    assert users_without(users) == b"alice@a.test:{PLAIN}...:1:2::/home\nbob:$6$...::::::\n"


@pytest.mark.parametrize("data", [b"", b"\0\xff", b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
    b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"-----BEGIN X-----" * 1000])  # fmt: skip
def test_any_bytes_are_no_error(data: bytes) -> None:
    assert read_pem(data).keys == ()
