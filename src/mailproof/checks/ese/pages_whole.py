"""Do the checksums of all pages hold?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from mailproof.checks.ese.shown import called
from mailproof.emulate.ese.situation import pages_of
from mailproof.model.attempt import Job
from mailproof.model.ese import BadPage, EsePages, PageFlaw, PagesRead
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Param, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "ese-pages-whole"
NEEDS = (EsePages,)
KINDS = (
    FindingKind(
        "ese-page-damaged",
        Layer.DATABASE,
        params=("file", "how", "pages", "n"),
        references=(
            "Extensible-Storage-Engine dev/ese/src/ese/_osu/checksumu.cxx ChecksumAndPossiblyFixPage",
            "learn.microsoft.com: Eseutil /K checksum mode",
        ),
    ),
)
# As many pages as a sentence names.
_NAMED = 6
_WHY = {PagesRead.NO_SIZE: "ese-no-page-size", PagesRead.UNREADABLE: "ese-unreadable"}


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    name = called(record)
    for attempt in record.attempts:
        if attempt.job is Job.EXAMINE:
            for pages in pages_of(attempt):
                yield from _of(pages, name(pages.file))


def _of(pages: EsePages, name: str) -> Iterator[Answer]:
    if pages.outcome is PagesRead.NOT_ASKED:
        return  # which is told where it was not asked
    if pages.outcome is not PagesRead.VERIFIED:
        why = {"file": name, "why": pages.detail}
        yield Untold(NAME, _WHY[pages.outcome], asked=True, params=why)
        return
    findings = [*_damaged(pages, name), *_cut(pages, name)]
    yield from findings
    if not findings:
        text = f"{pages.pages} pages of {pages.page_size} bytes, {pages.unused} of them unused"
        yield Passed(NAME, (Evidence(EvidenceKind.FILE, pages.file, text),))


def _damaged(pages: EsePages, name: str) -> Iterator[Finding]:
    """One finding for each kind of damage."""
    groups: dict[PageFlaw, list[BadPage]] = defaultdict(list)
    for page in pages.bad:
        groups[page.flaw].append(page)
    for flaw, count in pages.counts.items():
        members = groups[flaw]
        numbers = [str(page.number) for page in members[:_NAMED]]
        more = ("…",) if count > len(numbers) else ()
        params: dict[str, Param] = {
            "file": name,
            "how": str(flaw),
            "pages": (*numbers, *more),
            "n": count,
        }
        yield Finding("ese-page-damaged", tuple(_shown(page, pages) for page in members), params=params)


def _cut(pages: EsePages, name: str) -> Iterator[Finding]:
    """A file that ends in the middle of a page has lost its end."""
    if pages.rest:
        number = pages.pages + 1
        text = f"{pages.rest} bytes behind the last whole page"
        params: dict[str, Param] = {"file": name, "how": "cut-off", "pages": (str(number),), "n": 1}
        yield Finding("ese-page-damaged", (Evidence(EvidenceKind.FILE, pages.file, text),), params=params)


def _shown(page: BadPage, pages: EsePages) -> Evidence:
    text = f"page {page.number}, offset 0x{page.offset:x}: {page.flaw}"
    if page.flaw is PageFlaw.ONE_BIT:
        text += f", bit {page.detail}"
    elif page.flaw is PageFlaw.MISPLACED:
        text += f", page {page.detail} stands there"
    return Evidence(EvidenceKind.FILE, pages.file, text)
