"""`--mask` of the commands that read: no name of what they were given comes out, and each keeps one stand-in."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from running import CLEAN, mailproof, sentence_of

LOG = """\
Nov 29 10:00:00 zebrahost postfix/smtpd[1201]: connect from wombatpc[10.3.4.5]
Nov 29 10:00:00 zebrahost postfix/smtpd[1201]: NOQUEUE: reject: RCPT from wombatpc[10.3.4.5]: 554 5.7.1 \
<otter@gnucorp.test>: Relay access denied; from=<ferret@gnucorp.test> to=<otter@yak.gnufar.test> proto=ESMTP \
helo=<wombatpc>
Nov 29 10:00:01 zebrahost postfix/smtpd[1201]: 4A1B2C3D4E: client=mx.gnucorp.test[203.0.113.99], sasl_method=PLAIN, \
sasl_username=badgerina
Nov 29 10:00:01 zebrahost postfix/cleanup[1202]: 4A1B2C3D4E: message-id=<20261129.77@mail.gnucorp.test>
Nov 29 10:00:01 zebrahost postfix/qmgr[1203]: 4A1B2C3D4E: from=<badgerina@gnucorp.test>, size=1200, nrcpt=2 (queue \
active)
Nov 29 10:00:02 zebrahost postfix/smtp[1204]: 4A1B2C3D4E: to=<otter@yak.gnufar.test>, \
relay=mx1.gnufar.test[198.51.100.7]:25, delay=1, delays=0.1/0/0.4/0.5, dsn=5.1.1, status=bounced (host \
mx1.gnufar.test[198.51.100.7] said: 550 5.1.1 <otter@yak.gnufar.test>: User unknown (in reply to RCPT TO command))
Nov 29 10:00:03 zebrahost postfix/local[1205]: 4A1B2C3D4E: to=<lemurito@zebrahost.gnucorp.test>, orig_to=<lemurito>, \
relay=local, delay=0.5, delays=0.1/0/0/0.4, dsn=2.0.0, status=sent (delivered to mailbox)
Nov 29 10:00:04 zebrahost postfix/qmgr[1203]: 4A1B2C3D4E: removed
Nov 29 10:00:05 zebrahost dovecot: imap-login: Disconnected (auth failed, 3 attempts in 12 secs): user=<capybara>, \
method=PLAIN, rip=10.3.4.6, lip=10.3.4.1, TLS, session=<abc>
Nov 29 10:00:05 zebrahost dovecot: imap(lemurito)<1300><abcd>: Disconnected: Logged out in=10 out=200
Nov 29 10:00:06 zebrahost postfix/smtpd[1201]: warning: hostname tapirnet.gnufar.test does not resolve to address \
10.3.4.7
Nov 29 10:00:08 zebrahost postfix/weirdthing[55]: something new about otter@gnucorp.test from 2001:db8:aa::77
"""
MAIN = """\
compatibility_level = 3.6
myhostname = zebrahost.gnucorp.test
mydomain = gnucorp.test
mydestination = $myhostname, localhost, wombatpc
relayhost = [tapirrelay]:587
mynetworks = 127.0.0.0/8 10.3.4.0/24 203.0.113.99
virtual_alias_domains = yak.gnufar.test, gnucorp.test
virtual_alias_maps = texthash:${config_directory}/virtual
sender_canonical_maps = texthash:${config_directory}/canonical
smtp_generic_maps = texthash:${config_directory}/canonical
transport_maps = texthash:${config_directory}/transport
smtpd_recipient_restrictions = permit
relay_domains = yak.gnufar.test
"""
MASTER = """\
smtp      inet  n       -       n       -       -       smtpd
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
smtp      unix  -       -       n       -       -       smtp
local     unix  -       n       n       -       -       local
error     unix  -       -       n       -       -       error
"""
TABLES = {
    "virtual": "otter@yak.gnufar.test lemurito, ferret@tapirnet.gnufar.test\notter@yak.gnufar.test capybara\n",
    "canonical": "badgerina badgerina@gnupub.test\n@wombatpc.gnucorp.test @gnucorp.test\n",
    "transport": "tapirnet.gnufar.test smtp:[tapirhop]:26\n",
}
DOVECOT = "protocols = imap\nhostname = zebrahost\nlisten = 10.3.4.5\nssl = no\ndisable_plaintext_auth = no\n"
EXIM = """\
primary_hostname = zebrahost.gnucorp.test
domainlist local_domains = @ : gnucorp.test : yak.gnufar.test, wombatpc
hostlist relay_from_hosts = 127.0.0.1 : 10.3.4.0/24 : 203.0.113.99, 10.3.4.9
acl_smtp_rcpt = acl_check_rcpt
begin acl
acl_check_rcpt:
  accept hosts = +relay_from_hosts
  accept senders = otter@gnucorp.test
