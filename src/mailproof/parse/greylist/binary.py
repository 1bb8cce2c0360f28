"""What a milter-greylist was built with, by its file: the libraries that it links, the complaints that it holds."""

from __future__ import annotations

import re

from mailproof.model.greylist import BinarySeen, Unread
from mailproof.parse.elf import NoProgram, needed

_LACKS = re.compile(rb"(GeoIP2?|SPF|DKIM|DNSRBL|CURL|LDAP|p0f|MX|DRAC|spamassassin|nsupdate) support not compiled in")
# Left out by --enable-postfix alone (milter-greylist.c, real_envrcpt).
_WITHOUT_POSTFIX = b"smfi_getsymval failed for {i}"
_VERSION = re.compile(rb"milter-greylist-(\d+\.\d+(?:\.\d+)?[0-9a-z.]*)")
_OURS = b"X-Greylist"
LARGEST = 64 << 20


def read_binary(path: str, data: bytes) -> BinarySeen:
    """Never raises: what is no milter-greylist says why."""
    try:
        libraries = needed(data)
    except NoProgram as error:
        return BinarySeen(path, unread=Unread(error.reason, error.params))
    if _OURS not in data:
        return BinarySeen(path, libraries, unread=Unread("another-program"))
    lacks = sorted({match[1].decode("ascii") for match in _LACKS.finditer(data)})
    version = _VERSION.search(data)
    # Either library answers `geoip`.
    if any(each.startswith(("libGeoIP.", "libmaxminddb.")) for each in libraries):
        lacks = [each for each in lacks if not each.startswith("GeoIP")]
    return BinarySeen(
        path,
        libraries,
        tuple(lacks),
        _WITHOUT_POSTFIX not in data,
        version[1].decode("ascii") if version else "",
    )
