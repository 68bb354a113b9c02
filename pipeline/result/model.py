"""The output file, as Pydantic models; its published JSON Schema (`result.schema.json`) is made from them.

Pages count from 1, boxes are [x0, y0, x1, y1] in points on the displayed page with the origin top left, money is in US
dollars, times are ISO 8601 in UTC, page ranges read "1-3, 12".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr
from typing_extensions import TypeVar

from pipeline.ask.pointers import names_of, step_of
from pipeline.merge.evidence import Match
from pipeline.result.coverage import Fate

SCHEMA_VERSION = "1.0"
SCHEMA_FILE = Path(__file__).with_name("result.schema.json")

Box = tuple[float, float, float, float]
Count = Annotated[int, Field(ge=0)]
PageNumber = Annotated[int, Field(ge=1)]
Dollars = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Part(BaseModel):
    """A part of the file: frozen, and with no field that is not declared."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


class Evidence(_Part):
    """Where a value stands, and how its quote agrees with the page."""

    page: PageNumber | None
    source: str | None = Field(
        description='Null for the page itself; else "comment", "attachment:NAME", "attachment:NAME.pdf#page=3", ...'
    )
    quote: str
    boxes: tuple[Box, ...] = Field(description="One for each line of the quote.")
    match: Match = Field(
        description="exact; normalised (but for spaces, hyphens, ligatures, marks and case); cell (the cells of a "
        "table's row); fuzzy (alike, with the same numbers and negations); ocr (alike to what OCR read); field (a form "
        "field); picture (only a picture that was sent can show it: not checked); none (not found)."
    )
    score: Share | None = Field(description="Similarity of the quote to the words found; null for a picture.")


class Bookmark(_Part):
    """One entry of the document's own table of contents."""

    level: Annotated[int, Field(ge=1)]
    title: str
    page: int


class DocumentPart(_Part):
    """The document as a whole; `file` is its bare name."""

    file: str
    sha256: Hash
    bytes: Count
    page_count: Count
    title: str | None
    author: str | None
    language: str | None
    toc: tuple[Bookmark, ...]
    encrypted: bool
    attachments: tuple[str, ...]


class KeyPoint(_Part):
    """One statement of the document and where it stands."""

    text: str
    evidence: tuple[Evidence, ...]
    rank: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="1 is the most important one of the whole document; null for those not chosen, and where all stood "
        "in one request.",
    )


class Chapter(_Part):
    """A bookmark of the document, and those of a section's pages that it covers."""

    title: str
    pages: str


class Section(_Part):
    """The summary of the pages of one request."""

    title: str
    pages: str
    text: str
    chapters: tuple[Chapter, ...] = Field(
        (), description="By the document's bookmarks, of the first level with several."
    )


class SummaryPart(_Part):
    """The summary of the whole, its key points and the summaries of its parts."""

    text: str
    key_points: tuple[KeyPoint, ...]
    sections: tuple[Section, ...]


class CandidatePart(_Part):
    """One of several values that disagree."""

    value: Any
    evidence: tuple[Evidence, ...]


class ConflictPart(_Part):
    """Values that disagree for one pointer, the one taken, and the rule that took it."""

    pointer: str
    chosen: Any
    candidates: tuple[CandidatePart, ...]
    rule: str


class ExtractionPart(_Part):
    """The values that the user's schema asked for, with their evidence by JSON Pointer."""

    schema_: dict[str, Any] = Field(alias="schema", description="The user's JSON Schema.")
    data: dict[str, Any] = Field(description="Valid for the user's schema with every leaf made nullable.")
    valid: bool = Field(description="Whether the user's own schema holds.")
    evidence: dict[str, tuple[Evidence, ...]]
    conflicts: tuple[ConflictPart, ...]
    not_found: tuple[str, ...] = Field(description="Pointers of the leaves that are null and the lists that are empty.")
    unverified: tuple[str, ...] = Field(description="Pointers of values that no quote found in the text supports.")


