"""greylist.conf: what its grammar takes, and any bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greylistconfs import STARTS, STARTS_NOT
from mailproof.emulate.greylist.lint import stopping
from mailproof.model.greylist import RuleAction, Slips
from mailproof.parse.greylist.grammar import read_greylist
from mailproof.parse.greylist.vocabulary import seconds

WHOLE = b"""# a policy
socket "/var/run/milter-greylist.sock" 660
geoipdb "/usr/share/GeoIP/GeoIP.dat"
greylist 30m
SubnetMatch /24
list "my network" addr { 127.0.0.1/8 ::1 }
list "broken mta" addr {   \\
    12.5.136.141/32    \\ # Southwest Airlines (unique sender)
    12.5.136.142/32 }
racl whitelist list "my network"
racl "cn" blacklist geoip "CN" msg "no \\"%C\\""
racl greylist not domain /\\.jp$/ rcpt bob@example.net \\
    delay 15m autowhite 3d
rcpt old@example.com
racl greylist default code "451"
"""


def test_a_whole_file():
    config = read_greylist(WHOLE)
    assert config.slips == ()
    assert [(rule.action.value, rule.line, rule.last_line) for rule in config.rules] == [
        ("whitelist", 14, 14),  # of the old form, and so before all others
        ("whitelist", 10, 10),
        ("blacklist", 11, 11),
        ("greylist", 12, 13),
        ("greylist", 15, 15),
    ]
    blacklist, greylist, default = config.rules[2:]
    assert blacklist.id == "cn" and blacklist.value("msg") == 'no "%C"'
    assert [(c.kind, c.value, c.regex, c.negated) for c in greylist.clauses] == [
        ("domain", "\\.jp$", True, True),
        ("rcpt", "bob@example.net", False, False),
    ]
    assert greylist.value("delay") == "15m" and default.is_default and default.action is RuleAction.GREYLIST
    assert [len(each.items) for each in config.lists] == [2, 2]
    assert config.setting("subnetmatch").words == ("24",)
    assert config.setting("socket").words == ("/var/run/milter-greylist.sock", "660")


@pytest.mark.parametrize("name", STARTS)
def test_what_milter_greylist_takes(name):
    assert stopping(read_greylist(STARTS[name].encode())) == Slips()


@pytest.mark.parametrize("name", STARTS_NOT)
def test_what_it_refuses(name):
    assert "fail" in stopping(read_greylist(STARTS_NOT[name].encode())).counts


@pytest.mark.parametrize(
    ("text", "value"), [("30", 30), ("30m", 1800), ("5d", 432000), ("2w", 1209600), ("-1s", -1), ("x", 0), ("", 0)]
)
def test_times(text, value):
    assert seconds(text) == value


PIECES = [
    *("racl ", "dacl ", "greylist ", "whitelist ", "blacklist ", "default", "not ", "addr ", "10.0.0.0/8 ", "::1 "),
    *("from ", "a@b ", "/x/ ", "rcpt ", "geoip ", '"CN" ', "list ", '"x" ', "{ ", "} ", "delay ", "30m ", "30 "),
    *("\n", "\\\n", "# c\n", "spf ", "pass ", "rcptcount ", ">= ", "$p ", "set ", "= ", '"', "\x1b[2J", "\0", ":"),
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=40).map("".join))
def test_any_text_is_read(text):
    config = read_greylist(text.encode("utf-8", "replace"))
    lines = text.count("\n") + 1
    assert all(1 <= each.line <= lines for each in (*config.rules, *config.settings, *config.slips, *config.lists))


@given(st.binary(max_size=200))
def test_any_bytes_are_read(data):
    read_greylist(data)


def test_a_huge_file_takes_no_time_of_its_own():
    config = read_greylist(b'list "x" addr { ' + b"10.0.0.1 " * 100_000 + b'}\nracl whitelist list "x"\n')
    assert len(config.lists[0].items) == 100_000
