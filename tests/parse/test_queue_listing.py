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
# In the form of the specification (`exim -bp`, `exim -Mvl`), set down by hand.
LISTING = """\
25m  2.9K 1tGh2k-0003aB-1x <alice@example.test>
        D carol@example.test
          bob@example.test

 3h  1.0K 1tGh2k-0003aB-2y <> *** frozen ***
          alice@example.test

"""
LOG = """\
2026-11-29 05:12:00 Received from alice@example.test H=client [192.0.2.7] P=esmtp S=2900
2026-11-29 05:12:01 bob@example.test R=dnslookup T=remote_smtp defer (-53): retry time not reached
2026-11-29 05:12:31 bob@example.test R=dnslookup T=remote_smtp defer (111): Connection refused
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
    told = [Waiting("deferred", "bob@example.test", "Connection refused", "exim -bp")]
    assert list(exim.waiting_in(LISTING, LOG, "1tGh2k-0003aB-1x")) == told
    frozen = [Waiting("frozen", "alice@example.test", "", "exim -bp")]
    assert list(exim.waiting_in(LISTING, "", "1tGh2k-0003aB-2y")) == frozen


@pytest.mark.parametrize(
    "printed", ['{"queue_id": "ABCDEF1", "recipients": 7}', "ABCDEF1", "[" * 100_000 + "ABCDEF1"]
)
def test_what_is_no_listing_tells_nothing(printed: str) -> None:
    assert list(postfix.waiting_in(printed, "ABCDEF1")) == []


@given(st.text(), st.text())
def test_any_text_is_read(listing: str, log: str) -> None:
    list(postfix.waiting_in(listing, "ABCDEF1"))
    list(exim.waiting_in(listing, log, "1tGh2k-0003aB-1x"))
