"""The lines that `explain` gives for other brands: each is read by its program, many are seen to be what matters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from brandlist import brands
from courierserver import COURIER
from cyrusserver import CYRUS
from eximserver import CONFIGURATION as EXIM_CONF
from eximserver import EXIM
from opensmtpdserver import OPENSMTPD
from sendmailserver import SENDMAIL
from unpacked import Brand, said_by, serving

from labcheck import BOB, check, reported
from mailproof.catalog.brands import Remedy, findings, remedies

pytestmark = pytest.mark.real

ANYWHERE = {"smtp": 25, "submission": 587, "submissions": 465, "d": "/nowhere", "user": "u", "password": "p"}


def entries(brand: str, *where: str) -> dict[str, Remedy]:
    """Those with lines, by a finding that has them: each once."""
    found: dict[tuple[str, ...], tuple[str, Remedy]] = {}
    for finding in sorted(findings()):
        for remedy in remedies(finding):
            if remedy.brand == brand and remedy.lines and (not where or remedy.where in where):
                found.setdefault(remedy.lines, (finding, remedy))
    return dict(found.values())


def typed() -> list[Any]:
    return [
        pytest.param(*able.values, able.values[0].name.removesuffix("-backports"), id=able.id, marks=able.marks)
        for able in brands(EXIM, OPENSMTPD, SENDMAIL, CYRUS, COURIER)
    ]


def exim_conf(remedy: Remedy) -> str:
    """Our own configuration with the lines where they belong; a setting of ours that they name goes."""
    text = EXIM_CONF.format(**ANYWHERE)
    added = "\n".join(remedy.lines) + "\n"
    if remedy.where == "exim.conf":
        for line in remedy.lines:
            text = re.sub(rf"^{re.escape(line.partition(' =')[0])} =.*\n", "", text, flags=re.MULTILINE)
        return added + text
    if remedy.where.endswith("authenticators"):
        return text[: text.index("plain:")] + added
    if remedy.where.endswith("transports"):
        return text.replace("  maildir_format\n", "  maildir_format\n" + added)
    if remedy.where.endswith("acl_smtp_connect"):
        return text.replace("begin acl\n", f"acl_smtp_connect = acl_first\nbegin acl\nacl_first:\n{added}")
    assert remedy.where.endswith("acl_smtp_rcpt")
    return text.replace("acl_rcpt:\n", "acl_rcpt:\n" + added)


@pytest.mark.parametrize("brand", brands(EXIM))
def test_exim_reads_its_lines(brand: Brand) -> None:
    wanted = {finding: r for finding, r in entries("exim").items() if r.where.startswith("exim.conf")}
    files = {f"tried/{finding}.conf": exim_conf(remedy) for finding, remedy in wanted.items()}
    wrong = Remedy("exim", "Exim", "exim.conf, acl_smtp_rcpt", "", ("acept authenticated = *",), "")
    files["tried/wrong.conf"] = exim_conf(wrong)
    files["tried/wrong-setting.conf"] = exim_conf(wrong._replace(where="exim.conf", lines=("tls_certificat = x",)))
    script = (
        'for f in $d/tried/*.conf; do exim4 -C "$f" -bV >out 2>&1 || { basename "$f" .conf; tail -n 2 out; }; done'
    )
    said = said_by(brand, f"cd $d\n{script}", files)
    assert len(wanted) > 15
    assert set(re.findall(r"^[a-z][a-z-]+$", said, flags=re.MULTILINE)) == {"wrong", "wrong-setting"}, said


@pytest.mark.parametrize("brand", brands(OPENSMTPD))
def test_opensmtpd_reads_its_lines(brand: Brand) -> None:
    files = {"tried/wrong.conf": "listen on 0.0.0.0 tls-recuire\n"}
    wanted = entries("opensmtpd", "smtpd.conf")
    for finding, remedy in wanted.items():
        text = "\n".join(remedy.lines) + "\n"
        text = re.sub(r'cert ".*"', 'cert "@d@/chain.pem"', re.sub(r'key ".*"', 'key "@d@/key.pem"', text))
        known = 'pki mail.example.com cert "@d@/chain.pem"\npki mail.example.com key "@d@/key.pem"\n'
        actions = 'action "local" maildir "/m"\naction "outbound" relay\n'
        text += "" if "match" in text else 'match for local action "local"\n'
        files[f"tried/{finding}.conf"] = "\n".join(dict.fromkeys((known + actions + text).splitlines())) + "\n"
    script = (
        'sed -i "s|@d@|$d|" $d/tried/*.conf\n'
        'for f in $d/tried/*.conf; do smtpd -n -f "$f" >$d/out 2>&1 || { basename "$f" .conf; cat $d/out; }; done'
    )
    said = said_by(brand, script, files)
    assert len(wanted) > 8
    assert re.findall(r"^[a-z][a-z-]+$", said, flags=re.MULTILINE) == ["wrong"], said


@pytest.mark.parametrize("brand", brands(SENDMAIL))
def test_every_line_for_sendmail_changes_its_configuration(brand: Brand) -> None:
    """An unknown name in m4 is no error, and does nothing."""
    wanted = entries("sendmail", "sendmail.mc")
    head = (
        "define(`_USE_ETC_MAIL_')dnl\ninclude(`/usr/share/sendmail/cf/m4/cf.m4')dnl\n"
        "OSTYPE(`linux')dnl\nFEATURE(`no_default_msa')dnl\n"
    )
    tail = "MAILER(`local')dnl\nMAILER(`smtp')dnl\n"
    lines = {f"{finding}-{n}": line for finding, remedy in wanted.items() for n, line in enumerate(remedy.lines)}
    lines |= {"nothing": "", "wrong": "define(`confSERVER_KEYS', `/x')dnl"}
    files = {f"tried/{name}.mc": f"{head}{line}\n{tail}" for name, line in lines.items()}
    script = """
