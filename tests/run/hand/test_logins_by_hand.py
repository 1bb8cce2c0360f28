"""Logins by hand: one connection where one was asked for, and never more than was asked for."""

from __future__ import annotations

import msgspec
import pytest
from labrun import ALICE, HOST, NOW, WRONG, Meets, started

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.lab.embedded.server import OUTSIDE_ADDRESS, EmbeddedLab
from mailproof.model.attempt import Trouble
from mailproof.model.authentication import LoginTried
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.login import LoginEnd, LoginResult
from mailproof.model.record import Asked, Record
from mailproof.model.tls import TlsSettings
from mailproof.net.interface import Address, Handler
from mailproof.probes.terms import Terms
from mailproof.probes.wish import LoginWish
from mailproof.run.endpoints import Wanted
from mailproof.run.hand.login_results import login_results
from mailproof.run.hand.logins import Account, ByHand, log_in_by_hand, other_names
from mailproof.run.targets import parse_target
from mailproof.sasl.credentials import Credentials
from mailproof.script.authority import Authority

V6 = "2001:db8::25"


def by_hand(
    ca_file: str,
    *accounts: tuple[str, LoginWish],
    all_mechanisms: bool = False,
    names: tuple[str, ...] = (),
    families: tuple[str, ...] = ("A",),
    refusals: int = 4,
    verify: bool = True,
) -> ByHand:
    user = accounts[0][1].credentials.user if len(accounts) == 1 else ""
    return ByHand(
        accounts=tuple(Account(parse_target(text), wish) for text, wish in accounts),
        wanted=Wanted(families=families),
        terms=Terms(ehlo="client.test", settings=TlsSettings(ca_file=ca_file), verify=verify),
        asked=Asked(user=user, all_mechanisms=all_mechanisms),
        all_mechanisms=all_mechanisms,
        names=names,
        refusals=refusals,
    )


class Done(msgspec.Struct):
    record: Record
    results: tuple[LoginResult, ...]
    lab: EmbeddedLab
    dialled: list[tuple[str, int]]
    seconds: float
    counted: list[tuple[int, int]]

    @property
    def tried(self) -> list[tuple[str, str, bool]]:
        """User, mechanism, accepted."""
        return [(s.fact.user, s.fact.mechanism, s.fact.accepted) for s in self.record.seen(LoginTried)]


def run(authority: Authority, plan: ByHand, *faults: str, meets: Meets | None = None, v6: bool = False) -> Done:
    """In virtual time, against the embedded lab."""
    names = [
        DnsAnswer(HOST, "AAAA", DnsStatus.OK, (V6,) if v6 else ()),
        DnsAnswer("shop.test", "MX", DnsStatus.OK, (f"10 {HOST}.",)),
    ]
    dialled: list[tuple[str, int]] = []

    def dial(to: Address, purpose: str) -> Handler | Trouble | None:
        dialled.append((to.address, to.port))
        return meets(to, purpose) if meets else None

    net, lab = started(authority, *faults, names=names, meets=dial)
    counted: list[tuple[int, int]] = []
    record, trials = net.run(log_in_by_hand(net, plan, NOW, lambda *done: counted.append(done)))
    policy = load_profile("default")
    results = login_results(record, trials, judge(record, policy), policy)
    return Done(record, results, lab, dialled, record.seconds, counted)


@pytest.mark.parametrize("scheme", ["submission", "submissions", "pop3", "pop3s", "imap", "imaps", "sieve"])
def test_right_credentials_take_one_connection_and_send_nothing(
    authority: Authority, ca_file: str, scheme: str
) -> None:
    done = run(authority, by_hand(ca_file, (f"{scheme}://{HOST}", ALICE)))
    [result] = done.results
    assert (result.end, result.exit_code, result.cause) == (LoginEnd.ACCEPTED, 0, None)
    assert result.endpoint == f"{scheme}://{HOST}" and result.mechanism == "PLAIN" and result.reply
    assert len(done.dialled) == 1
    assert all(not mailbox.messages for mailbox in done.lab.mailboxes.values())


@pytest.mark.parametrize("target", [f"[{HOST}]", "example.test"])
def test_a_host_or_domain_is_logged_in_to_where_mail_is_handed_in(
    authority: Authority, ca_file: str, target: str
) -> None:
    done = run(authority, by_hand(ca_file, (target, ALICE)))
    assert [r.endpoint for r in done.results] == [f"submission://{HOST}"]
    assert done.dialled == [(OUTSIDE_ADDRESS, 587)]


