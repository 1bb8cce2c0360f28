"""main.cf and master.cf as postconf reads them, tables as `postmap -q` does; and any bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.parse.postfix.expand import expand
from mailproof.parse.postfix.known import known
from mailproof.parse.postfix.lines import split_list
from mailproof.parse.postfix.master import read_master
from mailproof.parse.postfix.parameters import read_main
from mailproof.parse.postfix.tables import Answer, Untold, open_table
from settled import write

postfix_there = pytest.mark.skipif(shutil.which("postconf") is None, reason="needs Postfix")
BEGIN = "compatibility_level = 3.6\nmyhostname = h.d.test\n"


def postconf(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["postconf", "-c", str(directory), *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    return done.stdout if done.returncode == 0 else "fatal"


def test_continuations_and_comments_inside_them_keep_the_first_line() -> None:
    main = read_main(b"# top\na_list = one\n   # c\n\n   two\n  three\nb=2\nb = 3 # kept\n junk\n")
    assert main.setting("a_list").value.split() == ["one", "two", "three"]
    assert (main.setting("a_list").line, main.setting("b").line) == (2, 8)
    assert main.setting("b").value == "3 # kept junk"
    assert [(each.line, each.name) for each in main.troubles] == [(8, "overrides")]


EXPRESSIONS = (
    "${myhostname?{[smtp.x]:587}:{none}}", "$$literal $(myhostname) ${undef:dflt} ${undef?x}", "x$myhostname.foo",
    "${{10} > {9} ? {numeric}:{lexical}}", "${{a10} > {a9} ? {numeric}:{lexical}}", "${myhostname?a:b}",
    "${relayhost?a:b}", "${relayhost?{a}:b}", "${myhostname?{a}:b}", "${ myhostname ? { a } : { b } }", "$1x",
    "${a", "${myhostname?{a}", "${{a} ~ {b}}", "end $", "${{3.6} >=level {2} ? {new} : {old}}", "${myhostname:{x}}",
    "${relayhost:{x y}}", "${{a} == {a}}", "${{$myhostname} != {h.d.test} ? {no}}", "$mydomain", "${a b}", "$-",
    "${{1}<{02}?{yes}:{no}}", "a,b  {c, d} e",
)  # fmt: skip


@postfix_there
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_are_what_postconf_makes_of_them(expression: str, tmp_path: Path) -> None:
    text = f"{BEGIN}smtpd_banner = {expression}\n"
    write(tmp_path / "main.cf", text)
    ours = read_main(text.encode()).value("smtpd_banner")
    theirs = postconf(tmp_path, "-xh", "smtpd_banner")
    assert ("fatal" if ours.trouble else " ".join(ours.text.split())) == " ".join(theirs.split())


def test_values_that_name_each_other_come_to_an_end() -> None:
    values = {f"a{n}": f"$a{n + 1} $a{n + 1}" for n in range(60)}
    assert expand("$a0", values.get).trouble == "size"
    assert expand("$x", {"x": "$x"}.get).trouble == "nesting"


MASTER = """smtp inet n - y - - smtpd
submission inet n - y - - smtpd
  -o { smtpd_client_restrictions = permit_sasl_authenticated, reject }
  # a comment
  -o syslog_name=postfix/$service_name
