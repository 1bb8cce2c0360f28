"""What a string of Exim's comes to, as far as it can be told, and who is in a list."""

from __future__ import annotations

import pytest

from mailproof.parse.exim.expand import expanded, holds
from mailproof.parse.exim.lists import domain_judge, host_judge, in_list
from mailproof.parse.exim.text import split_list

VARIABLES = {"tls_in_cipher": "", "primary_hostname": "mx.test", "n": "7"}


def there(path: str) -> bool | None:
    return {"/there": True, "/gone": False}.get(path)


@pytest.mark.parametrize(
    ("text", "came"),
    [
        ("plain", "plain"),
        ("$primary_hostname ${primary_hostname}", "mx.test mx.test"),
        ("${if eq{$tls_in_cipher}{}{}{*}}", ""),
        ("${if !eq {$tls_in_cipher} {} {a} {b}}", "b"),
        ("${if def:tls_in_cipher {a}{b}}", "b"),
        ("${if exists{/there}{/there}{/gone}}", "/there"),
        ("${if exists{/gone}{/there}{/gone}}", "/gone"),
        ("${if exists{/elsewhere}{a}{b}}", None),
        ("${if exists{/elsewhere}{a}{a}}", "a"),
        ("${if and{{exists{/gone}}{eq{$unknown}{}}}{a}{b}}", "b"),
        ("${if or{{exists{/there}}{match{$x}{y}}}{a}{b}}", "a"),
        ("${if and{{exists{/there}}{match{$x}{y}}}{a}{b}}", None),
        ("${if >{$n}{5}{more}{less}}", "more"),
        ("${if <={$n}{5}{a}fail}", None),
        ("${if bool{yes}}", "true"),
        ("${lc:ABC}", "abc"),
        ("${lookup{$n}lsearch{/there}{$value}{no}} x", None),
        ("a\\$b\\N$c\\N\\n", "a$b$c\n"),
        ("$unknown", None),
        ("${if eq{a}{b}", None),
        ("${" * 100, None),
    ],
)
def test_it_comes_to(text: str, came: str | None) -> None:
    assert expanded(text, VARIABLES, there) == came


def test_a_condition_is_true_or_not_or_not_told() -> None:
    assert [holds(text, VARIABLES) for text in ("1", "no", "${if eq{a}{b}}", "$unknown")] == [
        True,
        False,
        False,
        None,
    ]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("a : b:c", ["a", "b", "c"]),
        ("<; a;b ; c:d", ["a", "b", "c:d"]),
        ("127.0.0.1 : ::::1", ["127.0.0.1", "::1"]),
        ("<, a,,b , c", ["a,b", "c"]),
        (":", [""]),
        ("", []),
        ("a : ", ["a"]),
        ("a :: b", ["a : b"]),
    ],
)
def test_a_list_has_its_items(text: str, items: list[str]) -> None:
    assert split_list(text) == items


LISTS = {("hostlist", "friends"): "192.0.2.0/24 : !*", ("domainlist", "own"): "@ : *.a.test : lsearch;/x"}


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("*", True),
        ("! 203.0.113.7 : *", False),
        ("203.0.113.0/24", True),
        ("<; ::1 ; 203.0.113.7", True),
        ("+friends", False),
        ("! 10.0.0.0/8", True),
        (":", False),
        ("*.example.com : *", None),
        ("+strangers", None),
    ],
)
def test_a_host_is_in_it(text: str, has: bool | None) -> None:
    assert in_list(text, "hostlist", LISTS, host_judge("203.0.113.7", ())) is has


@pytest.mark.parametrize(
    ("domain", "has"), [("mx.test", True), ("b.A.test", True), ("a.test", None), ("elsewhere.test", None)]
)
def test_a_domain_is_in_it(domain: str, has: bool | None) -> None:
    assert in_list("+own", "domainlist", LISTS, domain_judge(domain, "mx.test")) is has
