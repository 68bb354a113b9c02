"""From a path to the requests that will be sent: read, then pack. Nothing is sent yet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.attached import with_attached
from pipeline.document import Document, Page, Picture, SourcePage, SourceText
from pipeline.extract.continued import mark_continued
from pipeline.extract.reader import Reading, mark_duplicates, read_document
from pipeline.job import Job
from pipeline.pack.fitted import Fitted
from pipeline.pack.layout import figures
from pipeline.pack.request import Request
from pipeline.pack.requests import pack
from pipeline.pack.sources import sources_of
from pipeline.places import fetched
from pipeline.progress import Progress, Report, silent
from pipeline.ranges import parse_ranges
from pipeline.settings import Secret
from pipeline.wanted import Wanted, wanted


@dataclass(frozen=True, slots=True)
class Plan:
    """A document, its pages, and the requests that carry them.

    `pages` are all of the document's; `selected` the numbers that the user wants; only those are in the requests.
    """

    document: Document
    pages: tuple[Page, ...]
    selected: tuple[int, ...]
    requests: tuple[Request, ...]

    @property
    def chosen(self) -> list[Page]:
        """The pages that the user wants."""
        return [self.pages[number - 1] for number in self.selected]

    @property
    def carried(self) -> list[Page]:
        """Those pages, and all of the PDFs that are attached."""
        return [*self.chosen, *(one.page for one in self.document.attached)]


def open_document(path: str | Path, job: Job, password: Secret | None = None) -> Reading:
    """The document, opened for reading as the job's settings say; to be closed, or used as a context manager.

    Raises UnreadableDocument, PasswordNeeded or StorageError.
    """
    revealed = password.reveal() if password else None
    return read_document(Path(path), job.work, ocr=job.settings.ocr, password=revealed, limits=job.limits)


@contextmanager
def opened(path: str | Path, job: Job, password: Secret | None = None) -> Iterator[Reading]:
    """The same for a document that may be at an address: then a copy of it is here while it is worked on."""
    with fetched(path) as file, open_document(file, job, password) as reading:
        yield reading


def plan(reading: Reading, job: Job, report: Report = silent) -> Plan:
    """Read a document and pack it.

    Pages outside the user's choice are read too, without OCR, since each of their pictures has a fate to be told.
    Raises StorageError, or UsageError where the choice of pages makes no sense.
    """
    everything = range(1, reading.document.page_count + 1)
    choice = job.settings.pages
    selected = tuple(everything) if choice is None else parse_ranges(choice, len(everything))
    chosen = mark_continued(mark_duplicates(list(_reported(reading.pages(selected), len(selected), report))))
    read = {page.number: page for page in (*chosen, *_others(reading, set(everything) - set(selected)))}
    pages = tuple(read[number] for number in everything)
    document = with_attached(reading, chosen, wanted=job.settings.attachments)
    made = repack(_measured(Plan(document, pages, selected, ()), job), job)
    broken = Fitted(job.work).problems(made.requests, lambda done, total: report(Progress("fit", done, total)))
    return repack(_without(made, broken), job) if broken else made


def _others(reading: Reading, numbers: Collection[int]) -> list[Page]:
    if not numbers:
        return []
    with reading.without_ocr() as plain:
        return list(plain.pages(numbers))


def _without(made: Plan, broken: Mapping[str, str]) -> Plan:
    """The plan with the reason on every placement of a picture that cannot be sent."""
    return _changed(made, lambda one: replace(one, problem=broken.get(one.sha256, one.problem)))


def _measured(made: Plan, job: Job) -> Plan:
    """The plan with what each picture's own detail needs of the pixels that it would be sent in."""
    parts = [part for page in made.carried for part in figures(page, job.settings.images, job.model.pictures)]
    shares = {part.id: share for part, share in Fitted(job.work).details(parts).items()}
    return _changed(made, lambda one: replace(one, detail=shares.get(one.id, 1.0)))


def _changed(made: Plan, change: Callable[[Picture], Picture]) -> Plan:
    """The plan with every picture changed."""

    def mended(page: Page) -> Page:
        return replace(page, pictures=tuple(map(change, page.pictures))) if page.pictures else page

    attached = tuple(replace(one, page=mended(one.page)) for one in made.document.attached)
    document = replace(made.document, attached=attached)
    return replace(made, document=document, pages=tuple(map(mended, made.pages)))


def repack(made: Plan, job: Job) -> Plan:
    """The same pages, packed for the job's model and window, for each group of fields that is asked for at once."""
    requests: list[Request] = []
    for one in _wanted(made, job):
        packed = pack(
            made.document,
            made.chosen,
            system=one.system,
            window=job.window,
            reserve=job.reserve,
            counter=job.counter,
            rule=job.model.pictures,
            images=job.settings.images,
            expected=one.expected,
        )
        group = one.group
        requests += [
            replace(request, id=f"r{number}", fields=group.fields, overall=group.overall)
            for number, request in enumerate(packed, len(requests) + 1)
        ]
    return replace(made, requests=tuple(requests))


def _wanted(made: Plan, job: Job) -> list[Wanted]:
    """What is asked of all the pages that the user wants."""
    texts = [block.text for page in made.carried for block in page.blocks]
    texts += [source.text for source in sources_of(made.document, made.chosen)]
    return wanted(job, texts, sum(len(page.pictures) for page in made.carried), job.reserve)


def sent_sources(made: Plan) -> tuple[SourceText | SourcePage, ...]:
    """The texts that belong to no page, and the pages of attached PDFs, that the plan's requests hold."""
    return (*sources_of(made.document, made.chosen), *made.document.attached)


def _reported(pages: Iterator[Page], total: int, report: Report) -> Iterator[Page]:
    for done, page in enumerate(pages, 1):
        report(Progress("read", done, total))
        yield page
