"""`log explain`: each row of the table by its sample, and the lines of the articles."""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from growth import seconds
from mailproof.catalog.log_messages import LogMessage, log_messages
from mailproof.catalog.pages import names
from mailproof.catalog.words import words
from mailproof.model.log import LogExplained
from mailproof.report.log import explained_as_json, render_explained, words_of
from mailproof.run.log.explain import LogExplainer
from mailproof.run.log.files import lines_of

ARTICLE = (Path(__file__).parent / "article_2.log").read_text("utf-8")
BEHIND = "Jan 18 20:28:40 example postfix/master[1226]: warning: "


def explained(*lines: str) -> LogExplained:
    explainer = LogExplainer()
    explainer.take(lines_of([line.encode() for line in lines], date(2026, 1, 18)))
    return explainer.result()


def found(*lines: str) -> dict[str, int]:
    return {cause.name: cause.count for cause in explained(*lines).causes}


@pytest.mark.parametrize("row", log_messages(), ids=lambda row: row.name)
def test_a_row_is_found_by_its_sample(row: LogMessage) -> None:
    result = explained(row.sample)
    assert [(cause.name, cause.page, cause.count) for cause in result.causes] == [(row.name, row.page, 1)]
    assert result.unknown == result.unread == 0
    assert not row.page or row.page in names("en")
    for told in (row.meaning, row.mend):
        assert told["en"].isascii() and told["ja"] and not told["ja"].isascii()


def test_no_name_has_two_rows() -> None:
    assert len({row.name for row in log_messages()}) == len(log_messages())


def test_article_1_a_refused_relay() -> None:
    line = (
        "postfix/smtpd[17650]: NOQUEUE: reject: RCPT from xxxx.vs.example.jp[xxx.xxx.xxx.xxx]: 554 5.7.1 "
        "<xxxx@outside.example>: Relay access denied;"
    )
    assert found(line) == {"relay-denied": 1}


def test_article_1_a_login_is_nothing_wrong() -> None:
    result = explained(
        "postfix/smtpd[20043]: DA59C6966: client=xxxx.vs.example.jp[xxx.xxx.xxx.xxx], "
        "sasl_method=PLAIN, sasl_username=xxx"
    )
    assert (result.mail, result.unknown, result.causes) == (1, 0, ())


def test_article_2_the_whole_log() -> None:
    result = explained(*ARTICLE.splitlines())
    assert [cause.name for cause in result.causes] == [
        *(
            "tlsmgr-cache-missing",
            "user-name-has-domain",
            "user-unknown",
            "password-wrong",
            "stopped-by-signal",
        )
    ]
    assert (result.lines, result.unknown, result.unread) == (11, 0, 0)
    assert (result.first, result.last) == ("2026-01-18T20:26:20", "2026-01-18T22:26:38")
    for lang in ("en", "ja"):
        assert "smtpd_scache.db" in render_explained(result, lang, color=False, width=80)
        assert "tlsmgr-cache-missing" in explained_as_json(result)


def test_article_2_an_address_as_user_name() -> None:
    (cause,) = [each for each in explained(*ARTICLE.splitlines()).causes if each.name == "user-name-has-domain"]
    assert (cause.count, cause.page, cause.params) == (2, "user-name-has-domain", {"user": "sample@example.com"})


def test_article_2_throttling_is_followed_to_its_fatal_line() -> None:
    first = explained(*ARTICLE.splitlines()).causes[0]
    assert (first.name, first.count, first.followed_by, first.last) == (
        *("tlsmgr-cache-missing", 1, 2, "2026-01-18T20:28:40"),
    )
    assert found(BEHIND + "/usr/libexec/postfix/tlsmgr: bad command startup -- throttling") == {
        "service-throttled": 1
    }


def test_article_2_the_broken_cache_is_another_cause() -> None:
    line = "postfix/tlsmgr[1]: fatal: open database /var/lib/postfix/smtpd_scache.db: Invalid argument"
    assert found(line) == {"tlsmgr-cache-broken": 1}


STRANGER = "Jan 18 20:28:39 mx dovecot: auth: passwd-file({},192.0.2.9,<s>): unknown user"
LOGGED_IN = "Jan 18 20:29:00 mx dovecot: imap-login: Login: user=<{}>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1"


def test_many_names_from_one_client_are_guessing() -> None:
    result = explained(*(STRANGER.format(f"user{n}") for n in range(20)))
    assert [(cause.name, cause.count, cause.params) for cause in result.causes] == [
        ("login-guessing", 20, {"client": "192.0.2.9"})
    ]
    assert found(*[STRANGER.format("alice")] * 20) == {"user-unknown": 20}


def test_an_office_behind_one_address_is_no_attack() -> None:
    names = [f"user{n}@example.com" for n in range(9)]
    wrong = "Jan 18 20:28:39 mx dovecot: auth: passwd-file({},192.0.2.9,<s>): Password mismatch"
    assert found(*map(wrong.format, names), *map(LOGGED_IN.format, names)) == {"password-wrong": 9}


def test_a_name_with_a_domain_too_many_is_known_by_who_logs_in() -> None:
    lines = [*[STRANGER.format("alice@example.com")] * 2, STRANGER.format("nobody"), LOGGED_IN.format("alice")]
    causes = {cause.name: cause for cause in explained(*lines).causes}
    assert {name: cause.count for name, cause in causes.items()} == {"user-name-has-domain": 2, "user-unknown": 1}
    assert causes["user-name-has-domain"].params == {"user": "alice@example.com", "account": "alice"}


