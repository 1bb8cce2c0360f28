"""`mailproof greylist eval`, `lint` and `doctor` as they are typed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from geodat import legacy_dat

MMDB = str(Path(__file__).parents[2] / "data" / "geoip" / "GeoIP2-Country-Test.mmdb")
POLICY = """geoipdb "{dat}"
racl blacklist geoip "CN" msg "no mail from %C"
racl whitelist geoip "cn"
racl greylist default
"""
MAIL = ("--from", "a@example.net", "--rcpt", "bob@example.com")


def mailproof(*words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/nonexistent", "COLUMNS": "100"}
    command = (sys.executable, "-m", "mailproof", *words)
    return subprocess.run(
        command, env=environment, input=given, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def policy(tmp_path: Path) -> str:
    dat, conf = tmp_path / "GeoIP.dat", tmp_path / "greylist.conf"
    dat.write_bytes(legacy_dat({"192.0.2.0/24": "CN"}))
    conf.write_text(POLICY.format(dat=dat))
    return str(conf)


def test_the_rule_of_the_article_decides(policy):
    done = mailproof("greylist", "eval", policy, "--client", "192.0.2.9", *MAIL)
    assert done.returncode == 0
    assert done.stdout.startswith(
        "REFUSED: 192.0.2.9, <a@example.net> -> <bob@example.com>: 551 5.7.1 no mail from CN\n"
    )
    assert 'by line 2: racl blacklist geoip "CN"' in done.stdout
    assert 'geoip "CN": yes, 192.0.2.9 is in CN' in done.stdout


def test_json_has_every_clause(policy):
    done = mailproof("greylist", "eval", policy, "--client", "198.51.100.1", *MAIL, "--format", "json")
    told = json.loads(done.stdout)
    assert (told["action"], told["line"], told["delay"], told["documented"]) == ("greylist", 4, 1800, None)
    assert told["rules"][0]["clauses"] == [
        {"clause": 'geoip "CN"', "met": "no", "why": "198.51.100.1 is not in the database: ZZ"}
    ]


def test_another_database_and_what_the_manual_says(policy):
    """10.0.0.1 is not in it, and its first record is of GB."""
    conf = 'racl blacklist geoip "GB"\nracl whitelist default\n'
    words = ("greylist", "eval", "-", "--client", "10.0.0.1", *MAIL, "--geoip", MMDB)
    done = mailproof(*words, given=conf)
    assert done.stdout.startswith("REFUSED:") and "The manual says otherwise: taken at once." in done.stdout
    told = json.loads(mailproof(*words, "--format", "json", given=conf).stdout)
    assert told["action"] == "blacklist" and told["documented"]["action"] == "whitelist"


def test_what_is_not_told_is_not_for_sure():
    conf = 'dnsrbl "spam" bl.example.org 127.0.0.2\nracl blacklist dnsrbl "spam"\nracl whitelist default\n'
    words = ("greylist", "eval", "-", "--client", "192.0.2.9", *MAIL)
    done = mailproof(*words, given=conf)
    assert done.returncode == 1 and "Not for sure" in done.stdout
    done = mailproof(*words, "--answer", 'dnsrbl "spam"=no', given=conf)
    assert done.returncode == 0 and done.stdout.startswith("TAKEN:")


def test_a_client_that_ends_it(policy):
    done = mailproof("greylist", "eval", policy, "--client", "2001:db8::1", *MAIL)
    assert done.stdout.startswith("ENDS: milter-greylist with libGeoIP ends when 2001:db8::1 connects")


@pytest.mark.parametrize(
    ("conf", "name"),
    [
        ("racl greylist default delay 30\n", "time-without-unit"),
        ('racl whitelist dnsrbl "partners"\nracl greylist default\n', "no-such-dnsrbl"),
        ('racl whitelist list "friends"\nracl greylist default\n', "no-such-list"),
        ("racl whitelist rcpt /[b-a]/\nracl greylist default\n", "regex-broken"),
        ("racl greylist default", "last-line-unended"),
        ("racl greylist default\r\n", "carriage-return"),
    ],
)
def test_a_file_with_which_it_does_not_start(conf, name):
    """That is the answer, before whatever the rules would say; as `milter-greylist -c` says it (STARTS_NOT)."""
    words = ("greylist", "eval", "-", "--client", "192.0.2.9", *MAIL)
    done = mailproof(*words, given=conf)
    assert done.returncode == 1
    first, *rest = done.stdout.splitlines()
    assert first == "WRONG: milter-greylist does not start with -, so it decides nothing"
    assert rest[1].startswith("fail -:1: milter-greylist does not start: ")
    answer = rest.index("Without the lines that keep it from starting:") + 1
    assert rest[answer].startswith(("DEFERRED: ", "TAKEN: "))
    told = json.loads(mailproof(*words, "--format", "json", given=conf).stdout)
    assert told["starts"] is False and [each["name"] for each in told["refused"]] == [name]
    japanese = mailproof("--lang", "ja", *words, given=conf)
    assert japanese.stdout.startswith("判定: 問題あり  - では milter-greylist が起動しないため、何も判定されません\n")
    sound = json.loads(mailproof(*words, "--format", "json", given="racl greylist default\n").stdout)
    assert sound["starts"] is True and sound["refused"] == []


def test_lint(policy):
    done = mailproof("greylist", "lint", policy)
    assert done.returncode == 1
    said = " ".join(done.stdout.split())  # a long path breaks the line somewhere else
    assert f"fail {policy}:3: cn never matches" in said and '    racl whitelist geoip "cn"' in done.stdout
    told = json.loads(mailproof("greylist", "lint", policy, "--format", "json").stdout)
    assert [(each["name"], each["line"]) for each in told["findings"]] == [
        ("database-of-unknown-age", 1),
        ("ends-at-ipv6", 1),
        ("country-in-small-letters", 3),
    ]
    sound = mailproof("greylist", "lint", "-", given="racl greylist default\n")
    assert sound.returncode == 0 and sound.stdout == "OK: nothing is wrong in -\n"
    warned = f'geoipdb "{Path(policy).parent}/GeoIP.dat"\nracl blacklist geoip "CN"\n'
    assert mailproof("greylist", "lint", "-", given=warned).returncode == 0
    assert mailproof("greylist", "lint", "-", "--fail-on", "warn", given=warned).returncode == 1


def test_one_thing_is_one():
    done = mailproof("greylist", "lint", "-", given="racl whitelist addr 010.0.0.1\nracl greylist default\n")
    assert done.stdout.startswith("WRONG: one thing is wrong in -\n\nfail -:1: 010.0.0.1 is read as 8.0.0.1: ")


def test_doctor_needs_a_milter_greylist(policy):
    done = mailproof("greylist", "doctor", policy, "--binary", "/bin/sh")
    assert done.returncode == 3 and "another program" in done.stderr
    done = mailproof("greylist", "doctor", policy, "--binary", "/nonexistent/mg")
    assert done.returncode == 3 and "No such file" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "ACTION|eval"),
        (("fix",), "eval"),
        (("eval",), "takes one greylist.conf"),
        (("lint", "a", "b"), "takes one greylist.conf"),
        (("lint", "/nonexistent"), "cannot read"),
        (("eval", "{policy}"), "name the mail"),
        (("eval", "{policy}", "--client", "mx", *MAIL), "takes an IP address"),
        (("eval", "{policy}", "--client", "::1", *MAIL, "--answer", "x"), "CLAUSE=yes"),
        (("eval", "/dev/zero", "--client", "::1", *MAIL), "4 MB"),
        (("eval", "{policy}", "--client", "::1", *MAIL, "--at", "noon"), "2026-11-29T10:00"),
        (("eval", "{policy}", "--client", "::1", *MAIL, "--binary", "/bin/sh"), "no milter-greylist"),
    ],
)
def test_wrong_usage_is_one_sentence(words, said, policy):
    done = mailproof("greylist", *(word.replace("{policy}", policy) for word in words))
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1 and (said in done.stderr or not words)


def test_japanese(policy):
    done = mailproof("--lang", "ja", "greylist", "eval", policy, "--client", "192.0.2.9", *MAIL)
    assert done.stdout.startswith("判定: 拒否  192.0.2.9、<a@example.net> -> <bob@example.com>: 応答は 551")
    assert "192.0.2.9 の国は CN" in done.stdout
    assert "小文字" in mailproof("--lang", "ja", "greylist", "lint", policy).stdout
    for binary, why in (("/bin/sh", "別のプログラムです"), (policy, "このシステムの実行ファイル(ELF)ではありません")):
        done = mailproof("--lang", "ja", "greylist", "doctor", policy, "--binary", binary)
        assert done.returncode == 3 and f"({why})" in done.stderr


def test_why_a_database_is_not_read_is_said_in_both_languages(tmp_path):
    for name, data, english, japanese in (
        ("text", b"this is no database\n" * 20, "it is no country database", "国別データベースではないか"),
        ("short", b"x", "it is too short for a database", "データベースとしては短すぎます"),
        ("city", legacy_dat({"192.0.2.0/24": "CN"}, 2), "cities (edition 2)", "都市、エディション 2"),
        ("mmdb", b"\xab\xcd\xefMaxMind.com\xa1", "a value lies outside", "値がファイルの外を指しています"),
    ):
        (tmp_path / name).write_bytes(data)
        conf = f'geoipdb "{tmp_path / name}"\nracl blacklist geoip "CN"\nracl greylist default\n'
        told = json.loads(mailproof("greylist", "lint", "-", "--format", "json", given=conf).stdout)["findings"]
        assert told[0]["name"] == "database-not-read" and english in told[0]["params"]["why"], told
        said = mailproof("--lang", "ja", "greylist", "lint", "-", given=conf).stdout
        assert japanese in re.sub(r"\n +", "", said)
    named = 'geoipdb "/x\0y"\nracl blacklist geoip "CN"\n'  # what the program itself takes for /x
    assert "no file can have this name" in mailproof("greylist", "lint", "-", given=named).stdout


@pytest.mark.parametrize(("lang", "said"), [("en", "not a file on a disk"), ("ja", "ディスク上のファイルではない")])
def test_a_pipe_is_no_database_and_no_program(lang, said, tmp_path):
    os.mkfifo(tmp_path / "geo.dat")
    config = f'geoipdb "{tmp_path}/geo.dat"\nracl blacklist geoip "CN"\n'
    done = mailproof("--lang", lang, "greylist", "lint", "-", given=config)
    assert done.returncode == 1
    assert "".join(said.split()) in "".join(done.stdout.split()), "it is wrapped"
    done = mailproof("--lang", lang, "greylist", "doctor", "-", "--binary", str(tmp_path / "geo.dat"), given=config)
    assert done.returncode == 3
    assert said in done.stderr
