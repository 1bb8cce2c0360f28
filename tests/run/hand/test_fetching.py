"""A mailbox looked through by hand: to the byte, and without a trace."""

from __future__ import annotations

import base64

import msgspec
import pytest
from labrun import BOB, HOST, NOW, WRONG

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.lab.embedded.server import EmbeddedLab, in_memory
from mailproof.lab.embedded.settings import LabSettings
from mailproof.model.mail import FetchReport
from mailproof.model.record import Asked, Record
from mailproof.model.tls import TlsPolicy, TlsSettings
from mailproof.net.interface import ServerStream
from mailproof.net.memory import MemoryNet
from mailproof.probes.mailbox import Found, Want
from mailproof.probes.terms import Terms
from mailproof.report.build import build
from mailproof.report.mailbox import render_fetched
from mailproof.run.endpoints import Wanted
from mailproof.run.hand.fetching import FetchPlan, fetch_by_hand, fetch_report
from mailproof.run.targets import parse_target
from mailproof.script.authority import Authority

MESSAGES = [
    b"Subject: one\r\nFrom: a@x.test\r\n\r\n.dot\r\n..two\r\n\r\n.\r\nlast\r\n",
    b"Subject: two\r\n\r\nsecond\r\n",
    b"Subject: three\r\n\r\n" + b"x" * 70 + b"\r\n",
]
BOTH = pytest.mark.parametrize("scheme", ["imaps", "pop3s", "imap", "pop3"])


class Done(msgspec.Struct):
    record: Record
    found: Found
    result: FetchReport
    lab: EmbeddedLab

    @property
    def left(self) -> list[bytes]:
        return [message.data for message in self.lab.mailboxes["bob@example.test"].messages]


def run(authority: Authority, ca_file: str, target: str, *faults: str, wish=BOB, messages=MESSAGES, **want) -> Done:  # type: ignore[no-untyped-def]
    net, lab = in_memory(LabSettings(faults=faults), authority, NOW)
    for data in messages:
        lab.mailboxes["bob@example.test"].add(data, NOW)
    plan = FetchPlan(
        target=parse_target(target),
        wanted=Wanted(families=("A",)),
        terms=Terms(ehlo="client.test", settings=TlsSettings(ca_file=ca_file)),
        asked=Asked(user=wish.credentials.user),
        login=wish,
        want=Want(**want),
    )
    found = Found()
    record = net.run(fetch_by_hand(net, plan, found, NOW))
    return Done(record, found, told(record, found), lab)


def told(record: Record, found: Found) -> FetchReport:
    policy = load_profile("default")
    judgement = judge(record, policy)
    return fetch_report(record, judgement, build(record, judgement, policy), found)


@BOTH
def test_the_table_has_the_newest(authority: Authority, ca_file: str, scheme: str) -> None:
    done = run(authority, ca_file, f"{scheme}://{HOST}", newest=2)
    assert (done.result.exit_code, done.found.total) == (0, 3)
    assert [item.number for item in done.found.items] == [2, 3]
    assert all(b"Subject:" in item.data and item.size and item.uid for item in done.found.items)
    assert not any(item.whole for item in done.found.items)


@BOTH
def test_a_whole_message_is_the_message_to_the_byte(authority: Authority, ca_file: str, scheme: str) -> None:
    done = run(authority, ca_file, f"{scheme}://{HOST}", numbers=(1, 0))
    assert [item.data for item in done.found.items] == [MESSAGES[0], MESSAGES[2]]
    assert done.left == MESSAGES


@pytest.mark.parametrize("scheme", ["imaps", "pop3s"])
def test_a_message_of_megabytes_too(authority: Authority, ca_file: str, scheme: str) -> None:
    large = b"Subject: large\r\n\r\n" + b"".join(b"%07d.\r\n" % number for number in range(300_000))
    done = run(authority, ca_file, f"{scheme}://{HOST}", numbers=(1,), messages=[large])
    assert done.found.items[0].data == large


@BOTH
def test_nothing_of_a_message_is_recorded(authority: Authority, ca_file: str, scheme: str) -> None:
    done = run(authority, ca_file, f"{scheme}://{HOST}", numbers=(1,))
    assert b"..two" not in msgspec.json.encode(done.record)