class FigureValue(_Part):
    """One value that the model read off a chart, in the words of the chart; nothing checked it."""

    series: str
    x: str = Field(description="The place on the x axis.")
    y: str = Field(description="The value on the y axis.")
    unit: str


class Figure(_Part):
    """A picture that was sent, and what the model said of it."""

    id: str
    page: PageNumber | None
    source: str | None = Field(description="Null where it stands on `page`; else the attached PDF's page.")
    bbox: Box
    kind: Literal["picture", "scan", "drawing"] = Field(
        description="A scan is a picture over most of its page, a drawing is lines and areas, rendered."
    )
    caption: str | None
    description: str | None
    shows: Literal["chart", "diagram", "map", "photo", "table", "text", "other"] | None = Field(
        default=None, description="What the model took it for; null where it did not say."
    )
    values: tuple[FigureValue, ...] = ()
    file: str | None = Field(description="Where the picture stands, relative to this file.")
    sha256: Hash
    turned: float = Field(description="Degrees clockwise by which a scan was turned to be sent upright; 0 for most.")
    also_on: str = Field(description="Pages of its duplicates, as ranges.")


class PagePart(_Part):
    """One page of the document and its fate."""

    page: PageNumber
    label: str | None
    width: float | None
    height: float | None
    rotation: int | None
    fate: Fate
    requests: tuple[str, ...]
    reason: str | None
    chars: Count
    ocr: bool
    pictures: Count


class PicturePart(_Part):
    """One placed picture and its fate; `tokens` is what it cost in each request that held it."""

    id: str
    page: PageNumber | None
    source: str | None = Field(description="Null where it stands on `page`; else the attached PDF's page.")
    bbox: Box
    fate: Fate
    requests: tuple[str, ...]
    reason: str | None
    tokens: Count


class SourcePart(_Part):
    """One text that belongs to no page, or one page of an attached PDF, and its fate."""

    id: str = Field(description='"metadata", "bookmarks", "attachment:NAME" or "attachment:NAME.pdf#page=3".')
    fate: Fate
    requests: tuple[str, ...]
    reason: str | None
    chars: Count
    pictures: Count


class GapPart(_Part):
    """A page, picture or source that failed."""

    kind: Literal["page", "picture", "source"]
    page: PageNumber | None = Field(description="Null for what stands on no page of the document.")
    id: str | None = Field(description="Of the picture or the source; null for a page.")
    reason: str


class RunningPart(_Part):
    """A line at the head or foot of several pages, given once in a request for all of them."""

    text: str = Field(description="As it stands on the first of the pages; the others may have their own number.")
    pages: str = Field(description="Pages of the request that it stands on, as ranges.")
    request: str


class CoveragePart(_Part):
    """Exactly one fate for every page, every placed picture and every source of what belongs to no page."""

    pages: tuple[PagePart, ...]
    pictures: tuple[PicturePart, ...]
    sources: tuple[SourcePart, ...]
    running: tuple[RunningPart, ...]
    gaps: tuple[GapPart, ...]
    pages_cited: str


class RequestPart(_Part):
    """One request: what it held, what it was counted at, and whether it was answered.

    One that was not taken whole is divided: "r3.1", "r3.2" and so on carry what "r3" held.
    """

    id: str
    kind: Literal["read", "merge", "repair", "adjudicate"]
    pages: str
    tokens: Count
    pictures: Count
    fingerprint: str
    fate: Literal["answered", "divided", "failed"]


class HiddenText(_Part):
    """Text that a reader does not see; never sent as content."""

    page: PageNumber | None
    source: str | None = Field(description="Null where it stands on `page`; else the attached PDF's page.")
    text: str
    why: str


class Warning_(_Part):
    """What a user should know that is no gap."""

    model_config = ConfigDict(title="Warning")

    code: str
    message: str
    page: PageNumber | None


class RequestTokens(_Part):
    """Tokens of one request as the server counted them."""

    prompt: Count | None
    completion: Count | None


