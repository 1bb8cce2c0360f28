"""Generated tables, asked tens of thousands of keys: each answer is that of `postmap -q`."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from mailproof.parse.postfix.tables import Answer, open_table
from settled import write

pytestmark = pytest.mark.skipif(shutil.which("postmap") is None, reason="needs Postfix")

KEYS = 1000
TABLES = 48
"""Of eight kinds: 48,000 lookups."""

WORDS = ("u", "u+x", "w", "A.b", "two words", "x", "é", "#h", "*", "a" * 60)
DOMAINS = ("a.test", "B.test", "sub.a.test", "example.co.jp", "[192.0.2.1]", "localhost")
VALUES = (
    "one@a.test",
    "two words here",
    "# not a comment",
    "smtp:[h]:25",
    "x, y",
    "$1",
    "DUNNO",
    '"q q"@b.test',
    "é",
)
PATTERNS = (
    r"/^{0}@/", r"/@{1}$/", r"/^([^@+]+)(\+.*)?@{1}$/", r"/{0}/i", r"!/{1}/", r"/^(.)([a-z])/", r"/^[a-m]+/",
    r"/test$/", r"/^{0}\+(.*)@(.*)$/", r"/^.{{3,5}}@/", r"/(x|w)@/", r"/^u?@/", r"/[[:digit:]]/", r"/^[^ ]+$/",
    r"/^[\w.]+@/", r"/\d/", r"/^(u|u\+x)@?(.*)$/", r"/^(u|w|x)+@({1})/", r"/[\.]/", r"/u{{x/", r"/({0})+?@/",
    r"/(.)\1/", r"/^({0}|.*)@([a-z]+)\.([a-z]+)(\.[a-z]+)?$/", r"/(?i)^{0}@/", r"/^(?!u)\w+@/", r"/\b{0}\b/",
    r"!!/{1}/", r"/{0}/ii",
)  # fmt: skip
RESULTS = ("$1", "got ${1}x", "$(1)$$", "plain", "$2-$1", "REJECT no $1", "$1a", "$x", "$0", "a$", "$ 1", "${}", "$3")


def text_table(chance: random.Random) -> str:
    lines = ["# a table\n", "\n"]
    keys: dict[str, None] = {}
    while len(keys) < 30:
        word, domain = chance.choice(WORDS), chance.choice(DOMAINS)
        key = chance.choice((f"{word}@{domain}", f"@{domain}", domain, word, f'"{word}"@{domain}'))
        if " " in key and '"' not in key:
            key = key.replace(" ", "_")
        if not key.startswith("#") and key.lower() not in (each.lower() for each in keys):
            keys[key] = None
    for key in keys:
        value = chance.choice(VALUES)
        between = chance.choice((" ", "\t", "   ", "\n\t", "\n# inside\n  "))
        lines.append(f"{key}{between}{value}{chance.choice(('', ' ', '  more'))}\n")
        lines += chance.choice(([], [], ["\n"], ["   # indented\n"]))
    return "".join(lines)


def pattern_table(chance: random.Random, kind: str) -> str:
    lines = []
    for _ in range(chance.randint(3, 9)):
        word, domain = chance.choice(("u", "w", "A", "x")), chance.choice(("a\\.test", "b\\.test", "jp"))
        pattern = chance.choice(PATTERNS).format(word, domain)
        rule = f"{pattern} {chance.choice((*RESULTS[:6], chance.choice(RESULTS)))}\n"
        lines.append(f"if /{chance.choice(('@', 'test', '^u'))}/\n{rule}endif\n" if chance.random() < 0.2 else rule)
    return "".join(lines)


def network_table(chance: random.Random) -> str:
    lines = []
    for _ in range(12):
        bits = chance.choice((8, 16, 24, 30, 32))
        octets = [chance.choice((10, 192)), chance.randrange(4), chance.randrange(3), chance.randrange(8) * 4]
        kept = [octet if at < bits // 8 else 0 for at, octet in enumerate(octets)]
        kept[3] = octets[3] if bits >= 30 else 0
        sign = chance.choice(("", "", "", "!"))
        lines.append(f"{sign}{'.'.join(map(str, kept))}/{bits} value {bits}\n")
    return "".join([*lines, "2001:db8::/32 six\n", "2001:db8:1::1 one\n"])


def addresses(chance: random.Random) -> list[str]:
    keys = [f"{chance.choice((10, 192, 172))}.{chance.randrange(5)}.{chance.randrange(4)}.{chance.randrange(40)}"
            for _ in range(KEYS - 40)]  # fmt: skip
    return [*keys, *(f"2001:db8:{chance.randrange(3):x}::{chance.randrange(3):x}" for _ in range(40))]


def names(chance: random.Random) -> list[str]:
    found = []
    for _ in range(KEYS):
        word, domain = chance.choice(WORDS), chance.choice(DOMAINS)
        text = chance.choice((f"{word}@{domain}", f"@{domain}", domain, word, f'"{word}"@{domain}', f"q{word}"))
        found.append(chance.choice((text, text.upper(), text.lower())))
    return found


def postmap(directory: Path, spec: str, keys: Sequence[str]) -> dict[str, str]:
    done = subprocess.run(
        ["postmap", "-q", "-", spec],
        input="".join(f"{key}\n" for key in keys).encode(),
        env={"MAIL_CONFIG": str(directory), "PATH": os.environ["PATH"]},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"fatal" not in done.stderr, done.stderr
    rows = (line.partition("\t") for line in done.stdout.decode().split("\n") if line)
    return {key: value for key, _, value in rows}


@pytest.mark.parametrize("number", range(TABLES))
def test_generated_tables_answer_as_postmap_does(number: int, tmp_path: Path) -> None:
    chance = random.Random(number)
    write(tmp_path / "main.cf", "compatibility_level = 3.6\nmyhostname = h.d.test\n")
    file = tmp_path / "t"
    kind = ("texthash", "hash", "btree", "regexp", "pcre", "cidr", "inline", "pipemap")[number % 8]
    keys = addresses(chance) if kind == "cidr" else names(chance)
    spec = f"{kind}:{file}"
    if kind == "inline":
        rows = (line.split(None, 1) for line in ("a@b.test one", "u two words", "@a.test x@y.test", "W@B.test z"))
        spec = "inline:{" + ", ".join(f"{{{key} = {value}}}" for key, value in rows) + "}"
    elif kind == "pipemap":
        write(file, text_table(chance))
        write(tmp_path / "r", "/^(o)ne@/ first $1\n/two/ second\n")
        spec = f"pipemap:{{texthash:{file},regexp:{tmp_path}/r}}"
    elif kind in ("regexp", "pcre"):
        write(file, pattern_table(chance, kind))
    elif kind == "cidr":
        write(file, network_table(chance))
    else:
        write(file, text_table(chance))
    if kind in ("hash", "btree"):
        made = ["postmap", "-c", str(tmp_path), spec]
        subprocess.run(made, check=True, timeout=60, capture_output=True, env={"PATH": os.environ["PATH"]})
    table = open_table(spec, lambda path: Path(path).read_bytes())
    theirs = postmap(tmp_path, spec, keys)
    ours = {}
    for key in keys:
        found = table.ask(key)
        assert found is None or isinstance(found, Answer), found
        if found is not None:
            ours[key] = found.value
    assert ours == theirs, file.read_text() if file.exists() else spec
