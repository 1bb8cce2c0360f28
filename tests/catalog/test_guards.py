"""The four guards of rustc: a finding is listed, documented in both languages, tested, and really emitted."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import mailproof
from mailproof.catalog.log_messages import log_messages
from mailproof.catalog.page import HEADINGS, REFERENCES, parameters
from mailproof.catalog.pages import load, names
from mailproof.catalog.profiles import PROFILES, load_profile
from mailproof.catalog.words import words
from mailproof.checks import Check, all_checks, kinds
from mailproof.model.attempt import Step
from mailproof.model.failure import Unreadable
from mailproof.model.finding import FindingKind, Severity
from mailproof.model.observed import Observation
from mailproof.model.report import Verdict
from mailproof.parse.debian.files import NoPackage
from mailproof.parse.elf import NoProgram
from mailproof.parse.geoip.mmdb import NoDatabase
from mailproof.parse.unified_diff import NoDiff

SOURCE = Path(mailproof.__file__).parent
TESTS = Path(__file__).parent.parent
LOG = "mailproof.checks.log.said"
"""Says what the table of messages says."""
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
USAGE_ERRORS = ("UsageError", "RealLabError", "ScriptError")
UNREADABLES = {each.__name__ for each in (Unreadable, NoDatabase, NoDiff, NoPackage, NoProgram)}
SAYS_WHY = ("Skipped", "Untold", "not_told", "skip", "skipped")

each_kind = pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.name)
each_check = pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.name)


@each_kind
def test_a_kind_is_listed_with_a_severity_in_every_profile(kind: FindingKind) -> None:
    for profile in PROFILES:
        assert load_profile(profile).severity(kind.name, None, {}) in Severity


@each_kind
def test_a_kind_is_documented_in_both_languages(kind: FindingKind) -> None:
    english, japanese = load(kind.name, "en"), load(kind.name, "ja")
    assert english.parameters == japanese.parameters
    assert english.parameters <= set(kind.params), "the message has a parameter that the kind does not declare"
    assert english.title != japanese.title


@each_kind
def test_a_kind_has_references(kind: FindingKind) -> None:
    assert kind.references or load(kind.name).sections["references"].strip() != REFERENCES


@each_kind
def test_a_kind_is_tested(kind: FindingKind) -> None:
    page = load(kind.name)
    triggers, sound = (
        page.dialogues(each) + page.configurations(each) + page.logs(each) for each in ("triggers", "sound")
    )
    on_page = any(f"<- {kind.name}" in script for script in triggers) and bool(sound)
    assert on_page or kind.name in _all_tests(), "neither do its examples show it, nor does a test name it"


@each_kind
def test_the_examples_are_the_same_in_both_languages(kind: FindingKind) -> None:
    for section in ("triggers", "sound"):
        english, japanese = load(kind.name, "en").dialogues(section), load(kind.name, "ja").dialogues(section)
        assert load(kind.name, "en").configurations(section) == load(kind.name, "ja").configurations(section)
        assert load(kind.name, "en").logs(section) == load(kind.name, "ja").logs(section)
        assert [_without_comments(s) for s in english] == [_without_comments(s) for s in japanese]


@pytest.mark.parametrize("name", names("en"))
def test_what_is_typed_is_the_same_in_both_languages(name: str) -> None:
    """The indented lines; a word of the language may stand in one, and comments are free."""
    english, japanese = ([_typed(load(name, lang).sections[key]) for key in ("see", "mend")] for lang in ("en", "ja"))
    pairs = [pair for each in zip(english, japanese, strict=True) for pair in zip(*each, strict=True)]
    assert [(line, other) for line, other in pairs if line != other and other.isascii()] == []


@each_kind
def test_the_example_that_does_not_trigger_has_no_mark(kind: FindingKind) -> None:
    assert not any("<- " + kind.name in script for script in load(kind.name).dialogues("sound"))


@each_kind
def test_a_kind_is_really_emitted(kind: FindingKind) -> None:
    modules = [check.module for check in all_checks() if kind in check.kinds]
    if modules == [LOG]:
        assert kind.name in {row.name for row in log_messages()}, "no message of a log tells it"
        return
    module = next(module for module in modules if module != LOG)
    assert kind.name in _said_outside_declarations(module), f"{module} declares it and never says it"


@each_kind
def test_a_kind_explains_only_what_can_be_found(kind: FindingKind) -> None:
    """Names of the catalogue that no check makes yet are in the default profile, and nowhere else."""
    for arrow in kind.explains:
        assert arrow.name in load_profile("default").severities, f"{kind.name} explains an unknown {arrow.name}"
        assert arrow.name != kind.name


@pytest.mark.parametrize("name", sorted({*names("en"), *names("ja")}))
def test_a_page_belongs_to_a_finding(name: str) -> None:
    assert name in kinds()
    assert load(name, "en").sections.keys() == load(name, "ja").sections.keys()


@each_check
def test_a_check_has_a_name_in_both_languages(check: Check) -> None:
    assert KEBAB.match(check.name)
    for lang in ("en", "ja"):
        assert f"checks.{check.name}" in words(lang)
        assert f"subjects.{check.name}" in words(lang)


@each_check
def test_a_check_says_what_it_needs(check: Check) -> None:
    assert check.kinds
    assert all(issubclass(need, Observation) for need in check.needs)
    assert all(KEBAB.match(kind.name) for kind in check.kinds)
    assert check.name not in {kind.name for kind in check.kinds}, "a check is named for what holds"


def test_both_languages_have_the_same_strings_with_the_same_parameters() -> None:
    english, japanese = words("en"), words("ja")
    assert english.keys() == japanese.keys()
    for key in english.keys():  # noqa: SIM118 - Words is no mapping
        assert parameters(english.template(key)) == parameters(japanese.template(key)), key


def test_both_languages_have_as_many_headings() -> None:
    assert [key for key, _ in HEADINGS["en"]] == [key for key, _ in HEADINGS["ja"]]


def test_every_step_and_verdict_and_severity_has_a_word() -> None:
    for lang in ("en", "ja"):
        say = words(lang)
        assert all(f"steps.{step}" in say for step in Step)
        assert all(f"verdict.{verdict}" in say for verdict in Verdict)
        assert all(f"severity.{severity}" in say for severity in Severity)


def test_every_reason_that_is_given_has_words() -> None:
    unknown = {(where, why) for where, why in _reasons_given() if f"reasons.{why}" not in words("en")}
    assert not unknown


def test_every_reason_that_has_words_is_given() -> None:
    """As a text in the source: many are chosen first and given later."""
    texts = {text for file in SOURCE.rglob("*.py") for text in _texts(file)}
    reasons = {key.partition(".")[2] for key in words("en").keys() if key.startswith("reasons.")}  # noqa: SIM118
    assert not reasons - texts, "nobody gives these reasons"


def test_every_usage_error_that_is_raised_has_a_sentence_with_its_parameters() -> None:
    assert dict(_usage_errors_raised()) == dict(_strings_with_parameters("usage"))


def test_what_is_amiss_with_a_milter_has_words_with_its_parameters() -> None:
    prefix = "milter.amiss-"
    say = words("en")
    told = {key: set(parameters(say.template(key))) for key in say.keys() if key.startswith(prefix)}  # noqa: SIM118
    single = {key: told.pop(key) for key in [*told] if key.endswith("-one")}
    assert {f"{prefix}{name}": params for name, params in _amiss()} == told
    # One of them needs no number, and the rest of what the others need.
    assert all(told[key.removesuffix("-one")] == params | {"n"} for key, params in single.items())


def test_every_reason_why_a_file_cannot_be_read_has_a_sentence_with_its_parameters() -> None:
    """None is a sentence itself, which would stand in English between Japanese ones."""
    told = dict(_strings_with_parameters("unread"))
    raised = dict(_unreadables())
    assert len(raised) > 30 and raised.items() <= told.items()
    texts = {text for file in SOURCE.rglob("*.py") for text in _texts(file)}
    assert not told.keys() - texts, "nobody gives these reasons"


def test_every_string_of_the_reports_is_used() -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in (SOURCE / "report").glob("*.py"))
    composed = {
        "address",
        "tls",
        "certificate",
        "login",
        "time",
        "closed",
        "no-answer",
    }  # columns, and logins without a reply
    for key in words("en").keys():  # noqa: SIM118 - Words is no mapping
        section, _, name = key.partition(".")
        if section in ("report", "explain") and name not in composed:
            assert f"{section}.{name}" in text, f"nobody says {key}"


def _said_outside_declarations(module_name: str) -> set[str]:
    """Texts of a check's file outside its declarations: as they stand, as `KIND.name`, or as members of an enum."""
    module = importlib.import_module(module_name)
    said: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.Call) and _called(node) in ("FindingKind", "Explains"):
            return
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            said.add(node.value)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            value = getattr(getattr(module, node.value.id, None), node.attr, None)
            if isinstance(value, str):
                said.add(str(value))
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")))
    return said


