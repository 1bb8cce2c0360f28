"""The error of Mount-Database, as consoles wrap it, in English and Japanese."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.parse.ese.mount_error import JET_ERRORS, mount_error

# As a console of 80 columns shows it, with a name of our own.
JAPANESE = """\
[PS] C:\\Windows\\system32> Mount-Database -Identity MailboxDB01 -force
データベース "MailboxDB01" をマウントできませんでした。エラー: Active Manager
 の操作に失敗しました。エラー: データベース操作が失敗しました。エラー:
 操作が失敗し、メッセージが生成されました:
 MapiExceptionDatabaseError: Unable to mount database. (hr=0x80004005, ec=1108)
Diagnostic context:
    Lid: 65256
"""
ENGLISH = """\
Failed to mount database "MailboxDB01". Error: An Active Manager operation failed. Error: The database action
failed. Error: Operation failed with message: MapiExceptionDatabaseError: Unable to mount database. (hr=0x80004005
, ec=1108)
"""
MISSING = """\
Couldn't mount the database that you specified. Specified database: MailboxDB01; Error code: An Active Manager
operation failed. Error The database action failed. Error: Operation failed with message: MapiExceptionJetErrorM
issingLogFile: Unable to mount database. (hr=0x80004005, ec=-528)
. [Database: MailboxDB01, Server: mx.example.com].
"""


@pytest.mark.parametrize("text", [JAPANESE, ENGLISH])
def test_a_number_that_says_nothing(text: str) -> None:
    error = mount_error(text)
    assert error is not None
    assert (error.exception, error.hr, error.ec) == ("MapiExceptionDatabaseError", "0x80004005", 1108)
    assert (error.database, error.generic, error.jet, error.finding) == ("MailboxDB01", True, "", "")


def test_a_number_of_the_engine() -> None:
    error = mount_error(MISSING)
    assert error is not None
    assert (error.exception, error.ec, error.generic) == ("MapiExceptionJetErrorMissingLogFile", -528, False)
    assert (error.jet, error.finding, error.database) == ("JET_errMissingLogFile", "ese-log-missing", "MailboxDB01")


@pytest.mark.parametrize("width", range(7, 100, 6))
@pytest.mark.parametrize("text", [JAPANESE, ENGLISH, MISSING])
def test_wrapped_anywhere(text: str, width: int) -> None:
    plain = mount_error(text)
    one = " ".join(text.split())
    wrapped = mount_error("\r\n".join(one[at : at + width] for at in range(0, len(one), width)))
    assert plain is not None and wrapped is not None
    assert (wrapped.exception, wrapped.ec) == (plain.exception, plain.ec)


def test_only_the_line_with_the_numbers() -> None:
    error = mount_error("Unable to mount database. (hr=0x80004005, ec=-1811)")
    assert error is not None
    assert (error.exception, error.jet, error.finding) == ("", "JET_errFileNotFound", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "550 5.1.1 no such user",
        "MapiExceptionDatabaseError",
        "MapiExceptionNotFound: Unable to open the mailbox. (hr=0x8004010f, ec=-2147221233)",
        "Jan  1 00:00:00 mx postfix/smtpd[1]: error (hr=0x80004005, ec=1108)",
        "ese-dirty-shutdown",
    ],
)
def test_what_is_another_error(text: str) -> None:
    assert mount_error(text) is None


def test_every_finding_that_is_named_exists() -> None:
    from mailproof.checks import kinds

    told = {mount_error(f"Unable to mount database. (hr=0x80004005, ec={number})") for number in JET_ERRORS}
    assert None not in told
    assert {error.finding for error in told if error} <= {"", *kinds()}


@given(st.text(alphabet="MapiExceptionUnbletomuds:.( )hr=0x8ec,-128\n", max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_is_one_or_none(text: str) -> None:
    for said in (text, JAPANESE[:150] + text, text + ENGLISH):
        error = mount_error(said)
        assert error is None or error.hr.startswith("0x")


def test_a_megabyte_is_read_in_no_time() -> None:
    assert mount_error("MapiException" + "x:(" * 400_000) is None
    assert mount_error("MapiException: " * 70_000) is None


@pytest.mark.parametrize(
    "text",
    [
        "MapiExceptionDatabaseError hr=0x80004005, ec=1108",
        "MapiExceptionDatabaseError … hr=0x80004005, ec=1108",
        "MapiExceptionDatabaseError (hr=0x80004005 ec=1108)",
        "MapiExceptionDatabaseError: hr=0x80004005, ec=1108",
    ],
)
def test_as_somebody_types_it_from_a_screen(text: str) -> None:
    """Without the sentence and the brackets, as issues and chats have it: it was not known."""
    error = mount_error(text)
    assert error is not None and (error.exception, error.hr, error.ec) == (
        "MapiExceptionDatabaseError",
        "0x80004005",
        1108,
    )
