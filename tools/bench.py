"""How long mailproof takes, against named peers, in one run: `make bench`.

Whole processes that take turns; the median of the rounds, after one to warm up. Times differ from machine to machine
and ratios much less, so ratios are what counts, and some stand beside a bar. Needs what the private real servers need
(root, Debian's Postfix and Dovecot), and swaks, curl, openssl and pflogsumm. Writes nothing but standard output.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from bench_ese import write_database
from bench_log import COMPILED, MEGABYTES, ON_ONE, ON_TWO, ROUNDS, on_processors, without_what_is_compiled, write_log

from mailproof.lab.real.server import RealLab

MAILPROOF = str(Path(sys.executable).with_name("mailproof"))
USER = "alice@example.test"
SCHEMES = ("submission", "submissions", "pop3s", "imaps")
PEERS = ("swaks", "curl", "openssl", "pflogsumm")

Command = tuple[str, ...]


class Run(msgspec.Struct, frozen=True):
    """One process, or several one after the other."""

    seconds: float
    cpu: float = 0.0
    """Seconds of user and system time."""


class Row(msgspec.Struct, frozen=True):
    """One comparison."""

    what: str
    peer: str
    ours: tuple[Command, ...]
    theirs: tuple[Command, ...]
    bar: float | None = None
    """So many times as long as the peer it may take."""
    measured: Callable[[Sequence[Command]], Run] | None = None
    """How ours is measured, where that is not the whole process."""
    size: int = 0
    """Bytes that ours reads, where its rate is of interest."""
    rounds: int | None = None
    """At most so many, where each takes long."""


class Result(msgspec.Struct, frozen=True):
    what: str
    peer: str
    ratio: float
    bar: float | None
    ours: Run
    theirs: Run
    our_peak: int
    """Kilobytes of resident memory, of the largest process."""
    their_peak: int
    rate: int = 0
    """Megabytes a second, of ours; 0 where nothing large is read."""


def whole(commands: Sequence[Command]) -> Run:
    """Run each to its end. Raises RuntimeError where one fails: what failed proves nothing."""
    runs = [_process(command) for command in commands]
    return Run(sum(run.seconds for run in runs), sum(run.cpu for run in runs))


def _process(command: Command) -> Run:
    began = time.perf_counter()
    usage = _ended(_started(command))
    return Run(time.perf_counter() - began, usage.ru_utime + usage.ru_stime)


def _started(command: Command) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _ended(child: subprocess.Popen[bytes]) -> os.struct_rusage:  # type: ignore[name-defined]
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"exit code {child.returncode}: {child.args!r}")
    return usage


def peak(commands: Sequence[Command]) -> int:
    """Kilobytes. A process counts the size that its parent had at its birth, so a bare interpreter comes between."""
    between = (sys.executable, "-I", "-S", "-c", _LARGEST)
    return max(int(subprocess.check_output((*between, *command), stdin=subprocess.DEVNULL)) for command in commands)


_LARGEST = """\
import os, sys
nothing = os.open(os.devnull, os.O_WRONLY)
to_nothing = [(os.POSIX_SPAWN_DUP2, nothing, 1), (os.POSIX_SPAWN_DUP2, nothing, 2)]
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=to_nothing)
print(os.wait4(child, 0)[2].ru_maxrss)
"""


def first_packet(commands: Sequence[Command]) -> Run:
    """From the start of a check until its connection has reached a listener, whose URL is added to the command."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"submission://127.0.0.1:{listener.getsockname()[1]}"
        began = time.perf_counter()
        with _started((*commands[0], url)):
            connection, _ = listener.accept()
            seconds = time.perf_counter() - began
            connection.close()
            listener.close()
    return Run(seconds)


