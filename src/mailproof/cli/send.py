"""`mailproof send`: one message, as it was asked for, and what the server said of each recipient."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mailproof.cli.by_hand import tell
from mailproof.cli.command import MANY, Command, Option, one_of, whole_number
from mailproof.cli.getting_ready import while_getting_ready
from mailproof.cli.options import (
    Connecting,
    asked_of,
    connecting,
    connection_options,
    network,
    telling_options,
    terms_of,
    wanted_of,
)
from mailproof.cli.records import must_be_writable
from mailproof.cli.swaks import translated
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.cli.wishes import login_wish
from mailproof.model.endpoint import Protocol, Scheme, Target, TargetKind
from mailproof.model.record import Record
from mailproof.probes.transaction import Until
from mailproof.run.targets import parse_target

if TYPE_CHECKING:
    from mailproof.probes.transaction import Sending
    from mailproof.run.hand.sending import SendPlan

_STAGES: dict[str, Until] = {
    **{str(stage): stage for stage in Until},
    "connect": Until.BANNER,
    **dict.fromkeys(("first-helo", "first-lhlo"), Until.FIRST_EHLO),
    "starttls": Until.TLS,
    **dict.fromkeys(("helo", "lhlo"), Until.EHLO),
    "from": Until.MAIL,
    "to": Until.RCPT,
    "dot": Until.MESSAGE,
}
"""Ours and those of swaks."""

# As swaks has them: S is TLS (at once with SSMTP), A a login.
_PROTOCOLS: dict[str, Scheme] = {
    **dict.fromkeys(("esmtp", "smtp", "esmtpa", "esmtps", "esmtpsa"), Scheme.SMTP),
    **dict.fromkeys(("ssmtp", "ssmtpa", "smtps"), Scheme.SUBMISSIONS),
    **dict.fromkeys(("lmtp", "lmtpa", "lmtps", "lmtpsa"), Scheme.LMTP),
}
_WITH_TLS = ("esmtps", "esmtpsa", "lmtps", "lmtpsa")
_WITH_HELO = ("smtp", "smtps")
_WITH_LOGIN = ("esmtpa", "esmtpsa", "ssmtpa", "lmtpa", "lmtpsa")
# One BDAT for a message of any usual size.
_CHUNK = 1 << 30
_NOTIFY = ("NEVER", "SUCCESS", "FAILURE", "DELAY")


class _Send(Command):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, translated(args, self.terminal))


def command(terminal: Terminal) -> Command:
    params: list[click.Parameter] = [
        click.Argument(["target"], required=False, metavar="[TARGET]"),
        Option("--from", "sender", metavar="ADDRESS", section="envelope", words="send-from"),
        Option("--to", metavar="ADDRESS,…", multiple=True, section="envelope"),
        Option("--bcc", metavar="ADDRESS,…", multiple=True, section="envelope"),
        Option("--notify", metavar="never|success,failure,delay", section="envelope"),
        Option("--ret", section="envelope", **one_of(("full", "hdrs"), terminal)),
        Option("--envid", metavar="TEXT", section="envelope"),
        Option("--smtputf8", is_flag=True, section="envelope"),
        Option("--requiretls", is_flag=True, section="envelope"),
        Option("--mail-param", metavar="NAME=VALUE", multiple=True, section="envelope"),
        Option("--rcpt-param", metavar="NAME=VALUE", multiple=True, section="envelope"),
        Option("--cc", metavar="ADDRESS,…", multiple=True, section="message"),
        Option("--subject", metavar="TEXT", section="message"),
        Option("--body", metavar="TEXT|@FILE|-", section="message"),
        Option("--header", metavar="NAME: VALUE", multiple=True, section="message"),
        Option("--add-header", metavar="NAME: VALUE", multiple=True, section="message"),
        Option("--attach", metavar="FILE[;type=T][;name=N]", multiple=True, section="message"),
        Option("--attach-body", metavar="TYPE;TEXT|@FILE", multiple=True, section="message"),
        Option("--charset", metavar="NAME", default="utf-8", section="message"),
        Option("--data", metavar="FILE|-", section="message"),
        Option("--template", is_flag=True, section="message"),
        Option("--raw", is_flag=True, section="message"),
        Option("--keep-from-line", is_flag=True, section="message"),
        Option("--dkim-domain", metavar="DOMAIN", section="message"),
        Option("--dkim-selector", metavar="NAME", section="message"),
        Option("--dkim-key", metavar="PEM", section="message"),
        Option("--quit-after", metavar="STAGE", section="session"),
        Option("--drop-after", metavar="STAGE", section="session"),
        Option("--pipelining", is_flag=True, section="session"),
        Option("--chunking", is_flag=True, section="session"),
        Option("--chunk-size", metavar="BYTES", section="session", callback=whole_number(1, MANY, terminal)),
        Option("--prdr", is_flag=True, section="session"),
        Option("--anyway", is_flag=True, section="session"),
        Option("--server", metavar="HOST[:PORT]", section="connection"),
        Option(
            "--port",
            metavar="N",
            section="connection",
            words="send-port",
            callback=whole_number(1, 65535, terminal),
        ),
        Option("--protocol", section="connection", metavar="esmtp|smtp|ssmtp|lmtp"),
        Option("--socket", metavar="PATH", section="connection"),
        Option("--pipe", metavar="COMMAND", section="connection"),
        Option("--tls-at-once", is_flag=True, section="connection"),
        Option("--tls-verify", is_flag=True, section="connection"),
        Option("--login", words="send-login", section="login", **one_of(("required", "optional"), terminal)),
        *connection_options(terminal, without=("all_mechanisms",)),
        *telling_options(terminal),
        Option("--keep-bodies", is_flag=True),
    ]
    return _Send("send", terminal, partial(_send, terminal), params)


def _send(terminal: Terminal, target: str | None, **given: Any) -> int:
    from mailproof.net.pipe import PipeNet
    from mailproof.run.hand.sending import send_by_hand

    if given["record"] is not None:
        must_be_writable(given["record"], terminal)
    if (protocol := (given["protocol"] or "").lower()) and protocol not in _PROTOCOLS:
        told = {"option": "--protocol", "choices": tuple(_PROTOCOLS), "value": protocol}
        raise Complaint(terminal.say("cli.not-one-of", **told))
    if protocol in _WITH_TLS:
        given["tls"] = "required"
    if protocol in _WITH_LOGIN:
        given["login"] = given["login"] or "required"
    if given["login"] and not given["user"] and not given["netrc"]:
        option = f"--protocol {protocol}" if protocol in _WITH_LOGIN else f"--login {given['login']}"
        raise Complaint(terminal.say("cli.whose-secret", option=option))
    how = connecting(given, terminal)
    plan = _plan(target, given, how, terminal)
    net = PipeNet(_program(given["pipe"], terminal)) if given["pipe"] else network(how)
    with terminal.progress("cli.sending-to", what=plan.target.text):
        sending = send_by_hand(net, plan, datetime.now(UTC))
        record = net.run(while_getting_ready(net, sending, terminal, "mailproof.report.sent"))
    return _told(record, plan, given, terminal)


def _told(record: Record, plan: SendPlan, given: Mapping[str, Any], terminal: Terminal) -> int:
    from mailproof.report.frame import in_words
    from mailproof.report.sent import render_sent
    from mailproof.run.hand.send_result import send_report

    return tell(
        record,
        given,
        terminal,
        lambda judgement, _, report: in_words(send_report(record, judgement, report, plan.sending.sender)),
        render_sent,
        users=(plan.sending.sender, *(recipient.address for recipient in plan.sending.recipients)),
    )


def _plan(text: str | None, given: Mapping[str, Any], how: Connecting, terminal: Terminal) -> SendPlan:
    from mailproof.cli.compose import addresses, as_typed, message_to_send
    from mailproof.probes.transaction import Recipient, Sending
    from mailproof.run.hand.sending import SendPlan

    last, drop = _stage(given, terminal)
    seen = addresses(given["to"], "--to", terminal)
    copies = addresses(given["cc"], "--cc", terminal)
    recipients = (*seen, *copies, *addresses(given["bcc"], "--bcc", terminal))
    early = list(Until).index(last) < list(Until).index(Until.RCPT)
    if not recipients and not early:
        raise Complaint(terminal.say("cli.send-to"))
    target = _target(text, given, recipients, terminal)
    login = login_wish(given["user"] or "", how, given, (target,), terminal)
    user = login.credentials.user if login is not None else ""
    sender = as_typed(given["sender"], user, terminal)
    params = _rcpt_params(given, terminal)
    data = b"" if early else message_to_send(given, sender, seen, copies, terminal)
    ascii_only = all(address.isascii() for address in (sender, *recipients))
    sending: Sending = Sending(
        sender=sender,
        mail_params=_clean(given["mail_param"], "--mail-param", terminal),
        recipients=tuple(Recipient(address, params) for address in recipients),
        data=data,
        raw=given["raw"],
        pipelining=given["pipelining"],
        chunk=given["chunk_size"] or (_CHUNK if given["chunking"] else 0),
        prdr=given["prdr"],
        needs=_needs(given, ascii_only, terminal),
        eight_bit=not data.isascii(),
        login=login,
        login_if_offered=given["login"] == "optional",
        helo=(given["protocol"] or "").lower() in _WITH_HELO,
        verified=given["tls_verify"],
        last=last,
        drop=drop,
        anyway=given["anyway"],
    )
    return SendPlan(
        target=target,
        wanted=wanted_of(how),
        terms=terms_of(how, keep_bodies=given["keep_bodies"]),
        asked=asked_of(how, user=user, sender=sender),
        sending=sending,
    )


def _stage(given: Mapping[str, Any], terminal: Terminal) -> tuple[Until, bool]:
    """The last stage, and whether the connection is dropped there."""
    if given["quit_after"] and given["drop_after"]:
        raise Complaint(terminal.say("cli.send-one-end"))
    option = "--drop-after" if given["drop_after"] else "--quit-after"
    text = given["drop_after"] or given["quit_after"]
    if not text:
        return Until.MESSAGE, False
    if text.lower() not in _STAGES:
        choices = tuple(str(stage) for stage in Until)
        raise Complaint(terminal.say("cli.not-one-of", option=option, choices=choices, value=text))
    return _STAGES[text.lower()], bool(given["drop_after"])


def _target(text: str | None, given: Mapping[str, Any], recipients: tuple[str, ...], terminal: Terminal) -> Target:
    """TARGET; or --server, --port and --socket; or the domain that all recipients share, for its exchangers."""
    scheme = Scheme.SUBMISSIONS if given["tls_at_once"] else Scheme.SMTP
    if given["protocol"] is not None:
        scheme = _PROTOCOLS[given["protocol"].lower()]
    if sum(map(bool, (text, given["server"], given["socket"], given["pipe"]))) > 1:
        raise Complaint(terminal.say("cli.send-one-place"))
    if given["pipe"]:
        program = _program(given["pipe"], terminal)[0]
        return Target(f"{scheme}: {program}", TargetKind.URL, "", scheme, None, program)
    apart = next((name for name in ("port", "protocol", "tls_at_once") if given[name]), "")
    if apart and not given["server"] and not given["socket"]:
        raise Complaint(terminal.say("cli.send-apart", option=f"--{apart.replace('_', '-')}"))
    if text is not None:
        target = parse_target(text)
    elif given["socket"]:
        return parse_target(f"{scheme}+unix://{given['socket']}")
    elif given["server"]:
        host = given["server"]
        host = f"[{host}]" if ":" in host and not host.startswith("[") else host
        port = given["port"] or scheme.default_port
        return parse_target(f"{scheme}://{host}:{port}")
    else:
        domains = {address.rpartition("@")[2].lower() for address in recipients if "@" in address}
        if len(domains) != 1:
            raise Complaint(terminal.say("cli.send-where"))
        domain = domains.pop().replace("[ipv6:", "[")  # RFC 5321 section 4.1.3
        target = parse_target(domain)
        if not domain.startswith("["):
            target = msgspec.structs.replace(target, kind=TargetKind.DOMAIN)
    if target.scheme is not None and target.scheme.protocol not in (Protocol.SMTP, Protocol.LMTP):
        raise Complaint(terminal.say("cli.send-protocol", scheme=str(target.scheme)))
    return target


def _program(text: str, terminal: Terminal) -> list[str]:
    """Words of a command; no shell is used. Raises Complaint."""
    import shlex

    try:
        words = shlex.split(text)
    except ValueError:
        words = []
    if not words:
        raise Complaint(terminal.say("cli.secret-quoting", option="--pipe"))
    return words


def _needs(given: Mapping[str, Any], ascii_only: bool, terminal: Terminal) -> tuple[tuple[str, str], ...]:
    needs: list[tuple[str, str]] = []
    if given["smtputf8"] or not ascii_only:
        needs.append(("SMTPUTF8", "SMTPUTF8"))
    if given["requiretls"]:
        needs.append(("REQUIRETLS", "REQUIRETLS"))
    if given["ret"]:
        needs.append((f"RET={given['ret'].upper()}", "DSN"))
    if given["envid"]:
        from mailproof.wire.smtp.commands import xtext

        _clean((given["envid"],), "--envid", terminal)
        needs.append((f"ENVID={xtext(given['envid'])}", "DSN"))
    return tuple(needs)


def _rcpt_params(given: Mapping[str, Any], terminal: Terminal) -> tuple[str, ...]:
    params = list(_clean(given["rcpt_param"], "--rcpt-param", terminal))
    if given["notify"]:
        words = tuple(word.strip().upper() for word in given["notify"].split(","))
        if not set(words) <= set(_NOTIFY) or ("NEVER" in words and len(words) > 1):
            raise Complaint(terminal.say("cli.send-notify", value=given["notify"]))
        params.insert(0, f"NOTIFY={','.join(words)}")
    return tuple(params)


def _clean(params: tuple[str, ...], option: str, terminal: Terminal) -> tuple[str, ...]:
    """Raises Complaint for what would begin another command."""
    for param in params:
        if not param or set(param) & set(" \r\n\0"):
            raise Complaint(terminal.say("cli.send-param", option=option, value=param))
    return params
