"""Faults on the way to a server."""

from __future__ import annotations

from mailproof.lab.embedded.behaviour import Client, OnHello, Port, Refusal, Stage, Welcome
from mailproof.lab.embedded.faults.spec import ANY_SMTP, SERVERS, FaultSpec

REACH = (
    FaultSpec("port-closed", {"port": Port.CLOSED}),
    FaultSpec("port-filtered", {"port": Port.FILTERED}),
    FaultSpec("no-greeting", {"welcome": Welcome.SILENCE}),
    FaultSpec("greeting-slow", {"welcome_delay": 3.0}),
    FaultSpec(
        "greeting-refused",
        {"welcome": Welcome.REFUSAL},
        leads_to=("too-many-connections", "retrieval-connection-limit"),
    ),
    FaultSpec("too-many-connections", {"welcome": Welcome.REFUSAL}, ANY_SMTP),
    FaultSpec("connection-rate-limited", {"most_visits": 1}, SERVERS),
    FaultSpec("unexpected-greeting", {"welcome": Welcome.NOISE}),
    FaultSpec("port-taken-by-another-program", {"welcome": Welcome.FOREIGN}),
    FaultSpec("greeting-reveals-software", {"reveals_version": True}),
    FaultSpec("no-reply", {"on_hello": OnHello.SILENCE}),
    FaultSpec("closed-unexpectedly", {"on_hello": OnHello.HANG_UP}),
    FaultSpec("reply-not-understood", {"on_hello": OnHello.NONSENSE}),
    FaultSpec("ehlo-refused", {"on_hello": OnHello.REFUSAL}, ANY_SMTP),
    # postscreen_greet_wait is 6 seconds.
    FaultSpec("postscreen-greet-wait", {"welcome": Welcome.TEASER, "welcome_delay": 6.0}, SERVERS),
    FaultSpec(
        "postscreen-deep-test",
        {"refusals": (Refusal(Stage.RCPT, 450, "4.3.2", "Service currently unavailable", client=Client.NEW),)},
        SERVERS,
    ),
)
