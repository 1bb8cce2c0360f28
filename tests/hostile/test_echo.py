"""A server that knows the password says it back, in whatever form: nothing that we write repeats it."""

from __future__ import annotations

import base64
import json
import traceback
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import msgspec
import pytest
from hostilehosts import PASSWORD, USER, MailHost, check, found, outputs, plan, tls_of

from mailproof.checks import kinds
from mailproof.model.attempt import Trouble
from mailproof.model.escape import to_text
from mailproof.model.failure import NetFailure
from mailproof.net.interface import Stream
from mailproof.net.memory import MemoryNet
from mailproof.report.explain import page_as_data, render_page
from mailproof.script.authority import Authority

RAW = PASSWORD.encode()
BLOB = b"\0" + USER.encode() + b"\0" + RAW

FORMS: dict[str, bytes] = {
    "raw": RAW,
    "in capitals": PASSWORD.upper().encode(),
    "in ASCII capitals": RAW.upper(),
    "quoted": b'"' + RAW.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"',
    "base64": base64.b64encode(RAW),
    "base64 without padding": base64.b64encode(RAW).rstrip(b"="),
    "base64 for URLs": base64.urlsafe_b64encode(RAW),
    "base64 inside a longer text": base64.b64encode(BLOB),
    "base64 one byte further": base64.b64encode(b"x" + BLOB + b" was wrong"),
    "base64 two bytes further": base64.b64encode(b"xx" + BLOB + b" was wrong"),
    "percent-encoded": quote(PASSWORD, safe="").encode(),
    "percent-encoded as in forms": quote_plus(PASSWORD).encode(),
    "hex": RAW.hex().encode(),
    "hex in capitals": RAW.hex().upper().encode(),
    "hex inside a longer text": BLOB.hex().encode(),
}


def recognisable() -> set[str]:
    """What a reader would know for the password: no alignment of base64 leaves this much of it."""
    middles = {base64.b64encode(b"\0" * shift + RAW)[4:-4].decode() for shift in range(3)}
    texts = {
        PASSWORD,
        to_text(RAW),
        quote(PASSWORD, safe=""),
        quote_plus(PASSWORD),
        RAW.hex(),
        PASSWORD.replace('"', '\\"'),
        *middles,
    }
    texts |= {json.dumps(text)[1:-1] for text in texts}
    return texts | {text.upper() for text in texts}


def assert_silent(texts: dict[str, str]) -> None:
    for name, text in texts.items():
        for form in recognisable():
            assert form not in text, f"{form!r} is in {name}"


def echoing(scheme: str, form: bytes, how: str) -> Callable[[bytes, bytes], bytes | None]:
    """Repeats the form in every answer from the first secret on."""
    heard = False

    def twist(said: bytes, line: bytes) -> bytes | None:
        nonlocal heard
        heard = heard or any(word in line.upper() for word in (b"AUTH ", b"PASS", b"LOGIN "))
        if not heard:
            return said
        tag = line.split()[0] if line.split() else b"*"
        ok, no = {
            "s": (b"235 2.7.0 ", b"535 5.7.8 "),
            "p": (b"+OK ", b"-ERR [AUTH] "),
            "i": (tag + b" OK ", tag + b" NO [AUTHENTICATIONFAILED] "),
        }[scheme[0]]
        return {
            "accepted": ok + form + b"\r\n",
            "refused": no + form + b"\r\n",
            "asked on": (b"+ " if scheme[0] != "s" else b"334 ") + form + b"\r\n",
            "no reply at all": form + b"\r\n",
            "hangs up": no + form,
            "in a list": b"250-" + form + b"\r\n250 " + form + b"\r\n",
            "as data": b"* X (" + form + b' "' + form + b'")\r\n' + no + b"\r\n",
        }[how]

    return twist


@pytest.mark.parametrize(
    "how", ["accepted", "refused", "asked on", "no reply at all", "hangs up", "in a list", "as data"]
)
@pytest.mark.parametrize("scheme", ["submissions", "pop3s", "imaps"])
def test_a_password_said_back_is_in_no_output(scheme: str, how: str, authority: Authority, ca_file: str) -> None:
    tls = tls_of(authority)
    wanted = plan(f"{scheme}://mx.test", ca_file=ca_file, login=True)
    for name, form in FORMS.items():
        for chunk in (1 << 16, 5):
            record = check(MailHost(scheme, tls, echoing(scheme, form, how)), wanted, chunk=chunk)
            written = outputs(record)
            assert any(attempt.job == "login" for attempt in record.attempts)
            assert "[secret]" in written["record"], name
            for finding in found(record):
                for lang in ("en", "ja"):
                    written[f"explain {finding} {lang}"] = render_page(finding, lang, kinds())
                    written[f"explain {finding} {lang} as data"] = json.dumps(page_as_data(finding, lang, kinds()))
            assert_silent(written)


def test_what_holds_a_password_does_not_show_it() -> None:
    wanted = plan("submissions://mx.test", login=True)
    assert wanted.login is not None
    held = [wanted, wanted.login, wanted.login.credentials, wanted.login.secrets and wanted.asked]
    assert_silent({str(type(thing)): f"{thing!r} {thing}" for thing in held})


@pytest.mark.parametrize("how", ["reset", "garbage"])
def test_exceptions_do_not_tell_it_either(how: str, authority: Authority) -> None:
    caught: list[BaseException] = []

    async def serve(stream: Stream) -> None:
        await stream.read(5.0)
        if how == "reset":
            raise NetFailure(Trouble.RESET)

    class Place:
        address, port, path, url = "192.0.2.25", 25, None, "smtp://mx.test"

    net = MemoryNet(switchboard=lambda to, purpose: serve)

    async def main() -> None:
        stream = await net.connect(Place(), 5.0, purpose="login", secrets=[PASSWORD])
        line = b"PASS " + RAW + b"\r\n"
        await stream.write(line, 5.0, secret=[slice(5, 5 + len(RAW))])
        try:
            while await stream.read(5.0):
                pass
            await stream.write(line, 5.0, secret=[slice(5, 5 + len(RAW))])
            await stream.read(5.0)
            raise NetFailure(Trouble.CLOSED)
        except NetFailure as failure:
            caught.append(failure)
        assert_silent({"stream": repr(stream), "secrets": repr(stream.secrets)})
        assert_silent({"transcript": msgspec.json.encode(stream.transcript()).decode()})
        stream.close()

    net.run(main())
    assert_silent({"failure": f"{caught[0]} {caught[0]!r} {''.join(traceback.format_exception(caught[0]))}"})