relay unix - - n - - smtp -v
"""


@postfix_there
def test_services_and_their_options_are_those_of_postconf(tmp_path: Path) -> None:
    write(tmp_path / "main.cf", BEGIN)
    write(tmp_path / "master.cf", MASTER)
    services = read_master(MASTER.encode()).services
    ours = [f"{s.name}/{s.type}/{name} = {value}" for s in services for name, value in s.options.items()]
    assert sorted(ours) == sorted(postconf(tmp_path, "-P").splitlines())
    assert [service.line for service in services] == [1, 2, 6]
    assert services[2].arguments == ("-v",)


def test_every_value_and_option_has_its_own_line() -> None:
    main = read_main(b"a = one,\n  # not this\n  two\n  three\n")
    assert [main.setting("a").line_of(word) for word in ("one", "two", "three", "four")] == [1, 3, 4, 1]
    [_, submission, _] = read_master(MASTER.encode()).services
    assert submission.option_lines == {"smtpd_client_restrictions": 3, "syslog_name": 5}


@postfix_there
def test_braces_hold_an_argument_together_wherever_they_stand(tmp_path: Path) -> None:
    text = "smtp inet n - y - - smtpd\n -o {a=b c} -o d={e f} -o {g={h i}}\n"
    write(tmp_path / "main.cf", BEGIN)
    write(tmp_path / "master.cf", text)
    [service] = read_master(text.encode()).services
    ours = [f"smtp/inet/{name} = {value}" for name, value in service.options.items()]
    assert sorted(ours) == sorted(postconf(tmp_path, "-P").splitlines())


@postfix_there
def test_what_postfix_takes_by_default_is_known(tmp_path: Path) -> None:
    told = dict(line.split(" =", 1) for line in postconf(tmp_path, "-d").splitlines())
    of_machine = {"myhostname", "mydomain", "mynetworks", "process_id", "process_name", "config_directory"}
    assert {name for name in told if name not in known()} == set()
    different = {name for name, value in told.items() if known()[name].default != value.strip()}
    assert different <= {*of_machine, "mail_version"}


TABLES = {
    "texthash": "a@b.test x y # kept\nKey with spaces\n\n# no\n  \nc  one\n   two\n",
    "regexp": "/^a(b)?c$/i sensitive\n"
    "/^(.*)@x\\.test$/ $1@y.test $$ ${1}\n!/test/ no$$ne\nif /@z/\n/^u/ in-if\nendif\n",
    "cidr": "192.0.2.0/24 net\n!198.51.100.0/24 elsewhere\n2001:db8::/32 six\n192.0.2.1/24 wrong\n",
}
KEYS = ("a@b.test", "key", "KEY", "c", "abc", "ABC", "u@x.test", "u@z.test", "192.0.2.7", "198.51.100.1", "::1")


@postfix_there
@pytest.mark.parametrize("kind", TABLES)
def test_tables_answer_as_postmap_does(kind: str, tmp_path: Path) -> None:
    write(tmp_path / "main.cf", BEGIN)
    write(tmp_path / "t", TABLES[kind])
    spec = f"{kind}:{tmp_path}/t"
    table = open_table(spec, lambda path: Path(path).read_bytes())
    for key in KEYS:
        assert table.ask(key) is None or isinstance(table.ask(key), Answer)
        found = table.ask(key)
        assert (found.value if isinstance(found, Answer) else "") == asked(tmp_path, key, spec), key


@postfix_there
@pytest.mark.parametrize(
    "spec",
    ["inline:{a=1, {b = 2 3}}", "static:{x y}", "static:z", "unionmap:{inline:{a=1},inline:{a=2}}",
     "pipemap:{inline:{a=b},inline:{b=c}}", "proxy:inline:{a=q}", "randmap:{one}"],
)  # fmt: skip
def test_tables_inside_main_cf_answer_as_postmap_does(spec: str, tmp_path: Path) -> None:
    write(tmp_path / "main.cf", BEGIN)
    plain = spec.removeprefix("proxy:")
    for key in ("a", "b", "A", "n"):
        found = open_table(spec, lambda _: None).ask(key)
        assert (found.value if isinstance(found, Answer) else "") == asked(tmp_path, key, plain), key


@postfix_there
def test_a_randmap_answers_with_one_of_its_values(tmp_path: Path) -> None:
    write(tmp_path / "main.cf", BEGIN)
    spec = "randmap:{one, {two words}, three}"
    values: set[str] = set()
    open_table(spec, lambda _: None, choose=lambda _, each: values.update(each) or "one").ask("a")
    assert values == {"one", "{two words}", "three"}
    assert {asked(tmp_path, "a", spec) for _ in range(12)} <= values


def asked(directory: Path, key: str, spec: str) -> str:
    env = {"MAIL_CONFIG": str(directory), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["postmap", "-q", key, spec], capture_output=True, text=True, env=env, timeout=60, check=False
    )
    return done.stdout.rstrip("\n")


def test_a_pattern_that_could_take_for_ever_ends() -> None:
    table = open_table("pcre:/t", {"/t": b"/^(a+)+$/ x\n/^(a|aa)+\\1?b\\1$/ y\n"}.get)
    assert table.ask("a" * 60) == Answer("x", 1)
    assert table.ask("a" * 60 + "b") == Untold("pattern-not-read", 2)


OPENED = [
    ("inline:{a=b}", "b"), ("inline:{{ a = b c }, x=y}", "b c"), ("inline:{ a = b }", None), ("inline:a=b", None),
    ('inline:{{"a b"@c.test = x}, a=y}', "y"), ("inline:{{a b = x}}", None),
    ("inline:{a}", None), ("inline:{}", None), ("inline:{{a=b}x}", None), ("static:", None), ("static:x", "x"),
    ("static:{x", None), ("static:{x y}", "x y"), ("unionmap:{static:x}", "x"), ("unionmap:static:x", None),
    ("pipemap:{}", None), ("randmap:{ }", None), ("regexp:{{/a/ b}}", "b"), ("regexp:{/a/ b}", None),
    ("pcre:{ {if /a/}, {/(a)/i $1}, {endif} }", "a"), ("cidr:{{0.0.0.0/0 x}}", ""),
]  # fmt: skip
"""Tables that stand in main.cf itself, and what they answer for `a`; None where Postfix opens none."""


@pytest.mark.parametrize(("spec", "answer"), OPENED)
def test_a_table_in_main_cf_is_opened_or_not(spec: str, answer: str | None) -> None:
    found = open_table(spec, lambda _: None).ask("a")
    assert isinstance(found, Untold) == (answer is None)
    assert answer is None or found == (Answer(answer, getattr(found, "line", 0)) if answer else None)


@pytest.mark.long
@postfix_there
@pytest.mark.parametrize(("spec", "answer"), OPENED)
def test_postmap_opens_the_same(spec: str, answer: str | None, tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text(BEGIN)
    command = ["postmap", "-c", str(tmp_path), "-q", "a", spec]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ("fatal" in said.stderr) == (answer is None)
    assert said.stdout.rstrip("\n") == (answer or "")


@pytest.mark.parametrize(
    ("text", "name", "whole"),
    [
        ("", "mail", "mail.localdomain"),
        ("", "mail.example.com", "mail.example.com"),
        ("mydomain = example.net\n", "mail", "mail.example.net"),
        ("mydomain = example.net\n", "mail.example.com", "mail.example.com"),
        ("mydomain = $x\nx = example.org\n", "mail", "mail.example.org"),
        ("mydomain = example.net\nmyhostname = mx\n", "mail", "mx"),
    ],
)
def test_the_name_of_a_machine_is_completed_by_mydomain(text: str, name: str, whole: str) -> None:
    main = read_main(text.encode(), {"myhostname": name})
    assert main.value("myhostname").text == whole
    assert main.value("myorigin").text == whole
    assert read_main(b"mydomain = $myhostname\n", {"myhostname": name}).value("mydomain").trouble in ("nesting", "")


def test_a_line_ends_at_a_byte_of_zero_as_a_text_of_c_does() -> None:
    main = read_main(b"myhostname = a\0b\n  c\nmydestination = x\n")
    assert main.value("myhostname").text == "a"
    assert main.value("mydestination").text == "x"


@given(st.binary(max_size=400), st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read(data: bytes, key: str) -> None:
    main = read_main(data)
    for name in main.settings:
        main.value(name)
    read_master(data)
    split_list(data.decode("latin-1"))
    for kind in ("hash", "regexp", "pcre", "cidr", "texthash"):
        open_table(f"{kind}:/t", lambda _: data).ask(key)
    open_table(data.decode("latin-1"), lambda _: None).ask(key)