def test_where_587_is_closed_465_is_next(authority: Authority, ca_file: str) -> None:
    done = run(
        authority,
        by_hand(ca_file, (f"[{HOST}]", ALICE)),
        meets=lambda to, purpose: Trouble.REFUSED if to.port == 587 else None,
    )
    assert [(r.end, r.endpoint) for r in done.results] == [(LoginEnd.ACCEPTED, f"submissions://{HOST}")]


def test_where_neither_answers_both_are_told(authority: Authority, ca_file: str) -> None:
    done = run(authority, by_hand(ca_file, (f"[{HOST}]", ALICE)), meets=lambda to, purpose: Trouble.REFUSED)
    [result] = done.results
    assert (result.end, result.exit_code) == (LoginEnd.FAILED, 2)
    assert result.cause is not None and result.cause.name == "port-closed"
    assert set(result.cause.endpoints) == {f"submission://{HOST}", f"submissions://{HOST}"}


def test_no_secret_goes_to_a_host_that_only_dns_named(authority: Authority, ca_file: str) -> None:
    done = run(authority, by_hand(ca_file, ("shop.test", ALICE)))
    [result] = done.results
    assert (result.end, result.reason) == (LoginEnd.NOT_TRIED, "host-not-named")
    assert done.tried == [] and done.dialled == []


def test_a_refusal_ends_it_and_says_what_it_can_be(authority: Authority, ca_file: str) -> None:
    done = run(authority, by_hand(ca_file, (f"submission://{HOST}", WRONG)))
    [result] = done.results
    assert (result.end, result.exit_code) == (LoginEnd.REFUSED, 28)
    assert result.cause is not None and result.cause.name == "auth-rejected"
    assert result.can_be[:2] == ("password-wrong", "user-name-has-domain")
    assert len(done.tried) == 1


def test_no_password_goes_where_the_certificate_does_not_verify(authority: Authority, ca_file: str) -> None:
    done = run(authority, by_hand(ca_file, (f"submission://{HOST}", ALICE)), "certificate-expired")
    [result] = done.results
    assert (result.end, result.exit_code, result.reason) == (LoginEnd.NOT_TRIED, 29, "tls-not-verified")
    assert result.cause is not None and result.cause.name == "certificate-expired"
    assert done.tried == []


def test_nor_without_tls(authority: Authority, ca_file: str) -> None:
    done = run(authority, by_hand(ca_file, (f"submission://{HOST}", ALICE)), "starttls-not-offered")
    [result] = done.results
    assert (result.exit_code, result.reason, done.tried) == (29, "tls-not-available", [])
    assert result.cause is not None and result.cause.name == "starttls-not-offered"


def test_every_mechanism_has_its_row_and_one_without_a_secret_says_so(authority: Authority, ca_file: str) -> None:
    done = run(authority, by_hand(ca_file, (f"imaps://{HOST}", ALICE), all_mechanisms=True))
    by_name = {r.mechanism: r for r in done.results}
    assert {"PLAIN", "CRAM-MD5", "SCRAM-SHA-256", "LOGIN"} <= {
        name for name, r in by_name.items() if r.end is LoginEnd.ACCEPTED
    }
    assert all(result.exit_code == 0 for result in done.results)
    assert by_name["XOAUTH2"].reason == "needs-token" and by_name["XOAUTH2"].end is LoginEnd.NOT_TRIED
    assert len(by_name) == len(done.results) and len(done.dialled) == len(done.tried)


def test_a_broken_mechanism_is_told_from_a_wrong_password(authority: Authority, ca_file: str) -> None:
    plan = by_hand(ca_file, (f"submission://{HOST}", ALICE), all_mechanisms=True)
    done = run(authority, plan, "auth-mechanism-broken")
    broken = [r for r in done.results if r.end is LoginEnd.REFUSED]
    assert broken and all(r.cause is not None and r.cause.name == "auth-mechanism-broken" for r in broken)
    assert not any(r.can_be for r in broken)


def test_the_other_form_of_the_name_is_tried_only_after_a_refusal(authority: Authority, ca_file: str) -> None:
    bare = msgspec.structs.replace(ALICE, credentials=Credentials("alice", ALICE.credentials.password))
    names = other_names("alice", parse_target(f"imaps://{HOST}"))
    assert names == ("alice@example.test", f"alice@{HOST}")
    done = run(authority, by_hand(ca_file, (f"imaps://{HOST}", bare), names=names))
    first, second = done.results
    assert (first.end, second.end, second.user) == (LoginEnd.REFUSED, LoginEnd.ACCEPTED, "alice@example.test")
    assert first.cause is not None and first.cause.name == "user-name-lacks-domain"
    assert first.can_be == ()
    once = run(authority, by_hand(ca_file, (f"imaps://{HOST}", ALICE), names=names))
    assert len(once.results) == 1