class RunTokens(RequestTokens):
    """Tokens of the run: as counted here before sending, and as the server counted them."""

    counted: Count


class RequestRun(_Part):
    """What one request took in this run."""

    id: str
    attempts: Count
    seconds: Annotated[float, Field(ge=0)]
    cost_usd: Dollars
    from_store: bool
    tokens: RequestTokens


class RunPart(_Part):
    """What differs from one run to the next; all else of the file is the same for the same input and answers."""

    id: str
    engine: str
    model: str
    generative: bool
    started: str
    seconds: Annotated[float, Field(ge=0)]
    exit_code: int = Field(description="0 complete, 3 incomplete, 4 over budget, 5 the endpoint failed.")
    settings: dict[str, Any]
    versions: dict[str, str]
    tokens: RunTokens
    cost_usd: Dollars
    estimate_usd: Dollars | None
    budget_usd: Dollars | None
    unsure_usd: Dollars = Field(description="The most that attempts may have cost of which nothing came back.")
    warnings: tuple[Warning_, ...] = Field(description="What is worth saying of this run alone.")
    requests: tuple[RequestRun, ...]


Instance = TypeVar("Instance", covariant=True, default=Any)
"""The Pydantic model that was given as the schema; None where none was."""


class Result(_Part, Generic[Instance]):
    """The result of one document."""

    _instance: Any = PrivateAttr(default=None)

    schema_version: Literal["1.0"]
    status: Literal["complete", "incomplete"] = Field(description="Complete if no page, picture or source failed.")
    content_sha256: Hash = Field(description="Of the canonical JSON of all but `run` and this field.")
    document: DocumentPart
    summary: SummaryPart
    extraction: ExtractionPart | None
    figures: tuple[Figure, ...]
    coverage: CoveragePart
    requests: tuple[RequestPart, ...]
    hidden_text: tuple[HiddenText, ...]
    warnings: tuple[Warning_, ...]
    run: RunPart

    @property
    def instance(self) -> Instance | None:
        """The data as an instance of the Pydantic model that was given as the schema; no part of the file.

        None where `extraction.valid` is not, or the model's own checks refuse the data, and of a result that was read
        from its file.
        """
        return cast("Instance | None", self._instance)

    def evidence_of(self, *steps: str | int) -> tuple[Evidence, ...]:
        """Where a value of `extraction.data` stands, named by steps ("items", 0, "price") or by one JSON Pointer.

        A field of a record has the record's evidence; an object has its fields', a list its items'. Empty for what was
        not found. Raises KeyError where the data has no such place.
        """
        at: Any = self.extraction.data if self.extraction else None
        given, pointer = list(steps), ""
        if len(steps) == 1 and str(steps[0]).startswith("/"):
            given = [*names_of(str(steps[0]))]
        for step in given:
            try:
                at = at[int(step)] if isinstance(at, list) else at[step]
            except (TypeError, ValueError, LookupError):
                raise KeyError(f"The data has no {step!r} at {pointer or 'its root'}.") from None
            pointer += "/" + step_of(str(step))
        return _standing_at(self.extraction.evidence if self.extraction else {}, pointer)

    def to_dict(self) -> dict[str, Any]:
        """The file's content as plain data."""
        return self.model_dump(mode="json", by_alias=True)

    def to_json(self) -> str:
        """The file's text: UTF-8, indented, ending in a line feed."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _standing_at(evidence: Mapping[str, tuple[Evidence, ...]], pointer: str) -> tuple[Evidence, ...]:
    """The evidence of a place, of the nearest one above it that has any, or else of all below it, each once."""
    above = pointer
    while above:
        if above in evidence:
            return evidence[above]
        above = above.rpartition("/")[0]
    below = (one for place, some in evidence.items() if place.startswith(f"{pointer}/") for one in some)
    return tuple(dict.fromkeys(below))


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the output file."""
    schema = Result.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text() -> str:
    """The published schema's file, as text."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"
