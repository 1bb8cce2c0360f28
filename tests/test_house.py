"""The rules of the house, as ARCHITECTURE.md draws it: who may import whom, and what is banned."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "mailproof"

INTERFACES = {"net.interface", "host.interface"}
BELOW_RUN = {
    *(
        "model",
        "wire",
        "sasl",
        "parse",
        "message",
        "emulate",
        "net",
        "host",
        "script",
        "probes",
        "checks",
        "catalog",
        "diagnose",
    ),
}

MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "wire": {"model"},
    "sasl": {"model"},
    "parse": {"model"},
    "message": {"model"},
    "emulate": {"model", "parse"},
    "net": {"model"},
    "host": {"model"},
    "script": {"model", "wire", "net"},
    "probes": {"model", "wire", "sasl", "parse", *INTERFACES},
    "checks": {"model", "parse", "emulate"},
    "catalog": {"model"},
    "diagnose": {"model", "checks"},
    "run": BELOW_RUN,
    "lab": {"model", "wire", "sasl", "script", "net"},
    "report": {"model", "message", "catalog"},
    "cli": {*BELOW_RUN, "run", "lab", "report"},
    "web": {*BELOW_RUN, "run", "lab", "report"},
    # The way in: answers `--version` by itself and hands everything else to cli.
    "__main__": {"cli"},
    "__init__": set(),
}

BANNED_NAMES = {"utils", "helpers", "common", "manager", "base", "misc", "core"}
LINE_LIMIT = 600


def sources(*folders: str, kinds: tuple[str, ...] = ("*.py",)) -> Iterator[Path]:
    for folder in folders:
        for kind in kinds:
            yield from sorted((ROOT / folder).rglob(kind))


# Python, and what is compiled.
ALL_KINDS = ("*.py", "*.pyi", "*.pyx", "*.pxd")


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def shown(path: Path, node: ast.AST | None = None) -> str:
    place = path.relative_to(ROOT).as_posix()
    return place if node is None else f"{place}:{getattr(node, 'lineno', 0)}"


def room(path: Path) -> str:
    """The first part of a module's name below the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(module: ast.Module, folder: tuple[str, ...] = ()) -> Iterator[tuple[ast.stmt, str]]:
    """What a module in `folder` of the package imports of ours, inside functions too; named without the package."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = ("mailproof", *folder)[: len(folder) + 2 - node.level] if node.level else ()
            names = [".".join(filter(None, [*above, node.module, alias.name])) for alias in node.names]
        else:
            continue
        for name in names:
            first, _, rest = name.partition(".")
            if first == "mailproof" and rest and (PACKAGE / rest.split(".")[0]).is_dir():
                yield node, rest


def imports() -> Iterator[tuple[Path, ast.stmt, str]]:
    for path in sources("src"):
        for node, name in imported(tree(path), path.relative_to(PACKAGE).parts[:-1]):
            yield path, node, name


def allowed(importer: str, name: str) -> bool:
    parts = name.split(".")
    return parts[0] == importer or bool({parts[0], ".".join(parts[:2])} & MAY_IMPORT[importer])


def test_every_room_is_known() -> None:
    assert {room(path) for path in sources("src")} <= set(MAY_IMPORT)


def test_imports_go_one_way() -> None:
    wrong = [f"{shown(path, node)} imports {name}" for path, node, name in imports() if not allowed(room(path), name)]
    assert wrong == []


def test_the_table_of_the_rooms_is_the_rule() -> None:
    """ARCHITECTURE.md names every folder of the package, and says who may import whom as it is held here."""
    table = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## The rooms")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)/` \|.*\| ([^|]+) \|$", table, re.MULTILINE)
    there = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert {name for name, _ in rows} == there
    above: set[str] = set()
    for name, said in rows:
        held = {part for part in MAY_IMPORT[name] if part.partition(".")[0] in there}
        known = {"nothing of ours": set(), "all above": above, "anything; nothing imports it": there - {name}}
        told = known[said] if said in known else set(said.replace("`", "").split(", "))
        assert told == held, name
        above = above | {name}


# `mailproof.parse` is a public library over its files, and `net.openssl` the one way to pyOpenSSL.
HAND_ON = {"parse", "net.openssl"}
_FROM = re.compile(r"^( *)from ([\w.]+) import (?:\(([^)]*)\)|(.+))$", re.MULTILINE)


def taken(path: Path) -> Iterator[tuple[bool, str, str, str]]:
    """Each name that is imported from a module: whether for the whole file, the module, its name there, and here."""
    for indent, module, several, one in _FROM.findall(path.read_text("utf-8")):
        for name in re.findall(r"\w+(?: as \w+)?", re.sub(r"#.*", "", several or one)):
            there, _, here = name.partition(" as ")
            yield not indent, module, there, here or there


def test_a_name_is_imported_from_where_it_is_defined() -> None:
    """So that who looks for it is there in one step, and what moves is moved for all."""
    places = {
        ".".join(("mailproof", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
        for path in sources("src")
    }
    handed_on = {
        (module, name)
        for module, path in places.items()
        if module.removeprefix("mailproof.") not in HAND_ON
        for whole, _, _, name in taken(path)
        if whole and f"{module}.{name}" not in places
    }
    wrong = [
        f"{shown(path)} takes {name} from {module}"
        for path in sources("src", "tests", "tools")
        for _, module, name, _ in taken(path)
        if (module, name) in handed_on
    ]
    assert wrong == []


def test_the_interfaces_know_nothing_but_the_vocabulary() -> None:
    wrong = [
        f"{shown(path, node)} imports {name}"
        for path, node, name in imports()
        if path.name == "interface.py" and not name.startswith("model.")
    ]
    assert wrong == []


def test_the_rule_of_imports_sees_every_way_to_import() -> None:
    text = """