def test_accounts_go_one_after_the_other_and_end_after_refusals_in_a_row(authority: Authority, ca_file: str) -> None:
    where = f"submission://{HOST}"
    accounts = [(where, w) for w in (WRONG, ALICE, WRONG, WRONG, ALICE)]
    done = run(authority, by_hand(ca_file, *accounts, refusals=2))
    ends = [r.end for r in done.results]
    assert ends == [
        LoginEnd.REFUSED,
        LoginEnd.ACCEPTED,
        LoginEnd.REFUSED,
        LoginEnd.REFUSED,
        LoginEnd.NOT_TRIED,
    ]
    assert done.results[-1].reason == "too-many-refusals"
    assert done.counted == [(done_so_far, 5) for done_so_far in (1, 2, 3, 4, 5)]
    assert done.seconds >= 3.0  # paced: a second between two of them
    every = run(authority, by_hand(ca_file, *accounts, refusals=0))
    assert LoginEnd.NOT_TRIED not in {r.end for r in every.results}


def test_a_temporary_failure_is_no_word_on_the_password(authority: Authority, ca_file: str) -> None:
    done = run(authority, by_hand(ca_file, (f"submission://{HOST}", ALICE)), "auth-temporary-failure")
    [result] = done.results
    assert (result.end, result.exit_code) == (LoginEnd.UNKNOWN, 28)
    assert result.cause is not None and result.cause.name == "auth-temporary-failure"


def test_a_dead_ipv6_address_costs_a_quarter_second(authority: Authority, ca_file: str) -> None:
    plan = by_hand(ca_file, (f"imaps://{HOST}", ALICE), families=("A", "AAAA"))
    done = run(authority, plan, meets=lambda to, purpose: Trouble.TIMEOUT if ":" in to.address else None, v6=True)
    [result] = done.results
    assert (result.end, result.address) == (LoginEnd.ACCEPTED, OUTSIDE_ADDRESS)
    assert done.dialled == [(V6, 993), (OUTSIDE_ADDRESS, 993)]
    assert done.seconds < 0.3


def test_a_refused_ipv6_address_costs_nothing(authority: Authority, ca_file: str) -> None:
    plan = by_hand(ca_file, (f"imaps://{HOST}", ALICE), families=("A", "AAAA"))
    done = run(authority, plan, meets=lambda to, purpose: Trouble.REFUSED if ":" in to.address else None, v6=True)
    [result] = done.results
    assert (result.end, result.address) == (LoginEnd.ACCEPTED, OUTSIDE_ADDRESS)
    assert done.seconds < 0.1


@pytest.mark.parametrize(
    ("user", "target", "name", "names"),
    [
        ("alice@example.com", "imaps://mail.example.com", "", ("alice",)),
        ("alice", "imaps://mail.example.com", "", ("alice@example.com", "alice@mail.example.com")),
        ("alice", "example.com", "", ("alice@example.com",)),
        ("alice", "mail.example.com", "", ("alice@mail.example.com", "alice@example.com")),
        ("alice", "imaps://192.0.2.1", "", ()),
        ("alice", "imaps://192.0.2.1", "mail.example.com", ("alice@example.com", "alice@mail.example.com")),
        ("alice", "imaps://[2001:db8::1]", "", ()),
        ("alice", "imaps://localhost", "", ()),
        ("@example.com", "imaps://mail.example.com", "", ()),
    ],
)
def test_the_other_forms_of_a_name(user: str, target: str, name: str, names: tuple[str, ...]) -> None:
    assert other_names(user, parse_target(target), name) == names


def test_why_there_is_nothing_to_log_in_with(authority: Authority, ca_file: str) -> None:
    other = msgspec.structs.replace(ALICE, mechanism="EXTERNAL")
    [result] = run(authority, by_hand(ca_file, (f"submission://{HOST}", other))).results
    assert (result.end, result.reason, result.exit_code) == (LoginEnd.NOT_TRIED, "mechanism-not-offered", 28)
    [result] = run(authority, by_hand(ca_file, (f"smtp://{HOST}", ALICE))).results
    assert (result.end, result.reason, result.exit_code) == (LoginEnd.NOT_TRIED, "no-login-offered", 28)
