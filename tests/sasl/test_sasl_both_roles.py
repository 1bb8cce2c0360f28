"""Our client against our server, for every mechanism."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from saslpeople import BINDING, HERE, THERE, People, converse, other_than, passwords, users

from mailproof.sasl.credentials import Credentials
from mailproof.sasl.exchange import serve
from mailproof.sasl.login import Login
from mailproof.sasl.mechanism import Broken, Fault, Mechanism, Respond, SecretKind
from mailproof.sasl.registry import MECHANISMS
from mailproof.sasl.saslprep import saslprep
from mailproof.sasl.server import Accepted, Reason, Rejected, Token

BOUND_HERE = msgspec.structs.replace(HERE, binding=BINDING, bound_offered=True)
BOUND_THERE = msgspec.structs.replace(THERE, binding=BINDING, bound_offered=True)

BY_PASSWORD: list[Mechanism] = [m for m in MECHANISMS.values() if m.secret_kind is SecretKind.PASSWORD]
BY_PASSWORD.append(Login(client_first=True))
BY_TOKEN = [m for m in MECHANISMS.values() if m.secret_kind is SecretKind.TOKEN]


def named(mechanism: Mechanism) -> str:
    return mechanism.name + ("-initial" if mechanism == Login(client_first=True) else "")


def accepted_as(mechanism: Mechanism, user: str) -> str:
    return saslprep(user) if mechanism.name.startswith("SCRAM") else user


@pytest.mark.parametrize("mechanism", BY_PASSWORD, ids=named)
@given(user=users, password=passwords, initial=st.booleans())
@settings(max_examples=25, deadline=None)
def test_the_right_password_is_accepted(mechanism: Mechanism, user: str, password: str, initial: bool) -> None:
    people = People({user: password})
    outcome, _ = converse(
        mechanism, Credentials(user, password), people, BOUND_HERE, BOUND_THERE, initial_response=initial
    )
    assert isinstance(outcome, Accepted) and outcome.user == accepted_as(mechanism, user)


@pytest.mark.parametrize("mechanism", BY_PASSWORD, ids=named)
@given(user=users, right=passwords, wrong=passwords)
@settings(max_examples=15, deadline=None)
def test_a_wrong_password_is_rejected(mechanism: Mechanism, user: str, right: str, wrong: str) -> None:
    other_than(right, wrong)
    outcome, _ = converse(mechanism, Credentials(user, wrong), People({user: right}), BOUND_HERE, BOUND_THERE)
    assert outcome == Rejected(Reason.WRONG_PASSWORD, user)


@pytest.mark.parametrize("mechanism", BY_PASSWORD, ids=named)
def test_an_unknown_user_is_rejected(mechanism: Mechanism) -> None:
    outcome, _ = converse(mechanism, Credentials("nobody", "pw"), People({"u": "pw"}), BOUND_HERE, BOUND_THERE)
    assert outcome == Rejected(Reason.UNKNOWN_USER, "nobody")


@pytest.mark.parametrize(
    "mechanism", [m for m in BY_PASSWORD if not named(m).startswith(("LOGIN", "CRAM"))], ids=named
)
def test_one_user_may_not_act_as_another(mechanism: Mechanism) -> None:
    people = People({"u": "pw", "v": "pw"})
    outcome, _ = converse(mechanism, Credentials("u", "pw", authzid="v"), people, BOUND_HERE, BOUND_THERE)
    assert outcome == Rejected(Reason.NOT_AUTHORIZED, "u")
    outcome, _ = converse(mechanism, Credentials("u", "pw", authzid="u"), people, BOUND_HERE, BOUND_THERE)
    assert isinstance(outcome, Accepted)


@pytest.mark.parametrize("mechanism", BY_TOKEN, ids=named)
@given(user=users, token=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1))
@settings(max_examples=25, deadline=None)
def test_a_token_is_accepted_and_another_is_not(mechanism: Mechanism, user: str, token: str) -> None:
    people = People({}, {user: [Token(token)]})
    outcome, _ = converse(mechanism, Credentials(user, token=token), people, initial_response=False)
    assert outcome == Accepted(user)
    outcome, said = converse(mechanism, Credentials(user, token=token + "x"), people)
    assert outcome == Rejected(Reason.WRONG_TOKEN, user)
    assert said[-1].refusal is not None and said[-1].refusal.schemes == "bearer"


@pytest.mark.parametrize("mechanism", MECHANISMS.values(), ids=named)
def test_a_star_cancels_every_mechanism(mechanism: Mechanism) -> None:
    assert serve(mechanism, People({}), THERE, [None]) == Rejected(Reason.CANCELLED)


def test_external_is_whoever_the_certificate_names() -> None:
    external = MECHANISMS["EXTERNAL"]
    there = msgspec.structs.replace(THERE, certificate_user="alice")
    outcome, said = converse(external, Credentials("ignored"), People({}), there=there)
    assert outcome == Accepted("alice") and said == [Respond(b"", secret=False)]
    outcome, _ = converse(external, Credentials("", authzid="bob"), People({}), there=there)
    assert outcome == Rejected(Reason.NOT_AUTHORIZED, "alice")
    assert converse(external, Credentials(""), People({}))[0] == Rejected(Reason.UNKNOWN_USER)


def test_anonymous_leaves_its_trace() -> None:
    outcome, _ = converse(MECHANISMS["ANONYMOUS"], Credentials("tracer@example.com"), People({}))
    assert outcome == Accepted("tracer@example.com")


def test_plus_fails_where_another_ends_tls_between() -> None:
    there = msgspec.structs.replace(BOUND_THERE, binding={"tls-exporter": b"\x08" * 32})
    plus = MECHANISMS["SCRAM-SHA-256-PLUS"]
    outcome, _ = converse(plus, Credentials("u", "pw"), People({"u": "pw"}), BOUND_HERE, there)
    assert outcome == Rejected(Reason.WRONG_BINDING, "u")


def test_plus_needs_channel_binding() -> None:
    plus = MECHANISMS["SCRAM-SHA-256-PLUS"]
    assert plus.respond(Credentials("u", "pw"), HERE, ()) == Broken(Fault.BINDING)


def test_tls_server_end_point_is_used_where_there_is_no_exporter() -> None:
    binding = {"tls-server-end-point": b"\x01" * 32}
    here, there = (msgspec.structs.replace(side, binding=binding) for side in (BOUND_HERE, BOUND_THERE))
    plus = MECHANISMS["SCRAM-SHA-1-PLUS"]
    outcome, said = converse(plus, Credentials("u", "pw"), People({"u": "pw"}), here, there)
    assert isinstance(outcome, Accepted)
    assert said[0].data is not None and said[0].data.startswith(b"p=tls-server-end-point,,n=u,")


def test_a_client_that_was_not_shown_plus_says_so_and_the_server_notices() -> None:
    robbed = msgspec.structs.replace(BOUND_HERE, bound_offered=False)
    outcome, said = converse(
        MECHANISMS["SCRAM-SHA-256"], Credentials("u", "pw"), People({"u": "pw"}), robbed, BOUND_THERE
    )
    assert said[0].data is not None and said[0].data.startswith(b"y,,")
    assert outcome == Rejected(Reason.WRONG_BINDING, "u")


def test_names_with_comma_and_equals_sign_survive_scram() -> None:
    people = People({"a=b,c": "pw"})
    outcome, said = converse(MECHANISMS["SCRAM-SHA-256"], Credentials("a=b,c", "pw"), people)
    assert isinstance(outcome, Accepted) and outcome.user == "a=b,c"
    assert said[0].data is not None and b"n=a=3Db=2Cc," in said[0].data


def test_composed_and_decomposed_letters_are_the_same_password() -> None:
    people = People({"u": "p\u00e4ss"})
    for name in ("PLAIN", "LOGIN", "SCRAM-SHA-256"):
        outcome, _ = converse(MECHANISMS[name], Credentials("u", "pa\u0308ss"), people)
        assert isinstance(outcome, Accepted)


def test_login_takes_any_prompt() -> None:
    login, bob = Login(), Credentials("bob", "pw")
    assert login.respond(bob, HERE, ()) == Respond(None)
    assert login.respond(bob, HERE, [b"User Name\0"]) == Respond(b"bob", secret=False)
    assert login.respond(bob, HERE, ["ユーザ名".encode(), b""]) == Respond(b"pw")


def test_login_says_the_name_again_rather_than_the_password_where_a_name_is_asked_for() -> None:
    login, bob = Login(client_first=True), Credentials("bob", "pw")
    assert login.respond(bob, HERE, ()) == Respond(b"bob", secret=False)
    assert login.respond(bob, HERE, [b"Username:"]) == Respond(b"bob", secret=False)
    assert login.respond(bob, HERE, [b"Username:", b"Password:"]) == Respond(b"pw")
    assert login.respond(bob, HERE, [b"Password:"]) == Respond(b"pw")


def test_plain_has_the_two_forms_of_the_articles() -> None:
    plain = MECHANISMS["PLAIN"]
    assert plain.respond(Credentials("sample", "password"), HERE, ()) == Respond(b"\0sample\0password")
    repeated = Credentials("username", "password", authzid="username")
    assert plain.respond(repeated, HERE, ()) == Respond(b"username\0username\0password")


def test_digest_md5_takes_the_realm_of_the_user_among_several() -> None:
    challenge = b'realm="a.test", realm="B.test",, nonce="x" , algorithm=md5-sess,qop="auth-int, auth"'
    step = MECHANISMS["DIGEST-MD5"].respond(Credentials("u@b.test", "pw"), HERE, [challenge])
    assert isinstance(step, Respond) and b'realm="B.test"' in (step.data or b"")


def test_digest_md5_begins_anew_once_when_the_nonce_is_stale() -> None:
    digest, bob = MECHANISMS["DIGEST-MD5"], Credentials("u", "pw")
    fresh = b'nonce="%d",algorithm=md5-sess,stale=true'
    step = digest.respond(bob, HERE, [fresh % 1, fresh % 2])
    assert isinstance(step, Respond) and b'nonce="2"' in (step.data or b"")
    assert digest.respond(bob, HERE, [fresh % 1, fresh % 2, fresh % 3]) == Broken(Fault.UNEXPECTED)
