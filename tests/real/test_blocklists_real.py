"""A real Postfix that asks a list which lists everybody, and one that lists nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dns.message
import dns.rrset
import pytest

from insidecheck import checked, postfix_of
from labcheck import BOB
from mailproof.lab.real.server import RealLab
from nameservers import OwnResolver, name_server, sound

pytestmark = [pytest.mark.real, pytest.mark.long]


def served(entries: tuple[str, ...]) -> Callable[[Any], Any]:
    """A resolver with a list of these; all is everybody."""

    def say(query: Any) -> Any:
        name = query.question[0].name.to_text().lower()
        found = name.endswith(".bl.lab.test.") and (not entries or name.startswith(entries))
        if not found or query.question[0].rdtype.name != "A":
            return sound(query)
        answer = dns.message.make_response(query)
        answer.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", "127.0.0.2"))
        return answer

    return say


@pytest.mark.parametrize(
    ("entries", "causes", "said"),
    [
        ((), ["blocklist-broken"], "findings"),
        # It lists the client, and is a sound list.
        (("2.0.0.127.", "77.0.0.127."), ["client-blocklisted"], "passed"),
        # It lists the client, and lacks the entry for tests.
        (("77.0.0.127.",), ["client-blocklisted"], "without-entries"),
    ],
)
def test_why_a_client_is_refused(
    resolver: OwnResolver,
    real_lab_with: Callable[..., RealLab],
    entries: tuple[str, ...],
    causes: list[str],
    said: str,
) -> None:
    with name_server(served(entries)) as server, resolver.saying(f"nameserver {server}\n"):
        lab = real_lab_with(main={"smtpd_client_restrictions": "reject_rbl_client bl.lab.test"})
        told = checked(lab, lab.urls["smtp"], "--here", *postfix_of(lab), "--mailbox", BOB, "--source", "127.0.0.77")
    assert [cause["name"] for cause in told["causes"]] == causes
    name = {"findings": "blocklist-broken", "passed": "blocklists-sound"}.get(said, "blocklist-without-entries")
    (one,) = (each for each in (*told["findings"], *told["passed"]) if each["name"] == name)
    shown = [piece["where"] for piece in one["evidence"] if piece["kind"] == "dns"]
    assert shown == [f"dig @{server} {entry}.0.0.127.bl.lab.test A" for entry in (1, 2)]
    assert "client-blocklisted" in {finding["name"] for finding in told["findings"]}
