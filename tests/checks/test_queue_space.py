"""The room of the queue's file system, against what smtpd wants before it takes a message."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mailrecord import answers

from configurations import record_of
from mailproof.checks.machine.queue_space import check
from mailproof.host.here import Here
from mailproof.model.attempt import Job
from mailproof.model.record import Attempt
from mailproof.model.space import SpaceSeen
from mailproof.parse.machine.free_space import free_space

HEAD = "Filesystem     1024-blocks     Used Available Capacity Mounted on\n"
MAIN = "== main.cf\ncompatibility_level = 3.6\nmyhostname = mail.example.com\n"
MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    ("settings", "free", "said"),
    [
        ("", 16 * MEGABYTE, "+queue-has-room"),
        ("", 14 * MEGABYTE, "queue-disk-full"),  # message_size_limit is 10240000, and one and a half of it is wanted
        ("message_size_limit = 0\n", 0, "+queue-has-room"),
        ("queue_minfree = 20000000\n", 19 * MEGABYTE, "queue-disk-full"),
        ("queue_minfree = 20000000\n", 20 * MEGABYTE, "+queue-has-room"),
        # With room for a hundred messages the disk is not full, whatever is wanted.
        ("queue_minfree = 20000000000\n", 2000 * MEGABYTE, "queue-minfree-too-high"),
        ("queue_minfree = 20000000000\n", 500 * MEGABYTE, "queue-disk-full"),
        ("message_size_limit = 0\nqueue_minfree = 20000000000\n", 2000 * MEGABYTE, "queue-minfree-too-high"),
    ],
)
def test_how_much_is_wanted(settings: str, free: int, said: str) -> None:
    record = record_of(MAIN + settings)
    space = Attempt(Job.MACHINE, observations=(SpaceSeen("/var/spool/postfix", free, "tmpfs 1 1 1 1% /"),))
    assert answers(check, msgspec.structs.replace(record, attempts=(*record.attempts, space))) == [said]


def test_what_df_says_here() -> None:
    found = free_space(Here().answer(("df", "-Pk", "/")) or "")
    assert found is not None
    assert found[0] % 1024 == 0
    assert found[1].rstrip().endswith(" /")


def test_more_forms_of_df() -> None:
    assert free_space(f"{HEAD}/dev/a b 10 9 -1 100% /a b\n") == (0, "/dev/a b 10 9 -1 100% /a b")
    assert free_space(f"{HEAD}tmpfs 0 0 7 - /run\n") == (7168, "tmpfs 0 0 7 - /run")
    assert free_space("df: /nothing: No such file or directory\n") is None


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    assert free_space(text) is None or "/" in text
