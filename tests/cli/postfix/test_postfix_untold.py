"""What Postfix refuses, or could not be read, is in the answer of route, rewrite and prove, and in the exit code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from running import CLEAN, mailproof, sentence_of

from mailproof.lab.real.alone import PostfixAlone

needs_postfix = pytest.mark.skipif(bool(PostfixAlone.missing()), reason="needs root and Postfix")
FROM, TO = "alice@a.test", "bob@far.test"
MAIN = "compatibility_level = 3.6\nmyhostname = mail.example.test\nmynetworks = 127.0.0.0/8\n"
MASTER = "smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\npickup unix n - n 60 1 pickup\n" \
    "cleanup unix n - n - 0 cleanup\nsmtp unix - - n - - smtp\n"  # fmt: skip
ASKS = {
    "route": ("route", FROM, TO),
    "rewrite": ("rewrite", FROM),
    "why-not": ("rewrite", "--why-not", FROM),
    "message": ("rewrite", "--message", "-"),
}
MESSAGE = f"From: {FROM}\nTo: {TO}\n\nbody\n"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    directory = tmp_path / "copy"
    directory.mkdir()
    (directory / "main.cf").write_text(MAIN)
    (directory / "master.cf").write_text(MASTER)
    return directory


def add(copy: Path, text: str, file: str = "main.cf") -> None:
    with (copy / file).open("a") as opened:
        opened.write(text)


def untold(said: Any) -> list[dict[str, Any]]:
    """Every step of an answer that says that something is not known."""
    if isinstance(said, list):
        return [step for each in said for step in untold(each)]
    if not isinstance(said, dict):
        return []
    own = [said] if said.get("outcome") == "untold" else []
    return [*own, *(step for each in said.values() for step in untold(each))]


@pytest.mark.parametrize("ask", ASKS)
def test_what_is_whole_is_told(copy: Path, ask: str) -> None:
    done = mailproof("postfix", *ASKS[ask], "-c", str(copy), "--format", "json", given=MESSAGE)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert (said["told"], untold(said)) == (True, [])


BROKEN = {
    "no equals": ("main.cf", "relayhost [gw.test]\n", "main.cf", 4, "relayhost [gw.test]"),
    "macro": ("main.cf", "smtpd_banner = ${myhostname\n", "main.cf", 4, "smtpd_banner = ${myhostname"),
    "columns": ("master.cf", "scan unix - - smtp\n", "master.cf", 6, "scan unix - - smtp"),
    "type": ("master.cf", "scan tcp n - n - - smtpd\n", "master.cf", 6, "tcp"),
    "macro of an option": ("master.cf", "x unix - - n - - smtp\n -o y=${z\n", "master.cf", 7, "y = ${z"),
}


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("broken", BROKEN)
def test_a_line_that_postfix_refuses_makes_every_answer_unsure(copy: Path, ask: str, broken: str) -> None:
    file, text, *place, shown = BROKEN[broken]
    add(copy, text, file)
    for lang, words in (("en", "Postfix refuses this line"), ("ja", "Postfix が受け付けない行")):
        done = mailproof("--lang", lang, "postfix", *ASKS[ask], "-c", str(copy), given=MESSAGE)
        assert (done.returncode, done.stderr) == (3, "")
        assert words in done.stdout
    said = json.loads(mailproof("postfix", *ASKS[ask], "-c", str(copy), "--format", "json", given=MESSAGE).stdout)
    assert said["told"] is False
    steps = [step for step in untold(said) if step["name"] == "untold-refused"]
    assert [([step["file"], step["line"]], step["params"]["text"]) for step in steps] == [(place, shown)]


@pytest.mark.parametrize("ask", ASKS)
def test_a_master_cf_that_is_not_there_is_told(copy: Path, ask: str) -> None:
    (copy / "master.cf").unlink()
    done = mailproof("postfix", *ASKS[ask], "-c", str(copy), given=MESSAGE)
    assert done.returncode == 3
    assert "master.cf could not be read" in " ".join(done.stdout.split())
    assert "no service of master.cf" not in done.stdout
    assert "not in master.cf" not in done.stdout
    said = json.loads(mailproof("postfix", *ASKS["route"], "-c", str(copy), "--format", "json").stdout)
    (route,) = said["routes"]
    assert (route["transport"], route["master_line"]) == ("smtp", None)
    assert route["hosts"] == [{"host": "far.test", "port": 25, "mx": True}]


@pytest.mark.parametrize("ask", ASKS)
def test_a_table_that_changes_nothing_because_it_was_not_read_is_told(copy: Path, ask: str) -> None:
    add(copy, "sender_canonical_maps = hash:/etc/postfix/none\nlocal_header_rewrite_clients = static:all\n")
    done = mailproof("postfix", *ASKS[ask], "-c", str(copy), given=MESSAGE)
    assert done.returncode == 3
    assert "hash:/etc/postfix/none could not be read" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("value", "table"),
    [
        ("localhost, /etc/postfix/domains", "/etc/postfix/domains"),
        ("mysql:/etc/postfix/domains.cf", "mysql:/etc/postfix/domains.cf"),
        ("hash:/etc/postfix/domains", "hash:/etc/postfix/domains"),
    ],
)
def test_a_list_of_own_domains_that_cannot_be_read_is_no_no(copy: Path, value: str, table: str) -> None:
    add(copy, f"mydestination = {value}\nsender_canonical_maps = inline:{{{{alice = x@y.test}}}}\n")
    for ask in ("route", "rewrite", "message"):
        words = (*ASKS[ask], *(() if ask == "route" else ("--client", "sendmail")))
        done = mailproof("postfix", *words, "-c", str(copy), "--format", "json", given=MESSAGE)
        assert done.returncode == 3, ask
        steps = untold(json.loads(done.stdout))
        assert {(step["params"]["parameter"], step["params"]["table"]) for step in steps} == {
            ("mydestination", table)
        }
    route = mailproof("postfix", *ASKS["route"], "-c", str(copy)).stdout
    assert "mydestination does not have" not in route


def test_what_is_so_for_own_and_for_other_domains_is_told(copy: Path) -> None:
    """Only names without a domain depend on mydestination; this entry has one."""
    add(copy, f"mydestination = /etc/postfix/none\nsender_canonical_maps = inline:{{{{{FROM} = x@y.test}}}}\n")
    for ask in ("rewrite", "message"):
        done = mailproof("postfix", *ASKS[ask], "-c", str(copy), "--client", "sendmail", "--format", "json",
                         *(("--place", "header-sender") if ask == "rewrite" else ()), given=MESSAGE)  # fmt: skip
        assert (done.returncode, untold(json.loads(done.stdout))) == (0, [])


def test_a_filter_behind_a_network_that_is_not_known_is_not_sure(copy: Path) -> None:
    add(copy, "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n")
    add(copy, "smtpd_recipient_restrictions = check_sender_access inline:{{a.test = FILTER scan:h}}\n")
    ask = ("postfix", *ASKS["route"], "--client", "192.0.2.7", "-c", str(copy))
    assert mailproof(*ask).returncode == 0
    (copy / "main.cf").write_text((copy / "main.cf").read_text().replace("127.0.0.0/8", "/etc/postfix/networks"))
    done = mailproof(*ask)
    assert done.returncode == 3
    assert "mynetworks: the text of /etc/postfix/networks could not be read" in " ".join(done.stdout.split())
    assert "filter" in done.stdout
    (copy / "networks").write_text("192.0.2.0/24\n")
    assert mailproof(*ask).returncode == 0


UNPROVED = {
    **{name: (file, text, shown) for name, (file, text, *_, shown) in BROKEN.items()},
    "own domains": ("main.cf", "mydestination = /etc/postfix/none\n", "/etc/postfix/none"),
    "a key twice": ("main.cf", "canonical_maps = texthash:/etc/postfix/twice\n", "texthash:/etc/postfix/twice"),
    "a pattern": ("main.cf", "canonical_maps = pcre:/etc/postfix/itself\n", "pcre:/etc/postfix/itself"),
}


@needs_postfix
@pytest.mark.parametrize("broken", UNPROVED)
def test_nothing_is_proved_of_what_could_not_be_computed(copy: Path, broken: str) -> None:
    file, text, shown = UNPROVED[broken]
    (copy / "twice").write_text("a@b.test c@d.test\na@b.test e@f.test\n")
    (copy / "itself").write_text("/a(?R)?b/ c@d.test\n")
    add(copy, text, file)
    done = mailproof("postfix", "prove", FROM, "--to", TO, "--client", "own", "-c", str(copy))
    assert done.returncode == 2
    assert shown in sentence_of(done)


@needs_postfix
def test_nothing_is_proved_without_master_cf(copy: Path) -> None:
    (copy / "master.cf").unlink()
    done = mailproof("postfix", "prove", FROM, "--to", TO, "-c", str(copy))
    assert done.returncode == 2
    assert "master.cf could not be read" in sentence_of(done)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("route", "a@b.test", "c@d.test", "e@f.test"), "one SENDER and one RECIPIENT, and here are 3 words"),
        (("route", FROM, TO, "--client", ""), "--client: a value is wanted"),
        (("route", FROM, TO, "--service", ""), "--service: a value is wanted"),
        (("route", FROM, TO, "-c", ""), "--postfix-dir/-c: a value is wanted"),
        (("rewrite", FROM, "-c", ""), "--postfix-dir/-c: a value is wanted"),
        (("lint", "-c", ""), "--postfix-dir/-c: a value is wanted"),
        (("lint", "--dovecot-conf", ""), "--dovecot-conf: a value is wanted"),
        (("rewrite", "--message", "/dev/zero"), "/dev/zero"),
    ],
)
def test_the_reason_is_the_right_one(copy: Path, words: tuple[str, ...], said: str) -> None:
    where = () if "-c" in words else ("-c", str(copy))
    done = mailproof("postfix", *words, *where)
    assert done.returncode == 2
    assert said in sentence_of(done)


def test_dovecot_lint_of_an_empty_name_is_no_sound_configuration() -> None:
    done = mailproof("dovecot", "lint", "-c", "")
    assert done.returncode == 2
    assert "--dovecot-conf/-c: a value is wanted" in sentence_of(done)


def test_a_service_may_be_named_by_its_port(copy: Path) -> None:
    ask = ("postfix", "rewrite", FROM, "--client", "own", "--format", "json", "-c", str(copy), "--service")
    for name in ("submission", "587"):
        said = json.loads(mailproof(*ask, name).stdout)
        assert said["addresses"][0]["clients"][0]["service"] == "submission inet"
    done = mailproof(*ask, "465")
    assert done.returncode == 2
    assert "--service takes one of smtp, submission, not 465" in sentence_of(done)
    (copy / "master.cf").write_text("pickup unix n - n 60 1 pickup\n")
    assert "no service of master.cf takes mail by SMTP" in sentence_of(mailproof(*ask, "smtp"))
    (copy / "master.cf").unlink()
    assert "no master.cf that could be read" in sentence_of(mailproof(*ask, "smtp"))


# Root without the right to read what its permissions forbid.
_AS_ANYBODY = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


@pytest.mark.skipif(bool(_AS_ANYBODY) and shutil.which("setpriv") is None, reason="needs setpriv(1) for root")
def test_a_main_cf_that_may_not_be_read_is_no_missing_one(copy: Path) -> None:
    (copy / "main.cf").chmod(0)
    for words in (ASKS["route"], ASKS["rewrite"], ("prove", FROM, "--to", TO), ("lint",)):
        command = [*_AS_ANYBODY, sys.executable, "-m", "mailproof", "postfix", *words, "-c", str(copy)]
        done = subprocess.run(command, env=CLEAN, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (3, "")
        assert f"{copy}/main.cf may not be read by this user" in done.stderr


def test_a_main_cf_that_is_no_file_is_no_missing_one(copy: Path) -> None:
    (copy / "main.cf").unlink()
    (copy / "main.cf").mkdir()
    for words in (ASKS["route"], ("lint",)):
        done = mailproof("postfix", *words, "-c", str(copy))
        assert (done.returncode, done.stdout) == (3, "")
        assert "main.cf is a directory" in done.stderr


_WATCHED = """\
import sys
seen = []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and arguments[0].startswith(sys.argv[-1]):
        seen.append(arguments[0].removeprefix(sys.argv[-1]))