@BOTH
def test_deleted_is_what_was_fetched_and_nothing_else(authority: Authority, ca_file: str, scheme: str) -> None:
    done = run(authority, ca_file, f"{scheme}://{HOST}", numbers=(2,), delete=True)
    assert done.found.deleted == [2]
    assert done.left == [MESSAGES[0], MESSAGES[2]]


@pytest.mark.parametrize(("folder", "left"), [("Junk", MESSAGES), ("INBOX", [])])
def test_of_a_host_with_pop3_alone_no_folder_is_taken_for_another(
    authority: Authority, ca_file: str, folder: str, left: list[bytes]
) -> None:
    """POP3 has one mailbox: what was asked of a folder must not be done there, least of all deleting."""
    done = run(authority, ca_file, HOST, "port-closed@imaps,imap", folder=folder, everything=True, delete=True)
    assert done.left == left
    assert (done.result.exit_code == 0) is (folder == "INBOX")


@BOTH
def test_a_message_that_is_not_there_is_41(authority: Authority, ca_file: str, scheme: str) -> None:
    done = run(authority, ca_file, f"{scheme}://{HOST}", numbers=(9,))
    assert (done.result.exit_code, done.found.missing) == (41, [9])


@BOTH
def test_a_search_finds_by_its_words(authority: Authority, ca_file: str, scheme: str) -> None:
    done = run(authority, ca_file, f"{scheme}://{HOST}", search="TWO" if scheme.startswith("imap") else "two")
    numbers = [item.number for item in done.found.items]
    assert 2 in numbers and 3 not in numbers


@BOTH
def test_a_wrong_password_is_28_and_no_password_goes_to_a_bad_certificate(
    authority: Authority, ca_file: str, scheme: str
) -> None:
    assert run(authority, ca_file, f"{scheme}://{HOST}", wish=WRONG).result.exit_code == 28
    done = run(authority, ca_file, f"{scheme}://{HOST}", "certificate-expired")
    assert (done.result.exit_code, done.result.reason) == (29, "tls-not-verified")
    assert done.result.cause is not None and done.result.cause.name == "certificate-expired"


def test_a_host_is_read_by_imaps_first(authority: Authority, ca_file: str) -> None:
    assert run(authority, ca_file, f"[{HOST}]").result.endpoint == f"imaps://{HOST}"
    assert run(authority, ca_file, "example.test").result.endpoint == f"imaps://{HOST}"


def test_an_empty_mailbox(authority: Authority, ca_file: str) -> None:
    done = run(authority, ca_file, f"imaps://{HOST}", messages=[])
    assert (done.result.exit_code, done.found.total, done.found.items) == (0, 0, [])


def test_a_folder_that_is_not_there_is_40(authority: Authority, ca_file: str) -> None:
    done = run(authority, ca_file, f"imaps://{HOST}", folder="no such")
    assert done.result.exit_code == 40


ANSWERS = {
    "IMAP": {
        "CAPABILITY": "* CAPABILITY IMAP4rev1\r\n# OK\r\n",
        "EXAMINE": "* 1 EXISTS\r\n# OK\r\n",
        "SELECT": "* 1 EXISTS\r\n# OK\r\n",
        "FETCH": "* 1 FETCH (UID 7 RFC822.SIZE 2 BODY[] {2}\r\nhi)\r\n# OK\r\n",
        "LOGOUT": "* BYE\r\n# OK\r\n",
        "": "# OK\r\n",
    },
    "POP3": {
        "CAPA": "+OK\r\nUSER\r\n.\r\n",
        "STAT": "+OK 1 2\r\n",
        "LIST": "+OK\r\n1 2\r\n.\r\n",
        "UIDL": "+OK\r\n1 x\r\n.\r\n",
        "TOP": "+OK\r\nhi\r\n.\r\n",
        "": "+OK\r\n",
    },
}