@contextlib.contextmanager
def away(port: int, milliseconds: float) -> Iterator[int]:
    """A port behind which the server of that port is so far away, each way."""
    relay = Path(__file__).with_name("distance.py")
    command = (sys.executable, str(relay), str(port), str(milliseconds))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def rows(lab: RealLab, far: int) -> list[Row]:
    """`far` is a port behind which submission is 10 ms away."""
    python = (sys.executable, "-c")
    urls = [lab.urls[scheme] for scheme in SCHEMES]
    check = (MAILPROOF, "check", *urls, "--user", USER, "--password-env", "BENCH_PASSWORD")
    check += ("--ca-file", str(lab.ca_file), "--name", lab.name)
    by_hand = tuple(_by_hand(lab))
    return [
        Row("mailproof --version", "python -c pass", ((MAILPROOF, "--version"),), ((*python, "pass"),), 3.0),
        Row("mailproof --help", "python -c pass", ((MAILPROOF, "--help"),), ((*python, "pass"),)),
        Row(
            "mailproof check, until its first packet",
            "python -c 'import click, msgspec, OpenSSL.SSL'",
            ((MAILPROOF, "check"),),
            ((*python, "import click, msgspec, OpenSSL.SSL"),),
            1.2,
            first_packet,
        ),
        Row(
            f"mailproof check of {', '.join(SCHEMES)}, with login",
            "swaks on 587 and 465, curl on pop3s and imaps, openssl s_client on each, one after the other",
            (check,),
            by_hand,
            1.0,
        ),
        Row(
            "mailproof login at submission, the chain verified",
            "swaks --tls --auth --quit-after AUTH, which verifies nothing",
            ((MAILPROOF, "login", lab.urls["submission"], *check[check.index("--user") :]),),
            (_swaks_login(lab, lab.ports["submission"]),),
            1.5,
        ),
        Row(
            "the same at a server 10 ms away",
            "the same at a server 10 ms away",
            ((MAILPROOF, "login", f"submission://127.0.0.1:{far}", *check[check.index("--user") :]),),
            (_swaks_login(lab, far),),
        ),
        *_configurations(lab.directory),
        *_databases(lab.directory / "bench.edb"),
    ]


def _configurations(directory: Path) -> list[Row]:
    """Lookup tables of so many lines, and the same with next to none: what is between them is beyond the start."""
    many, few = (_configuration(directory / f"lint-{lines}", lines) for lines in (_TABLE_LINES, 10))
    lint = (MAILPROOF, "postfix", "lint", "--postfix-dir")
    asked = tuple(("postmap", "-c", str(many), "-s", f"texthash:{many}/{name}") for name in _TABLES)
    read = tuple(("postconf", "-c", str(many), option) for option in ("-n", "-x", "-M", "-P"))
    what = f"mailproof postfix lint of {_TABLE_LINES} lines of lookup tables"
    return [
        Row(what, "the same of 10 lines", ((*lint, str(many)),), ((*lint, str(few)),)),
        Row(
            what,
            "postconf -n, -x, -M, -P and postmap -s of each, which judge nothing",
            ((*lint, str(many)),),
            (*read, *asked),
        ),
    ]


