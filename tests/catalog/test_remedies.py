"""The lines that the pages tell people to write into configurations are read by the programs they are for.

Postfix and Dovecot must be installed; what is for another program is listed here, and belongs to it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from mailproof.catalog import CATALOG
from mailproof.parse.exim.known import known

pytestmark = pytest.mark.skipif(
    not (shutil.which("postconf") and shutil.which("doveconf")), reason="needs postconf and doveconf"
)

PAGES = sorted(CATALOG.glob("*/*.md"))
_DIALOGUE = re.compile(r"```(?:dialogue|configuration|log)\n.*?```\n", re.DOTALL)
_NAME = re.compile(r"(?<![A-Za-z0-9_./-])[a-z0-9]+(?:_[a-z0-9]+)+(?![A-Za-z0-9_(]|\.[a-z])")
_SETTING = re.compile(r"([a-z0-9_]+) = ?(.*)")
_SECTION = re.compile(r"(?:service|protocol|plugin|passdb|userdb|local_name|inet_listener|unix_listener)\b.*\{")

OTHERS = {
    "Dovecot, in its sections": "inet_listener unix_listener local_name quota_rule introspection_url",
    "Dovecot, in the files of its databases": "default_pass_scheme",
    "Dovecot 2.4": """ dovecot_config_version
        auth_allow_cleartext auth_default_domain mail_driver mail_path ssl_server_cert_file ssl_server_key_file""",
    "parameters of one's own": "our_networks",
    "Exim, its variables and names in examples": """
        local_part local_part_data acl_check_rcpt acl_connect local_domains relay_from_hosts config_file""",
    "Exim, what verify can be": "reverse_host_lookup defer_ok",
    "Debian's files for Exim": """
        local_rcpt_callout host_local_deny_exceptions sender_local_deny_exceptions""",
    "Debian's settings of Exim": """
        dc_eximconfig_configtype dc_other_hostnames dc_relay_nets dc_smarthost dc_use_split_config""",
    "fields of Dovecot's passdb": "allow_nets",
    "libmilter": "smfi_setmlreply",
    "Cyrus": "mech_list",
    "Pigeonhole": "sieve_default",
    "plugins of Dovecot": "pop3_migration",
    "SpamAssassin": "trusted_networks",
    "nginx": "proxy_protocol smtp_capabilities ssl_verify_client",
    "OpenSSL": "s_client default_md",
    "ss, of a socket": "bytes_received",
    "alerts of TLS": "certificate_required internal_error protocol_version unrecognized_name",
    "OAuth": "invalid_token offline_access",
    "words of a log": "sasl_username",
    "a pattern for grep": "relay_restrictions",
    "mailproof": "expires_soon_days",
}
LISTED = frozenset(name for names in OTHERS.values() for name in names.split())


def code(page: Path) -> list[str]:
    """Code of a page but its dialogues: spans as they are, indented blocks without their indent."""
    text = _DIALOGUE.sub("", page.read_text("utf-8"))
    spans = [re.sub(r"\s+", " ", span) for span in re.findall(r"`([^`]+)`", text)]
    blocks = [re.sub(r"^ {4}", "", block, flags=re.M) for block in re.findall(r"(?:^ {4}.*\n)+", text, re.M)]
    return spans + blocks


@cache
def postfix_settings() -> frozenset[str]:
    shown = subprocess.run(["postconf", "-d"], capture_output=True, text=True, check=True).stdout
    return frozenset(line.partition(" =")[0] for line in shown.splitlines())


@cache
def postfix_words() -> frozenset[str]:
    """Restrictions and their kin, which are no parameters: names in the programs themselves."""
    found: set[bytes] = set()
    for file in (*Path("/usr/lib/postfix/sbin").glob("smtpd"), *Path("/usr/lib/postfix").glob("libpostfix-*.so*")):
        found.update(re.findall(rb"[a-z0-9]+(?:_[a-z0-9]+)+", file.read_bytes()))
    found.update(re.findall(rb"[a-z0-9]+(?:_[a-z0-9]+)+", Path("/usr/lib/postfix/sbin/cleanup").read_bytes()))
    return frozenset(word.decode() for word in found)


@cache
def dovecot_settings() -> frozenset[str]:
    shown = subprocess.run(["doveconf", "-a"], capture_output=True, text=True, check=True).stdout
    return frozenset(re.findall(r"^\s*([a-z0-9_]+) =", shown, re.M))


def exim_options() -> frozenset[str]:
    """Of 4.92 to 4.99, from its sources."""
    return frozenset(name for options in known().values() for name in options)


def shown(page: Path) -> str:
    return f"{page.parent.name}-{page.stem}"


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_setting_is_one_of_the_program_it_is_for(page: Path) -> None:
    theirs = postfix_settings() | postfix_words() | dovecot_settings() | exim_options() | LISTED
    unknown = {name for text in code(page) for name in _NAME.findall(text)} - theirs
    assert unknown == set(), (
        "misspelt; or of a program other than Postfix, Dovecot 2.3 and Exim: then add it to OTHERS above"
    )


def test_what_is_listed_for_other_programs_is_on_a_page() -> None:
    named = {name for page in PAGES for text in code(page) for name in _NAME.findall(text)}
    assert LISTED - named == set()


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_what_goes_into_main_cf_has_no_comment_behind_it(page: Path) -> None:
    """Postfix takes it for a part of the value (postconf(5), the format of main.cf)."""
    lines = [line for text in code(page) for line in text.splitlines() if (match := _SETTING.match(line))
             and match[1] in postfix_settings()]  # fmt: skip
    assert [line for line in lines if re.search(r"\s#", line)] == []


def test_a_log_of_postfix_is_asked_for_by_all_its_units() -> None:
    """Debian runs it as `postfix@-.service`; `postfix.service` there logs nothing but its start."""
    assert [shown(page) for page in PAGES if re.search(r"journalctl -u postfix\b", page.read_text("utf-8"))] == []


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_dovecot_reads_what_is_for_it(page: Path, tmp_path: Path) -> None:
    """A section ends its line with the brace: one with its settings behind it is garbage to Dovecot 2.3."""
    in_one_line = [text for text in code(page) if re.match(_SECTION.pattern + r" *\S.*\}", text)]
    assert in_one_line == []
    (tmp_path / "pem").write_text("")
    for block in code(page):
        settings = [match[1] for line in block.splitlines() if (match := _SETTING.match(line.strip()))]
        ours = _SECTION.match(block) or (settings and settings[0] in dovecot_settings() - postfix_settings())
        if "\n" in block and ours:
            file = tmp_path / "dovecot.conf"
            file.write_text(re.sub(r"<(?:/\S+|…)", f"<{tmp_path}/pem", block))
            done = subprocess.run(["doveconf", "-c", str(file), "-n"], capture_output=True, text=True, check=False)
            assert "Error in configuration" not in done.stderr, block
            assert done.returncode == 0, done.stderr
