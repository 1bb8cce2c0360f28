"""The real milter-greylist (4.6.2 of Debian 11, with libGeoIP) decides as `greylist eval` says, by its protocol."""

from __future__ import annotations

import itertools
import random
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from milterservers import GREYLIST
from unpacked import BRANDS, Ended, said_by, serving

from geodat import legacy_dat
from greylistconfs import STARTS, STARTS_NOT
from mailproof.emulate.greylist.decide import evaluate
from mailproof.emulate.greylist.lint import diagnose
from mailproof.lab.milter import MilterUnderTest
from mailproof.model.greylist import GreylistMail
from mailproof.model.milter import Health, Stage
from mailproof.parse.greylist.binary import read_binary
from mailproof.parse.greylist.grammar import read_greylist
from mailproof.run.greylist.files import Databases, look_at
from mailproof.script.milter.place import parse_place

SID = BRANDS / "milter-greylist-sid" / "usr" / "sbin" / "milter-greylist"
FOUR = {"192.0.2.0/24": "CN", "198.51.100.0/24": "JP", "203.0.113.0/25": "RU"}
SIX = {"2001:db8::/32": "JP", "2001:218::/32": "CN"}
RULES = """
geoipdb "{v4}"
geoipv6db "{v6}"
greylist 12m
list "friends" from {{ a@b.org /@friends\\.example>$/ }}
racl blacklist geoip "CN" msg "geo %C %r %f %i" code "553"
racl whitelist geoip "cn"
racl whitelist list "friends" rcpt x@example.com
racl greylist not geoip "JP" rcpt jp@example.com delay 1h
racl whitelist domain gle.com
racl whitelist from foo@b.org
racl whitelist rcpt /@dollar\\.example$/
racl whitelist from /^foo/ rcpt other@example.com
racl whitelist rcpt /^<x[0-9]\\{{2\\}}@example.com>$/
racl whitelist helo "good.example"
racl whitelist geoip "ZZ" rcpt zz@example.com
racl blacklist rcpt bad@example.com
racl whitelist addr 203.0.113.128/25 rcpt net@example.com
racl continue rcpt other@example.com
racl whitelist rcpt ple.com@example.com
"""
CLIENTS = (
    "192.0.2.9",
    "198.51.100.3",
    "203.0.113.5",
    "203.0.113.200",
    "10.0.0.1",
    "2001:db8::1",
    "2001:218::1",
    "::9",
)
SENDERS = ("a@b.org", "u=x=foo@b.org", "me@FRIENDS.example", "", "foo@b.org.x")
RECIPIENTS = (
    *("x@example.com", "X@EXAMPLE.com", "jp@example.com", "x12@example.com", "zz@example.com", "bad@example.com"),
    *("net@example.com", "other@example.com", "q@dollar.example"),
)
NAMES = (("mx.google.com", "h"), ("gle.com", "Good.Example"), ("mx.example", "good.example.x"))
# A session each; all of them together are three times as many.
_MANY = 360


@pytest.fixture(autouse=True)
def _unpacked():
    if not GREYLIST.runs():
        pytest.skip("milter-greylist is not unpacked here (tools/fetch-server-brands.sh)")


def written(folder: Path) -> SimpleNamespace:
    """Databases that the milter may read too."""
    folder.chmod(0o755)
    v4, v6 = folder / "GeoIP.dat", folder / "GeoIPv6.dat"
    v4.write_bytes(legacy_dat(FOUR))
    v6.write_bytes(legacy_dat(SIX, 12))
    return SimpleNamespace(v4=v4, v6=v6)


def milter_of(lab: SimpleNamespace) -> MilterUnderTest:
    return MilterUnderTest(parse_place(f"inet:{lab.ports['milter']}@127.0.0.1"))


def without_time(reply: str) -> str:
    """A second may have passed since the first of the same client, sender and recipient."""
    return re.sub(r"\d\d:\d\d:\d\d", "TIME", reply)


