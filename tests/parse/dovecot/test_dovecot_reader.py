"""Dovecot's configuration, of 2.3 and 2.4: blocks, includes, variables, what is broken; and any bytes."""

from __future__ import annotations

import fnmatch
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.parse.dovecot.known import default_of
from mailproof.parse.dovecot.lines import LineKind, read_line
from mailproof.parse.dovecot.reader import DovecotConfiguration, Setting, read_dovecot

doveconf_there = pytest.mark.skipif(shutil.which("doveconf") is None, reason="needs Dovecot")


def read(files: Mapping[str, str], path: str = "/d/dovecot.conf") -> DovecotConfiguration:
    def glob(pattern: str) -> list[str]:
        return sorted(name for name in files if fnmatch.fnmatchcase(name, pattern))

    return read_dovecot(path, lambda name: files[name].encode() if name in files else None, glob)


@pytest.mark.parametrize(
    ("text", "kind", "key", "value"),
    [
        ("ssl = yes # kept", LineKind.VALUE, "ssl", "yes"),
        ('log_path = " a # b "', LineKind.VALUE, "log_path", " a # b "),
        ("ssl_cert = </etc/x.pem", LineKind.FILE, "ssl_cert", "/etc/x.pem"),
        ("ssl_cert=< /etc/x.pem", LineKind.FILE, "ssl_cert", "/etc/x.pem"),
        ("protocols = $protocols imap", LineKind.VARIABLE, "protocols", "$protocols imap"),
        ('x = "$y"', LineKind.VALUE, "x", "$y"),
        ("service auth {", LineKind.BEGIN, "service", "auth"),
        ('mailbox "Sent Messages" {', LineKind.BEGIN, "mailbox", "Sent Messages"),
        ("plugin {", LineKind.BEGIN, "plugin", ""),
        ("group @g name {", LineKind.BEGIN, "group @g", "name"),
        ("}", LineKind.END, "", ""),
        ("!include_try conf.d/*.conf", LineKind.INCLUDE_TRY, "!include_try", "conf.d/*.conf"),
        ("service auth", LineKind.ERROR, "service", "no-brace"),
        ("service auth { x = 1 }", LineKind.ERROR, "service", "behind-brace"),
        ("a = b \\", LineKind.CONTINUES, "", "a = b"),
        ("# no", LineKind.NOTHING, "", ""),
    ],
)
def test_a_line_is_what_dovecot_takes_it_for(text: str, kind: LineKind, key: str, value: str) -> None:
    line = read_line(text)
    assert (line.kind, line.key, line.value) == (kind, key, value)


def test_every_value_has_its_file_and_line() -> None:
    conf = read(
        {
            "/d/dovecot.conf": "# top\nssl = yes\n!include conf.d/*.conf\nssl = required\n",
            "/d/conf.d/a.conf": "service auth {\n  unix_listener auth {\n    mode = 0660\n  }\n}\n",
            "/d/conf.d/b.conf": "auth_mechanisms = plain \\\n  login\n",
        }
    )
    assert conf.troubles == []
    assert conf.files == ["/d/dovecot.conf", "/d/conf.d/a.conf", "/d/conf.d/b.conf"]
    assert [(each.value, each.line) for each in conf.root.settings if each.name == "ssl"] == [
        ("yes", 2),
        ("required", 4),
    ]
    assert conf.root.last("auth_mechanisms") == Setting("auth_mechanisms", "plain login", "/d/conf.d/b.conf", 1)
    [(around, listener)] = [(a, b) for a, b in conf.root.all_blocks() if b.kind == "unix_listener"]
    assert [block.name for block in around] == ["", "auth"]
    assert listener.last("mode") == Setting("mode", "0660", "/d/conf.d/a.conf", 3)


def test_a_setting_in_its_own_value_is_what_it_was_before() -> None:
    conf = read({"/d/dovecot.conf": "protocols = imap\nprotocols = $protocols lmtp\nprotocols = $protocols pop3\n"})
    assert conf.value("protocols") == "imap lmtp pop3"
    around = read({"/d/dovecot.conf": "protocols = $listen\nlisten = $protocols\n"})
    assert (around.value("protocols"), around.value("listen")) == ("", "*, ::")  # by default, where a circle ends


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"/d/dovecot.conf": "service a {\n"}, [("unclosed", 1)]),
        ({"/d/dovecot.conf": "}\nssl = yes\n}\n"}, [("unexpected-end", 1), ("unexpected-end", 3)]),
        ({"/d/dovecot.conf": "nonsense\nservice x { y = z }\n"}, [("no-brace", 1), ("behind-brace", 2)]),
        ({"/d/dovecot.conf": "!include nowhere.conf\n!include_try nor.conf\n"}, [("include-missing", 1)]),
        ({"/d/dovecot.conf": "!include dovecot.conf\n"}, [("include-loop", 1)]),
        ({"/d/dovecot.conf": "!include b.conf\n", "/d/b.conf": "\n!include dovecot.conf\n"}, [("include-loop", 2)]),
    ],
)
def test_everything_that_is_broken_is_told_at_once(files: dict[str, str], told: list[tuple[str, int]]) -> None:
    assert [(each.name, each.line) for each in read(files).troubles] == told


