"""What we read in a configuration of Exim's is what Exim reads: values, macros, where it stops, who may relay."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping

import pytest
from brandlist import brands
from eximserver import EXIM
from unpacked import Brand, said_by

from configurations import linted, record_of
from mailproof.parse.exim.configuration import EximConfiguration
from mailproof.parse.exim.expand import expanded
from mailproof.parse.exim.reader import read_exim

pytestmark = pytest.mark.real

STRINGS = ("smtp_banner", "unknown_login", "freeze_tell", "received_header_text", "message_id_header_text")
BOOLEANS = ("allow_domain_literals", "write_rejectlog", "split_spool_directory")
_SHOWN = " ".join((*STRINGS, *BOOLEANS, "+a", "+b"))
_COUNT = 600
# Exim says what it makes of a file, or where it stops and why.
_ASK = f"""
cd $d/tried
for f in *.conf; do
    echo "== $f"
    exim4 -C $d/tried/$f -bV 2>&1 | grep -A1 'configuration error' | sed "s|$d/tried/||"
    exim4 -C $d/tried/$f -bP {_SHOWN} 2>/dev/null
    echo "-- macros"
    exim4 -C $d/tried/$f -bP macros 2>/dev/null | grep -v '^_'
done
true
"""


def random_configuration(chance: random.Random) -> Iterator[str]:
    """Lines of which most are right: what Exim makes of them is the question."""
    names = ["A", "AB", "MM", "X_1", "LONG_NAME"]
    text = [
        "a",
        "b c",
        "A",
        "AB",
        "xMMx",
        "X_1",
        "#",
        "\\",
        '"',
        "\\n",
        "\\N",
        ":",
        "_HAVE_IPV6",
        "_NO",
        "{}",
        "LONG_NAME",
    ]

    def words() -> str:
        return "".join(chance.choice((" ", "", "  ")) + chance.choice(text) for _ in range(chance.randrange(4)))

    for _ in range(chance.randrange(2, 14)):
        match chance.randrange(13):
            case 0 | 1:
                yield f"{chance.choice(STRINGS)} = {words()}"
            case 2:
                yield f'{chance.choice(STRINGS)}="{words()}"'
            case 3:
                sign, value = chance.choice(("", "no_", "not_")), chance.choice(("", " = yes", "=A"))
                yield f"{sign}{chance.choice(BOOLEANS)}{value}"
            case 4 | 5:
                yield f"{chance.choice(names)} {chance.choice(('=', '==', '= '))}{words()}"
            case 6:
                yield f".{chance.choice(('ifdef', 'ifndef'))} {words()}"
            case 7:
                yield f".{chance.choice(('elifdef A', 'else', 'elifndef MM', 'endif # x'))}"
            case 8 | 9:
                yield ".endif"
            case 10:
                yield f"  {chance.choice(STRINGS)} = {words()} \\\n {words()}\\\n#{words()}\n  {words()}"
            case 11:
                kind = chance.choice(("domainlist", "hostlist", "domainlist_cache"))
                yield f"{kind} {chance.choice('ab')} = {words()}"
            case 12:
                yield f".include{chance.choice(('', '_if_exists'))} {chance.choice(('part', '@d@/part', '/no/such'))}"


def files() -> dict[str, str]:
    chance = random.Random(4964)
    found = {f"tried/{n:03}.conf": "\n".join(random_configuration(chance)) + "\n" for n in range(_COUNT)}
    return found | {"tried/part": "MM = part\n.ifdef A\nsmtp_banner = A in MM\n.endif\n"}


@pytest.fixture(scope="module")
def said() -> Mapping[str, str]:
    """By file, what Exim printed."""
    asked = {path: text.replace("@d@/part", "part") for path, text in files().items()}
    printed = said_by(EXIM, _ASK, asked)
    blocks = re.split(r"^== (.*)\n", printed, flags=re.MULTILINE)[1:]
    return dict(zip(blocks[::2], blocks[1::2], strict=True))


def ours(name: str) -> EximConfiguration:
    asked = {path: text.replace("@d@/part", "part") for path, text in files().items()}

    def read(path: str) -> bytes | None:
        return asked[path].encode() if path in asked else None

    return read_exim(f"tried/{name}", read)


@pytest.mark.parametrize("brand", brands(EXIM))
def test_configurations_made_by_chance_mean_the_same_to_exim(brand: Brand, said: Mapping[str, str]) -> None:
    assert len(said) == _COUNT
    sound = 0
    for name, printed in said.items():
        found = ours(name)
        error = re.search(r"configuration error(?: in line (\d+) of (\S+?))?:", printed)
        first = next(iter(found.troubles), None)
        if error is None:
            assert found.troubles == [], f"{name}: Exim takes it\n{printed}"
            sound += 1
            assert told(found) == heard(printed, found), name

        else:
            assert first is not None, f"{name}: {printed}"
            if first.name == "endif-missing":  # where it begins is told, and Exim tells where it has not ended
                assert ".endif missing" in printed
            elif error[1]:
                assert (error[2], int(error[1])) == (first.file.removeprefix("tried/"), first.line), printed
    assert 20 < sound < _COUNT - 50


_ESCAPED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\v": "\\v", "\f": "\\f"}


def _shown(text: str) -> str:
    """As Exim prints it: a backslash stays, what is no printing character does not."""
    return "".join(_ESCAPED.get(char, char) for char in text)


def told(found: EximConfiguration) -> list[str]:
    """What is set, as Exim prints it."""
    lines = [f"{name} = {_shown(found.main[name].value)}" for name in STRINGS if name in found.main]
    lines += [("" if found.value(name) == "yes" else "no_") + name for name in BOOLEANS if name in found.main]
    lines += [f"{kind} {name} = {_shown(setting.value)}" for (kind, name), setting in found.lists.items()]
    return sorted([*lines, *(f"{name}={value}" for name, value in found.macros.items())])


def heard(printed: str, found: EximConfiguration) -> list[str]:
    """The same of what it printed, without its defaults."""
    options, _, macros = printed.partition("-- macros\n")
    names = [name for name in (*STRINGS, *BOOLEANS) if name not in found.main]
    defaults = re.compile(rf"(?:no_)?(?:{'|'.join(names) or 'x^'})(?: =|$)|no address, domain")
    lines = [line for line in options.splitlines() if not defaults.match(line)]
    return sorted([*lines, *macros.splitlines()])


EXPRESSIONS = (
    "${if eq{$tls_in_cipher}{}{clear}{tls}}",
    "${if eq {a} {b} {x} {y}}",
    "${if !eqi{a}{A}{x}{y}}",
    "${if and{{eq{a}{a}}{!eq{b}{c}}}{x}{y}}",
    "${if or{{eq{a}{b}}{eq{b}{c}}}{x}}.",
    "${if def:tls_in_cipher {x}{y}}",
    "${if exists{/etc/passwd}{x}{y}}${if exists{/no/such}{x}{y}}",
    "${if >{10}{9}{x}{y}}${if <={1K}{1024}{x}{y}}${if ={}{0}{x}{y}}",
    "${if bool{true}{x}{y}}${if bool_lax{}{x}{y}}${if bool{0}{x}{y}}",
    "${lc:ABC}${uc:def}${strlen:four}",
    "${domain:a@b.test} ${local_part:a@b.test}",
    "\\$ \\N$\\n\\N \\{ \\}",
    "$primary_hostname ${primary_hostname}",
    "${if eq{a}{a}{${if eq{b}{b}{deep}}}}",
)
_WORDS = ("a", "", "1", "yes", "$tls_in_cipher", "${if eq{a}{a}}", "${lc:B}", "/etc/passwd", "\\$")
_CONDITIONS = ("eq{@}{@}", "!eq{@}{@}", "exists{@}", "and{{eq{@}{@}}{!exists{@}}}", "or{{eq{@}{@}}{bool_lax{@}}}",
               "def:tls_in_cipher", "eqi{@}{@}")  # fmt: skip


def expressions() -> list[str]:
    """Those above, and as many by chance."""
    chance = random.Random(11)
    made = []
    for _ in range(200):
        text = f"${{if {chance.choice(_CONDITIONS)}{{{chance.choice(_WORDS)}}}{{@}}}}"
        made.append(re.sub("@", lambda _: chance.choice(_WORDS), text))
    return [*EXPRESSIONS, *made]


@pytest.mark.parametrize("brand", brands(EXIM))
def test_what_we_expand_is_what_exim_expands(brand: Brand) -> None:
    asked = expressions()
    script = "cd $d; exim4 -C $d/tried/c.conf -be <$d/tried/asked | sed 's/^> //'"
    conf = "primary_hostname = mail.example.test\nkeep_environment =\n"
    printed = said_by(brand, script, {"tried/c.conf": conf, "tried/asked": "\n".join(asked) + "\n"}).splitlines()
    variables = {"tls_in_cipher": "", "primary_hostname": "mail.example.test"}
    there = {"/etc/passwd": True}
    answers = [line for line in printed if line]
    unknown = 0
    for text, answer in zip(asked, printed, strict=False):
        came = expanded(text, variables, lambda path: there.get(path, False))
        unknown += came is None
        if came is not None:
            assert came.rstrip() == answer.rstrip(), text
    assert answers and unknown < len(asked) // 20


RELAY = {
    "sound": ("relay_from_hosts = 127.0.0.9", ""),
    "everybody": ("relay_from_hosts = *", "open-relay-by-mynetworks"),
    "half of everybody": ("relay_from_hosts = 10.0.0.0/8 : 128.0.0.0/1", "open-relay-by-mynetworks"),
    "all but one": ("relay_from_hosts = ! 192.0.2.1 : *", "open-relay-by-mynetworks"),
    "a list of a list": ("relay_from_hosts = +more\nhostlist more = 0.0.0.0/0", "open-relay-by-mynetworks"),
    "negated": ("relay_from_hosts = ! *", ""),
}
_RCPT = """  accept hosts = +relay_from_hosts
  accept authenticated = *
  require message = relay not permitted
          domains = +local_domains
  accept
