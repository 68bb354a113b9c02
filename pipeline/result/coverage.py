"""The proof that nothing was lost: exactly one fate for every page of the document, every placed picture, and every
source of what belongs to no page.

Of a page that was sent, the requests that held a part of it decide; of one that was not, what stands on it:

    its text or a picture was due, and went nowhere  ->  failed        a gap
    only pictures that the user leaves out           ->  excluded
    only pictures that were answered elsewhere       ->  duplicate
    nothing, or decoration                           ->  blank

A fate is never assumed: what no rule accounts for is failed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, TypeVar

from pipeline.ask.answer import Answer, Failure
from pipeline.document import Document, Page, Picture, SourcePage, SourceText
from pipeline.errors import QuireError
from pipeline.pack.layout import wanted
from pipeline.pack.request import Request
from pipeline.pack.sources import sources_of
from pipeline.settings import Images

_K = TypeVar("_K", int, str)

Fate = Literal["answered", "duplicate", "decorative", "blank", "excluded", "failed"]
_Lot = tuple[Fate, tuple[str, ...], str | None]
"""A fate, the requests that decided it, and the reason."""


@dataclass(frozen=True, slots=True)
class PageFate:
    """What became of a page: the ids of the requests that held a part of it, and why where it was not answered."""

    page: int
    fate: Fate
    requests: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PictureFate:
    """What became of one placement of a picture; `source` is the id of the attached page that it stands on, if any."""

    picture: Picture
    fate: Fate
    requests: tuple[str, ...] = ()
    reason: str | None = None
    source: str | None = None

    @property
    def page(self) -> int | None:
        """The page of the document that it stands on."""
        return None if self.source else self.picture.page


@dataclass(frozen=True, slots=True)
class SourceFate:
    """What became of a text that belongs to no page, or of a page of an attached PDF; `chars` and `pictures` it has."""

    id: str
    fate: Fate
    requests: tuple[str, ...] = ()
    reason: str | None = None
    chars: int = 0
    pictures: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """A page, a picture or a source that failed; `id` is the picture's or the source's, None for a page.

    `page` is None for a source, and for a picture that stands on no page of the document.
    """

    kind: Literal["page", "picture", "source"]
    page: int | None
    reason: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """The fates of all pages, pictures and sources, in the document's order."""

    pages: tuple[PageFate, ...]
    pictures: tuple[PictureFate, ...]
    sources: tuple[SourceFate, ...] = ()

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """One for each page, picture and source that failed."""
        pages = (Gap("page", one.page, one.reason or "") for one in self.pages if one.fate == "failed")
        pictures = (
            Gap("picture", one.page, one.reason or "", one.picture.id) for one in self.pictures if one.fate == "failed"
        )
        sources = (Gap("source", None, one.reason or "", one.id) for one in self.sources if one.fate == "failed")
        return (*pages, *pictures, *sources)

    @property
    def complete(self) -> bool:
        """Whether no fate is a failure."""
        return not self.gaps


def prove(
    document: Document,
    pages: Sequence[Page],
    requests: Sequence[Request],
    outcomes: Iterable[Answer | Failure],
    *,
    images: Images = "all",
    selected: Collection[int] | None = None,
    takes_pictures: bool = True,
    left_out: Mapping[str, str] = MappingProxyType({}),
) -> Coverage:
    """The fate of every page, picture and source of the document.

    `pages` are those read, `selected` the numbers that the user wants (None: all), `takes_pictures` whether the model
    can be sent any, `left_out` why pictures were taken out of requests that had to be divided, by id. Raises QuireError
    where the books do not balance, which is a bug of the program.
    """
    chosen = frozenset(range(1, document.page_count + 1) if selected is None else selected)
    reading = [request for request in requests if request.kind == "read"]
    books = _Books(pages, document.attached, reading, outcomes, images, chosen, takes_pictures, left_out)
    attached = tuple(books.picture(picture) for one in document.attached for picture in one.page.pictures)
    pictures = [books.picture(picture) for page in pages for picture in page.pictures]
    fates = tuple(books.page(number) for number in range(1, document.page_count + 1))
    texts = (books.text(one) for one in sources_of(document, [page for page in pages if page.number in chosen]))
    sources = (*texts, *(books.attached(one) for one in document.attached))
    coverage = Coverage(fates, (*sorted(pictures, key=lambda one: one.picture.page), *attached), sources)
    _check(coverage, document, pages, requests)
    return coverage