sys.addaudithook(watch)
from mailproof.__main__ import main
sys.argv[0] = "mailproof"
try:
    main()
except SystemExit:
    pass
print("\\n".join(seen), file=sys.stderr)
"""


@pytest.mark.parametrize("ask", [*ASKS, "lint", pytest.param("prove", marks=needs_postfix)])
def test_every_file_is_opened_once(copy: Path, ask: str) -> None:
    """The interpreter itself tells of every file that is opened."""
    drawn = "" if ask == "prove" else "randmap:{smtp:[a.test], smtp:[b.test]}, "
    add(copy, "sender_canonical_maps = hash:/etc/postfix/t, proxy:hash:/etc/postfix/t\n")
    add(copy, "canonical_maps = hash:/etc/postfix/t\nsmtp_generic_maps = hash:/etc/postfix/t\n")
    add(copy, "mydestination = /etc/postfix/d\nrelay_domains = /etc/postfix/d\n")
    add(copy, f"transport_maps = {drawn}hash:/etc/postfix/t\n")
    (copy / "t").write_text("a@b.test c@d.test\n")
    (copy / "d").write_text("own.test\n")
    words = {**ASKS, "lint": ("lint",), "prove": ("prove", FROM, "--to", TO)}[ask]
    command = [sys.executable, "-c", _WATCHED, "postfix", *words, "-c", str(copy)]
    done = subprocess.run(command, env=CLEAN, input=MESSAGE, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout
    assert sorted(done.stderr.split()) == ["/d", "/main.cf", "/master.cf", "/t"]