import mailproof.net.sockets
from mailproof import wire
from mailproof.net.interface import Net

def later():
    from .. import model
    from ..checks.judge import check
"""
    names = [name for _, name in imported(ast.parse(text), ("probes",))]
    assert names == ["net.sockets", "wire", "net.interface.Net", "model", "checks.judge.check"]
    assert [allowed("probes", name) for name in names] == [False, True, True, True, False]


def test_no_module_has_a_name_that_says_nothing() -> None:
    wrong = [
        shown(path)
        for path in sources("src", "tests", "tools", kinds=ALL_KINDS)
        if BANNED_NAMES & {part.partition(".")[0] for part in path.relative_to(ROOT).parts}
    ]
    assert wrong == []


def test_no_file_is_a_hall() -> None:
    wrong = [
        f"{shown(path)} has {lines} lines"
        for path in sources("src", "tests", "tools", kinds=ALL_KINDS)
        if (lines := path.read_text("utf-8").count("\n")) > LINE_LIMIT
    ]
    assert wrong == []


def test_what_is_compiled_is_of_its_room() -> None:
    """It imports what its folder may, too, and its lines are no longer than others."""
    for path in sources("src", kinds=("*.pyx", "*.pxd")):
        text = path.read_text("utf-8")
        names = re.findall(r"^\s*from mailproof\.([\w.]+) c?import", text, re.MULTILINE)
        assert all(allowed(room(path), name) for name in names), shown(path)
        assert max(map(len, text.splitlines())) <= 118, shown(path)


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def test_nothing_is_evaluated() -> None:
    wrong = [
        shown(path, call)
        for path in sources("src", "tests", "tools")
        for call, name in calls(path)
        if name in {"eval", "exec", "builtins.eval", "builtins.exec"}
    ]
    assert wrong == []


_CHANGES = {"append", "add", "update", "clear", "pop", "setdefault", "extend", "insert", "remove", "discard"}
_MUTABLE = {"dict", "list", "set", "deque", "defaultdict", "Counter"}


def kept_by_the_module(module: ast.Module) -> Iterator[str]:
    """Names at its top that hold something which can be changed."""
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        made = ast.unparse(value.func).split(".")[-1] if isinstance(value, ast.Call) else ""
        if isinstance(value, ast.Dict | ast.List | ast.Set) or made in _MUTABLE:
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def test_no_module_remembers() -> None:
    """What one caller did is nothing to the next. What was worked out is kept by `functools`."""
    wrong = []
    for path in sources("src"):
        module = tree(path)
        kept = set(kept_by_the_module(module))
        if not kept and "global " not in path.read_text("utf-8"):
            continue
        functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        for node in (each for function in functions for each in ast.walk(function)):
            changed = ""
            if isinstance(node, ast.Global):
                changed = node.names[0]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
                changed = ast.unparse(node.func.value)
            elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
                changed = ast.unparse(node.value)
            if changed in kept or isinstance(node, ast.Global):
                wrong.append(f"{shown(path, node)} changes {changed}")
    assert wrong == []


def test_no_test_sleeps() -> None:
    wrong = [
        f"{shown(path, call)} calls {name}"
        for path in sources("tests")
        for call, name in calls(path)
        if name in {"time.sleep", "asyncio.sleep", "sleep"}
    ]
    assert wrong == []


def test_no_two_files_of_tests_have_one_name() -> None:
    """pytest imports them by their names alone."""
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if path.name not in ("conftest.py", "__init__.py")]
    assert sorted(names) == sorted(set(names))


def test_one_room_opens_regular_files_and_one_reads_what_is_named() -> None:
    """What else opens a pipe waits for ever, and what reads a device without a limit never ends."""
    looked = {path.name for path in sources("src/mailproof/run") if "S_ISREG" in path.read_text("utf-8")}
    assert looked == {"regular_file.py"}
    taken = {path.name for path in sources("src/mailproof/cli") if "sys.stdin.buffer" in path.read_text("utf-8")}
    assert taken == {"reading.py"}