class _Books:
    """What the fates are read from."""

    def __init__(
        self,
        pages: Sequence[Page],
        attached: Sequence[SourcePage],
        requests: Sequence[Request],
        outcomes: Iterable[Answer | Failure],
        images: Images,
        chosen: Collection[int],
        takes_pictures: bool,
        left_out: Mapping[str, str],
    ) -> None:
        self._pages = {page.number: page for page in pages}
        carriers = [*((page, None) for page in pages), *((one.page, one.id) for one in attached)]
        self._by_id = {picture.id: picture for page, _ in carriers for picture in page.pictures}
        self._stands_on = {picture.id: (page, source) for page, source in carriers for picture in page.pictures}
        self._failures = _failures(requests, outcomes)
        self._holding_page = _holding((request.id, request.pages) for request in requests)
        self._holding_picture = _holding((request.id, request.pictures) for request in requests)
        self._holding_source = _holding((request.id, request.sources) for request in requests)
        self._images: Images = images
        self._chosen = chosen
        self._takes_pictures = takes_pictures
        self._left_out = left_out
        self._known: dict[str, PictureFate] = {}

    def page(self, number: int) -> PageFate:
        """The fate of a page."""
        page = self._pages.get(number)
        if number not in self._chosen:
            return PageFate(number, "excluded", reason="not among the pages chosen")
        if page is None:
            return PageFate(number, "failed", reason="the page was not read")
        return PageFate(number, *self._of_page(page, self._holding_page.get(number, ())))

    def attached(self, one: SourcePage) -> SourceFate:
        """The fate of a page of an attached PDF."""
        lot = self._of_page(one.page, self._holding_source.get(one.id, ()))
        return SourceFate(one.id, *lot, one.page.chars, len(one.page.pictures))

    def text(self, source: SourceText) -> SourceFate:
        """The fate of a text that belongs to no page; of a file of which only the name is sent, that of the rest."""
        holding = self._holding_source.get(source.id, ())
        fate, requests, reason = self._sent(holding) if holding else ("failed", (), "it was put into no request")
        if source.problem is not None:
            fate, reason = "failed", source.problem
        elif source.pdf is not None and (fate == "answered" or not holding):
            fate, reason = "excluded", "a PDF that is attached is read with --attachments only"
        return SourceFate(source.id, fate, requests, reason, len(source.text))

    def _of_page(self, page: Page, holding: tuple[str, ...]) -> _Lot:
        """What became of a page that is in these requests."""
        if page.problem is not None:
            return "failed", holding, page.problem
        if holding:
            return self._sent(holding)
        if any(block.text.strip() for block in page.blocks):
            return "failed", (), "the page was put into no request"
        return self._without_text(page)

    def _without_text(self, page: Page) -> _Lot:
        """The fate of a page that was not sent and has no text: that of its pictures, the worst first."""
        fates = [self.picture(picture) for picture in page.pictures]
        found = {one.fate: one for one in reversed(fates)}
        if "failed" in found:
            return "failed", (), found["failed"].reason
        if "excluded" in found:
            return "excluded", (), f"no text, and its pictures: {found['excluded'].reason}"
        if "duplicate" in found:
            return "duplicate", (), f"no text, and its pictures: {found['duplicate'].reason}"
        return "blank", (), "no text, and only decoration" if fates else "no text, no pictures"

    def picture(self, picture: Picture) -> PictureFate:
        """The fate of a picture; worked out once, since others' may hang on it."""
        if picture.id not in self._known:
            # Entered first as failed, so that pictures which name each other come to an end.
            page, source = self._stands_on[picture.id]
            self._known[picture.id] = PictureFate(picture, "failed", reason="it refers to itself")
            self._known[picture.id] = replace(self._fate(picture, page, source), source=source)
        return self._known[picture.id]

    def _fate(self, picture: Picture, page: Page, source: str | None) -> PictureFate:
        holding = self._holding_picture.get(picture.id, ())
        if source is None and picture.page not in self._chosen:
            return PictureFate(picture, "excluded", reason="its page is not among the pages chosen")
        if page.problem is not None and not holding:
            return PictureFate(picture, "failed", reason=f"its page failed: {page.problem}")
        if holding:
            return PictureFate(picture, *self._sent(holding))
        if picture.part_of is not None:
            return self._like_carrier(picture, picture.part_of)
        if picture.decorative is not None:
            return PictureFate(picture, "decorative", reason=picture.decorative)
        if not wanted(page, picture, self._images):
            return PictureFate(picture, "excluded", reason=f"left out by the choice images={self._images}")
        if picture.problem is not None:
            return PictureFate(picture, "failed", reason=picture.problem)
        if picture.duplicate_of is not None:
            return self._like_original(picture, picture.duplicate_of)
        if not self._takes_pictures:
            return PictureFate(picture, "failed", reason="the model takes no pictures")
        return PictureFate(picture, "failed", reason=self._left_out.get(picture.id, "it was put into no request"))

    def _like_carrier(self, picture: Picture, carrier: str) -> PictureFate:
        """The fate of the picture that shows this one too."""
        if carrier not in self._by_id:
            return PictureFate(picture, "failed", reason=f"part of {carrier}, which is not in the document")
        shown = self.picture(self._by_id[carrier])
        reason = f"part of {carrier}" if shown.reason is None else f"part of {carrier}: {shown.reason}"
        return PictureFate(picture, shown.fate, shown.requests, reason)

    def _like_original(self, picture: Picture, original: str) -> PictureFate:
        """A duplicate is accounted for if its original was answered; else it has its original's lot."""
        if original not in self._by_id:
            return PictureFate(picture, "failed", reason=f"duplicate of {original}, which is not in the document")
        first = self.picture(self._by_id[original])
        if first.fate in ("answered", "duplicate"):
            return PictureFate(picture, "duplicate", first.requests, f"duplicate of {original}")
        return PictureFate(picture, "failed", reason=f"duplicate of {original}, which was {first.fate}: {first.reason}")

    def _sent(self, holding: tuple[str, ...]) -> _Lot:
        """Answered if every request that holds a part of it was."""
        failed = [self._failures[request] for request in holding if request in self._failures]
        return ("failed", holding, failed[0]) if failed else ("answered", holding, None)