def _reasons_given() -> Iterator[tuple[str, str]]:
    """Every constant reason of a `Skipped(what, why …)`, `Untold(name, why …)` and the like in the source."""
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in SAYS_WHY:
                given = [*node.args[1:2], *(keyword.value for keyword in node.keywords if keyword.arg == "why")]
                for value in given:
                    for part in ast.walk(value):
                        if isinstance(part, ast.Constant) and isinstance(part.value, str) and KEBAB.match(part.value):
                            yield file.name, part.value


def _usage_errors_raised() -> Iterator[tuple[str, set[str]]]:
    """Reason and names of parameters of every `UsageError(reason, …)` in the source, its subclasses included."""
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in USAGE_ERRORS:
                reason = node.args[0]
                assert isinstance(reason, ast.Constant), f"{file.name}: a reason that is no text"
                assert all(keyword.arg for keyword in node.keywords), f"{file.name}: parameters without names"
                yield str(reason.value), {str(keyword.arg) for keyword in node.keywords}


def _amiss() -> Iterator[tuple[str, set[str]]]:
    """Name and names of parameters of every `Amiss(name, {…})` in the source."""
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) == "Amiss":
                name, *params = [ast.literal_eval(node.args[0]), *node.args[1:]]
                yield name, {ast.literal_eval(key) for each in params for key in each.keys}


def _unreadables() -> Iterator[tuple[str, set[str]]]:
    """Reason and names of parameters of every `NoDatabase(reason, …)` and the like."""
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in UNREADABLES and isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value), {str(keyword.arg) for keyword in node.keywords}


def _strings_with_parameters(section: str) -> Iterator[tuple[str, set[str]]]:
    say = words("en")
    for key in say.keys():  # noqa: SIM118 - Words is no mapping
        if key.startswith(f"{section}."):
            yield key.partition(".")[2], set(parameters(say.template(key)))


def _texts(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _called(node: ast.Call) -> str:
    function = node.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


@cache
def _all_tests() -> str:
    files = [file for file in TESTS.rglob("*") if file.suffix in (".py", ".dialogue", ".txt") and file.is_file()]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def _typed(section: str) -> list[str]:
    lines = [re.sub(r"(?:^|\s+)#.*", "", line.strip()) for line in section.split("\n") if line.startswith("    ")]
    return [line for line in lines if line]


def _without_comments(script: str) -> list[str]:
    return [line for line in script.split("\n") if not line.startswith("#")]
