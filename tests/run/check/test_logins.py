"""Who logs in where, and how often: no secret goes astray, and no jail is filled."""

from __future__ import annotations

from itertools import pairwise

import msgspec
from labrun import ALICE, BOB, HOST, NOW, PROOF, WRONG, logins, plan, run, skipped

from dialogues import play
from mailproof.lab.embedded.server import in_memory
from mailproof.lab.embedded.settings import LabSettings
from mailproof.model.attempt import Job
from mailproof.model.authentication import LoginTried
from mailproof.model.capabilities import Capabilities, Capability
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.endpoint import Endpoint, Scheme
from mailproof.model.envelope import Submitted
from mailproof.model.record import Attempt
from mailproof.probes.survey import survey
from mailproof.run.check.logins import Logins
from mailproof.script.authority import Authority

SHOP = [DnsAnswer("shop.test", "MX", DnsStatus.OK, (f"10 {HOST}",))]
ALL = ["submission", "submissions", "pop3", "pop3s", "imap", "imaps"]


def test_a_domain_whose_exchanger_lies_in_it_is_logged_in_to(authority: Authority, ca_file: str) -> None:
    record, _ = run(authority, plan(ca_file, "example.test", login=ALICE))
    assert sorted(logins(record)) == sorted((scheme, True) for scheme in ALL)


def test_no_secret_goes_to_a_host_that_only_dns_named(authority: Authority, ca_file: str) -> None:
    record, _ = run(authority, plan(ca_file, "shop.test", login=ALICE), names=SHOP)
    assert logins(record) == []
    assert set(skipped(record, "login-accepted")) == {(f"{scheme}://{HOST}", "host-not-named") for scheme in ALL}
    [told] = [s for a in record.attempts for s in a.skipped if s.endpoint == f"submission://{HOST}"]
    assert told.params == {"host": HOST, "url": f"submission://{HOST}"}


def test_who_names_the_host_as_well_is_logged_in_there(authority: Authority, ca_file: str) -> None:
    record, _ = run(authority, plan(ca_file, "shop.test", f"submission://{HOST}", login=ALICE), names=SHOP)
    assert ("submission", True) in logins(record) and skipped(record, "login-accepted") == []


def test_no_message_is_looked_for_where_only_dns_named_the_host(authority: Authority, ca_file: str) -> None:
    record, _ = run(authority, plan(ca_file, "shop.test", mailbox_login=BOB, message=PROOF), names=SHOP)
    assert len(list(record.seen(Submitted))) == 1  # another server's way in, without a login
    assert logins(record, Job.FETCH) == []
    assert [why for _, why in skipped(record, "message-delivered")] == ["host-not-named"]


def test_a_hang_up_after_the_password_ends_the_attempts_of_its_family(authority: Authority, ca_file: str) -> None:
    record = play(HANG_UP, authority, ca_file)
    [tried] = record.seen(LoginTried)
    assert (tried.fact.sent, tried.fact.accepted, tried.url) == (True, False, "pop3://mx.test")
    assert skipped(record, "login-accepted") == [("imap://mx.test", "earlier-refusal")]


def test_a_hang_up_before_the_password_does_not(authority: Authority, ca_file: str) -> None:
    record = play(HANG_UP.replace("S: +OK send it\nC: PASS ~\n", "") + IMAP_LOGIN, authority, ca_file)
    assert [(s.fact.sent, s.fact.accepted) for s in record.seen(LoginTried)] == [(False, False), (True, True)]


def test_the_mailbox_is_read_as_its_own_user_and_by_the_sender_after_everything_else(
    authority: Authority, ca_file: str
) -> None:
    record, _ = run(authority, plan(ca_file, f"[{HOST}]", login=ALICE, mailbox_login=BOB, message=PROOF))
    who = [(str(s.attempt.job), s.fact.user.partition("@")[0]) for s in record.seen(LoginTried)]
    assert who == [
        *[("login", "alice")] * 2,
        *[("login", "bob")] * 4,
        *[("fetch", "bob")] * 2,
        *[("login", "alice")] * 4,
        ("impersonate", "alice"),
        *[("uidl", "bob")] * 2,
    ]
    assert all(accepted for _, accepted in logins(record))


def test_a_wrong_password_of_the_sender_says_nothing_of_the_mailbox(authority: Authority, ca_file: str) -> None:
    record, _ = run(authority, plan(ca_file, f"[{HOST}]", login=WRONG, mailbox_login=BOB))
    assert logins(record) == [("submission", False), *((scheme, True) for scheme in ALL[2:]), ("pop3", False)]


def test_with_the_mailbox_login_alone_mail_is_only_read(authority: Authority, ca_file: str) -> None:
    record, _ = run(authority, plan(ca_file, f"[{HOST}]", mailbox_login=BOB))
    assert [scheme for scheme, _ in logins(record)] == ALL[2:]
    assert skipped(record, "login-accepted") == []


def test_every_mechanism_is_tried_at_the_first_place_that_is_allowed_and_only_once(
    authority: Authority, ca_file: str
) -> None:
    wanted = plan(ca_file, f"[{HOST}]", login=ALICE, mailbox_login=BOB, message=PROOF, all_mechanisms=True)
    record, lab = run(authority, wanted, "certificate-expired@submission")
    there = [s for s in record.seen(LoginTried) if s.url == f"submissions://{HOST}" and s.attempt.job == "login"]
    tried = [s.fact.mechanism for s in there]
    assert len(tried) == len(set(tried)) > 3
    assert [s.fact.user for s in record.seen(LoginTried) if s.url == f"imaps://{HOST}"].count("bob@example.test") == 1
    assert skipped(record, "login-accepted") == [(f"submission://{HOST}", "tls-not-verified")]
    assert len(lab.mailboxes["bob@example.test"].messages) == 1


