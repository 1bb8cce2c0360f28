"""GeoIP.dat, the country editions of the legacy format: a binary tree of three bytes a record (libGeoIP: GeoIP.c)."""

from __future__ import annotations

import ipaddress
import re

from mailproof.parse.geoip.mmdb import NoDatabase

# What ends the tree; behind it stands which country it is.
_COUNTRY_BEGIN = 16776960
_WIDTH = 6
# The structure info stands in the last twenty bytes: three 0xff and the number of the edition.
_INFO = 20
_EDITION_COUNTRY, _EDITION_COUNTRY_V6 = 1, 12
_EDITIONS = {
    **dict.fromkeys((2, 6), "dat-city"),
    3: "dat-region",
    **dict.fromkeys((9, 21), "dat-as-number"),
}

# GeoIP.c, GeoIP_country_code, in its order: two letters each.
_CODES = (
    "-- AP EU AD AE AF AG AI AL AM CW AO AQ AR AS AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS "
    "BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CX CY CZ DE DJ DK DM DO DZ EC EE EG EH "
    "ER ES ET FI FJ FK FM FO FR SX GA GB GD GE GF GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT "
    "HU ID IE IL IN IO IQ IR IS IT JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU "
    "LV LY MA MC MD MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR "
    "NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RU RW SA SB SC SD SE SG SH SI SJ SK SL "
    "SM SN SO SR ST SV SY SZ TC TD TF TG TH TJ TK TM TN TO TL TR TT TV TW TZ UA UG UM US UY UZ VA VC VE "
    "VG VI VN VU WF WS YE YT RS ZA ZM ME ZW A1 A2 O1 AX GG IM JE BL MF BQ SS O1"
)
CODES = tuple(_CODES.split(" "))


class LegacyDat:
    """A country database in memory. Raises NoDatabase."""

    kind = "dat"

    def __init__(self, data: bytes) -> None:
        if len(data) < _WIDTH + 3:
            raise NoDatabase("dat-too-short")
        self._data = data
        edition = _edition(data)
        if edition not in (_EDITION_COUNTRY, _EDITION_COUNTRY_V6):
            raise NoDatabase(_EDITIONS.get(edition, "dat-other"), edition=str(edition))
        self.version = 6 if edition == _EDITION_COUNTRY_V6 else 4
        info = re.search(rb"GEO-[ -~]{1,100}", data[-200:])
        self.type = info[0].decode("ascii") if info else ""
        """What it says of itself; its date is that of the packaging, not of the data."""
        self.built = 0
        self.country("0.0.0.0" if self.version == 4 else "::")  # in a text the way ends nowhere

    def country(self, address: str) -> str | None:
        """The code of its country; None where it is not there, or of the other IP version."""
        given = ipaddress.ip_address(address)
        if given.version != self.version:
            return None
        bits, width, node = int(given), given.max_prefixlen, 0
        for at in range(width - 1, -1, -1):
            start = node * _WIDTH + 3 * (bits >> at & 1)
            record = self._data[start : start + 3]
            if len(record) < 3:
                raise NoDatabase("dat-tree")
            node = int.from_bytes(record, "little")
            if node >= _COUNTRY_BEGIN:
                number = node - _COUNTRY_BEGIN
                return CODES[number] if 0 < number < len(CODES) else None
        raise NoDatabase("dat-tree")


def _edition(data: bytes) -> int:
    """As _setup_segments of GeoIP.c: without the three marks it is a country database, of before they were there."""
    for back in range(_INFO):
        at = len(data) - 3 - back
        if at >= 0 and data[at : at + 3] == b"\xff\xff\xff":
            number = data[at + 3] if at + 3 < len(data) else 0
            return number - 105 if number >= 106 else number
    return _EDITION_COUNTRY
