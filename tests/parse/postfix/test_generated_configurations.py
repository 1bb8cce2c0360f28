"""Generated main.cf and master.cf, read as `postconf -n`, `-x`, `-M` and `-P` read them; and what it refuses."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.parse.postfix.lines import split_list
from mailproof.parse.postfix.master import read_master
from mailproof.parse.postfix.parameters import read_main
from settled import write

pytestmark = [pytest.mark.real, pytest.mark.skipif(shutil.which("postconf") is None, reason="needs Postfix")]

NAMES = (
    "relayhost", "mydestination", "transport_maps", "mynetworks", "smtpd_banner", "masquerade_domains",
    "relay_domains",
    "sender_canonical_maps", "content_filter", "smtpd_sender_restrictions", "virtual_alias_maps", "smtp_helo_name",
    "proxy_interfaces", "header_checks", "smtpd_milters", "bounce_notice_recipient", "smtp_generic_maps",
)  # fmt: skip
WORDS = ("a", "b.test", "[h]:25", "hash:/x/y", "a, b", "{c, d}", "# no comment", "10", "9", "3.6", "", "x y")
PER_RUN = 50
RUNS = [*range(4), *(pytest.param(number, marks=pytest.mark.long) for number in range(4, 20))]
"""Two hundred of either file; a thousand with those that take long."""


def expression(chance: random.Random, depth: int = 0) -> str:
    """A value that can be expanded."""
    name = chance.choice((*NAMES, "myhostname", "mydomain", "compatibility_level", "one_of_mine"))
    if depth > 2 or chance.random() < 0.3:
        return chance.choice((*WORDS, f"${name}", f"${{{name}}}", f"$({name})", "$$"))
    inner, other = expression(chance, depth + 1), expression(chance, depth + 1)
    plain = chance.choice(("yes", "no", "x y"))
    left, right = chance.choice(WORDS[-6:]), chance.choice(WORDS[-6:])
    operator = chance.choice(("==", "!=", "<", "<=", ">", ">="))
    return chance.choice(
        (
            f"{inner} {other}",
            f"${{{name}?{{{inner}}}:{{{other}}}}}",
            f"${{{name}?{{{inner}}}}}",
            f"${{{name}:{{{inner}}}}}",
            f"${{{name}?{plain}}}",
            f"${{{name}:{plain}}}",
            f"${{ {name} ? {{ {plain} }} : {{ {inner} }} }}",
            f"${{{{{left}}} {operator} {{{right}}} ? {{{inner}}} : {{{other}}}}}",
            f"${{{{${name}}} {operator} {{{plain}}} ? {{{inner}}}}}",
            f"${{{{$compatibility_level}} <level {{{chance.choice('123')}}} ? {{{inner}}} : {{{other}}}}}",
        )
    )


def main_text(chance: random.Random) -> str:
    """Without values that name each other: those are refused as a whole."""
    lines = ["compatibility_level = 3.6\nmyhostname = h.d.test\none_of_mine = mine\n"]
    order = list(NAMES)
    chance.shuffle(order)
    free = {name: chance.choice(WORDS) for name in order[:6]}
    for name in order:
        value = free.get(name)
        if value is None:
            value = expression(chance)
            for other in set(order) - set(free):
                value = value.replace(f"${other}", "$myhostname").replace(f"{{{other}", "{mydomain")
                value = value.replace(f"({other})", "(mydomain)").replace(f"{{ {other} ", "{ mydomain ")
        parts = value.split(" ")
        text = parts[0]
        for part in parts[1:]:
            text += chance.choice((" ", " ", "\n  ", "\n\t", "\n # comment\n\n  ")) + part if part.strip() else " "
        if "\n" in text and any(line.strip().startswith("#") and "comment" not in line for line in text.split("\n")):
            text = " ".join(parts)
        lines.append(f"{name}{chance.choice((' = ', '=', ' =  '))}{text}\n")
        lines += chance.choice(([], ["# between\n"], ["\n"], [f"{name} = {text}\n"]))
    return "".join(lines)


def master_text(chance: random.Random) -> str:
    lines = []
    for name in chance.sample(("smtp", "submission", "relay", "cleanup", "filter", "127.0.0.1:10025", "lmtp"), 4):
        kind = "inet" if name in ("smtp", "submission", "127.0.0.1:10025") else "unix"
        fields = [chance.choice(("-", "n", "y")) for _ in range(3)]
        fields += [chance.choice(("-", "60", "300?")), chance.choice(("-", "0", "5"))]
        lines.append(f"{name}  {kind} {' '.join(fields)}\t{chance.choice(('smtpd', 'smtp', 'cleanup'))}")
        lines[-1] += chance.choice(("", " -v", "\n  -v", "\n # inside\n  -v -v"))
        for option in chance.sample(NAMES, chance.randrange(4)):
            value = chance.choice(("x", "a,b", "$myhostname", "a b", "c = d", ""))
            lines[-1] += chance.choice(("\n  ", " ", "\n# c\n  "))
            lines[-1] += f"-o {{ {option} = {value} }}" if " " in value or not value else f"-o {option}={value}"
    return "".join(f"{line}\n" for line in lines)


def postconf(directory: Path, *arguments: str) -> str | None:
    """None where it finds an expression that it cannot read."""
    env = {"PATH": os.environ["PATH"]}
    command = ["postconf", "-c", str(directory), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=env)
    assert done.returncode == 0 or "macro processing error" in done.stderr, done.stderr
    return done.stdout if done.returncode == 0 else None


def rows(text: str) -> dict[str, str]:
    """`name = value`, blanks told apart by nothing but that they are there."""
    found = (line.partition("=") for line in text.splitlines())
    return {name.strip(): " ".join(value.split()) for name, _, value in found}


@pytest.mark.parametrize("number", RUNS)
def test_generated_values_are_those_of_postconf(number: int, tmp_path: Path) -> None:
    for seed in range(PER_RUN):
        chance = random.Random(1000 * number + seed)
        text = main_text(chance)
        write(tmp_path / "main.cf", text)
        write(tmp_path / "master.cf", "")
        main = read_main(text.encode(), {"config_directory": str(tmp_path)})
        expanded = postconf(tmp_path, "-x", *NAMES)
        troubled = [name for name in NAMES if main.value(name).trouble]
        assert (expanded is None) == bool(troubled), (troubled, text)
        if expanded is None:
            continue
        assert {name: " ".join(main.value(name).text.split()) for name in NAMES} == rows(expanded), text
        written = rows(postconf(tmp_path, "-n") or "")
        ours = {name: " ".join(setting.value.split()) for name, setting in main.settings.items()}
        shared = written.keys() - {"config_directory"}
        assert {name: ours[name] for name in shared} == {name: written[name] for name in shared}, text
        assert set(NAMES) <= shared


@pytest.mark.parametrize("number", RUNS)
def test_generated_services_are_those_of_postconf(number: int, tmp_path: Path) -> None:
    write(tmp_path / "main.cf", "compatibility_level = 3.6\nmyhostname = h.d.test\n")
    for seed in range(PER_RUN):
        text = master_text(random.Random(1000 * number + seed))
        write(tmp_path / "master.cf", text)
        services = read_master(text.encode()).services
        heads = [line.split()[:8] for line in (postconf(tmp_path, "-M") or "").splitlines() if line[:1].strip()]
        assert [[each.name, each.type, *each.fields, each.command] for each in services] == heads, text
        theirs = rows(postconf(tmp_path, "-P") or "")
        ours = {f"{each.name}/{each.type}/{name}": value for each in services for name, value in each.options.items()}
        assert ours == theirs, text


BEGIN = "compatibility_level = 3.6\nmyhostname = h.d.test\n"
FEW = (
    "smtpd_banner",
    "relayhost",
    "mydestination",
    "virtual_alias_maps",
    "bounce_notice_recipient",
    "always_bcc",
    "notify_classes",
)


def asked(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What it says, also where it refuses."""
    return subprocess.run(
        ["postconf", "-c", str(directory), *arguments], capture_output=True, text=True, check=False, timeout=60
    )


