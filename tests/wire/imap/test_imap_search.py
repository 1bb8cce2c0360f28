from __future__ import annotations

import pytest

from mailproof.wire.imap.responses import ResponseReader, search_numbers


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"* SEARCH 2 84 882", (2, 84, 882)),
        (b"* SEARCH", ()),
        (b"* SEARCH 0 x 99999999999", ()),
        (b'* ESEARCH (TAG "a4") ALL 4:6,21', (4, 5, 6, 21)),
        (b'* ESEARCH (TAG "a4") UID MIN 7 ALL 9', (9,)),
        (b'* ESEARCH (TAG "a4") ALL 6:4', (4, 5, 6)),
        (b'* ESEARCH (TAG "a4")', ()),
        (b'* ESEARCH (TAG "a4") ALL', ()),
        (b'* ESEARCH (TAG "a4") ALL (1 2)', ()),
        (b"* 3 EXISTS", ()),
    ],
)
def test_what_a_search_found(line, found):
    [response] = ResponseReader().receive(line + b"\r\n")
    assert search_numbers(response) == found


def test_a_short_answer_that_means_very_many_is_cut():
    [response] = ResponseReader().receive(b"* ESEARCH ALL 1:4294967295,1:4294967295\r\n")
    assert len(search_numbers(response)) == 10_000
