"""Whatever the other side sends, there is an answer; and no secret in any repr."""

from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.pretty import pretty_repr
from saslpeople import BINDING, HERE, THERE, People

from mailproof.sasl.credentials import Circumstances, Credentials
from mailproof.sasl.digest_syntax import Digest, key, parse
from mailproof.sasl.login import Login
from mailproof.sasl.mechanism import Broken, Done, Fault, Mechanism, Respond
from mailproof.sasl.oauth import read_refusal
from mailproof.sasl.registry import MECHANISMS
from mailproof.sasl.scram_syntax import Keys
from mailproof.sasl.server import Accepted, Challenge, Rejected, Token

BOUND = msgspec.structs.replace(HERE, binding=BINDING)
ALL: list[Mechanism] = [*MECHANISMS.values(), Login(client_first=True)]
alice = Credentials("alice", "wonderland", token="tok-en")
people = People({"alice": "wonderland"}, {"alice": [Token("tok-en")]})
nonce = HERE.nonce.encode()

SCRAM_PIECES = [b"r=" + nonce, b"s=QSXCR+Q6sek8bf92", b"i=4096", b"i=99999999999", b"v=", b"e=", b"m=x", b",p="]
DIGEST_PIECES = [b'nonce="x"', b"algorithm=md5-sess", b"rspauth=", b"stale=true", b"realm=", b'"', b"\\", b",", b"="]
OTHER_PIECES = [b"n,,", b"n=alice", b"c=biws", b"\1", b"auth=Bearer x", b"user=alice", b"alice", b" ", b"{", b"\0"]
pieces = st.sampled_from([*SCRAM_PIECES, *DIGEST_PIECES, *OTHER_PIECES, b'{"status":"400"}'])
hostile = st.binary(max_size=60) | st.lists(pieces, max_size=10).map(b"".join)


@pytest.mark.parametrize("mechanism", ALL, ids=lambda m: f"{m.name}-{m.client_first}")
@given(challenges=st.lists(hostile, max_size=4))
@settings(max_examples=60, deadline=None)
def test_any_challenges_give_a_step(mechanism: Mechanism, challenges: list[bytes]) -> None:
    step = mechanism.respond(alice, BOUND, challenges)
    assert isinstance(step, Respond | Done | Broken)
    assert step == mechanism.respond(alice, BOUND, challenges)


@pytest.mark.parametrize("mechanism", ALL, ids=lambda m: f"{m.name}-{m.client_first}")
@given(responses=st.lists(hostile, max_size=4))
@settings(max_examples=60, deadline=None)
def test_any_responses_give_an_outcome(mechanism: Mechanism, responses: list[bytes]) -> None:
    outcome = mechanism.serve(people, msgspec.structs.replace(THERE, binding=BINDING), responses)
    assert isinstance(outcome, Challenge | Accepted | Rejected)


@pytest.mark.parametrize("mechanism", ALL, ids=lambda m: f"{m.name}-{m.client_first}")
@given(user=st.text(max_size=6), password=st.text(max_size=6), authzid=st.text(max_size=3), token=st.text(max_size=4))
@settings(max_examples=30, deadline=None)
def test_any_credentials_give_a_step(
    mechanism: Mechanism, user: str, password: str, authzid: str, token: str
) -> None:
    credentials = Credentials(user, password, authzid, token)
    prompt = b'realm="x",nonce="x",algorithm=md5-sess,charset=utf-8'
    for challenges in ([], [prompt], [b"r=" + nonce + b"x,s=QSXC,i=4096"]):
        assert isinstance(mechanism.respond(credentials, BOUND, challenges), Respond | Broken)


def test_a_server_cannot_make_us_burn_time() -> None:
    scram = MECHANISMS["SCRAM-SHA-512"]
    for count in (b"1000000000", b"100001", b"4095", b"1"):
        first = b"r=" + nonce + b"x,s=QSXCR+Q6sek8bf92,i=" + count
        assert scram.respond(alice, HERE, [first]) == Broken(Fault.ITERATIONS, f"i={count.decode()}")
    for count in (b"0", b"-4096", b"4096.0", b"04096", b"9" * 400):
        first = b"r=" + nonce + b"x,s=QSXCR+Q6sek8bf92,i=" + count
        assert scram.respond(alice, HERE, [first]) == Broken(Fault.MALFORMED)


def test_a_server_that_changes_our_nonce_is_not_answered() -> None:
    for other in (nonce, b"x" + nonce, nonce[:-1] + b"?more"):
        first = b"r=" + other + b",s=QSXCR+Q6sek8bf92,i=4096"
        assert MECHANISMS["SCRAM-SHA-256"].respond(alice, HERE, [first]) == Broken(Fault.NONCE)


MEGABYTE = 10**6


