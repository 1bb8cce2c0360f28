"""The queue as Postfix and Exim print it; any other text tells nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.followed import Waiting
from mailproof.parse.queue import exim, postfix

# The first as Postfix 3.7 printed it, the second made of it.
DEFERRED = (
    '{"queue_name": "deferred", "queue_id": "DE60A24AE82", "arrival_time": 1795945873, "message_size": 797, '
    '"forced_expire": false, "sender": "alice@example.test", "recipients": [{"address": "alice@example.test", '
    '"delay_reason": "connect to 127.0.0.1[127.0.0.1]:9: Connection refused"}]}\n'
)
HELD = (
    '{"queue_name": "hold", "queue_id": "5AF3C24A50D", "arrival_time": 1795945973, "message_size": 797, '
    '"forced_expire": false, "sender": "alice@example.test", "recipients": [{"address": "alice@example.test"}]}\n'
)
# As Exim 4.96 printed them (`exim -bp`, `exim -Mvl`); tests/brands/test_exim_here.py asks a running one.
LISTING = """\
 0m   284 1xXeBI-00000E-1N <alice@example.test>
        D bob@example.test
          carol@elsewhere.example
          dan@later.example.test

 0m   312 1xXeBI-00000K-1x <alice@example.test> *** frozen ***
          erin@elsewhere.example

"""
LOG = """\
2026-11-29 12:39:00 Received from alice@example.test U=root P=local S=284
2026-11-29 12:39:00 dan@later.example.test R=r_later defer (-1): come again
2026-11-29 12:39:00 bob@example.test: t_maildir transport succeeded
2026-11-29 12:39:00 H=127.0.0.1 [127.0.0.1] Connection refused
2026-11-29 12:39:00 carol@elsewhere.example R=r_out T=t_nowhere defer (111): Connection refused
"""
RETRIED = """\
2026-11-29 12:39:00 Received from alice@example.test U=root P=local S=312
2026-11-29 12:39:00 erin@elsewhere.example R=r_out T=t_nowhere defer (-54): retry time not reached for any host \
for 'elsewhere.example'
"""


def test_postfix_says_why() -> None:
    reason = "connect to 127.0.0.1[127.0.0.1]:9: Connection refused"
    told = [Waiting("deferred", "alice@example.test", reason, "postqueue -j")]
    assert list(postfix.waiting_in(HELD + DEFERRED, "DE60A24AE82")) == told
    assert [(each.queue, each.reason) for each in postfix.waiting_in(HELD + DEFERRED, "5AF3C24A50D")] == [
        ("hold", "")
    ]
    assert list(postfix.waiting_in(DEFERRED, "DE60A24AE8")) == []


def test_exim_has_the_reason_in_the_log_of_the_message() -> None:
    told = [
        Waiting("deferred", "carol@elsewhere.example", "Connection refused", "exim -bp"),
        Waiting("deferred", "dan@later.example.test", "come again", "exim -bp"),
    ]
    assert list(exim.waiting_in(LISTING, LOG, "1xXeBI-00000E-1N")) == told
    reason = "retry time not reached for any host for 'elsewhere.example'"
    frozen = [Waiting("frozen", "erin@elsewhere.example", reason, "exim -bp")]
    assert list(exim.waiting_in(LISTING, RETRIED, "1xXeBI-00000K-1x")) == frozen
    # The last reason counts, and without a log there is none.
    again = LOG + LOG.replace("(111): Connection refused", "(110): Connection timed out")
    assert next(exim.waiting_in(LISTING, again, "1xXeBI-00000E-1N")).reason == "Connection timed out"
    assert [each.reason for each in exim.waiting_in(LISTING, "", "1xXeBI-00000K-1x")] == [""]


@pytest.mark.parametrize(
    "printed", ['{"queue_id": "ABCDEF1", "recipients": 7}', "ABCDEF1", "[" * 100_000 + "ABCDEF1"]
)
def test_what_is_no_listing_tells_nothing(printed: str) -> None:
    assert list(postfix.waiting_in(printed, "ABCDEF1")) == []


@given(st.text(), st.text())
def test_any_text_is_read(listing: str, log: str) -> None:
    list(postfix.waiting_in(listing, "ABCDEF1"))
    list(exim.waiting_in(listing, log, "1xXeBI-00000E-1N"))