begin routers
smart:
  driver = manualroute
  domains = ! +local_domains
  route_list = * tapirrelay.gnufar.test::465 byname
  transport = out
begin transports
out:
  driver = smtp
"""
GREYLIST = """\
peer 10.3.4.9
racl whitelist from /.*@gnucorp\\.test/
racl whitelist addr 203.0.113.99/32
racl blacklist helo "wombatpc" rcpt otter@gnucorp.test
racl greylist helo tapirpc delay 5m
racl greylist default
"""
MAIL = """\
From: Ottokar Zottel <badgerina>
To: Fritzi Zottel <lemurito@zebrahost.gnucorp.test>
Subject: zottelig thing

zottelig words
"""
ESEUTIL = """\
[PS] D:\\Exchange>eseutil /mh MailboxDB01.edb
         Database: \\\\zebrahost\\D$\\MailboxDB01.edb
            State: Dirty Shutdown
     Log Required: 5-6 (0x5-0x6)
    Log Committed: 0-6 (0x0-0x6)
"""
TOKEN = "b3R0ZXJAZ251Y29ycC50ZXN0AGJhZGdlcmluYQBwdw=="  # otter@gnucorp.test NUL badgerina NUL pw

NAMES = (
    *(
        "zebra",
        "wombat",
        "otter",
        "gnucorp",
        "gnufar",
        "gnupub",
        "yak",
        "ferret",
        "badger",
        "lemur",
        "capyb",
        "tapir",
    ),
    *("zottel", "ottokar", "fritzi", "10.3.4", "203.0.113.99", "198.51.100.7", "aa::77", "4A1B2C3D4E", TOKEN[:20]),
)

EVERY_PART_OF = {
    "explain {line}": ("text", "json"),
    "log explain -v {log}": ("text", "json"),
    "log trace --from badgerina@gnucorp.test {log}": ("text", "json"),
    "log trace --to otter@yak.gnufar.test {log}": ("text", "json"),
    "log summary -v --jobs 1 {log}": ("text", "json", "html", "prometheus"),
    "log follow -n 20 -": ("text", "json"),
    "postfix lint -v -c {dir}": ("text", "json", "sarif", "github"),
    "postfix route -c {dir} badgerina@gnucorp.test otter@yak.gnufar.test": ("text", "json"),
    "postfix route -c {dir} badgerina capybara": ("text", "json"),
    "postfix rewrite -c {dir} badgerina x@wombatpc.gnucorp.test": ("text", "json"),
    "postfix rewrite -c {dir} --why-not badgerina@gnucorp.test": ("text", "json"),
    "postfix rewrite -c {dir} --message {mail}": ("text", "json"),
    "dovecot lint -v -c {dovecot}": ("text", "json", "sarif", "github"),
    "exim lint -v --exim-conf {exim}": ("text", "json", "sarif", "github"),
    "greylist eval -v {greylist} --client 10.3.4.5 --from ferret@gnufar.test --rcpt otter@gnucorp.test"
    " --helo wombatpc --host wombatpc --auth lemurito": ("text", "json"),
    "greylist eval -v {greylist} --client 203.0.113.99 --from ferret@gnufar.test --rcpt otter@gnucorp.test": (
        "text",
        "json",
    ),
    "greylist lint {greylist}": ("text", "json"),
    "ese plan {ese}": ("text", "json"),
    "token read {token}": ("text", "json"),
}

# One process for all: each would take longer to start than to answer.
RUN = """
import contextlib, io, json, sys
from mailproof.cli.program import run
log, *calls = json.load(open(sys.argv[1]))
told = []
for call in calls:
    sys.stdin = io.TextIOWrapper(io.BytesIO(log.encode()))
    if "-" in call:
        sys.stdin = open(call[0])
        call = call[1:]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        told.append([run(call), out.getvalue()])
