"""A healthy Exim, checked with TLS and login, has no fault: brand by brand, the check knows no favourites."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from eximserver import exim, runs

from labcheck import causes, check, reported
from mailproof.model.finding import Severity

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not runs(), reason="needs root and the package that tools/fetch-server-brands.sh unpacks"),
]

SCHEMES = ("smtp", "submission", "submissions")


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with exim() as lab:
        yield lab


def test_nothing_fails_on_it(server: Any) -> None:
    report = reported(check(server, *SCHEMES))
    assert [(item.name, item.severity) for item in report.findings if item.severity is not Severity.INFO] == []
    assert {item.name for item in report.passed} >= {"starttls-offered", "certificate-trusted", "login-accepted"}


def test_a_wrong_password(server: Any) -> None:
    assert causes(check(server, *SCHEMES, password="not-the-password")) == ["auth-rejected"]