def test_an_address_that_gets_mail_is_no_account_where_the_bare_name_logs_in() -> None:
    """Article 2 on Dovecot 2.3: LMTP stores for the address, the account is `sample`."""
    (cause,) = [
        each
        for each in explained(
            "Nov 29 16:15:04 mail dovecot: lmtp(sample@example.test)<1><a>: msgid=<1@a.test>: saved mail to INBOX",
            "Nov 29 16:15:05 mail dovecot: pop3-login: Info: Login: user=<sample>, method=PLAIN, rip=192.0.2.9, "
            "lip=192.0.2.25, mpid=2, TLS, session=<b>",
            "Nov 29 16:15:07 mail dovecot: auth: passwd-file(sample@example.test,192.0.2.9,<c>): unknown user",
        ).causes
        if each.page
    ]
    assert (cause.name, cause.params) == (
        "user-name-has-domain",
        {"user": "sample@example.test", "account": "sample"},
    )


def test_a_name_that_lacks_its_domain_is_known_by_who_logs_in() -> None:
    for lang in ("en", "ja"):
        result = explained(STRANGER.format("alice"), LOGGED_IN.format("alice@example.com"))
        (cause,) = result.causes
        assert (cause.name, cause.params["account"]) == ("user-name-lacks-domain", "alice@example.com")
        assert "alice@example.com" in render_explained(result, lang, color=False, width=80)


def test_addresses_that_are_guessed_are_an_attack_and_no_mistake() -> None:
    lines = [*(STRANGER.format(f"{name}@example.com") for name in ("info", "sales", "admin", "test", "root"))]
    mistake = STRANGER.format("alice@example.com").replace("192.0.2.9", "192.0.2.7")
    assert found(*lines, mistake, LOGGED_IN.format("alice")) == {
        "login-guessing": 5,
        "user-name-has-domain": 1,
    }


def test_a_fatal_line_that_comes_later_is_the_cause_all_the_same() -> None:
    fatal = (
        "Jan 18 20:28:41 mx postfix/tlsmgr[1]: fatal: open database /var/lib/postfix/smtpd_scache.db: No such file"
    )
    (cause,) = explained(BEHIND + "/usr/libexec/postfix/tlsmgr: bad command startup -- throttling", fatal).causes
    assert (cause.name, cause.followed_by) == ("tlsmgr-cache-missing", 1)


def test_what_is_not_known_is_counted_and_kept() -> None:
    result = explained(
        "Jan 18 20:28:39 mx postfix/smtpd[1]: something new", "what is this", "Jan 18 20:28:39 mx cron[1]: x"
    )
    assert (result.lines, result.mail, result.unknown, result.unread) == (3, 1, 1, 1)
    assert result.samples == ("postfix/smtpd: something new", "what is this")


def test_a_complaint_that_is_in_no_row_is_told_all_the_same() -> None:
    lines = [f"Jan 18 20:28:39 mx postfix/smtpd[1]: fatal: never seen {n}" for n in range(3)]
    (cause,) = explained(*lines).causes
    assert (cause.name, cause.rank, cause.count) == ("unknown-trouble", 1, 3)


def test_a_password_in_a_line_is_not_shown() -> None:
    result = explained(
        "Jan 18 20:28:39 mx dovecot: auth: sql(al,192.0.2.9): Password mismatch (given password: hunter2)"
    )
    assert "hunter2" not in explained_as_json(result)


@pytest.mark.parametrize("piece", ["a", "[", "1:", "/x and ", "connect to a[", "said: x ", "mysql", "cannot load "])
def test_no_pattern_blows_up(piece: str) -> None:
    """Each row by itself, on as much of a line as is looked at."""
    text = (piece * 2000)[:2000]
    for row in log_messages():
        assert seconds(partial(row.pattern.search, text), enough=0.1) <= 0.1, row.name


def test_what_is_on_hold_was_taken() -> None:
    """As Postfix 3.7 writes it of a milter, an access table and header_checks; none of them was refused."""
    end = "from=<a@example.com> to=<b@example.net> proto=ESMTP helo=<c>"
    lines = (
        f"milter-hold: END-OF-MESSAGE from c[192.0.2.7]: milter triggers HOLD action; {end}",
        f"hold: header Subject: offer from c[192.0.2.7]; {end}",
        f"hold: RCPT from c[192.0.2.7]: <b@example.net>: Recipient address triggers HOLD action; {end}",
    )
    for line in lines:
        assert found(f"Jan 18 20:28:39 mx postfix/cleanup[1]: 4C6BF1A2D3: {line}") == {"message-on-hold": 1}
    (cause,) = explained(f"Jan 18 20:28:39 mx postfix/cleanup[1]: 4C6BF1A2D3: {lines[0]}").causes
    assert "postsuper -H" in words_of(cause, words("en"))[1] and "postsuper -H" in words_of(cause, words("ja"))[1]


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_without_a_line_of_mail_nothing_is_said_to_be_right(lang: str) -> None:
    say = words(lang)
    for lines in ((), ("hello", "world"), ("Jan 18 20:28:39 mx cron[1]: (root) CMD (true)",)):
        told = render_explained(explained(*lines), lang, color=False, width=100)
        assert say("log.no-mail") in told and say("log.nothing-wrong") not in told
    sound = "Jan 18 20:28:39 mx postfix/qmgr[1]: 4F1C2A3B: removed"
    assert say("log.nothing-wrong") in render_explained(explained(sound), lang, color=False, width=100)


def test_a_sample_is_a_line_and_no_pattern() -> None:
    for row in log_messages():
        assert not re.search(r"\(\?P?<|\[\^|\{\d+,\d*\}|\\[sSdw.(]", row.sample), row.name
