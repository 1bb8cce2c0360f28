"""The cases of whyscream/postfix-grok-patterns (BSD-3-Clause), and our facts under the names of its fields."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

from mailproof.model.log import (
    Accepted,
    Arrived,
    Delivered,
    Expired,
    Fact,
    Identified,
    LoginFailed,
    LogLine,
    Notified,
    Queued,
    Refused,
    Removed,
    Trouble,
)
from mailproof.model.log_connection import (
    Answered,
    Certificated,
    Connected,
    Disconnected,
    Dropped,
    Hid,
    NoConnection,
    Screened,
    TlsFailed,
    TlsOpened,
)
from mailproof.model.log_filter import ListedAt
from mailproof.model.log_service import Counted, Managed, Measured, ServiceChanged
from mailproof.parse.log.facts import fact_of
from mailproof.parse.log.peer import delays, peer, reply_parts, tls_features

CASES = Path(__file__).resolve().parents[4] / "shared" / "data" / "logs" / "postfix-grok-patterns"

Fields = dict[str, str]
_PAIR = re.compile(r"([a-z_]+)=(<[^>]*>|[^,\s]*)")


class Case(NamedTuple):
    name: str
    pattern: str
    data: str
    results: Fields


def cases() -> list[Case]:
    """None where the corpus is not beside the project."""
    return [_read(path) for path in sorted(CASES.glob("*.yaml"))]


def _read(path: Path) -> Case:
    """The little of YAML that the cases use: `key: value`, one level deep, with the quotes of JSON."""
    top, results = {}, {}
    for line in path.read_text("utf-8").splitlines():
        if found := re.fullmatch(r"( *)([\w-]+):(?: (.*))?", line):
            (results if found[1] else top)[found[2].removeprefix("postfix_")] = _value((found[3] or "").strip())
    return Case(path.stem, top["pattern"], top["data"], results)


def _value(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text


def ours(case: Case) -> Fields:
    """What this program finds in the data, under the same names."""
    pattern = re.sub(r"\W|POSTFIX_", "", case.pattern.replace("^%", "").replace("}$", "}"))
    if pattern == "DELAYS":
        names = ("delay_before_qmgr", "delay_in_qmgr", "delay_conn_setup", "delay_transmission")
        return dict(zip(names, map("{:g}".format, delays(case.data) or ()), strict=True))
    if pattern == "RELAY":
        return _peer("relay", case.data)
    if pattern == "TLS_FEATURES":
        return _features(case.data)
    if pattern == "COMMAND_COUNTER_DATA":
        fact = _fact("smtpd", f"disconnect from unknown[192.0.2.1] {case.data}")
        return _counters(fact.commands) if isinstance(fact, Disconnected) else {}
    program = {"TRIVIAL_REWRITE": "trivial-rewrite", "SCRIPT": "postfix-script"}.get(pattern, pattern.lower())
    fact = _fact(program, case.data)
    return {} if fact is None else _fields(program, fact, case)


def same(case: Case, fields: Fields) -> dict[str, tuple[str, str | None]]:
    """What differs: expected and found."""
    wrong = {}
    for key, expected in case.results.items():
        if key == "keyvalue_data":
            for name, value in _PAIR.findall(expected):
                if fields.get(f"={name}") != value.strip("<>"):
                    wrong[name] = (value, fields.get(f"={name}"))
        elif fields.get(key) != expected:
            wrong[key] = (expected, fields.get(key))
    return wrong


def _fact(program: str, text: str) -> Fact | None:
    return fact_of(LogLine("", "mx", program, f"postfix/{program}", "7", text))


def _peer(side: str, text: str) -> Fields:
    name, address, port, path = peer(text)
    where = "client_ip_unknown" if address == "unknown" else f"{side}_ip"
    all_ = {f"{side}_hostname": name, where: address, f"{side}_port": port, f"{side}_service": path}
    return {key: value for key, value in all_.items() if value}


def _features(text: str) -> Fields:
    fields = {}
    for feature in tls_features(text):
        first = feature.name != "requiretls"
        name = "tls" if first else "requiretls"
        fields["tls_security_level" if first else "requiretls"] = feature.name
        fields |= {f"{name}_downgrade_level": feature.lowered} if feature.lowered else {}
        fields |= {f"{name}_policy_undecided": "?"} if feature.undecided else {}
        fields |= {f"{name}_policy_violation": "!"} if feature.violated else {}
    return fields


def _counters(commands: dict[str, tuple[int, int]]) -> Fields:
    fields = {}
    for name, (accepted, all_) in commands.items():
        key = "cmd_count" if name == "commands" else f"cmd_{name}"
        fields |= {key: str(all_)} | ({f"{key}_accepted": str(accepted)} if accepted != all_ else {})
    return fields


def _reply(reply: str) -> Fields:
    code, dsn, about, text = reply_parts(reply)
    if blocked := re.fullmatch(r"Service unavailable; (?:client|Client host|Helo command) \[([^\]]*)\] (.*)", text):
        about, text = blocked[1], blocked[2]
    return {"status_code": code, "status_code_enhanced": dsn, "status_data": about, "status_message": text}


def _fields(program: str, fact: Fact, case: Case) -> Fields:
    identity = getattr(fact, "queue_id", "") or ("NOQUEUE" if case.data.startswith("NOQUEUE") else "")
    return {"queueid": identity} | _of(program, fact)


def _of(program: str, fact: Fact) -> Fields:
    match fact:
        case Trouble():
            return {"message_level": fact.level, "message": fact.text}
        case Measured():
            return _measured(fact)
        case Notified():
            return {"bounce_queueid": fact.child, "bounce_recipient": fact.to, "bounce_reason": fact.why}
        case Identified():
            return {"message-id": fact.message_id.strip("<>")}
        case Refused():
            return _refused(program, fact)
        case Accepted():
            parts = reply_parts(fact.reply)
            codes = {"proxy_status_code": parts.code, "proxy_status_code_enhanced": parts.dsn}
            stage = {"proxy_result": "accept", "proxy_smtp_stage": fact.stage, "proxy_message": fact.reply}
            return stage | codes | _envelope(fact)
        case Delivered():
            response = dict.fromkeys((f"{program}_response", "smtp_response"), fact.reason)
            pairs = {"to": fact.recipient, "orig_to": fact.original, "relay": fact.relay, "delay": fact.delay}
            pairs |= {"delays": fact.delays, "dsn": fact.dsn, "tls": fact.tls}
            return response | {"status": fact.status} | {f"={key}": value for key, value in pairs.items()}
        case Arrived():
            return {"=client": fact.client, "=uid": fact.uid, "=from": fact.sender}
        case Queued():
            return {"=from": fact.sender, "=size": str(fact.size), "=nrcpt": str(fact.recipients)}
        case Expired():
            return {"from": fact.sender, "status": fact.status}
        case Removed():
            return {"message": "removed", "postsuper_action": "removed"}
        case Managed():
            return {"message": fact.action, "postsuper_action": fact.action}
        case Counted():
            return {"postsuper_summary_action": fact.action, "postsuper_summary_count": str(fact.count)}
        case ServiceChanged():
            return {"version": fact.version, "config_path": fact.directory, "termination_signal": fact.signal}
        case ListedAt():
            return {"client_ip": fact.address, "dnsbl_domain": fact.zone, "dnsbl_result": fact.answer}
        case LoginFailed():
            return _peer("client", fact.client) | {
                "message": f"SASL {fact.method} authentication failed: {fact.reason}"
            }
        case _:
            return _of_connection(fact)


def _of_connection(fact: Fact) -> Fields:
    match fact:
        case Connected():
            return _peer("client", fact.client) | _peer("server", fact.server)
        case Disconnected():
            counts = (f"{name}={done}" + f"/{all_}" * (done != all_) for name, (done, all_) in fact.commands.items())
            text = " ".join(counts)
            # 0/0 and 0 are the same to us.
            return _peer("client", fact.client) | {"command_counter_data": text.replace("commands=0", "commands=0/0")}
        case Dropped():
            return _peer("client", fact.client) | {"smtpd_lostconn_data": fact.why, "smtp_stage": fact.stage}
        case TlsOpened():
            size = "tls_server_signature_size" if fact.signature_size.isdecimal() else "tls_server_signature_curve"
            return _peer("client" if fact.incoming else "relay", fact.peer) | {
                "tls_trustlevel": fact.trust,
                "tls_version": fact.version,
                "tls_cipher": fact.cipher,
                "tls_cipher_size": fact.bits,
                "tls_key_exchange": fact.key_exchange,
                "tls_server_signature": fact.signature,
                size: fact.signature_size,
                "tls_server_digest": fact.digest,
            }
        case TlsFailed():
            said = (
                {"smtpd_lostconn_data": "SSL_accept error"} if fact.incoming else {"smtp_lostconn_data": fact.reason}
            )
            return _peer("client" if fact.incoming else "relay", fact.peer) | said
        case Certificated():
            return _peer("relay", fact.peer) | {"tls_error": fact.reason}
        case NoConnection():
            return _peer("relay", fact.server) | {"smtp_lostconn_data": fact.reason}
        case Answered():
            stage = fact.stage.removesuffix(" command")
            said = {"smtp_response": fact.reply, "smtp_stage": stage}
            said |= {"smtp_lostconn_data": fact.why, "smtp_lostconn_reason": fact.stage}
            return _peer("relay", fact.server) | said
        case Hid():
            return _peer("relay", fact.peer) | dict.fromkeys(
                ("pix_workaround", "discarded_ehlo_keywords"), fact.names
            )
        case Screened():
            return _peer("client", fact.client) | {
                "postscreen_access": fact.verdict,
                "postscreen_violation": fact.verdict,
                "postscreen_violation_time": fact.seconds,
                "postscreen_dnsbl_rank": str(fact.rank),
                "smtp_stage": fact.stage,
            }
        case _:
            return {}


def _envelope(fact: Accepted | Refused) -> Fields:
    pairs = {"from": fact.sender, "to": fact.recipient, "proto": fact.protocol, "helo": fact.helo}
    return {f"={key}": value for key, value in pairs.items()}


def _refused(program: str, fact: Refused) -> Fields:
    fields = _envelope(fact) | _peer("client", fact.client)
    if fact.by == "proxy":
        parts = reply_parts(fact.reply)
        stage = {"proxy_result": fact.action, "proxy_smtp_stage": fact.stage, "proxy_message": fact.reply}
        return fields | stage | {"proxy_status_code": parts.code, "proxy_status_code_enhanced": parts.dsn}
    message = f"{fact.stage} {fact.content} from {fact.client}" if fact.content else ""
    message = message or f"{fact.stage} from {fact.client}: {fact.reply}"
    if program == "cleanup" and fact.by:
        result = fact.action if fact.by == "milter" else f"header-{fact.action}"
        return fields | {"milter_result": result, "milter_message": message, "milter_data": fact.reply}
    if fact.content:
        prepended = {"prepend_type": fact.stage, "prepend_trigger": fact.content, "prepend_value": fact.reply}
        return fields | prepended | {"message_level": fact.action, "message": message}
    busy = {"postscreen_toobusy_data": fact.reply}
    action = f"{fact.by}-{fact.action}" if fact.by else fact.action
    return fields | busy | {"action": action, "smtp_stage": fact.stage} | _reply(fact.reply)


def _measured(fact: Measured) -> Fields:
    where = "client_ip_unknown" if fact.client == "unknown" else "client_ip"
    most = fact.values.get("max", "")
    fields = {"service": fact.service, where: fact.client, "anvil_timestamp": fact.at, "scache_timestamp": fact.at}
    fields |= {"anvil_cache_size": most, "anvil_conn_count": most, "anvil_conn_rate": most}
    fields |= {"anvil_conn_period": fact.values.get("period", "")}
    for name, value in fact.values.items():
        fields |= {f"scache_{name}": value, f"postscreen_cache_{name}": value, f"verify_cache_{name}": value}
    return fields | {"verify_cleanup_type": fact.values.get("kind", "")}
