"""What is fuzzed: each target takes any bytes, and raises where something is not as promised.

The first bytes decide what cannot be bytes of a peer (options, how a stream is cut), so that one file is one case.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial

import dns.message
import dns.name
import dns.rrset
import esetargets
import greylisttargets
import logtargets
import pastedtargets
import texttargets
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates
from wholecheck import whole_check
from wirefunctions import FUNCTIONS
from wirereaders import LIKED, READERS, Owner, name_of, run

from mailproof.model.escape import printable, to_bytes, to_text
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.secret import Secrets
from mailproof.net import dns as net_dns
from mailproof.parse.certificate import read_certificate
from mailproof.parse.hostname import ascii_name, names_host
from mailproof.parse.limits import limit
from mailproof.parse.login_refusal import login_refusal_kind
from mailproof.parse.meanings import plain_words
from mailproof.parse.refusal import refusal, refusal_kind
from mailproof.parse.vantage import address, vantage
from mailproof.sasl import digest_syntax, meant, pasted, read, saslprep, scram_syntax
from mailproof.sasl.credentials import Circumstances, Credentials
from mailproof.sasl.exchange import answer, serve
from mailproof.sasl.login import Login
from mailproof.sasl.mechanism import Broken, Done, Respond
from mailproof.sasl.oauth import read_refusal
from mailproof.sasl.oauthbearer import read_message
from mailproof.sasl.registry import MECHANISMS
from mailproof.sasl.server import Accepted, Challenge, Rejected, Service, Token
from mailproof.script.authority import Authority, CertificateKind
from mailproof.script.format import ScriptError, parse
from mailproof.script.replay import replay

Target = Callable[[bytes], None]

_MECHANISMS = (*MECHANISMS.values(), Login(client_first=True))
_BINDING = {"tls-exporter": b"\x07" * 32}
_HERE = Circumstances("smtp", "mail.example.com", 587, "fyko+d2lbbFgONRv9qkxdawL", _BINDING)
_THERE = Service("smtp", "mail.example.com", "3rfcNHYJY1ZVvWVs7j", binding=_BINDING)
_ALICE = Credentials("alice", "wonderland", token="tok-en")


class _People:
    def password(self, user: str) -> str | None:
        return {"alice": "wonderland"}.get(user)

    def tokens(self, user: str) -> tuple[Token, ...]:
        return (Token("tok-en"), Token("old", expired=True)) if user == "alice" else ()


def stream(data: bytes) -> tuple[int, list[int], bytes]:
    """An option, sizes of pieces, and what is left: the stream."""
    option, count = (*data[:2], 0, 0)[:2]
    count %= 8
    return option, [1 + size for size in data[2 : 2 + count]], data[2 + count :]


def _reader(owner: Owner, data: bytes) -> None:
    option, sizes, said = stream(data)
    expected = run(owner, option, [said])
    assert run(owner, option, _cut(said, sizes)) == expected
    assert run(owner, option, (said[at : at + 1] for at in range(len(said)))) == expected
    assert "wonderland" not in repr(expected) or b"wonderland" in said


def _cut(data: bytes, sizes: Iterable[int]) -> Iterable[bytes]:
    at = 0
    for size in sizes:
        yield data[at : at + size]
        at += size
    yield data[at:]


def _function(read_it: Callable[[bytes], object], data: bytes) -> None:
    assert read_it(data) == read_it(data)


def _client_step(data: bytes) -> None:
    which, rest = data[:1] or b"\0", data[1:]
    mechanism = _MECHANISMS[which[0] % len(_MECHANISMS)]
    step = answer(mechanism, _ALICE, _HERE, rest.split(b"\xff"), initial_response=which[0] < 128)
    assert isinstance(step, Respond | Done | Broken)
    assert "wonderland" not in repr(step) and "tok-en" not in repr(step)


def _server_step(data: bytes) -> None:
    which, rest = data[:1] or b"\0", data[1:]
    outcome = serve(_MECHANISMS[which[0] % len(_MECHANISMS)], _People(), _THERE, rest.split(b"\xff"))
    assert isinstance(outcome, Challenge | Accepted | Rejected)


def _token(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    encoded = base64.b64encode(data).decode()
    for said in (text, encoded):
        for name in ("", *MECHANISMS):
            made = pasted.read_pasted(pasted.split(said), name)
            meant.compare(_ALICE, made)
            _is_safe(made.user or "", made.authzid or "")
        pasted.prompt_of(pasted.split(said))
        read.recognise(said)
        read.read_prompt(said)
    pasted.is_of_server(data)


def _sasl_syntax(data: bytes) -> None:
    digest_syntax.parse(data)
    scram_syntax.attributes(data)
    scram_syntax.from_base64(data)
    scram_syntax.decode_name(data)
    read_message(data)
    said = read_refusal(data, "tok-en")
    _is_safe(said.line if said is not None else "")
    try:
        text = data.decode("utf-8")
        assert saslprep.saslprep(saslprep.saslprep(text)) == saslprep.saslprep(text)
    except (UnicodeDecodeError, saslprep.PrepError):
        pass


def _script(data: bytes) -> None:
    try:
        script = parse(data.decode("utf-8", "replace"))
    except ScriptError:
        return
    try:
        whole, cut = replay(script), replay(script, 3)
    except ValueError:  # no such scheme
        return
    assert [made.events for made in whole] == [made.events for made in cut]


def _certificate(data: bytes) -> None:
    made = read_certificate(data)
    if made is None:
        return
    _is_safe(made.subject, made.issuer, made.common_name or "", *made.dns_names)
    names_host(made.dns_names, made.ip_addresses, "mx.test")


def _words(data: bytes) -> None:
    """What a server said, as the rooms that read its meaning get it."""
    code, _, rest = to_text(data).partition(" ")
    enhanced, _, text = rest.partition(" ")
    refusal_kind(code, enhanced, text)
    login_refusal_kind(code, enhanced, text)
    plain_words(text)
    for kind in ReplyClass:
        said = Reply(kind, code, rest, enhanced)
        refusal(said)
        limit(said)
    names_host(rest.split(), rest.split(), code)
    ascii_name(code)
    vantage(code, enhanced, rest.split())
    address(code)


def _escapes(data: bytes) -> None:
    shown = to_text(data)
    assert to_bytes(shown) == data
    _is_safe(shown, printable(data.decode("utf-8", "surrogateescape")))
    try:
        assert isinstance(to_bytes(data.decode("latin-1")), bytes)
    except ValueError:
        pass
    masked = Secrets(["wonderland"]).mask(data)
    assert b"wonderland" not in masked.lower()


def _is_safe(*texts: str) -> None:
    for text in texts:
        assert printable(text) == text


def _dns(data: bytes) -> None:
    """The message of any server, to a question of ours."""
    kinds = ("A", "AAAA", "MX", "SRV", "TXT", "PTR")
    rtype = kinds[(data[:1] or b"\0")[0] % len(kinds)]
    said = net_dns.read_message(data[1:])
    if said is not None:
        name = said.question[0].name if said.question else dns.name.from_text("mail.example.test")
        _is_safe(*net_dns.texts_of(said, name, rtype))


TARGETS: dict[str, Target] = {
    **{f"wire.{name_of(reader)}": partial(_reader, owner) for reader, owner in READERS.items()},
    **{f"wire.{name_of(function)}": partial(_function, way) for function, way in FUNCTIONS.items()},
    "sasl.client-step": _client_step,
    "sasl.server-step": _server_step,
    "sasl.token": _token,
    "sasl.syntax": _sasl_syntax,
    "script.format": _script,
    "parse.certificate": _certificate,
    "parse.words": _words,
    "model.escape": _escapes,
    "net.dns": _dns,
    "message.read": texttargets.mail,
    "parse.log": logtargets.log,
    "parse.talk": texttargets.session,
    "parse.service": texttargets.greeting,
    "parse.bounce": pastedtargets.bounce,
    "parse.pasted": pastedtargets.pasted,
    "parse.ese.files": esetargets.files,
    "parse.ese.text": esetargets.text,
    "parse.greylist": greylisttargets.policy,
    "parse.geoip": greylisttargets.database,
    "parse.regex.posix_syntax": greylisttargets.expression,
    "run.examine": whole_check,
}

_SCRAM = (b"r=fyko+d2lbbFgONRv9qkxdawLx", b"s=QSXCR+Q6sek8bf92", b"i=4096", b"v=", b"e=", b"m=x", b",p=", b"\xff")
_DIGEST = (b'nonce="x"', b"algorithm=md5-sess", b"rspauth=", b"stale=true", b'realm="a"', b"qop=", b"charset=utf-8")
_OAUTH = (b"n,,", b"n=alice", b"c=biws", b"\1", b"auth=Bearer tok-en", b"user=alice", b'{"status":"400"}', b"\0")

WORDS: dict[str, tuple[bytes, ...]] = {
    **{f"wire.{name_of(reader)}": liked for reader, liked in LIKED.items()},
    "sasl.client-step": (*_SCRAM, *_DIGEST, *_OAUTH),
    "sasl.server-step": (*_SCRAM, *_DIGEST, *_OAUTH, b"wonderland", b"alice"),
    "sasl.token": (b"AUTH PLAIN ", b"334 ", b"\n", b"AGFsaWNlAHdvbmRlcmxhbmQ=", b"VXNlcm5hbWU6", b"\\000", b"-ne "),
    "sasl.syntax": (*_SCRAM, *_DIGEST, *_OAUTH),
    "script.format": (
        *(b"@ smtp://mx.test\n", b"S: 220 mx\n", b"C: EHLO ~\n", b"S| ", b"* tls\n", b"* eof\n", b"# <- no-reply\n"),
        *(
            b"dns a.test MX 10 b.test\n",
            b"given --user a\n",
            b"\\x1b",
            b"@ imap://a login 2\n",
            b"* tls cert=expired\n",
        ),
    ),
    "parse.words": (
        b"535 5.7.8 ",
        b"550 5.1.1 ",
        b"450 4.2.0 ",
        b"greylist",
        b"Relay access denied",
        b"blocked using",
    ),
    "message.read": texttargets.MAIL_WORDS,
    "parse.log": logtargets.LOG_WORDS,
    "parse.talk": texttargets.SESSION_WORDS,
    "parse.service": texttargets.GREETING_WORDS,
    "parse.bounce": pastedtargets.BOUNCE_WORDS,
    "parse.pasted": pastedtargets.PASTED_WORDS,
    "parse.ese.files": esetargets.FILE_WORDS,
    "parse.ese.text": esetargets.TEXT_WORDS,
    "parse.greylist": greylisttargets.POLICY_WORDS,
    "parse.geoip": greylisttargets.DATABASE_WORDS,
    "parse.regex.posix_syntax": greylisttargets.EXPRESSION_WORDS,
    "run.examine": (
        *(
            b"220 mx ESMTP\r\n\xff",
            b"250-mx\r\n250 AUTH PLAIN SCRAM-SHA-256\r\n\xff",
            b"235 ok\r\n\xff",
            b"354 go\r\n\xff",
        ),
        *(
            b"250 ok\r\n\xff",
            b"+OK\r\n\xff",
            b"+OK\r\nSASL PLAIN\r\nUIDL\r\n.\r\n\xff",
            b"+OK 1 9\r\n\xff",
            b"1 x\r\n.\r\n",
        ),
        *(b"* OK hi\r\n\xff", b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\na1 OK x\r\n\xff", b"a2 OK in\r\n\xff"),
        *(
            b"* 1 EXISTS\r\na3 OK x\r\n\xff",
            b"* SEARCH 1\r\na4 OK x\r\n\xff",
            b"* 1 FETCH (BODY[] {3}\r\nabc)\r\na5 OK x\r\n",
        ),
        *(
            b'"SASL" "PLAIN"\r\nOK "hi"\r\n\xff',
            b'OK "in"\r\n\xff',
            b"421 bye\r\n",
            b"* BYE\r\n",
            b"\xff",
            b"334 \r\n\xff",
        ),
    ),
    **{
        f"wire.starttls.course.{name}": (
            *(
                b"220 mx\r\n\xfe",
                b"250-mx\r\n250 STARTTLS\r\n\xfe",
                b"220 go\r\n",
                b"+OK\r\n\xfe",
                b"STLS\r\n.\r\n\xfe",
                b"* OK\r\n\xfe",
            ),
            *(
                b"* CAPABILITY STARTTLS\r\nt1 OK x\r\n\xfe",
                b"t2 OK x\r\n",
                b'"STARTTLS"\r\nOK\r\n',
                b"234 go\r\n",
                b"382 go\r\n",
            ),
            *(
                b"<stream:features><starttls/></stream:features>\xfe",
                b"<proceed/>",
                b":a 670 b\r\n",
                b"S",
                b"N",
                b"\x30\x0c\2\1\1",
            ),
            *(b"J\0\0\0\n5.5.5\0", b"\x78\x07\x0a\1\0\4\0\4\0"),
        )
        for name in ("bounded", "one_request", "greeted")
    },
    "wire.proxy_protocol.read": (b"PROXY TCP4 ", b"PROXY UNKNOWN\r\n", b"\r\n\r\n\0\r\nQUIT\n", b"\x21\x11\0\x0c"),
    "wire.smtp.paths.read_path": (b"FROM:", b"TO:", b"<", b">", b'"', b"\\", b"@a:", b" SIZE=1"),
    "wire.imap.mailbox.decode_mailbox": (b"&", b"-", b"&ZeVnLIqe-", b"&AOk-"),
}
"""Words of the language that a target reads, for the fuzzer to begin with."""


def seeds(name: str) -> list[bytes]:
    """Whole inputs to begin with, where no fuzzer would come upon one by itself."""
    if name == "parse.certificate":
        authority, now = Authority(), datetime.now(UTC)
        chains = [authority.issue(kind, "mx.test", now).chain_pem for kind in CertificateKind]
        return [each.public_bytes(Encoding.DER) for chain in chains for each in load_pem_x509_certificates(chain)]
    if name in ("parse.bounce", "parse.pasted"):
        return [*pastedtargets.samples(), *WORDS[name]]
    if name == "net.dns":
        return [bytes([number]) + _message(kind, text) for number, (kind, text) in enumerate(_RECORDS)]
    return [b"", b"\0\0a b c\r\n", *(b"\0\0" + word for word in WORDS.get(name, ()))]


_RECORDS = (
    *(("A", "192.0.2.1"), ("AAAA", "2001:db8::1"), ("MX", "10 mx.test."), ("SRV", "0 1 587 mx.test.")),
    *(("TXT", '"v=spf1 -all"'), ("PTR", "mx.test."), ("CNAME", "mx.test.")),
)


def _message(kind: str, text: str) -> bytes:
    response = dns.message.make_response(dns.message.make_query("mail.example.test.", kind, id=7))
    response.answer.append(dns.rrset.from_text(response.question[0].name, 60, "IN", kind, text))
    return response.to_wire()
