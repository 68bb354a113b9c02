"""What a flow can be told: flat, described and typed, so that the Prefect UI makes a form of it.

Keys and passwords are no parameters, since Prefect keeps parameters in plain text: they are read from the environment
of the process that runs the flow.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from pipeline import Settings, UsageError, load_settings
from pipeline.job import Job, make_job
from pipeline.profiles import endpoints, models
from pipeline.ranges import check_ranges
from pipeline.schemas import load_schema, ready_schemas

OTHER = "other"
"""The engine that is no profile's: the server whose address is given."""
ENGINES = (*(name for name in endpoints() if name != "general"), OTHER)
MODELS = tuple(one.id for one in models().values() if one.name != "general")
SCHEMAS = tuple(ready_schemas())
Dollars = Annotated[float, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Tokens = Annotated[int, Field(ge=1024)]
MOST_IN_A_CHUNK = 25
"""Documents: each has four task runs, and a run with more than a hundred of them ends slowly on SQLite."""


def _menu(*choices: str) -> dict[str, Any]:
    """The choices as the form shows them; what is none of them is refused by the form already."""
    return {"enum": ["", *choices]}


def _in_order(schema: dict[str, Any], kind: type[BaseModel]) -> None:
    """What only this flow is told comes first in its form; `position` says so, since databases sort names.

    What may be left out has no default there: the form shows a plain empty field for it, and sends nothing.
    """
    own = [name for name in kind.model_fields if name in kind.__annotations__]
    names = dict.fromkeys((*own, *kind.model_fields))
    properties = schema["properties"]
    for name, shown in properties.items():
        if shown.get("default", "") is None:
            del properties[name]["default"]
    schema["properties"] = {name: {**properties[name], "position": at} for at, name in enumerate(names)}


class Asked(BaseModel):
    """What every flow can be told about how documents are understood. An empty text is one that was not given."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_in_order)

    out: str = Field(default="", title="Results", description="Folder or address of the results (outputs).")
    schema_name: Annotated[str, Field(json_schema_extra=_menu(*SCHEMAS))] = Field(
        default="", title="Fields", description="A ready schema of the fields to extract; none for a summary alone."
    )
    schema_file: str = Field(
        default="", title="Fields by a file", description="A JSON Schema file of your own, in place of a ready one."
    )
    engine: Annotated[str, Field(json_schema_extra=_menu(*ENGINES))] = Field(
        default="", title="Engine", description="Who reads the documents (offline: nothing leaves the machine)."
    )
    server: str = Field(
        default="",
        title="Address of another server",
        description="An OpenAI-compatible server; goes with the engine 'other'.",
    )
    model: Annotated[str, Field(json_schema_extra=_menu(*MODELS))] = Field(
        default="", title="Model", description="A model of the engine's; its own default where none is chosen."
    )
    model_id: str = Field(default="", title="Another model", description="A model's id at the engine.")
    language: str = Field(
        default="", title="Language", description="Language of the summary, such as de (the document's)."
    )
    pages: str = Field(default="", title="Pages", description="Only these pages, such as 1-40,90-.")
    images: Literal["all", "figures", "none"] = Field(
        default="all", title="Pictures", description="Which pictures are sent."
    )
    ocr: Literal["auto", "always", "never"] = Field(
        default="auto", title="OCR", description="When text is read in scans."
    )
    attachments: bool = Field(default=False, title="Attachments", description="Read the PDFs that are attached, too.")
    max_cost: Dollars | SkipJsonSchema[None] = Field(
        default=None, title="Budget", description="US dollars that the whole run may cost."
    )
    max_cost_document: Dollars | SkipJsonSchema[None] = Field(
        default=None, title="Budget of a document", description="US dollars that each document may cost."
    )
    max_cost_day: Dollars | SkipJsonSchema[None] = Field(
        default=None, title="Budget of the day", description="US dollars that all runs of a day (UTC) may cost."
    )
    summary_chars: int = Field(default=2000, ge=100, le=20_000, title="Summary", description="Its most characters.")
    window_tokens: Tokens | SkipJsonSchema[None] = Field(
        default=None, title="Window", description="Tokens of a smaller window than the model has."
    )
    concurrency: Positive | SkipJsonSchema[None] = Field(
        default=None, title="Requests at once", description="The engine's default if empty."
    )
    requests_per_minute: Positive | SkipJsonSchema[None] = Field(
        default=None, title="Requests a minute", description="That it takes."
    )
    tokens_per_minute: Positive | SkipJsonSchema[None] = Field(
        default=None, title="Tokens a minute", description="That it takes."
    )
    adjudicate: bool = Field(default=False, title="Adjudicate", description="Ask once more about values that disagree.")
    unverified: Literal["keep", "flag", "null"] = Field(
        default="flag",
        title="Unverified values",
        description="Values that no quote supports: list, warn, empty.",
    )
    fresh: bool = Field(default=False, title="Fresh", description="Ask again what was answered before, and pay again.")
    retries: int = Field(
        default=0, ge=0, le=10, title="Retries", description="Times to try again where the engine cannot be reached."
    )
    artifacts: Literal["auto", "full", "figures"] = Field(
        default="auto",
        title="Artifacts",
        description="full: with text of the document; figures: states and numbers alone; auto: full where the Prefect"
        " server is on this machine.",
    )

    @classmethod
    def of(cls, settings: Settings, **more: Any) -> Self:
        """The parameters that stand for settings."""
        names = (name for name in cls.model_fields if hasattr(settings, name))
        given = {name: getattr(settings, name) for name in names}
        ready, named = settings.schema in SCHEMAS, settings.engine in ENGINES
        given |= {
            "engine": settings.engine if named else OTHER,
            "server": "" if named else settings.engine,
            "model": "",
            "model_id": settings.model,
            "schema_name": settings.schema if ready else "",
            "schema_file": "" if ready else settings.schema,
        }
        given = {name: "" if one is None and _is_text(cls, name) else one for name, one in (given | more).items()}
        return cls.model_validate(given)

    def settings(self) -> Settings:
        """The settings of this run, with `QUIRE_*` variables and `quire.toml` below them.

        Raises UsageError on what contradicts itself, in words that name the fields of the form. It is no validator,
        since Prefect logs what a validator says with a traceback.
        """
        self._check()
        known = {one.name for one in fields(Settings)} & set(type(self).model_fields)
        given = self.model_dump(include=known, exclude_defaults=True)
        given |= {
            "engine": self.server or self.engine,
            "model": self.model_id or self.model,
            "schema": self.schema_file or self.schema_name,
        }
        return load_settings({name: value for name, value in given.items() if value != ""})

    def _check(self) -> None:
        check_ranges(self.pages or "1-")
        if self.schema_name and self.schema_file:
            raise UsageError("Give a ready schema or a schema file, not both.")
        if self.model and self.model_id:
            raise UsageError("Choose a model or give another model's id, not both.")
        if self.server and self.engine not in ("", OTHER):
            raise UsageError(f"An address goes with the engine '{OTHER}', not with {self.engine!r}.")
        if self.engine == OTHER and not self.server:
            raise UsageError(f"The engine '{OTHER}' needs the address of a server.")
        for name, given, known in (
            ("engine", self.engine, ENGINES),
            ("model", self.model, MODELS),
            ("schema", self.schema_name, SCHEMAS),
        ):
            if given and given not in known:
                raise UsageError(f"There is no {name} {given!r}: choose one of {', '.join(known)}.")

    def job(self) -> Job:
        """The job of this run. Raises UsageError or SchemaError."""
        return job_of(self.settings())


def _is_text(cls: type[BaseModel], name: str) -> bool:
    return cls.model_fields[name].annotation is str


def job_of(settings: Settings) -> Job:
    """The job of settings, with the schema that they name. Raises UsageError or SchemaError."""
    return make_job(settings, load_schema(settings.schema) if settings.schema else None)


class DocumentRun(Asked):
    """One document."""

    path: str = Field(min_length=1, title="Document", description="The PDF, as the machine that runs the flow sees it.")
    name: str = Field(
        default="", title="Name of the result", description="Below the results' folder; the file's own if empty."
    )


class Item(BaseModel):
    """One document of a batch, and the name of its result below the results' folder."""

    path: str
    name: str


class ChunkRun(Asked):
    """Some documents of a batch, as the batch hands them out."""

    items: list[Item] = Field(min_length=1, max_length=MOST_IN_A_CHUNK, title="Documents")
    dask: str = Field(
        default="", title="Dask cluster", description="Address of a scheduler whose workers do the documents."
    )
    ticket: str = Field(default="", title="Ticket", description="Under which its rows are kept for who waits for it.")

    @property
    def title(self) -> str:
        """What the run is called: its first document, and how many more there are."""
        first, more = self.items[0].name, len(self.items) - 1
        return f"{first} and {more} more" if more else first

    def document(self, item: Item) -> DocumentRun:
        """The parameters of one of the documents."""
        return DocumentRun(**self.model_dump(exclude={"items", "dask", "ticket"}), path=item.path, name=item.name)


class BatchRun(Asked):
    """Many documents: what has not changed since the last time is not read again."""

    paths: list[str] = Field(
        min_length=1, title="Documents", description="Folders, PDFs, patterns, as its machine sees them."
    )
    unchanged: Literal["skip", "again"] = Field(
        default="skip", title="Unchanged", description="Documents whose result stands and would be the same."
    )
    chunk: int = Field(default=20, ge=1, le=MOST_IN_A_CHUNK, title="Chunk", description="Documents of a run below it.")
    workers: bool = Field(
        default=False, title="Workers", description="Give the chunks to the pool's workers, all at once."
    )
    dask: str = Field(
        default="", title="Dask cluster", description="Address of a scheduler whose workers do the documents."
    )

    @property
    def title(self) -> str:
        """What the run is called: the first of what was given, and how much more there is."""
        more = len(self.paths) - 1
        return f"{self.paths[0]} and {more} more" if more else self.paths[0]

    def part(self, items: list[Item], max_cost: float | None) -> ChunkRun:
        """The parameters of one chunk, with its part of the budget."""
        given = self.model_dump(exclude={"paths", "unchanged", "chunk", "workers", "max_cost"})
        return ChunkRun(**given, items=items, max_cost=max_cost)


class SweepRun(Asked):
    """A drop folder: what is whole now is understood and moved to `done/` or `failed/`."""

    inbox: str = Field(min_length=1, title="Inbox", description="The drop folder, as its machine sees it.")
    settle: float = Field(default=5.0, ge=0, le=3600, title="At rest", description="Seconds that a file must be.")
    classify: list[str] = Field(
        default=[], title="Classify", description="Schemas by which files of the inbox itself are told apart."
    )
