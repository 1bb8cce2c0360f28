"""Files of lists: whether they are there and can be read, and the tables in them."""

from __future__ import annotations

import pytest

from configurations import linted, record_of

BEGIN = "== main.cf\ncompatibility_level = 3.6\nmyhostname = mail.example.com\n"


def tables_of(example: str) -> list[tuple[str, object, str]]:
    found = linted(record_of(example)).findings
    return [(each.name, each.params["table"], each.evidence[0].where) for each in found if "table" in each.params]


@pytest.mark.parametrize(
    "parameter",
    ["mydestination", "mynetworks", "relay_domains", "virtual_alias_domains", "virtual_mailbox_domains",
     "fast_flush_domains", "smtpd_authorized_xclient_hosts", "authorized_submit_users", "masquerade_exceptions"],
)  # fmt: skip
def test_a_file_of_a_list_that_is_not_there_is_named_with_its_line(parameter: str) -> None:
    """Postfix puts the mail off then; trivial-rewrite(8) was asked."""
    found = tables_of(f"{BEGIN}{parameter} = one.test\n  !/etc/postfix/nowhere\n")
    assert found == [("lookup-table-missing", "/etc/postfix/nowhere", "/etc/postfix/main.cf:4")]


def test_a_table_in_a_file_of_a_list_is_judged_as_one_in_main_cf() -> None:
    files = """== /etc/postfix/list
one.test # hash:/etc/postfix/comment
# /etc/postfix/comment
2001:db8::1 [::1]/128 fe80::/10
hash:/etc/postfix/unbuilt, /etc/postfix/more
cidr:/etc/postfix/gone
== /etc/postfix/more
 btree:/etc/postfix/old, /etc/postfix/list
nonsense:/etc/postfix/x
== /etc/postfix/unbuilt changed 5
a x
== /etc/postfix/old changed 500
a x
== /etc/postfix/old.db changed 5
"""
    found = tables_of(f"{BEGIN}mynetworks = /etc/postfix/list\n{files}")
    assert sorted(found) == [
        ("lookup-table-missing", "cidr:/etc/postfix/gone", "/etc/postfix/list:5"),
        ("lookup-table-not-built", "hash:/etc/postfix/unbuilt", "/etc/postfix/list:4"),
        ("lookup-table-outdated", "btree:/etc/postfix/old", "/etc/postfix/more:1"),
        ("lookup-table-type-missing", "nonsense:/etc/postfix/x", "/etc/postfix/more:2"),
    ]


@pytest.mark.parametrize(
    ("state", "reason"),
    [("unreadable", "table-unreadable"), ("directory", "table-directory"), ("other", "table-other")],
)
def test_a_file_of_a_list_that_cannot_be_read_is_said(state: str, reason: str) -> None:
    judged = linted(record_of(f"{BEGIN}relay_domains = /etc/postfix/list\n== /etc/postfix/list state {state}\n"))
    assert [(each.why, each.asked) for each in judged.untold if each.params.get("table")] == [(reason, True)]
    assert tables_of(f"{BEGIN}relay_domains = /etc/postfix/list\n== /etc/postfix/list\none.test\n") == []


def test_what_stands_behind_a_mark_of_comment_is_in_no_class() -> None:
    example = f"{BEGIN}mydestination = one.test\nrelay_domains = /etc/postfix/list\n== /etc/postfix/list\n"
    commented, named = (
        {each.name for each in linted(record_of(f"{example}a.test {mark}one.test\n")).findings} for mark in ("# ", "")
    )
    assert "domain-in-two-classes" in named - commented