pieces_of_lists = st.sampled_from(
    ["a", "b.test", "[h]:25", "hash:/x", "{x y}", "a,b", "$myhostname", "${relayhost}", "#", "=", "x=y"]
)
values = st.lists(pieces_of_lists, min_size=1, max_size=4).map(" ".join)
entry = st.builds(
    lambda name, parts, comment: f"{name} = " + ("\n# in between\n  " if comment else "\n  ").join(parts) + "\n",
    st.sampled_from(FEW),
    st.lists(values, min_size=1, max_size=3),
    st.booleans(),
)
noise = st.sampled_from(["# comment\n", "\n", "   \n", "  # indented\n"])


@given(st.lists(st.one_of(entry, entry, noise), max_size=10))
@settings(max_examples=120, deadline=None)
def test_what_is_set_is_what_postconf_says(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    directory = tmp_path_factory.mktemp("postfix")
    written = BEGIN + "".join(parts)
    write(directory / "main.cf", written)
    write(directory / "master.cf", "")
    ours = read_main(written.encode(), {"config_directory": str(directory)})
    if any(ours.value(name).trouble for name in ours.settings):
        return  # -n expands too, and ends there
    shown = dict(line.split(" =", 1) for line in asked(directory, "-n").stdout.splitlines())
    for name in FEW:
        assert (name in shown) == (name in ours.settings)
        if name in shown:
            assert shown[name].split() == ours.setting(name).value.split()


@given(st.lists(st.one_of(entry, entry, noise), max_size=10))
@settings(max_examples=60, deadline=None)
def test_values_are_expanded_as_postconf_does(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    directory = tmp_path_factory.mktemp("postfix")
    written = BEGIN + "".join(parts)
    write(directory / "main.cf", written)
    ours = read_main(written.encode(), {"config_directory": str(directory)})
    if any(ours.value(name).trouble for name in ours.settings):
        return  # postconf ends at the first, whichever it was asked for
    for name in ours.settings:
        value = ours.value(name)
        done = asked(directory, "-xh", name)
        assert done.stdout.split() == value.text.split()


pieces = st.recursive(
    st.sampled_from(["a", "$myhostname", "$relayhost", "${mydomain}", "$$", "x y", "3", "10"]),
    lambda inner: st.one_of(
        st.builds("${{myhostname?{{{}}}:{{{}}}}}".format, inner, inner),
        st.builds("${{relayhost?{{{}}}:{{{}}}}}".format, inner, inner),
        st.builds("${{relayhost:{{{}}}}}".format, inner),
        st.builds("${{myhostname?{}}}".format, st.sampled_from(["t", "u v"])),
        st.builds("${{{{{}}} == {{{}}} ? {{{}}} : {{{}}}}}".format, inner, inner, inner, inner),
        st.builds("${{{{{}}} < {{{}}} ? {{{}}}}}".format, inner, inner, inner),
        st.builds("{} {}".format, inner, inner),
    ),
    max_leaves=6,
)
broken = st.sampled_from(
    ["${a", "${myhostname?{a}", "$", "${}", "${{1} ~ {2}}", "$-", "${myhostname?{a}b}", "x ${ y }"]
)


@given(st.one_of(pieces, pieces, pieces, broken))
@settings(max_examples=150, deadline=None)
def test_expressions_of_any_depth(tmp_path_factory: pytest.TempPathFactory, expression: str) -> None:
    directory = tmp_path_factory.mktemp("postfix")
    written = f"{BEGIN}smtpd_banner = {expression}\n"
    write(directory / "main.cf", written)
    ours = read_main(written.encode()).value("smtpd_banner")
    done = asked(directory, "-xh", "smtpd_banner")
    assert bool(ours.trouble) == (done.returncode != 0), done.stderr
    if not ours.trouble:
        assert ours.text.split() == done.stdout.split()


options = st.lists(
    st.sampled_from(
        [
            "-o a=b",
            "-o { c = d e }",
            "-oe=f",
            "-o g={h i}",
            "-v",
            "\n  -o j=k",
            "\n# no\n  -o l=m",
            "-o n=",
            "-D",
            "{o p}",
        ]
    ),
    max_size=4,
).map(" ".join)
service = st.builds(
    "{} {} n - {} - {} {} {}\n".format,
    st.sampled_from(["smtp", "587", "127.0.0.1:10025", "x"]),
    st.sampled_from(["inet", "unix", "pass"]),
    st.sampled_from(["y", "n", "-"]),
    st.sampled_from(["-", "0", "10"]),
    st.sampled_from(["smtpd", "smtp", "pipe"]),
    options,
)


@given(st.lists(st.one_of(service, noise), max_size=6))
@settings(max_examples=100, deadline=None)
def test_services_and_options_are_those_of_postconf(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str]
) -> None:
    directory = tmp_path_factory.mktemp("postfix")
    written = "".join(parts)
    write(directory / "main.cf", BEGIN)
    write(directory / "master.cf", written)
    services = read_master(written.encode()).services
    shown = asked(directory, "-M").stdout
    entries = [line.split() for line in re.sub(r"\n\s+", " ", shown).splitlines()]
    assert [[each.name, each.type, *each.fields, each.command] for each in services] == [each[:8] for each in entries]
    ours = [f"{s.name}/{s.type}/{name} = {value}".rstrip() for s in services for name, value in s.options.items()]
    theirs = [line.rstrip() for line in asked(directory, "-P").stdout.splitlines()]
    # Of two entries with one name, -P shows the options of the last twice.
    assert {tuple(each.split()) for each in ours} == {tuple(each.split()) for each in theirs}


def test_a_list_is_divided_as_postfix_does_it() -> None:
    assert split_list("a, b\tc,{d, e} f{g h}i") == ["a", "b", "c", "{d, e}", "f{g h}i"]
