"""One stream of bytes, cut in different ways."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from hypothesis import strategies as st


def whole(data: bytes) -> list[bytes]:
    return [data]


def byte_by_byte(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def by_sizes(data: bytes, sizes: Iterable[int]) -> Iterator[bytes]:
    at = 0
    for size in sizes:
        yield data[at : at + size]
        at += size
    yield data[at:]


sizes = st.lists(st.integers(0, 30), max_size=40)


def mostly(*pieces: bytes) -> st.SearchStrategy[bytes]:
    """Streams made of what a protocol likes, with anything else in between."""
    return st.lists(st.sampled_from(pieces) | st.binary(max_size=12), max_size=30).map(b"".join)


def events(make: Callable[[], Any], pieces: Iterable[bytes]) -> list[Any]:
    reader = make()
    found: list[Any] = []
    for piece in pieces:
        found += reader.receive(piece)
    return found + list(reader.end())


def all_ways(make: Callable[[], Any], data: bytes, trailing: bytes = b"") -> list[Any]:
    """The events of `data`, having made sure that they are the same however it comes."""
    first = make().receive(data)
    reader = make()
    assert [event for piece in byte_by_byte(data) for event in reader.receive(piece)] == first
    reader = make()
    assert reader.receive(data + trailing) == first
    assert reader.pending == trailing
    return first