"""
ACLS = {
    "sound": (_RCPT, ""),
    "nothing that refuses": ("  accept\n", "open-relay-by-restriction"),
    "by sender": ("  accept sender_domains = example.test\n" + _RCPT, "open-relay-by-access-rule"),
    "by the sender's address": ("  accept senders = *@example.test\n" + _RCPT, "open-relay-by-access-rule"),
    "denied to begin with": ("  deny !domains = +local_domains\n       !authenticated = *\n  accept\n", ""),
    "by a called one": ("  accept acl = acl_friend\n" + _RCPT, "open-relay-by-restriction"),
    "endpass": ("  accept domains = +local_domains\n  accept !hosts = 10.0.0.1\n",
                "open-relay-by-restriction"),
    "a condition": ("  deny condition = ${if eq{$domain}{example.test}{no}{yes}}\n  accept\n", ""),
    "ends without a word": ("  accept domains = +local_domains\n", ""),
}  # fmt: skip


def _relaying(hosts: str, acl: str) -> str:
    return f"""primary_hostname = mail.example.test
keep_environment =
host_lookup =
rfc1413_hosts =
domainlist local_domains = example.test
hostlist {hosts}
acl_smtp_rcpt = acl_rcpt
begin acl
acl_friend:
  accept hosts = !127.0.0.0/8