def test_depth_and_breadth_come_to_an_end() -> None:
    deep = read({"/d/dovecot.conf": "a {\n" * 5000})
    assert {each.name for each in deep.troubles} == {"too-deep", "unclosed"}
    many = {
        f"/d/{number}.conf": f"!include /d/{number + 1}.conf\n!include /d/{number + 2}.conf\n" for number in range(90)
    }
    assert len(read(many, "/d/0.conf").files) <= 501


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read(data: bytes) -> None:
    conf = read_dovecot("/d", lambda _: data, lambda pattern: [pattern])
    for setting in conf.root.settings:
        conf.value(setting.name)


names = st.sampled_from(
    ["mail_debug", "auth_verbose", "ssl", "login_greeting", "mail_location", "protocols", "listen"]
)
values = {
    "mail_debug": ("yes", "no"),
    "auth_verbose": ("yes", "no"),
    "ssl": ("yes", "no", "required"),
    "login_greeting": ("hello", '" a # b "', "'it''s'", "x\\\n  y", "two  blanks"),
    "mail_location": ("maildir:~/Maildir", "mbox:~/mail:INBOX=/var/mail/%u"),
    "protocols": ("imap", "$protocols lmtp", "imap pop3"),
    "listen": ("*", "127.0.0.1"),
}
line = names.flatmap(lambda name: st.sampled_from([f"{name} = {value}" for value in values[name]]))
block = st.sampled_from(
    [
        "service auth {\n  unix_listener auth-x {\n    mode = 0660\n  }\n}",
        "service imap-login {\n  process_min_avail = 3 # three\n}",
        "protocol imap {\n  mail_max_userip_connections = 20\n}",
        "passdb {\n  driver = static\n  args = password=x\n}",
        "remote 192.0.2.0/24 {\n  mail_debug = yes\n}",
    ]
)


@doveconf_there
@pytest.mark.real
@given(st.lists(st.one_of(line, line, block, st.just("# comment"), st.just("")), max_size=12))
@settings(max_examples=60, deadline=None)
def test_values_are_those_that_doveconf_shows(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    """What we read of a file is what we read of doveconf's own account of it, but for defaults, which it adds."""
    path = tmp_path_factory.mktemp("dovecot") / "dovecot.conf"
    path.write_text("\n".join(lines) + "\n")
    done = subprocess.run(
        ["doveconf", "-a", "-c", str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    ours = read_dovecot(str(path), lambda name: Path(name).read_bytes(), lambda _: [])
    assert (done.returncode == 0) == (not ours.troubles), done.stderr
    theirs = read({"/t": done.stdout}, "/t")
    for name in values:
        if ours.root.last(name) is not None:
            assert ours.value(name).split() == (theirs.root.last(name) or ours.root.last(name)).value.split(), name  # type: ignore[union-attr]
    for kind, name in (("service", "auth"), ("service", "imap-login"), ("protocol", "imap")):
        for wanted in (each for one in ours.blocks(kind, name) for each in one.settings):
            shown = [each for one in theirs.blocks(kind, name) for each in one.settings if each.name == wanted.name]
            assert [each.value for each in shown[-1:]] == [wanted.value]


@doveconf_there
@pytest.mark.real
@given(st.lists(st.one_of(line, line, block, st.just("# comment"), st.just("")), max_size=12))
@settings(max_examples=40, deadline=None)
def test_what_differs_from_the_defaults_is_what_doveconf_shows(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    """`doveconf -n` leaves out what is as it is by default."""
    path = tmp_path_factory.mktemp("dovecot") / "dovecot.conf"
    path.write_text("\n".join(lines) + "\n")
    done = subprocess.run(
        ["doveconf", "-n", "-c", str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    ours = read_dovecot(str(path), lambda name: Path(name).read_bytes(), lambda _: [])
    theirs = read({"/t": done.stdout}, "/t")
    for name in values if done.returncode == 0 else ():
        shown = theirs.root.last(name)
        wanted = ours.value(name).split()
        assert wanted == (default_of(name).split() if shown is None else shown.value.split()), name


NESTED = {
    ("local", "local"), ("local", "local_name"), ("local", "remote"), ("local", "protocol"),
    ("local_name", "local_name"), ("local_name", "remote"), ("local_name", "protocol"), ("remote", "remote"),
    ("remote", "protocol"),
}  # fmt: skip
NAMES = {"local": "10.0.0.0/8", "local_name": "x.test", "remote": "10.0.0.0/8", "protocol": "imap"}
PAIRS = [(outer, inner) for outer in NAMES for inner in NAMES]


def nested(outer: str, inner: str) -> str:
    return f"{outer} {NAMES[outer]} {{\n  {inner} {NAMES[inner]} {{\n    mail_debug = yes\n  }}\n}}\n"


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_a_filter_stands_in_no_other_that_belongs_inside_it(outer: str, inner: str) -> None:
    found = read({"/d/dovecot.conf": nested(outer, inner)}).troubles
    assert [(each.name, each.line) for each in found] == ([] if (outer, inner) in NESTED else [("filter-order", 2)])
    assert not read({"/d/dovecot.conf": f"dovecot_config_version = 2.4.0\n{nested(outer, inner)}"}).troubles


@pytest.mark.long
@doveconf_there
@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_doveconf_takes_the_same_filters(outer: str, inner: str, tmp_path: Path) -> None:
    file = tmp_path / "dovecot.conf"
    file.write_text(nested(outer, inner))
    done = subprocess.run(["doveconf", "-n", "-c", file], capture_output=True, text=True, check=False, timeout=60)
    assert ("not allowed" in done.stderr) == ((outer, inner) not in NESTED), done.stderr
