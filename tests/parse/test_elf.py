"""The libraries that a program names, as readelf sees them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.greylist import Unread
from mailproof.parse.elf import NoProgram, needed
from mailproof.parse.greylist.binary import read_binary

PROGRAMS = [Path("/bin/sh").resolve(), Path("/usr/bin/openssl"), Path(sys.executable).resolve()]


@pytest.mark.skipif(shutil.which("readelf") is None, reason="needs readelf")
@pytest.mark.parametrize("program", [each for each in PROGRAMS if each.exists()], ids=str)
def test_as_readelf(program):
    said = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True, timeout=60).stdout
    assert list(needed(program.read_bytes())) == re.findall(r"\(NEEDED\).*\[(.+)\]", said)


@given(st.binary(max_size=200))
def test_any_bytes(data):
    for each in (data, b"\x7fELF\x02\x01" + data):
        try:
            needed(each)
        except NoProgram:
            pass


def test_a_damaged_program():
    data = PROGRAMS[0].read_bytes()
    for at in range(0, min(len(data), 4096), 7):
        damaged = bytearray(data[:8192])
        damaged[at] ^= 0xFF
        try:
            needed(bytes(damaged))
        except NoProgram:
            pass


def test_another_program_is_none_of_ours():
    assert read_binary("sh", PROGRAMS[0].read_bytes()).unread == Unread("another-program")
    assert read_binary("x", b"#!/bin/sh\n").unread == Unread("elf-none")
