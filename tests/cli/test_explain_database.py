"""`mailproof explain` of an error of Mount-Database, and of what eseutil printed."""

from __future__ import annotations

import json

import pytest
from running import mailproof

MOUNT = """\
[PS] C:\\Windows\\system32> Mount-Database -Identity MailboxDB01 -force
データベース "MailboxDB01" をマウントできませんでした。エラー: Active Manager
 の操作に失敗しました。エラー: データベース操作が失敗しました。エラー:
 操作が失敗し、メッセージが生成されました:
 MapiExceptionDatabaseError: Unable to mount database. (hr=0x80004005, ec=1108)
Diagnostic context:
"""
ENGLISH = (
    'Failed to mount database "MailboxDB01". Error: An Active Manager operation failed. Error: Operation failed with '
    "message: MapiExceptionJetErrorMissingLogFile: Unable to mount database. (hr=0x80004005, ec=-528)"
)
ESEUTIL = """\
         Database: D:\\Exchange\\MailboxDB01.edb
            State: Dirty Shutdown
     Log Required: 5-6 (0x5-0x6)
    Log Signature: Create time:01/18/2018 11:40:08.558 Rand:2639255323 Computer:
"""


def test_the_article_s_error() -> None:
    done = mailproof("explain", "-", given=MOUNT)
    assert done.returncode == 0
    assert "says only that the store reported an error" in " ".join(done.stdout.split())
    assert "LogName='Application'" in done.stdout
    assert "$db = Get-MailboxDatabase -Identity 'MailboxDB01'" in done.stdout
    assert "Do not move the logs away before the state is known" in done.stdout
    assert [line[2:5] for line in done.stdout.splitlines() if line[2:5].isdigit()][:2] == ["454", "455"]
    assert "何も示しません" in mailproof("--lang", "ja", "explain", "-", given=MOUNT).stdout


@pytest.mark.parametrize("width", [20, 41, 79])
def test_an_error_that_a_console_wrapped(width: int) -> None:
    wrapped = "\r\n".join(ENGLISH[at : at + width] for at in range(0, len(ENGLISH), width))
    for given in (ENGLISH, wrapped):
        told = json.loads(mailproof("explain", "--format", "json", "-", given=given).stdout)
        assert (told["known"], told["pasted"]) == (True, "database")
        (cause,) = told["causes"]
        assert (cause["name"], cause["side"]) == ("mount-error-known", "exchange-server")
        assert cause["page"] == "ese-log-missing"
        assert cause["params"]["jet"] == "JET_errMissingLogFile"
        assert told["events"][0] == 454 and told["commands"][1].startswith("$db = Get-MailboxDatabase")


def test_the_number_alone() -> None:
    done = mailproof("explain", "Unable to mount database. (hr=0x80004005, ec=-1399)")
    assert done.returncode == 0
    assert "error -1399 of the database engine itself" in done.stdout
    assert "'DATABASE'" in done.stdout


def test_what_eseutil_printed() -> None:
    done = mailproof("explain", "-", given=ESEUTIL)
    assert done.returncode == 0
    assert "(ese-dirty-shutdown)" in done.stdout
    assert "mailproof ese plan -" in done.stdout
    clean = ESEUTIL.replace("Dirty", "Clean").replace("5-6 (0x5-0x6)", "0-0 (0x0-0x0)")
    assert "Nothing is wrong with it" in mailproof("explain", "-", given=clean).stdout


@pytest.mark.parametrize("text", ["Log file: /var/log/x.log - OK", "State: Dirty", "Database: x", "hr=1, ec=2"])
def test_what_only_looks_like_it(text: str) -> None:
    told = json.loads(mailproof("explain", "--format", "json", "-", given=text).stdout)
    assert told["pasted"] != "database"