def by_answers(protocol: str, want: Want, **changes: str | list[str]) -> tuple[FetchReport, Found, list[str]]:
    """A mailbox whose server says to each command what stands here, and the commands that it was told."""
    answers, said = {**ANSWERS[protocol], **changes}, list[str]()

    async def serve(stream: ServerStream) -> None:
        await stream.write(b"* OK hi\r\n" if protocol == "IMAP" else b"+OK hi\r\n", 1e9)
        data = b""
        while piece := await stream.read(1e9):
            data += piece
            while b"\n" in data:
                line, _, data = data.partition(b"\n")
                tag, *words = line.decode().split() if protocol == "IMAP" else ("", *line.decode().split())
                said.append(" ".join(words))
                verb = words[1] if words[0] == "UID" else words[0]
                answer = answers.get(verb, answers[""])
                text = answer if isinstance(answer, str) else answer[len([1 for each in said if verb in each]) - 1]
                await stream.write(text.replace("#", tag).encode(), 1e9)

    net = MemoryNet(switchboard=lambda to, purpose: serve)
    plan = FetchPlan(
        target=parse_target(f"{protocol.lower()}://192.0.2.1"),
        wanted=Wanted(),
        terms=Terms(ehlo="client.test", tls=TlsPolicy.NEVER),
        asked=Asked(user=BOB.credentials.user),
        login=BOB,
        want=want,
    )
    found = Found()
    record = net.run(fetch_by_hand(net, plan, found, NOW))
    return told(record, found), found, said


def test_where_it_cannot_be_told_what_others_have_marked_nothing_is_expunged() -> None:
    delete = Want(numbers=(1,), delete=True)
    _, found, said = by_answers("IMAP", delete)
    assert (found.deleted, said[-2:]) == ([1], ["EXPUNGE", "LOGOUT"])
    for refused in ("# NO\r\n", "# BAD what?\r\n"):
        _, found, said = by_answers("IMAP", delete, SEARCH=refused)
        assert found.deleted == [] and "EXPUNGE" not in said


def test_a_search_that_was_refused_has_not_found_nothing() -> None:
    assert by_answers("IMAP", Want(search="x"))[0].exit_code == 0
    assert by_answers("IMAP", Want(search="x"), SEARCH="# NO not now\r\n")[0].exit_code == 40


@pytest.mark.parametrize(
    ("search", "numbers", "says"),
    [
        ("件名", [1], "OK: INBOX holds 2 messages. 1 of them matches."),
        ("boss", [1], "OK: INBOX holds 2 messages. 1 of them matches."),
        ("SUBJECT", [1, 2], "OK: INBOX holds 2 messages. 2 of them match."),
        ("nothing", [], "OK: INBOX holds 2 messages. None of them matches."),
    ],
)
def test_pop3_is_searched_in_header_fields_as_people_read_them(search: str, numbers: list[int], says: str) -> None:
    subject = base64.b64encode("長い件名".encode()).decode()
    heads = f"+OK\r\nFrom: =?utf-8?q?Bo=73s?= <a@x.test>\r\nSubject: =?utf-8?b?{subject}?=\r\n\r\n.\r\n"
    other = "+OK\r\nSubject: other\r\n\r\n.\r\n"
    changes = {"STAT": "+OK 2 9\r\n", "LIST": "+OK\r\n1 2\r\n2 7\r\n.\r\n", "TOP": [heads, other]}
    result, found, _ = by_answers("POP3", Want(search=search), **changes)
    assert [item.number for item in found.items] == numbers
    assert (result.exit_code, result.matches) == (0, len(numbers))
    assert render_fetched(result, "en", False, 100).splitlines()[0] == says


def test_imap_says_what_its_search_found() -> None:
    result, _, _ = by_answers("IMAP", Want(search="x"), SEARCH="* SEARCH\r\n# OK\r\n")
    assert (
        render_fetched(result, "ja", False, 100)
        .splitlines()[0]
        .endswith("通あります。検索に一致するものはありません。")
    )
    assert by_answers("IMAP", Want())[0].matches is None


@pytest.mark.parametrize("size", ["9" * 5000, "\N{SUPERSCRIPT TWO}", "-1", "1e3"])
def test_a_size_that_is_none_is_not_known(size: str) -> None:
    _, found, _ = by_answers("IMAP", Want(), FETCH=f"* 1 FETCH (UID {size} RFC822.SIZE {size})\r\n# OK\r\n")
    assert [(item.number, item.uid, item.size) for item in found.items] == [(1, "", None)]
    _, found, _ = by_answers("POP3", Want(), LIST=f"+OK\r\n1 {size}\r\n.\r\n")
    assert [(item.number, item.uid, item.size) for item in found.items] == [(1, "x", None)]
