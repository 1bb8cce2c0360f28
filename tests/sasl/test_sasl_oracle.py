"""Perl's Authen::SASL answers the same challenges with the same responses."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from mailproof.sasl.credentials import Circumstances, Credentials
from mailproof.sasl.digest_syntax import parse
from mailproof.sasl.mechanism import Respond
from mailproof.sasl.registry import MECHANISMS

PERL = shutil.which("perl")
SCRIPT = """
use Authen::SASL qw(Perl);
my ($mechanism, $user, $password, @challenges) = map { pack 'H*', $_ } @ARGV;
my $client = Authen::SASL->new(mechanism => $mechanism,
    callback => { user => $user, pass => $password })->client_new('smtp', 'mail.example.com');
my @said = ($client->client_start);
push @said, $client->client_step($_) for @challenges;
print map { unpack('H*', $_ // '') . "\\n" } @said;
"""


def perl(mechanism: str, user: str, password: str, challenge: bytes) -> bytes:
    assert PERL is not None
    words = [word.encode().hex() for word in (mechanism, user, password)]
    run = subprocess.run([PERL, "-e", SCRIPT, *words, challenge.hex()], capture_output=True, timeout=60, check=True)
    return bytes.fromhex(run.stdout.decode().split("\n")[1])


def installed() -> bool:
    modules = ["-MAuthen::SASL::Perl::CRAM_MD5", "-MAuthen::SASL::Perl::DIGEST_MD5"]
    return PERL is not None and subprocess.run([PERL, *modules, "-e1"], capture_output=True).returncode == 0


pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not installed(), reason="needs perl with libauthen-sasl-perl and libdigest-hmac-perl"),
]

HERE = Circumstances("smtp", "mail.example.com", 587, "nonce")
PEOPLE = [("alice", "wonderland"), ("alice@example.com", 'pa"ss\\w,ord=')]


@pytest.mark.parametrize(("user", "password"), PEOPLE)
def test_cram_md5(user: str, password: str) -> None:
    challenge = b"<1896.697170952@mail.example.com>"
    ours = MECHANISMS["CRAM-MD5"].respond(Credentials(user, password), HERE, [challenge])
    assert ours == Respond(perl("CRAM-MD5", user, password, challenge))


@pytest.mark.parametrize(("user", "password"), PEOPLE)
@pytest.mark.parametrize("realm", [b'realm="example.com",', b""])
def test_digest_md5(user: str, password: str, realm: bytes) -> None:
    challenge = realm + b'nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8'
    theirs = parse(perl("DIGEST-MD5", user, password, challenge))
    assert theirs is not None
    here = Circumstances("smtp", "mail.example.com", 587, theirs["cnonce"][0].decode())
    ours = MECHANISMS["DIGEST-MD5"].respond(Credentials(user, password), here, [challenge])
    assert isinstance(ours, Respond) and ours.data is not None
    mine = parse(ours.data)
    assert mine is not None
    for name in ("username", "nonce", "cnonce", "nc", "digest-uri", "response", "qop"):
        assert mine[name] == theirs[name], name
