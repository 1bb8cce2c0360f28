"""Eight times as much to read takes about eight times as long, and each text is taken apart once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from configurations import MASTER, NOW, MemoryHost, a_file, linted
from growth import seconds, times_as_long
from mailproof.model.record import Record
from mailproof.parse.dovecot.lines import read_lines
from mailproof.parse.postfix.parameters import read_main
from mailproof.run.lint import read_configurations

MAIN, DOVECOT = "/etc/postfix/main.cf", "/etc/dovecot/dovecot.conf"
BEGIN = "compatibility_level = 3.6\nmyhostname = mail.example.com\n"
MANY, TIMES = 1500, 8
# What is linear takes 8 times as long, and what is not 64 times; a machine that does much else is between them.
MOST = 24


def lines(count: int, line: str) -> str:
    return "".join(f"{line.replace('#', str(n))}\n" for n in range(count))


SHAPES: Mapping[str, Callable[[int], dict[str, str]]] = {
    "a list over many lines": lambda n: {MAIN: f"{BEGIN}mydestination =\n{lines(n, '  d#.test')}"},
    "a list that another brings along": lambda n: {
        MAIN: f"{BEGIN}big =\n{lines(n, '  d#.test')}relay_domains =\n{lines(n, '  e#.test')}  $big\n"
    },
    "certificates": lambda n: {MAIN: f"{BEGIN}smtpd_tls_chain_files =\n{lines(n, '  /etc/#.pem')}"},
    "settings that are set twice": lambda n: {MAIN: BEGIN + lines(n, "a# = 1") * 2},
    "options over many lines": lambda n: {
        MAIN: BEGIN,
        "/etc/postfix/master.cf": f"{MASTER}2525 inet n - n - - smtpd\n{lines(n, '  -o smtpd_x#=y')}",
    },
    "domains in two classes": lambda n: {
        MAIN: f"{BEGIN}mydestination = /etc/postfix/domains\nrelay_domains = /etc/postfix/domains\n",
        "/etc/postfix/domains": lines(n, "d#.test"),
    },
    "a value of Dovecot over many lines": lambda n: {
        DOVECOT: "protocols = imap \\\n" + lines(n, "  word# word word word word word word \\") + "\n"
    },
    "settings of Dovecot": lambda n: {DOVECOT: lines(n, "x# = 1") * 2},
    "blocks of Dovecot": lambda n: {DOVECOT: lines(n, "service s# {\n  x = y\n}")},
}


def record_of(texts: Mapping[str, str]) -> Record:
    of_postfix = MAIN in texts
    if of_postfix:
        texts = {"/etc/postfix/master.cf": MASTER, **texts}
    host = MemoryHost({path: a_file(path, text.encode()) for path, text in texts.items()})
    machine = {"myhostname": "mail.example.com"}
    return read_configurations(
        host, NOW, machine, "/etc/postfix" if of_postfix else "", "" if of_postfix else DOVECOT
    )


def read_anew(texts: Mapping[str, str]) -> None:
    read_lines.cache_clear()
    linted(record_of(texts))


@pytest.mark.parametrize("shape", SHAPES)
def test_more_of_it_takes_no_longer_than_its_size(shape: str) -> None:
    little, much = SHAPES[shape](MANY), SHAPES[shape](MANY * TIMES)
    assert times_as_long(lambda: read_anew(much), lambda: read_anew(little), enough=MOST) <= MOST


def test_a_list_of_many_is_not_searched_for_each_of_its_items() -> None:
    main = read_main(f"{BEGIN}mydestination =\n{lines(100_000, '  d#.test')}".encode())
    setting = main.setting("mydestination")

    def look() -> None:
        assert [setting.line_of(f"d{n}.test") for n in range(100_000)] == [*range(4, 100_004)]

    # To search the text for each would read a hundred gigabytes.
    assert seconds(look, enough=10) <= 10


def test_a_domain_is_not_found_inside_another_one() -> None:
    main = read_main(b"a = sub.example.com,\n  example.com\n  proxy:hash:/etc/x unionmap:{hash:/y,\n texthash:/z}\n")
    texts = ("sub.example.com", "example.com", "hash:/etc/x", "/etc/x", "/y", "/z", "example")
    assert [main.setting("a").line_of(text) for text in texts] == [1, 2, 3, 3, 3, 4, 1]


@pytest.mark.parametrize("folder", ["/etc/dovecot", "/srv/copy", "copy"])
def test_each_file_of_dovecot_is_taken_apart_once(folder: str) -> None:
    """By what gathers, what finds the certificates, and every check."""
    texts = {
        f"{folder}/dovecot.conf": "ssl = required\n!include conf.d/*.conf\n!include_try /etc/dovecot/local.conf\n",
        f"{folder}/conf.d/10.conf": "protocols = imap\n",
        f"{folder}/conf.d/20.conf": "passdb {\n  driver = pam\n}\n",
        f"{folder}/local.conf": f"# {folder}\nssl_cert = </etc/x.pem\nssl_key = </etc/x.pem\n",
    }
    host = MemoryHost({path: a_file(path, text.encode()) for path, text in texts.items()})
    read_lines.cache_clear()
    record = read_configurations(host, NOW, {}, "", f"{folder}/dovecot.conf")
    linted(record)
    assert read_lines.cache_info().misses == len(texts)
