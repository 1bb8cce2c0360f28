"""The examples of the RFCs, byte for byte."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from saslpeople import HERE, THERE, People

from mailproof.sasl.apop import apop_digest
from mailproof.sasl.credentials import Circumstances, Credentials
from mailproof.sasl.mechanism import Broken, Done, Fault, Respond
from mailproof.sasl.registry import MECHANISMS
from mailproof.sasl.server import Accepted, Challenge, Reason, Rejected, Service, Token


def where(nonce: str, service: str = "imap", host: str = "elwood.innosoft.com", port: int = 143) -> Circumstances:
    return Circumstances(service, host, port, nonce)


def test_rfc4616_plain_without_authorization_identity() -> None:
    step = MECHANISMS["PLAIN"].respond(Credentials("tim", "tanstaaftanstaaf"), HERE, ())
    assert step == Respond(b"\0tim\0tanstaaftanstaaf")


def test_rfc4616_plain_for_another_user() -> None:
    step = MECHANISMS["PLAIN"].respond(Credentials("Kurt", "xipj3plmq", authzid="Ursel"), HERE, ())
    assert step == Respond(b"Ursel\0Kurt\0xipj3plmq")
    assert isinstance(step, Respond) and step.data is not None
    outcome = MECHANISMS["PLAIN"].serve(People({"Kurt": "xipj3plmq"}), THERE, [step.data])
    assert outcome == Rejected(Reason.NOT_AUTHORIZED, "Kurt")


def test_rfc2195_cram_md5() -> None:
    challenge = b"<1896.697170952@postoffice.reston.mci.net>"
    cram = MECHANISMS["CRAM-MD5"]
    response = b"tim b913a602c7eda7a495b4e6e7334d3890"
    assert cram.respond(Credentials("tim", "tanstaaftanstaaf"), HERE, [challenge]) == Respond(response)
    server = Service("imap", "postoffice.reston.mci.net", "1896.697170952")
    people = People({"tim": "tanstaaftanstaaf"})
    assert cram.serve(people, server, ()) == Challenge(challenge)
    assert cram.serve(people, server, [response]) == Accepted("tim")


RFC2831_CHALLENGE = b'realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8'
RFC2831_RESPONSE = (
    b'charset=utf-8,username="chris",realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",nc=00000001,'
    b'cnonce="OA6MHXh6VqTrRk",digest-uri="imap/elwood.innosoft.com",'
    b"response=d388dad90d4bbd760a152321f2143af7,qop=auth"
)


def test_rfc2831_digest_md5_in_imap() -> None:
    chris, here = Credentials("chris", "secret"), where("OA6MHXh6VqTrRk")
    digest = MECHANISMS["DIGEST-MD5"]
    assert digest.respond(chris, here, [RFC2831_CHALLENGE]) == Respond(RFC2831_RESPONSE)
    rspauth = b"rspauth=ea40f60335c427b5527b84dbabcdfffd"
    assert digest.respond(chris, here, [RFC2831_CHALLENGE, rspauth]) == Done()
    wrong = digest.respond(chris, here, [RFC2831_CHALLENGE, b"rspauth=00000000000000000000000000000000"])
    assert wrong == Broken(Fault.SERVER_SIGNATURE)
    server = Service("imap", "elwood.innosoft.com", "OA6MG9tEQGm2hh")
    assert digest.serve(People({"chris": "secret"}), server, [RFC2831_RESPONSE]) == Accepted("chris", rspauth)


def test_rfc2831_digest_md5_in_acap() -> None:
    challenge = b'realm="elwood.innosoft.com",nonce="OA9BSXrbuRhWay",qop="auth",algorithm=md5-sess,charset=utf-8'
    here = where("OA9BSuZWMSpW8m", service="acap")
    chris = Credentials("chris", "secret")
    step = MECHANISMS["DIGEST-MD5"].respond(chris, here, [challenge])
    assert isinstance(step, Respond) and b"response=6084c6db3fede7352c551284490fd0fc" in (step.data or b"")
    final = b"rspauth=2f0b3d7c3c2e486600ef710726aa2eae"
    assert MECHANISMS["DIGEST-MD5"].respond(chris, here, [challenge, final]) == Done()


SCRAM = [
    (
        "SCRAM-SHA-1",
        "fyko+d2lbbFgONRv9qkxdawL",
        "3rfcNHYJY1ZVvWVs7j",
        b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ),
    (
        "SCRAM-SHA-256",
        "rOprNGfwEbeRWgbNEkqO",
        "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ),
]


@pytest.mark.parametrize(("name", "nonce", "server_nonce", "first", "final", "proof"), SCRAM)
def test_rfc5802_and_rfc7677_scram(
    name: str, nonce: str, server_nonce: str, first: bytes, final: bytes, proof: bytes
) -> None:
    user, here, scram = Credentials("user", "pencil"), where(nonce), MECHANISMS[name]
    assert scram.respond(user, here, ()) == Respond(b"n,,n=user,r=" + nonce.encode(), secret=False)
    assert scram.respond(user, here, [first]) == Respond(final)
    assert scram.respond(user, here, [first, proof]) == Done()
    assert scram.respond(user, here, [first, b"v=" + b"A" * 26 + b"=="]) == Broken(Fault.SERVER_SIGNATURE)
    assert scram.respond(user, here, [first, b"e=invalid-proof"]) == Broken(Fault.SERVER_ERROR, "invalid-proof")


def test_scram_sha_512_equals_the_formulas_of_rfc5802_written_out() -> None:
    nonce, salt, rounds = "rOprNGfwEbeRWgbNEkqO", b"0123456789abcdef", 5000
    first = b"r=" + nonce.encode() + b"more,s=" + base64.b64encode(salt) + b",i=%d" % rounds

    block = hmac.new(b"pencil", salt + b"\0\0\0\1", "sha512").digest()
    salted = int.from_bytes(block, "big")
    for _ in range(rounds - 1):
        block = hmac.new(b"pencil", block, "sha512").digest()
        salted ^= int.from_bytes(block, "big")
    client_key = hmac.new(salted.to_bytes(64, "big"), b"Client Key", "sha512").digest()
    server_key = hmac.new(salted.to_bytes(64, "big"), b"Server Key", "sha512").digest()
    without_proof = b"c=biws,r=" + nonce.encode() + b"more"
    message = b"n=user,r=" + nonce.encode() + b"," + first + b"," + without_proof
    signature = hmac.new(hashlib.sha512(client_key).digest(), message, "sha512").digest()
    proof = base64.b64encode(bytes(a ^ b for a, b in zip(client_key, signature, strict=True)))
    final = b"v=" + base64.b64encode(hmac.new(server_key, message, "sha512").digest())

    scram, user, here = MECHANISMS["SCRAM-SHA-512"], Credentials("user", "pencil"), where(nonce)
    assert scram.respond(user, here, [first]) == Respond(without_proof + b",p=" + proof)
    assert scram.respond(user, here, [first, final]) == Done()


def test_rfc7628_oauthbearer() -> None:
    credentials = Credentials("user@example.com", token="vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==")
    here = where("nonce", host="server.example.com")
    assert MECHANISMS["OAUTHBEARER"].respond(credentials, here, ()) == Respond(
        base64.b64decode(
            "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyI"
            "HZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB"
        )
    )


def test_rfc7628_error_is_read_and_answered_by_the_dummy() -> None:
    error = base64.b64decode(
        "eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIiwib3BlbmlkLWNvbmZpZ3VyYXRpb24i"
        "OiJodHRwczovL2V4YW1wbGUuY29tLy53ZWxsLWtub3duL29wZW5pZC1jb25maWd1cmF0aW9uIn0="
    )
    step = MECHANISMS["OAUTHBEARER"].respond(Credentials("user@example.com", token="tok-en"), HERE, [error])
    assert isinstance(step, Respond) and step.data == b"\1" and step.refusal is not None
    assert step.refusal.status == "invalid_token"
    assert step.refusal.scope == "example_scope"
    assert step.refusal.configuration == "https://example.com/.well-known/openid-configuration"


def test_googles_example_of_xoauth2() -> None:
    credentials = Credentials("someuser@example.com", token="ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg")
    step = MECHANISMS["XOAUTH2"].respond(credentials, HERE, ())
    assert isinstance(step, Respond) and step.data is not None
    assert base64.b64encode(step.data) == (
        b"dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk5"
        b"2YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
    )
    error = b'{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}'
    refused = MECHANISMS["XOAUTH2"].respond(credentials, HERE, [error])
    assert isinstance(refused, Respond) and refused.data == b"" and refused.refusal is not None
    assert refused.refusal.line == "status=401 scope=https://mail.google.com/ schemes=bearer mac"


def test_rfc4505_anonymous() -> None:
    assert MECHANISMS["ANONYMOUS"].respond(Credentials("sirhc"), HERE, ()) == Respond(
        base64.b64decode("c2lyaGM="), secret=False
    )


def test_rfc1939_apop() -> None:
    assert apop_digest(b"<1896.697170952@dbc.mtview.ca.us>", "tanstaaf") == "c4c9334bac560ecc979e58001b3e22fb"


def test_an_expired_token_is_told_from_a_wrong_one() -> None:
    people = People({}, {"u": [Token("good"), Token("old", expired=True)]})
    for name in ("XOAUTH2", "OAUTHBEARER"):
        for token, reason in (("old", Reason.EXPIRED_TOKEN), ("bad", Reason.WRONG_TOKEN)):
            step = MECHANISMS[name].respond(Credentials("u", token=token), HERE, ())
            assert isinstance(step, Respond) and step.data is not None
            error = MECHANISMS[name].serve(people, THERE, [step.data])
            assert isinstance(error, Challenge)
            dummy = MECHANISMS[name].respond(Credentials("u", token=token), HERE, [error.data])
            assert isinstance(dummy, Respond) and dummy.data is not None
            assert MECHANISMS[name].serve(people, THERE, [step.data, dummy.data]) == Rejected(reason, "u")
