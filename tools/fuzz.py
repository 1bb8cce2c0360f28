"""Fuzzes every parser, guided by coverage, and keeps what it found as tests.

    python tools/fuzz.py [--seconds N] [--only PREFIX] [--list]

`--seconds` are for all targets together (default 120). Each runs in a process of its own under atheris, begins with
the kept corpus in `tests/fuzz/corpus/` and the words of its language, and ends at its first fault. Afterwards the
smallest inputs that together reach every pair of lines are kept, and an input that failed is kept as `fault-…`: `make
test` plays them all. Exit code 1 where a target failed. Atheris (Apache-2.0) is a tool and no part of mailproof:

    pip install -e '.[fuzz]'
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests" / "fuzz" / "corpus"
PACKAGE = str(ROOT / "src" / "mailproof")
sys.path.insert(0, str(ROOT / "tests" / "fuzz"))

# What is larger says nothing that a smaller one does not: limits are met with `keep` options of a few bytes.
_LONGEST = 4096
# libFuzzer's own limit is 1200 s; a parser that takes a second for 4 kB has a fault.
_SLOWEST = 5


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=int, default=120, help="for all targets together")
    arguments.add_argument("--only", default="", metavar="PREFIX", help="targets whose name begins with this")
    arguments.add_argument("--list", action="store_true", help="the names of the targets, and nothing else")
    arguments.add_argument("--inside", default="", help=argparse.SUPPRESS)
    given, rest = arguments.parse_known_args()
    if given.inside:
        return _inside(given.inside, rest)
    from fuzztargets import TARGETS

    wanted = [name for name in TARGETS if name.startswith(given.only)]
    if given.list:
        print("\n".join(wanted))
        return 0
    if importlib.util.find_spec("atheris") is None:
        print("make fuzz needs atheris: pip install -e '.[fuzz]'", file=sys.stderr)
        return 2
    each = max(1, given.seconds // max(1, len(wanted)))
    failed = [name for name in wanted if not _fuzz(name, each)]
    for name in failed:
        print(f"{name}: a fault, kept in {CORPUS.relative_to(ROOT) / name}", file=sys.stderr)
    return 1 if failed else 0


def _fuzz(name: str, seconds: int) -> bool:
    """One target for so long; True if it stood."""
    from fuzztargets import WORDS, seeds

    kept = CORPUS / name
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        found, faults = Path(folder) / "found", Path(folder) / "faults"
        found.mkdir()
        faults.mkdir()
        words = Path(folder) / "words"
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in WORDS.get(name, ())), "ascii")
        for seed in seeds(name):
            (found / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
        command = [sys.executable, __file__, "--inside", name, str(found), str(kept)]
        limits = [f"-max_total_time={seconds}", f"-max_len={_LONGEST}", f"-timeout={_SLOWEST}", "-rss_limit_mb=1024"]
        options = [f"-artifact_prefix={faults}/", "-print_final_stats=1"]
        if WORDS.get(name):
            options.append(f"-dict={words}")
        done = subprocess.run([*command, *limits, *options], capture_output=True, text=True, check=False)
        runs = next((line.split()[-1] for line in done.stderr.splitlines() if "number_of_executed" in line), "?")
        _keep_the_least(name, kept, [*kept.iterdir(), *found.iterdir()])
        for fault in faults.iterdir():
            (kept / f"fault-{hashlib.sha256(fault.read_bytes()).hexdigest()[:16]}").write_bytes(fault.read_bytes())
        stood = done.returncode == 0
        print(
            f"{name:48} {runs:>9} runs, {len(list(kept.iterdir())):4} kept{'' if stood else ', FAILED'}", flush=True
        )
        if not stood:
            print(f"exit code {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}", file=sys.stderr)
        return stood


def _escaped(word: bytes) -> str:
    return "".join(chr(b) if 32 < b < 127 and b not in b'"\\' else f"\\x{b:02x}" for b in word)


def _inside(name: str, rest: list[str]) -> int:
    import atheris

    with atheris.instrument_imports(include=["mailproof"]):
        from fuzztargets import TARGETS
    atheris.Setup([sys.argv[0], *rest], TARGETS[name])
    atheris.Fuzz()
    return 0


def _keep_the_least(name: str, kept: Path, inputs: Iterable[Path]) -> None:
    """Of all inputs the smallest that reach something no smaller one does; faults of former runs stay."""
    from fuzztargets import TARGETS

    reached: set[Any] = set()
    chosen: dict[str, bytes] = {}
    for path in sorted(inputs, key=lambda path: (path.stat().st_size, path.name)):
        if path.name.startswith("fault-"):
            continue
        data = path.read_bytes()
        arcs = _arcs(TARGETS[name], data)
        if not arcs <= reached:
            reached |= arcs
            chosen[hashlib.sha256(data).hexdigest()[:16]] = data
    for path in kept.iterdir():
        if not path.name.startswith("fault-") and path.name not in chosen:
            path.unlink()
    for name_of_file, data in chosen.items():
        (kept / name_of_file).write_bytes(data)


def _arcs(target: Any, data: bytes) -> set[tuple[str, int, int]]:
    """Which line of the package followed which."""
    seen: set[tuple[str, int, int]] = set()

    def enter(frame: FrameType, event: str, argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        before = -frame.f_code.co_firstlineno

        def line(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal before
            if event == "line":
                seen.add((frame.f_code.co_filename, before, frame.f_lineno))
                before = frame.f_lineno
            return line

        return line

    sys.settrace(enter)
    try:
        target(data)
    except Exception:
        pass  # it failed, and is kept as a fault
    finally:
        sys.settrace(None)
    return seen


if __name__ == "__main__":
    sys.exit(main())
