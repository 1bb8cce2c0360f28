"""The base64 that the articles make by hand, made again with the same tools, beside `mailproof token`."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys

import pytest

PATH = os.environ.get("PATH", "")


def shell(command: str, program: str = "bash", **variables: str) -> str:
    """What a shell prints."""
    if shutil.which(program) is None:
        pytest.skip(f"needs {program}")
    env = {"PATH": PATH, **variables}
    return subprocess.run([program, "-c", command], env=env, capture_output=True, text=True, check=True).stdout


def token(*arguments: str, password: str = "password") -> str:
    """What `mailproof token` prints, with the password in the variable PW; it found nothing wrong."""
    done = run(*arguments, password=password)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def run(*arguments: str, password: str = "password") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mailproof", "token", *arguments]
    env = {"PATH": PATH, "LANG": "C.UTF-8", "HOME": "/nonexistent", "PW": password}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_printf_with_nul_makes_what_token_plain_makes() -> None:
    typed = shell(r"printf 'username\0username\0password' | base64")
    assert typed == "dXNlcm5hbWUAdXNlcm5hbWUAcGFzc3dvcmQ=\n"
    assert token("plain", "--user", "username", "--authzid", "username", "--password-env", "PW") == typed
    read = json.loads(token("read", "--format", "json", typed.strip()))
    assert (read["user"], read["authzid"], read["mechanism"]) == ("username", "username", "PLAIN")


def test_the_two_values_of_auth_login() -> None:
    typed = shell("printf 'username' | base64; printf 'password' | base64; ")
    assert typed == "dXNlcm5hbWU=\ncGFzc3dvcmQ=\n"
    assert token("login", "--user", "username", "--password-env", "PW") == typed
    assert shell("printf username | base64; echo -n  username | base64") == typed.splitlines()[0] + "\n" + (
        typed.splitlines()[0] + "\n"
    )
    address = "authtest@example.com"
    assert token("login", "--user", address, "--password-env", "PW") == shell(
        f'printf "{address}" | base64; printf "password" | base64'
    )


def test_perl_encodes_what_token_plain_makes() -> None:
    if shutil.which("perl") is None:
        pytest.skip("needs perl")
    typed = shell(r"""perl -MMIME::Base64 -e 'print encode_base64("\000sample\000password");'""")
    assert typed == "AHNhbXBsZQBwYXNzd29yZA==\n"
    assert token("plain", "--user", "sample", "--password-env", "PW") == typed
    of_address = shell(r"""perl -MMIME::Base64 -e 'print encode_base64("\000sample@example.com\000password");'""")
    ours = token("plain", "--user", "sample@example.com", "--password-env", "PW")
    assert base64.b64decode(ours) == b"\0sample@example.com\0password"
    assert base64.b64decode(of_address) == b"\0sample.com\0password"


def test_perl_decodes_without_showing_where_the_name_ends() -> None:
    if shutil.which("perl") is None:
        pytest.skip("needs perl")
    printed = shell("""perl -MMIME::Base64 -e 'print decode_base64("AHNhbXBsZQBwYXNzd29yZA==");'""")
    assert printed.replace("\0", "") == "samplepassword"
    read = token("read", "--show-secret", "AHNhbXBsZQBwYXNzd29yZA==")
    assert r"\0sample\0password" in read


def test_the_questions_of_auth_login_are_read() -> None:
    assert "user name" in token("read", "334 VXNlcm5hbWU6")
    assert "password" in token("read", "334 UGFzc3dvcmQ6")
    assert "ユーザー名" in token("read", "--lang", "ja", "334 VXNlcm5hbWU6")


def test_echo_adds_a_newline_that_is_named() -> None:
    typed = shell("echo username | base64").strip()
    assert typed == "dXNlcm5hbWUK"
    done = run("read", "--mechanism", "login", "--format", "json", typed)
    assert done.returncode == 1
    assert [flaw["name"] for flaw in json.loads(done.stdout)["flaws"]] == ["trailing-newline"]


def test_echo_with_nul_makes_what_token_plain_makes() -> None:
    ours = token("plain", "--user", "sample", "--authzid", "sample", "--password-env", "PW")
    command = r"echo -ne 'sample\0sample\0password' | base64"
    assert shell(command) == ours
    assert base64.b64decode(shell(command, "dash")).startswith(b"-ne ")
    digits = token("plain", "--user", "sample", "--authzid", "sample", "--password-env", "PW", password="12345")
    assert base64.b64decode(digits) == b"sample\0sample\00012345"
    assert shell(r"echo -ne 'sample\0sample\012345' | base64") != digits


def test_a_long_token_stays_on_one_line() -> None:
    user, password = "test@example.com", "x" * 60
    ours = token("plain", "--user", user, "--authzid", user, "--password-env", "PW", password=password)
    variables = {"USER": user, "PASS": password}
    assert shell(r'echo -ne "${USER}\0${USER}\0${PASS}" | base64 -w0', **variables) + "\n" == ours
    wrapped = shell(r'echo -ne "${USER}\0${USER}\0${PASS}" | base64', **variables)
    assert wrapped.count("\n") == 2
    done = run("read", "--format", "json", wrapped)
    assert "line-break" in [flaw["name"] for flaw in json.loads(done.stdout)["flaws"]]
