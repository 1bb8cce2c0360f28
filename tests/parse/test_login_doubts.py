"""What a bare refusal can stand for: a token is no password."""

from __future__ import annotations

import pytest

from mailproof.catalog.words import words
from mailproof.model.authentication import LoginTried
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.tls import Protection
from mailproof.parse.login_doubts import doubts

REFUSED = Reply(ReplyClass.PERMANENT, "535", "5.7.8 authentication failed", "5.7.8")


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_a_refused_token_is_no_wrong_password(mechanism: str) -> None:
    found = doubts(LoginTried(mechanism, REFUSED, Protection.VERIFIED, "alice@mx.test"), "mx.test")
    assert found[0] == "token-expired"
    assert not {"password-wrong", "user-name-has-domain", "app-password-required"} & set(found)
    assert all(f"login.can-be-{name}" in words(lang) for name in found for lang in ("en", "ja"))


def test_a_refused_password_may_be_wrong() -> None:
    found = doubts(LoginTried("PLAIN", REFUSED, Protection.VERIFIED, "alice@mx.test"), "mx.test")
    assert found[:2] == ("password-wrong", "user-name-has-domain")