def _configuration(copy: Path, lines: int) -> Path:
    """A copy of /etc/postfix with as many lines of tables, none of them wrong."""
    copy.mkdir()
    parameters = "".join(f"{name} = texthash:/etc/postfix/{name}\n" for name in _TABLES)
    (copy / "main.cf").write_text(f"compatibility_level = 3.6\nmyhostname = mail.example.com\n{parameters}")
    shutil.copy("/usr/share/postfix/master.cf.dist", copy / "master.cf")
    for name, row in _TABLES.items():
        (copy / name).write_text("".join(row.format(n=n) for n in range(lines // len(_TABLES))))
    return copy


_TABLE_LINES = 10_000
_TABLES = {
    "virtual_alias_maps": "user{n}@example.com  mailbox{n}@example.net\n",
    "transport_maps": "host{n}.example.com  smtp:[relay{n}.example.net]\n",
}


def _databases(path: Path) -> list[Row]:
    """A gigabyte of pages, with numpy and without; 200 MB/s would be four times as long as md5sum takes here."""
    write_database(path, _DATABASE)
    what, peer = "mailproof ese check, 1 GiB of pages", ("md5sum", str(path))
    with_numpy = (MAILPROOF, "ese", "check", str(path))
    without = (sys.executable, "-c", _WITHOUT_NUMPY, "ese", "check", str(path))
    return [
        Row(what, "md5sum of it", (with_numpy,), (peer,), 1.0, size=_DATABASE),
        Row(f"{what}, without numpy", "md5sum of it", (without,), (peer,), size=_DATABASE),
    ]


_DATABASE = 1 << 30
_WITHOUT_NUMPY = """\
import sys
sys.modules["numpy"] = None
from mailproof.__main__ import main
sys.argv[0] = "mailproof"
main()
"""


def _swaks_login(lab: RealLab, port: int) -> Command:
    server = ("swaks", "--server", "127.0.0.1", "--port", str(port), "--tls")
    return (
        *server,
        "--auth",
        "PLAIN",
        "--auth-user",
        USER,
        "--auth-password",
        lab.accounts[USER],
        "--quit-after",
        "AUTH",
    )


def _by_hand(lab: RealLab) -> list[Command]:
    """The commands that tell the same of the same servers: TLS, certificate and login."""
    ca_file, ports, password = str(lab.ca_file), lab.ports, lab.accounts[USER]
    swaks = ("swaks", "--server", "127.0.0.1", "--auth", "PLAIN", "--auth-user", USER, "--auth-password", password)
    swaks += ("--quit-after", "AUTH", "--tls-verify", "--tls-ca-path", ca_file)
    commands: list[Command] = [
        (*swaks, "--port", str(ports["submission"]), "--tls"),
        (*swaks, "--port", str(ports["submissions"]), "--tls-on-connect"),
    ]
    for scheme in ("pop3s", "imaps"):
        url, resolve = f"{scheme}://{lab.name}:{ports[scheme]}/", f"{lab.name}:{ports[scheme]}:127.0.0.1"
        commands.append(("curl", "-sS", "-u", f"{USER}:{password}", "--cacert", ca_file, "--resolve", resolve, url))
    s_client = ("openssl", "s_client", "-brief", "-CAfile", ca_file, "-servername", lab.name)
    s_client += ("-verify_hostname", lab.name, "-verify_return_error", "-connect")
    for scheme in SCHEMES:
        upgrade = ("-starttls", "smtp") if scheme == "submission" else ()
        commands.append((*s_client, f"127.0.0.1:{ports[scheme]}", *upgrade))
    return commands


def log_rows(log: Path) -> list[Row]:
    """The same log, counted; pflogsumm has one process, and uses one processor."""
    summary = ("log", "summary", str(log))
    theirs = ((*on_processors(1), "pflogsumm", str(log)),)
    by_pattern = without_what_is_compiled()
    ways = (
        ("on one processor", 1, (MAILPROOF,), ON_ONE),
        ("on two", 2, (MAILPROOF,), COMPILED),
        ("not compiled, on one", 1, by_pattern, ON_ONE),
        ("not compiled, on two", 2, by_pattern, ON_TWO),
    )
    return [
        Row(
            f"mailproof log summary of {MEGABYTES} MB, {told}",
            "pflogsumm",
            ((*on_processors(count), *command, *summary),),
            theirs,
            bar,
            size=log.stat().st_size,
            rounds=ROUNDS,
        )
        for told, count, command, bar in ways
    ]


def measure(row: Row, rounds: int) -> Result:
    """The two take turns, so that what else the machine does falls on both."""
    ours = row.measured or whole
    pairs = [(ours(row.ours), whole(row.theirs)) for _ in range(rounds + 1)][1:]
    our_median = _median([mine for mine, _ in pairs])
    return Result(
        row.what,
        row.peer,
        statistics.median(mine.seconds / peers.seconds for mine, peers in pairs),
        row.bar,
        our_median,
        _median([peers for _, peers in pairs]),
        peak(row.ours) if row.measured is None else 0,
        peak(row.theirs),
        round(row.size / our_median.seconds / 1e6),
    )


def _median(runs: list[Run]) -> Run:
    return Run(statistics.median(run.seconds for run in runs), statistics.median(run.cpu for run in runs))


def table(results: list[Result]) -> str:
    lines = [f"{'ratio':>6}  {'bar':>5}  {'seconds':>7}  {'cpu':>6}  {'MB':>4}"]
    for result in results:
        bar = "" if result.bar is None else f"{result.bar:.3g}"
        lines.append(f"{result.ratio:>6.2f}  {bar:>5}  {_numbers(result.ours, result.our_peak)}  {_told(result)}")
        lines.append(f"{'':>13}  {_numbers(result.theirs, result.their_peak)}    {result.peer}")
    return "\n".join(lines)


def _told(result: Result) -> str:
    return f"{result.what}: {result.rate} MB/s" if result.rate else result.what


def _numbers(run: Run, kilobytes: int) -> str:
    cpu = f"{run.cpu:.3f}" if run.cpu else ""
    return f"{run.seconds:>7.3f}  {cpu:>6}  {round(kilobytes / 1024) or '':>4}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11, metavar="N", help="rounds that count (default 11)")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    wanted = parser.parse_args()
    lacks = [*map(str, RealLab.missing()), *(f"the command {name}" for name in PEERS if shutil.which(name) is None)]
    if lacks:
        print(f"nothing can be compared here: this machine lacks {', '.join(lacks)}")
        return 2
    with RealLab() as lab:
        os.environ["BENCH_PASSWORD"] = lab.accounts[USER]
        # As on a fresh machine: roots where the system has them, bytecode written once (here, in the warm-up round).
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHONDONTWRITEBYTECODE"):
            os.environ.pop(name, None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(lab.directory / "bytecode")
        with away(lab.ports["submission"], 10) as far:
            compared = [*rows(lab, far), *log_rows(write_log(lab.directory))]
            results = [measure(row, max(min(wanted.rounds, row.rounds or wanted.rounds), 1)) for row in compared]
    print(json.dumps(msgspec.to_builtins(results), indent=2) if wanted.json else table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