cd $d/tried
m4 nothing.mc >nothing.cf
for f in *.mc; do
    m4 "$f" >new.cf
    cmp -s <(grep -v -E '^(#|$)' nothing.cf) <(grep -v -E '^(#|$)' new.cf) && basename "$f" .mc
    /usr/libexec/sendmail/sendmail -C $d/tried/new.cf -bt </dev/null >out 2>&1 || { echo "not read: $f"; cat out; }
    grep -i -E 'unknown|error' out || true
done
"""
    said = said_by(brand, f"cat >$d/tried/go <<'END'\n{script}\nEND\nd=$d bash $d/tried/go", files)
    assert len(wanted) > 12
    assert said.split() == ["nothing", "wrong"], said


@pytest.mark.parametrize("brand", brands(SENDMAIL))
def test_makemap_takes_what_is_for_the_access_table(brand: Brand) -> None:
    lines = [line for remedy in entries("sendmail", "/etc/mail/access").values() for line in remedy.lines]
    makemap = "/usr/libexec/sendmail/makemap -C $d/cf"
    script = f"echo >$d/cf\n{makemap} hash $d/access <$d/lines\n{makemap} -u hash $d/access >$d/read\ncat $d/read"
    said = said_by(brand, script, {"lines": "\n".join(lines) + "\n"})
    assert len(lines) >= 4
    for line in lines:
        key, value = line.split("\t")
        assert f"{key.lower()}\t{value}" in said


@pytest.mark.parametrize("brand", brands(CYRUS))
def test_cyrus_knows_its_settings_and_has_its_programs(brand: Brand) -> None:
    wanted = entries("cyrus", "imapd.conf")
    names = {line.partition(":")[0] for remedy in wanted.values() for line in remedy.lines}
    told = "".join(f"{name}: 1\n" for name in sorted(names)) + "maxlogins_per_usr: 1\n"
    lint = "/usr/lib/cyrus/bin/cyr_info -C $d/imapd.conf conf-lint || true"
    services = [line for remedy in entries("cyrus", "cyrus.conf").values() for line in remedy.lines]
    programs = {match[1] for line in services if (match := re.match(r'\w+ cmd="(\w+)[^"]*"( listen="\w+" |$)', line))}
    assert len(programs) >= 2 and all(re.match(r'\w+ cmd="', line) for line in services)
    found = "\n".join(f"test -x /usr/lib/cyrus/bin/{program}" for program in sorted(programs))
    defaults = "configdirectory: /var/lib/cyrus\n"
    # SASL's own settings (sasl_…) are passed on and not looked at, and so are those of a service.
    said = said_by(brand, f"set -e\n{found}\n{lint}", {"imapd.conf": defaults + told})
    unknown = {line.partition(":")[0] for line in said.splitlines()} - {"sasl_mech_list"}
    assert unknown == {"maxlogins_per_usr"}


@pytest.mark.parametrize("brand", brands(COURIER))
def test_courier_has_its_settings_in_its_own_files(brand: Brand) -> None:
    for file in ("pop3d", "pop3d-ssl"):
        wanted = entries("courier", file)
        names = {line.partition("=")[0] for remedy in wanted.values() for line in remedy.lines}
        known = said_by(brand, f"cat /etc/courier/{file}")
        assert names
        assert {name for name in names if not re.search(rf"^[# ]*{name}=|\b{name}\b", known, re.MULTILINE)} == set()


@pytest.mark.parametrize(("brand", "name"), typed())
def test_what_is_to_be_typed_is_there(brand: Brand, name: str) -> None:
    lines = [line for remedy in entries(name, "").values() for line in remedy.lines]
    words = sorted({line.split()[0] for line in lines} - {"apt", "cat", "chmod", "chown", "echo", "tail"})
    missing = said_by(brand, "\n".join(f"command -v {word} >/dev/null || echo {word}" for word in words))
    assert missing.split() == []


CHAIN = "certificate-chain-incomplete"
STARTTLS = "starttls-not-offered"
MAILER = "MAILER(`local')dnl"
OUT = 'match auth from any for any action "elsewhere"'

BROKEN: tuple[tuple[Brand, Mapping[str, str], str, bool], ...] = (
    (EXIM, {"tls_advertise_hosts = *": "tls_advertise_hosts ="}, STARTTLS, False),
    (EXIM, {"tls_on_connect_ports =": "# tls_on_connect_ports ="}, "implicit-tls-missing", False),
    (EXIM, {"= ${if eq{$tls_in_cipher}{}{}{*}}": "= *"}, "auth-offered-in-clear", False),
    (EXIM, {"  require verify = recipient\n": ""}, "unknown-recipient-accepted", False),
    (EXIM, {"acl_rcpt:\n  accept authenticated = *": "acl_rcpt:"}, "relay-denied", False),
    (EXIM, {"local_domains = example.test": "local_domains = other.test"}, "own-domain-rejected", False),
    (EXIM, {"begin acl\nacl_login": "message_size_limit = 100\nbegin acl\nacl_login"}, "message-too-big", True),
    (SENDMAIL, {"CACERT', `/etc/mail/tls/chain": "CACERT', `/etc/mail/tls/root"}, CHAIN, False),
    (SENDMAIL, {"define(`confSERVER_KEY', `/etc/mail/tls/key.pem')dnl": ""}, STARTTLS, False),
    (SENDMAIL, {"M=Eas": "M=Ea"}, "implicit-tls-missing", False),
    (SENDMAIL, {"`A p y'": "`A y'"}, "auth-offered-in-clear", False),
    (SENDMAIL, {"AUTH_MECHANISMS', `PLAIN LOGIN'": "AUTH_MECHANISMS', `GSSAPI'"}, "auth-not-offered", False),
    (SENDMAIL, {MAILER: f"define(`confMAX_MESSAGE_SIZE', `100')dnl\n{MAILER}"}, "message-too-big", True),
    (OPENSMTPD, {" tls pki lab hostname": " hostname"}, STARTTLS, False),
    (OPENSMTPD, {" smtps pki lab auth <passwords>": ""}, "implicit-tls-missing", False),
    (OPENSMTPD, {"tls-require pki lab auth <passwords>": "tls-require pki lab"}, "auth-not-offered", False),
    (OPENSMTPD, {OUT: ""}, "relay-denied", False),
    (OPENSMTPD, {OUT: OUT.replace("auth ", "")}, "relay-allowed-here", False),
    (OPENSMTPD, {'match from any for domain "example.test" action "local"': ""}, "recipient-unknown", False),
    (OPENSMTPD, {"pki lab cert": "smtp max-message-size 100\npki lab cert"}, "message-too-big", True),
    (CYRUS, {"tls_server_cert: /etc/cyrus/chain.pem": "tls_server_cert: disabled"}, STARTTLS, False),
    (CYRUS, {"sasl_mech_list: PLAIN LOGIN SCRAM-SHA-256": "sasl_mech_list: GSSAPI"}, "auth-not-offered", False),
    (COURIER, {"TLS_CACHEFILE=": "POP3_STARTTLS=NO\nTLS_CACHEFILE="}, STARTTLS, False),
)  # fmt: skip
"""By brand: what in its configuration is changed, what is found then, and whether it takes a message to see it."""


def in_exim(finding: str) -> Mapping[str, str]:
    (remedy,) = (remedy for remedy in remedies(finding) if remedy.brand == "exim")
    return {"acl_rcpt:\n": "acl_rcpt:\n  " + "\n  ".join(remedy.lines) + "\n"}


SUBMISSION = "tls-require pki lab auth <passwords>"
SENDERS = 'table owners { "alice@example.test" = "alice@example.test" }\n'

MENDED: tuple[tuple[Brand, Mapping[str, str], str, str], ...] = (
    (EXIM, in_exim("sender-not-checked"), "sender-not-checked", "submission"),
    (EXIM, in_exim("own-domain-can-be-forged"), "own-domain-can-be-forged", "smtp"),
    (
        OPENSMTPD,
        {SUBMISSION: f"{SUBMISSION} senders <owners>", "listen on socket": f"{SENDERS}listen on socket"},
        "sender-not-checked",
        "submission",
    ),
)
"""By brand: its remedy, what is not found any more with it, and at which port it was."""


def each(rows: Iterable[tuple[Brand, Mapping[str, str], str, object]]) -> list[Any]:
    """For `parametrize`: the rows, named by their brand and finding."""
    return [
        pytest.param(*able.values, *rest, id=f"{brand.name}-{rest[1]}", marks=able.marks)
        for brand, *rest in rows
        for able in brands(brand)
    ]


@pytest.mark.long
@pytest.mark.parametrize(("brand", "changes", "gone", "scheme"), each(MENDED))
def test_with_the_line_the_finding_is_gone_and_the_login_still_works(
    brand: Brand, changes: Mapping[str, str], gone: str, scheme: str
) -> None:
    with serving(brand, changes=changes) as lab:
        report = reported(check(lab, scheme, "submissions"))
    assert gone not in {item.name for item in report.findings if lab.urls[scheme] in item.endpoints}
    assert {"login-accepted", "relay-after-login"} <= {item.name for item in report.passed}


@pytest.mark.long
@pytest.mark.parametrize(("brand", "changes", "finding", "deliver"), each(BROKEN))
def test_without_the_line_the_finding_is_there_and_its_page_has_it(
    brand: Brand, changes: Mapping[str, str], finding: str, deliver: bool
) -> None:
    with serving(brand, changes=changes) as lab:
        report = reported(check(lab, *lab.ports, mailbox=BOB if "smtp" in lab.ports else "", deliver=deliver))
    assert finding in {item.name for item in report.findings}
    assert brand.name.removesuffix("-backports") in {remedy.brand for remedy in remedies(finding)}