def _failures(requests: Sequence[Request], outcomes: Iterable[Answer | Failure]) -> Mapping[str, str]:
    """The reason of each request that was not answered."""
    came: dict[str, Answer | Failure] = {}
    for outcome in outcomes:
        if not isinstance(came.get(outcome.request), Answer):
            came[outcome.request] = outcome
    reasons = {}
    for request in requests:
        if request.id not in came:
            reasons[request.id] = "the request was not sent"
            continue
        outcome = came[request.id]
        if isinstance(outcome, Failure):
            reasons[request.id] = outcome.reason or "the request failed"
    return reasons


def _holding(held: Iterable[tuple[str, Collection[_K]]]) -> Mapping[_K, tuple[str, ...]]:
    """For each page or picture the ids of the requests that hold it, each once."""
    holding: dict[_K, dict[str, None]] = {}
    for request, members in held:
        for member in members:
            holding.setdefault(member, {})[request] = None
    return {member: tuple(ids) for member, ids in holding.items()}


def _check(coverage: Coverage, document: Document, pages: Sequence[Page], requests: Sequence[Request]) -> None:
    """The proof itself: each page and each placement exactly once, and no request for what the document has not."""
    numbers = list(range(1, document.page_count + 1))
    placed = (*pages, *(one.page for one in document.attached))
    ids = Counter(picture.id for page in placed for picture in page.pictures)
    known = {one.id for one in coverage.sources}
    faults = []
    if [one.page for one in coverage.pages] != numbers:
        faults.append("the pages are not each once in it")
    if Counter(one.picture.id for one in coverage.pictures) != ids or any(count > 1 for count in ids.values()):
        faults.append("the pictures are not each once in it")
    if not {page.number for page in pages} <= set(numbers) or len({page.number for page in pages}) != len(pages):
        faults.append("pages were read that the document has not, or twice")
    if len(known) != len(coverage.sources):
        faults.append("the sources are not each once in it")
    if any(
        not (set(one.pages) <= set(numbers) and set(one.pictures) <= ids.keys() and set(one.sources) <= known)
        for one in requests
    ):
        faults.append("a request holds what the document has not")
    if any(not set(line.pages) <= set(one.pages) for one in requests for line in one.running):
        faults.append("a request states a line of a page that it does not hold")
    if any(not gap.reason for gap in coverage.gaps):
        faults.append("a failure has no reason")
    if faults:
        raise QuireError(f"The coverage of {document.file!r} does not balance, which is a bug: {'; '.join(faults)}.")
