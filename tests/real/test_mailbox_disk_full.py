"""A real Dovecot whose mailboxes are on a file system without room, or without inodes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from insidecheck import checked, dovecot_of, postfix_of
from labcheck import ALICE, BOB
from mailproof.lab.real.server import RealLab

pytestmark = [pytest.mark.real, pytest.mark.long]


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte and sixty files."""
    for each in (tmp_path, *tmp_path.parents):
        if each.stat().st_mode & 0o001 == 0:
            each.chmod(each.stat().st_mode | 0o011)  # for the user of the mailboxes
    place = tmp_path / "disk"
    place.mkdir()
    made = ["mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=60,mode=0755", "tmpfs", str(place)]
    if subprocess.run(made, check=False, capture_output=True).returncode:
        pytest.skip("may not mount a file system")
    try:
        (place / "mail").mkdir()
        shutil.chown(place / "mail", "mail", "mail")
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def filled(place: Path, what: str) -> None:
    try:
        with (place / "filler").open("wb", buffering=0) as filler:
            while what == "-Pk":
                filler.write(bytes(4096))
        for number in range(100):
            (place / str(number)).touch()
    except OSError:
        return


@pytest.mark.parametrize("what", ["-Pk", "-Pi"])
def test_mail_waits_because_there_is_no_room_for_it(
    real_lab_with: Callable[..., RealLab], tiny: Path, what: str
) -> None:
    # A message of nine kilobytes is the largest here, so that it is the inodes alone that are short.
    main = {"message_size_limit": "9000", "virtual_mailbox_limit": "0"} if what == "-Pi" else {}
    lab = real_lab_with(dovecot=f"mail_location = maildir:{tiny}/mail/%u\n", main=main)
    filled(tiny, what)
    told = checked(
        lab,
        *(lab.urls["submission"], lab.urls["imaps"], "--user", ALICE, "--password-env", "PW"),
        *("--mailbox", BOB, "--mailbox-user", BOB, "--mailbox-password-env", "PW2", "--deliver", "--here"),
        *(*postfix_of(lab), *dovecot_of(lab)),
    )
    (cause,) = told["causes"]
    assert (cause["name"], cause["params"]["path"]) == ("mailbox-disk-full", f"{tiny}/mail")
    shown = [piece["where"] for piece in cause["evidence"] if piece["kind"] == "file"]
    assert shown == [f"df {what} {tiny}/mail"]
    assert {"config", "log"} <= {piece["kind"] for piece in cause["evidence"]}
    (waits,) = (finding for finding in told["findings"] if finding["name"] == "delivery-deferred")
    assert "mailbox-disk-full" in waits["explained_by"]