def test_where_every_mechanism_is_refused_the_next_place_is_spared(authority: Authority, ca_file: str) -> None:
    record, _ = run(authority, plan(ca_file, f"[{HOST}]", login=WRONG, all_mechanisms=True))
    assert {scheme for scheme, _ in logins(record)} == {"submission", "pop3"}
    assert (f"submissions://{HOST}", "earlier-refusal") in skipped(record, "login-accepted")


def test_every_mechanism_without_a_place_is_told(authority: Authority, ca_file: str) -> None:
    wanted = plan(ca_file, f"submission://{HOST}", login=ALICE, all_mechanisms=True)
    record, _ = run(authority, wanted, "certificate-expired")
    assert logins(record) == [] and skipped(record, "login-accepted") == [
        (f"submission://{HOST}", "tls-not-verified")
    ]


def fetches(record_of: list[Attempt]) -> list[float]:
    """When each look into the mailbox began."""
    return [a.transcript.turns[0].at for a in record_of if a.job is Job.FETCH and a.transcript is not None]


def test_a_pop3_mailbox_is_looked_into_at_most_eight_times_and_every_look_is_kept(
    authority: Authority, ca_file: str
) -> None:
    wanted = plan(ca_file, f"smtp://{HOST}", f"pop3s://{HOST}", mailbox_login=BOB, message=PROOF)
    record, _ = run(authority, wanted, "not-delivered")
    began = fetches(list(record.attempts))
    assert len(began) == 8
    assert [round(b - a) for a, b in pairwise(began)] == [1, 2, 2, 2, 2, 2, 2]


def test_a_server_that_wants_its_logins_apart_has_them_apart(authority: Authority, ca_file: str) -> None:
    began, why = looks(authority, ca_file, ("LOGIN-DELAY", "12", "USER"))
    assert [round(b - a) for a, b in pairwise(began)] == [12, 12]
    assert why == []


def test_a_delay_that_means_nothing_is_none(authority: Authority, ca_file: str) -> None:
    assert len(looks(authority, ca_file, ("LOGIN-DELAY", "²"))[0]) == 8


def test_a_delay_that_is_longer_than_the_time_there_is_leaves_the_mailbox_unread(
    authority: Authority, ca_file: str
) -> None:
    assert looks(authority, ca_file, ("LOGIN-DELAY", "900"), log_in_first=True) == ([], ["login-delay"])
    assert len(looks(authority, ca_file, ("LOGIN-DELAY", "900"))[0]) == 1


def looks(
    authority: Authority, ca_file: str, offered: tuple[str, ...], *, log_in_first: bool = False
) -> tuple[list[float], list[str]]:
    """When the mailbox was looked into for a message that never comes, where POP3 offers this too; and why not."""
    wanted = plan(ca_file, mailbox_login=BOB, message=PROOF)
    net, lab = in_memory(LabSettings(faults=("not-delivered",)), authority, NOW)

    async def job() -> list[Attempt]:
        surveys: dict[Endpoint, Attempt] = {}
        for scheme in (Scheme.SMTP, Scheme.POP3S):
            place = Endpoint(scheme, HOST, lab.endpoints[scheme][0], scheme.default_port, HOST)
            surveys[place] = (await survey(net, place, wanted.terms))[0]
            if scheme is Scheme.POP3S:
                surveys[place] = also_offering(surveys[place], offered)
        work = Logins(net, wanted.terms, wanted.asked, surveys, None, BOB)
        if log_in_first:
            await work.try_all(PROOF)
        await work.deliver_and_fetch(PROOF)
        return work.attempts

    made = net.run(job())
    return fetches(made), [skip.why for attempt in made for skip in attempt.skipped]


def also_offering(attempt: Attempt, words: tuple[str, ...]) -> Attempt:
    more = Capability(words[0], words[1:])
    seen = [
        msgspec.structs.replace(fact, offered=(*fact.offered, more)) if isinstance(fact, Capabilities) else fact
        for fact in attempt.observations
    ]
    return msgspec.structs.replace(attempt, observations=tuple(seen))


HANG_UP = """
given --user alice
given --password sesame
given --tls never

@ pop3://mx.test
S: +OK ready
C: CAPA
S: +OK
S: USER
S: .
C: QUIT
S: +OK

@ imap://mx.test
S: * OK ready
C: ~ CAPABILITY
S: * CAPABILITY IMAP4rev1
S: a1 OK done
C: ~ LOGOUT
S: * BYE
S: a2 OK

@ pop3://mx.test login
S: +OK ready
C: CAPA
S: +OK
S: USER
S: .
C: USER alice
S: +OK send it
C: PASS ~
* eof
"""

IMAP_LOGIN = """
@ imap://mx.test login
S: * OK ready
C: ~ CAPABILITY
S: * CAPABILITY IMAP4rev1
S: a1 OK done
C: ~ LOGIN ~
S: a2 OK in
C: ~ EXAMINE ~
S: * 0 EXISTS
S: a3 OK done
C: ~ LOGOUT
S: * BYE
S: a4 OK
"""