acl_rcpt:
{acl}begin routers
all:
  driver = redirect
  data = :blackhole:
"""


@pytest.mark.parametrize("brand", brands(EXIM))
def test_who_is_let_through_by_our_reading_is_let_through_by_exim(brand: Brand) -> None:
    """`exim -bh` plays a session with a client at any address."""
    wanted = {f"hosts, {name}": (_relaying(hosts, _RCPT), finding) for name, (hosts, finding) in RELAY.items()}
    wanted |= {
        f"acl, {name}": (_relaying("relay_from_hosts = 127.0.0.9", acl), finding)
        for name, (acl, finding) in ACLS.items()
    }
    session = "EHLO client.example.net\nMAIL FROM:<a@example.test>\nRCPT TO:<b@elsewhere.invalid>\nQUIT\n"
    asked = {f"tried/{n:02}.conf": text for n, (text, _) in enumerate(wanted.values())}
    script = (
        'cd $d/tried; for f in *.conf; do echo "== $f"; '
        "exim4 -C $d/tried/$f -bh 203.0.113.7 <session 2>/dev/null | sed -n 's/^\\([245][0-9][0-9]\\) .*/\\1/p'; done"
    )
    printed = said_by(brand, script, {**asked, "tried/session": session})
    blocks = [block.split() for block in printed.split("== ")[1:]]
    assert len(blocks) == len(wanted)
    for (name, (text, finding)), (_, *codes) in zip(wanted.items(), blocks, strict=True):
        found = linted(record_of(f"== exim4.conf\n{text}")).findings
        open_by = [each.name for each in found if each.name.startswith("open-relay-")]
        assert open_by == ([finding] if finding else []), name
        assert codes[-2].startswith("2") == bool(finding), f"{name}: {codes}"