def test_every_answer_is_the_same(tmp_path):
    paths = written(tmp_path)
    cases = list(itertools.product(CLIENTS, SENDERS, RECIPIENTS, NAMES))
    random.Random(1).shuffle(cases)
    with serving(GREYLIST, changes={"# rules\n": RULES.format(v4=paths.v4, v6=paths.v6)}) as lab:
        config = read_greylist((lab.directory / "greylist.conf").read_bytes())
        assert config.slips == ()
        databases, milter = Databases(config), milter_of(lab)
        for client, sender, recipient, (host, helo) in cases[:_MANY]:
            mail = GreylistMail(client, sender, recipient, host, helo, spf="none")
            ours = evaluate(config, mail, databases.country(client)).built
            theirs = milter.send(
                b"A: b\r\n\r\nx\r\n", sender=sender, recipients=[recipient], client=f"{host} {client}", helo=helo
            )
            assert theirs.health is Health.SOUND
            assert without_time(theirs.reply) == without_time(ours.reply), mail
            assert ours.told


def test_the_delay_is_the_one_that_it_names(tmp_path):
    rules = "greylist 90m\nracl greylist rcpt bob@example.com delay 2h\n"
    with serving(GREYLIST, changes={"# rules\n": rules}) as lab:
        config = read_greylist((lab.directory / "greylist.conf").read_bytes())
        for recipient in ("bob@example.com", "eve@example.com"):
            mail = GreylistMail("192.0.2.1", "a@b", recipient, spf="none")
            ours = evaluate(config, mail, Databases(config).country("192.0.2.1")).built
            assert milter_of(lab).send(b"A: b\r\n\r\n", sender="a@b", recipients=[recipient]).reply == ours.reply


def test_it_ends_at_the_first_ipv6_client_of_a_geoipdb_alone(tmp_path):
    """The configuration of the article; and the mail server then defers everybody."""
    paths = written(tmp_path)
    with serving(GREYLIST, changes={"# rules\n": f'geoipdb "{paths.v4}"\nracl blacklist geoip "CN"\n'}) as lab:
        config = read_greylist((lab.directory / "greylist.conf").read_bytes())
        milter, databases = milter_of(lab), Databases(config)
        assert milter.send(b"A: b\r\n\r\n", client="mx 192.0.2.1").reply == "551 5.7.1 Go away!"
        assert databases.country("2001:db8::1").ends and not databases.country("192.0.2.1").ends
        seen = milter.send(b"A: b\r\n\r\n", client="mx 2001:db8::1")
        assert (seen.health, seen.stage) == (Health.CLOSED, Stage.CONNECT)
        # Until the process is no more the kernel may take a connection for it.
        with pytest.raises(Ended):
            lab.wait_until(lambda: False)
        assert milter.send(b"A: b\r\n\r\n", client="mx 198.51.100.1").health is Health.REFUSED


def test_it_starts_with_what_lint_takes_and_with_nothing_else():
    files = {**STARTS, **STARTS_NOT}
    named = {f"c{n}": text for n, text in enumerate(files.values())}
    script = "".join(f'milter-greylist -c -f $d/{name} >/dev/null 2>&1; echo "$?"\n' for name in named)
    codes = said_by(GREYLIST, script, named).split()
    refused = {name for name, code in zip(files, codes, strict=True) if code != "0"}
    assert refused == STARTS_NOT.keys()


def test_doctor_tells_a_build_with_geoip_from_one_without():
    """Debian's own today: 4.6.4-5 of sid links neither library, 4.6.2-3 of Debian 11 links libGeoIP."""
    config = read_greylist(b'geoipdb "x"\nracl blacklist geoip "CN"\n')
    old = look_at(str(GREYLIST.tree / GREYLIST.program))
    assert old.country_kind == "dat" and not diagnose(config, old, ()).first[:-1]
    if not SID.exists():
        pytest.skip("milter-greylist of sid is not unpacked here")
    new = read_binary(str(SID), SID.read_bytes())
    if new.country_kind:
        pytest.skip("Debian links it again")
    names = [slip.name for slip in diagnose(config, new, Databases(config).seen).first]
    assert names[:2] == ["database-not-used", "rule-left-out"]
