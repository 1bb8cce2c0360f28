#!/bin/sh
# Usage: tools/make-venv.sh DIRECTORY
# Makes a virtual environment with the first Python of at least 3.11 that can, and installs mailproof into it, editable.
set -eu

cd "$(dirname "$0")/.."
venv=$1

if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    rm -rf "$venv"
    found=
    for python in python3.13 python3.12 python3.11 python3; do
        command -v "$python" >/dev/null 2>&1 || continue
        "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        found=$python
        # Debian ships venv without ensurepip unless python3-venv is installed: then the next one may have it.
        "$python" -c 'import ensurepip, venv' 2>/dev/null || continue
        "$python" -m venv "$venv"
        break
    done
    if [ -z "$found" ]; then
        echo "mailproof needs Python 3.11 or newer; none was found as python3.13, python3.12, python3.11 or python3." >&2
        exit 1
    fi
    if [ ! -x "$venv/bin/python" ]; then
        echo "$found cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2
        exit 1
    fi
fi

"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable '.[dev]'

# pip hides what the build says of it.
"$venv/bin/python" -c 'import mailproof.parse.log.tally.compiled.lines' 2>/dev/null ||
    echo 'log summary is not compiled (no C compiler, or no headers of Python): it takes five times as long.' >&2
