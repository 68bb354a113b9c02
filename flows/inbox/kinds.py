"""Which schema a file of an inbox gets: by its sub-folder, by what kind of document it is, else the settings' one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from pipeline.errors import SchemaError, UsageError
from pipeline.places import Gone, Place
from pipeline.schemas import load_schema, ready_schemas

JsonSchema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is read for: a schema and its name; or which of several it is has to be seen first, in `among`."""

    name: str | None = None
    schema: JsonSchema | None = None
    among: Mapping[str, JsonSchema] = field(default_factory=dict)


class Kinds:
    """The kinds of an inbox. `usual` is the settings' schema; `types` are the names that documents of the inbox's own
    folder are told apart by. Schemas that lie in the inbox are read again once they are changed."""

    def __init__(self, place: Place, usual: str | None = None, types: Sequence[str] = ()) -> None:
        self._place = place
        self._usual = Kind(PurePosixPath(usual).stem, load_schema(usual)) if usual else Kind()
        self._types = types
        self._read: dict[str, tuple[str, JsonSchema]] = {}
        self._ready = {name: load_schema(name) for name in ready_schemas()}
        if len({*types}) != len(types) or not all(types):
            raise UsageError("--classify takes names of schemas with commas between them, each once.")
        self._among()

    def of(self, name: str) -> Kind:
        """The kind of the file of that name. Raises SchemaError where its schema can't be used."""
        folders = PurePosixPath(name).parts[:-1]
        for folder in reversed(folders):
            for wanted in _spellings(folder):
                schema = self._schema(wanted)
                if schema is not None:
                    return Kind(wanted, schema)
        return Kind(among=self._among()) if self._types and not folders else self._usual

    def _among(self) -> dict[str, JsonSchema]:
        found = {name: self._schema(name) for name in self._types}
        missing = [name for name, schema in found.items() if schema is None]
        if missing:
            raise UsageError(
                f"There is no schema {', '.join(map(repr, missing))} to classify by: put NAME.json into the inbox,"
                f" or name one of {', '.join(self._ready)}."
            )
        return {name: schema for name, schema in found.items() if schema is not None}

    def _schema(self, name: str) -> JsonSchema | None:
        """The schema of that name: the inbox's own, else a ready one, else none."""
        own = self._own(f"{name}.json")
        return own if own is not None else self._ready.get(name)

    def _own(self, file: str) -> JsonSchema | None:
        found = self._place.find(file)
        if found is None:
            return None
        if self._read.get(file, ("", {}))[0] != found.stamp:
            try:
                with self._place.fetch(file) as path:
                    self._read[file] = (found.stamp, load_schema(path))
            except Gone:
                raise SchemaError(f"The schema {file} has just been taken away.") from None
        return self._read[file][1]


def _spellings(folder: str) -> Iterator[str]:
    """The names of schemas that a folder's name may mean: its own, then its singular."""
    for name in dict.fromkeys((folder, folder.lower())):
        yield name
        for plural, singular in (("ies", "y"), ("ses", "s"), ("xes", "x"), ("s", "")):
            if name.endswith(plural) and len(name) > len(plural) + 1:
                yield name.removesuffix(plural) + singular