json.dump(told, sys.stdout)
"""


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("named")
    texts = {"log": LOG, "dovecot": DOVECOT, "exim": EXIM, "greylist": GREYLIST, "mail": MAIL, "ese": ESEUTIL}
    for name, text in texts.items():
        (folder / name).write_text(text)
    (folder / "postfix").mkdir()
    for name, text in {"main.cf": MAIN, "master.cf": MASTER, **TABLES}.items():
        (folder / "postfix" / name).write_text(text)
    said = LOG.splitlines()[5]
    return {
        **{name: str(folder / name) for name in texts},
        "dir": str(folder / "postfix"),
        "token": TOKEN,
        "line": said,
    }


def calls(places: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Each part in each of its formats, in text in Japanese too; plain and masked."""
    for part, shapes in EVERY_PART_OF.items():
        words = [word.format_map(places) for word in part.split(" ")]
        for shape in (*shapes, "ja"):
            lang = ["--lang", "ja"] if shape == "ja" else []
            yield shape, [*lang, *words, "--format", "text" if shape == "ja" else shape]


@pytest.fixture(scope="module")
def told(places: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> list[tuple[list[str], str, Any, Any]]:
    """Words, format, and code with output: plain, masked."""
    wanted = list(calls(places))
    both = [[*words, *mask] for _, words in wanted for mask in ((), ("--mask",))]
    asked = tmp_path_factory.mktemp("asked") / "calls"
    asked.write_text(json.dumps(["", *([places["log"], *call] if "-" in call else call for call in both)]))
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(asked)], env=CLEAN, capture_output=True, text=True, check=True, timeout=300
    )
    answers = json.loads(done.stdout)
    return [(words, shape, *answers[2 * at : 2 * at + 2]) for at, (shape, words) in enumerate(wanted)]


def test_no_name_comes_out_in_any_format(told: list[tuple[list[str], str, Any, Any]]) -> None:
    for words, shape, (plain_code, plain), (code, masked) in told:
        assert code == plain_code and masked, (words, shape)
        assert any(name.lower() in plain.lower() for name in NAMES) or "lint" in words or shape == "prometheus"
        for name in NAMES:
            assert name.lower() not in masked.lower(), (words, shape, name)


_TOKEN = re.compile(r"[\w@.+:-]+")


def strings(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, str) and key not in ("started", "time"):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from strings(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item, key)


def test_each_name_keeps_one_stand_in_and_no_two_share_one(told: list[tuple[list[str], str, Any, Any]]) -> None:
    changed = 0
    for words, shape, (_, plain), (_, masked) in told:
        if shape != "json" or "--message" in words:
            continue
        stands_for: dict[str, str] = {}
        for before, after in zip(*(strings(parsed(text)) for text in (plain, masked)), strict=True):
            pieces = [_TOKEN.findall(text) for text in (before, after)]
            assert len(pieces[0]) == len(pieces[1]), (before, after)
            for one, other in zip(*pieces, strict=True):
                assert stands_for.setdefault(one.lower(), other.lower()) == other.lower(), (words, one)
        hidden = {one: other for one, other in stands_for.items() if one != other}
        assert len(set(hidden.values())) == len(hidden), words
        changed += len(hidden)
    assert changed > 50


def parsed(text: str) -> Any:
    """`log follow` has an object in each line."""
    try:
        return json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    "words", [("token", "plain", "-u", "alice"), ("token", "base64", "x"), ("greylist", "rebuild", "x.dsc")]
)
def test_what_is_made_to_be_used_is_not_masked(words: tuple[str, ...]) -> None:
    assert "--mask" in sentence_of(mailproof(*words, "--mask"))
