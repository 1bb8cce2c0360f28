"""A small Debian source package of our own, with the options of the article: built without debhelper."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

CONFIGURE = b"""#!/bin/sh
# --with-libGeoIP=DIR  Find libGeoIP in DIR
for option; do echo "$option"; done >options.txt
"""
RULES = """#!/usr/bin/make -f
build build-arch build-indep:
\t./configure \\
\t--with-user=greylist \\
\t--sysconfdir=/etc/milter-greylist \\
\t--with-libspf2=/usr \\
\t--with-libmilter=/usr \\
\t--enable-dnsrbl \\
\t--disable-rpath

binary: binary-arch binary-indep
binary-indep:
binary-arch: build
\tmkdir -p debian/tmp/DEBIAN debian/tmp/usr/share/milter-greylist
\tcp options.txt debian/tmp/usr/share/milter-greylist/
\tdpkg-gencontrol -pmilter-greylist -Pdebian/tmp
\tdpkg-deb --root-owner-group --build debian/tmp ..

clean:
\trm -rf debian/tmp debian/files options.txt

.PHONY: build build-arch build-indep binary binary-arch binary-indep clean
"""
CONTROL = """Source: milter-greylist
Section: mail
Priority: optional
Maintainer: Nobody <nobody@example.com>
Build-Depends: dpkg-dev
Standards-Version: 4.6.0

Package: milter-greylist
Architecture: any
Description: greylist milter, for a test
 It is empty.
"""
CHANGELOG = """milter-greylist (4.3.9-1) unstable; urgency=low

  * A test.

 -- Nobody <nobody@example.com>  Mon, 30 Jun 2014 10:00:00 +0900
"""
FILES: dict[str, bytes] = {
    "debian/rules": RULES.encode(),
    "debian/control": CONTROL.encode(),
    "debian/changelog": CHANGELOG.encode(),
    "debian/source/format": b"1.0\n",
}
NAME = "milter-greylist-4.3.9"


def unpacked(folder: Path, changes: dict[str, bytes] | None = None) -> Path:
    """The folder of the package, as `apt-get source` leaves it."""
    root = folder / NAME
    for name, data in {"configure": CONFIGURE, **FILES, **(changes or {})}.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    (root / "configure").chmod(0o755)
    (root / "debian" / "rules").chmod(0o755)
    return root


def packed(folder: Path, members: dict[str, bytes] | None = None, diff: bytes | None = None) -> Path:
    """The .dsc, with .orig.tar.gz and .diff.gz beside it, as in the article on milter-manager."""
    orig = folder / "milter-greylist_4.3.9.orig.tar.gz"
    with tarfile.open(orig, "w:gz") as archive:
        for name, data in (members or {"configure": CONFIGURE, "README": b"hello\n"}).items():
            info = tarfile.TarInfo(f"{NAME}/{name}")
            info.size, info.mode = len(data), 0o755 if name == "configure" else 0o644
            archive.addfile(info, io.BytesIO(data))
    patch = folder / "milter-greylist_4.3.9-1.diff.gz"
    patch.write_bytes(gzip.compress(diff if diff is not None else _diff()))
    sums = "".join(
        f" {hashlib.sha256(file.read_bytes()).hexdigest()} {file.stat().st_size} {file.name}\n"
        for file in (orig, patch)
    )
    dsc = folder / "milter-greylist_4.3.9-1.dsc"
    dsc.write_text(f"Format: 1.0\nSource: milter-greylist\nVersion: 4.3.9-1\nChecksums-Sha256:\n{sums}Files:\n x\n")
    return dsc


def _diff() -> bytes:
    """As dpkg-source makes it: every file of debian/ is new; README is changed."""
    made = b""
    for name, data in FILES.items():
        lines = data.splitlines(keepends=True)
        made += b"--- %s.orig/%s\n+++ %s/%s\n@@ -0,0 +1,%d @@\n" % (
            *(NAME.encode(), name.encode(), NAME.encode(), name.encode()),
            len(lines),
        )
        made += b"".join(b"+" + line for line in lines)
    return made + f"--- {NAME}.orig/README\n+++ {NAME}/README\n@@ -1 +1,2 @@\n hello\n+world\n".encode()