@pytest.mark.parametrize(
    "challenge",
    [
        b"a=" + b" " * MEGABYTE + b'"',
        b'a="' + b"b" * MEGABYTE,
        b'a="' + b"\\" * MEGABYTE,
        b"a" * MEGABYTE,
        b" " * MEGABYTE + b"=",
    ],
    ids=["spaces", "unclosed", "escapes", "name", "nothing"],
)
def test_a_megabyte_of_broken_directives_comes_to_an_end(challenge: bytes) -> None:
    # A reader that goes over the same bytes again and again would sit here for hours.
    assert parse(challenge) is None


@pytest.mark.parametrize("challenge", [b"[" * 5000, b'{"a":' * 5000, b"1", b'"x"', b"null", b"\xff", b""])
def test_a_refusal_that_is_no_json_object_is_none(challenge: bytes) -> None:
    assert read_refusal(challenge, "token") is None


def test_a_refusal_that_echoes_the_token_or_disturbs_a_terminal_is_made_harmless() -> None:
    refusal = read_refusal(b'{"status": "bad tok-en-1 \\u001b[2J", "scope": ["x"], "schemes": 5}', "tok-en-1")
    assert refusal is not None
    assert refusal.line == "status=bad [secret] \\x1b[2J schemes=5"


def test_an_error_of_scram_that_echoes_the_password_is_made_harmless() -> None:
    step = MECHANISMS["SCRAM-SHA-256"].respond(alice, HERE, [b"e=no wonderland for \x1b[2J"])
    assert step == Broken(Fault.SERVER_ERROR, "no [secret] for \\x1b[2J")
    assert isinstance(step, Broken) and step.line == "server reported an error: no [secret] for \\x1b[2J"


def test_no_repr_holds_a_secret() -> None:
    holders = [
        alice,
        Token("tok-en"),
        Digest(key("alice", b"", "wonderland"), b"n", b"c", b"u"),
        Keys("sha1", b"wonderland"),
        *(MECHANISMS[name].respond(alice, HERE, ()) for name in ("PLAIN", "XOAUTH2", "OAUTHBEARER")),
        Login().respond(alice, HERE, [b"", b""]),
    ]
    for holder in holders:
        for shown in (repr(holder), str(holder), f"{holder}", pretty_repr(holder)):
            assert "wonderland" not in shown and "tok-en" not in shown, type(holder)
            assert repr(key("alice", b"", "wonderland"))[2:12] not in shown


def test_the_repr_of_credentials_shows_whether_there_is_a_password() -> None:
    assert repr(alice) == "Credentials(user='alice', password='[secret]', token='[secret]')"
    assert repr(Credentials("bob")) == "Credentials(user='bob')"


def test_credentials_without_bytes_are_refused_without_being_shown() -> None:
    with pytest.raises(ValueError, match="password holds characters") as caught:
        Credentials("u", "geheim\ud800")
    assert "geheim" not in repr(caught.value) and caught.value.__cause__ is None and caught.value.__context__ is None


def test_bytes_of_the_environment_that_are_no_utf8_are_sent_as_they_were() -> None:
    password = b"p\xe4ss".decode("utf-8", "surrogateescape")
    assert MECHANISMS["PLAIN"].respond(Credentials("u", password), HERE, ()) == Respond(b"\0u\0p\xe4ss")
    assert MECHANISMS["SCRAM-SHA-1"].respond(Credentials("u", password), HERE, ()) == Broken(Fault.UNPREPARABLE)


@pytest.mark.parametrize("nonce", ["", "a,b", "a b", "ä", 'a"', "a\\", "a\n"])
def test_a_nonce_that_no_mechanism_could_send_is_a_mistake_of_ours(nonce: str) -> None:
    with pytest.raises(ValueError, match="nonce"):
        Circumstances("smtp", "h", 25, nonce)


def test_separators_inside_credentials_are_not_sent() -> None:
    cases = {
        "PLAIN": [Credentials("u\0", "p"), Credentials("u", "p\0"), Credentials("", "p")],
        "XOAUTH2": [Credentials("u\1", token="t"), Credentials("u", token="t\1"), Credentials("u", token="")],
        "OAUTHBEARER": [Credentials("u\1", token="t"), Credentials("u", token="a b")],
        "EXTERNAL": [Credentials("u", authzid="\0")],
        "ANONYMOUS": [Credentials("x" * 256)],
    }
    for name, refused in cases.items():
        for credentials in refused:
            assert MECHANISMS[name].respond(credentials, HERE, ()) == Broken(Fault.UNPREPARABLE)


def test_the_proof_of_another_exchange_does_not_fit() -> None:
    scram = MECHANISMS["SCRAM-SHA-256"]
    first = scram.respond(alice, HERE, ())
    assert isinstance(first, Respond) and first.data is not None
    challenge = scram.serve(people, THERE, [first.data])
    assert isinstance(challenge, Challenge)
    final = scram.respond(alice, HERE, [challenge.data])
    assert isinstance(final, Respond) and final.data is not None
    later = msgspec.structs.replace(THERE, nonce="another")
    assert isinstance(scram.serve(people, THERE, [first.data, final.data]), Accepted)
    assert isinstance(scram.serve(people, later, [first.data, final.data]), Rejected)
    assert base64.b64decode(final.data.rpartition(b"p=")[2])
