"""`greylist rebuild`: what the article changes by hand in the source of milter-greylist, and how it is built."""

from __future__ import annotations

import os
import subprocess
from email.utils import format_datetime
from typing import Any

from mailproof.cli.terminal import Complaint, Terminal

# Building milter-greylist takes half a minute; a large package an hour.
_LONGEST = 4 * 3600.0
_LAST_LINES = 12


def rebuild(terminal: Terminal, path: str, wish: dict[str, Any]) -> int:
    """0 shown, written or built; 1 it cannot be built."""
    from datetime import datetime

    from mailproof.emulate.greylist.rebuild import plan as plan_of
    from mailproof.parse.debian.files import NoPackage
    from mailproof.report.rebuild import plan_as_json, render_plan
    from mailproof.run.greylist.source_package import debs, source, write

    try:
        package = source(path, wish["into"])
        date = format_datetime(datetime.now().astimezone())
        plan = plan_of(
            package.texts(), str(package.path), _who(wish), date, wish["package_version"], wish["country_library"]
        )
        if wish["write"] or wish["build"]:
            package.unpack()
            write(plan)
    except NoPackage as error:
        why = terminal.say.unread(error.reason, error.params)
        raise Complaint(terminal.say("cli.greylist-package", file=path, why=why)) from None
    built: tuple[str, ...] = ()
    failed = ""
    if wish["build"]:
        failed = _build(terminal, str(package.path))
        built = debs(plan)
    written = bool(wish["write"] or wish["build"])
    if wish["shape"] == "json":
        terminal.write(plan_as_json(plan, written, built, failed))
    else:
        terminal.write(
            render_plan(
                plan, written, built, failed, terminal.lang, terminal.color, terminal.width, asked=wish["build"]
            )
        )
    return int(wish["build"] and not built)


def _who(wish: dict[str, Any]) -> str:
    """As dch(1) takes it: DEBFULLNAME, DEBEMAIL."""
    if wish["maintainer"]:
        return str(wish["maintainer"])
    name = os.environ.get("DEBFULLNAME") or os.environ.get("NAME") or "Local Rebuild"
    return f"{name} <{os.environ.get('DEBEMAIL') or os.environ.get('EMAIL') or 'root@localhost'}>"


def _build(terminal: Terminal, folder: str) -> str:
    """The last lines of a build that failed; empty for one that did not."""
    command = ["dpkg-buildpackage", "-us", "-uc", "-b"]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        with terminal.progress("rebuild.building", what=folder):
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_LONGEST,
                check=False,
            )
    except FileNotFoundError:
        return terminal.say("rebuild.no-builder")
    except subprocess.TimeoutExpired:
        return terminal.say("rebuild.too-slow")
    said = done.stdout.decode("utf-8", "replace").splitlines()[-_LAST_LINES:]
    return "\n".join(said) if done.returncode else ""
