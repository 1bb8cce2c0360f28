"""What is changed by hand in the source package of milter-greylist to have `geoip` and Postfix in it."""

from __future__ import annotations

from collections.abc import Mapping

from mailproof.model.rebuild import FileChange, RebuildPlan
from mailproof.parse.debian.files import (
    Entry,
    NoPackage,
    build_depends,
    newest,
    packages,
    with_build_depends,
    with_entry,
    with_options,
)
from mailproof.parse.debian.version import above, later

CHANGELOG, CONTROL, RULES, CONFIGURE = "debian/changelog", "debian/control", "debian/rules", "configure"
FILES = (CHANGELOG, CONTROL, RULES, CONFIGURE)
"""What is read of a package."""
_OPTIONS = {
    "libGeoIP": ("--with-libGeoIP", "libgeoip-dev"),
    "libmaxminddb": ("--with-libmaxminddb", "libmaxminddb-dev"),
}
_POSTFIX = "--enable-postfix"
_OURS = "milter-greylist"


def plan(
    files: Mapping[str, str], folder: str, who: str, date: str, version: str | None, library: str | None
) -> RebuildPlan:
    """Of another package than milter-greylist nothing is changed. Raises NoPackage, also for a version that dpkg
    does not take for a later one."""
    changelog, control = _text(files, CHANGELOG), _text(files, CONTROL)
    entry = newest(changelog)
    if entry.name != _OURS:
        return RebuildPlan(
            entry.name, entry.version, entry.version, folder, (), build_depends(control), packages(control)
        )
    rules, configure = _text(files, RULES), files.get(CONFIGURE, "")
    chosen = library or ("libmaxminddb" if "--with-libmaxminddb" in configure else "libGeoIP")
    option, needed = _OPTIONS[chosen]
    other = next(each for each, _ in _OPTIONS.values() if each != option)
    if other in rules:
        raise NoPackage("rules-other-library", option=other)
    new_rules = with_options(rules, (option, _POSTFIX))
    new_control = with_build_depends(control, (needed,))
    if (new_rules, new_control) == (rules, control):
        return RebuildPlan(
            entry.name, entry.version, entry.version, folder, (), build_depends(control), packages(control)
        )
    wanted = version or above(entry.version)
    _later(wanted, entry.version)
    added = tuple(each for each in (option, _POSTFIX) if each in new_rules and each not in rules)
    told = [f"Build with {each}" for each in added] or [f"Build-Depends: {needed}"]
    new_changelog = with_entry(changelog, Entry(entry.name, wanted, entry.suite), told, who, date)
    changes = (
        FileChange(RULES, rules, new_rules),
        FileChange(CONTROL, control, new_control),
        FileChange(CHANGELOG, changelog, new_changelog),
    )
    return RebuildPlan(
        entry.name,
        entry.version,
        wanted,
        folder,
        tuple(change for change in changes if change.old != change.new),
        build_depends(new_control),
        packages(control),
        added,
    )


def _text(files: Mapping[str, str], path: str) -> str:
    if path not in files:
        raise NoPackage("package-lacks", path=path)
    return files[path]


def _later(wanted: str, version: str) -> None:
    try:
        fits = later(wanted, version)
    except ValueError:
        raise NoPackage("version-none", version=wanted) from None
    if not fits:
        raise NoPackage("version-not-above", wanted=wanted, version=version)
