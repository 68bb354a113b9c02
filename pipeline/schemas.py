"""Where a schema comes from: a file, the name of a ready one, a mapping, or a Pydantic model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from pipeline.errors import SchemaError

if TYPE_CHECKING:
    from pydantic import BaseModel

SchemaSource: TypeAlias = Union[str, Path, Mapping[str, Any], "type[BaseModel]"]
"""A ready schema's name or a file, a JSON Schema as a mapping, or a Pydantic model."""

_MOST_BYTES = 4 * 1024 * 1024


def ready_schemas() -> dict[str, Path]:
    """The ready schemas by name: packed into the installed library, or in `samples/schemas` of a checkout."""
    packed = Path(str(resources.files("pipeline"))) / "ready_schemas"
    folder = packed if packed.is_dir() else packed.parent.parent / "samples" / "schemas"
    return {path.stem: path for path in sorted(folder.glob("*.json"))}


def load_schema(source: SchemaSource) -> dict[str, Any]:
    """The JSON Schema that `source` names or is. Raises SchemaError, in one sentence, where it can't be had."""
    if isinstance(source, Mapping):
        return dict(source)
    if isinstance(source, type):
        return _of_model(source)
    if not isinstance(source, (str, Path)):
        raise SchemaError("A schema is a file, a ready schema's name, a mapping or a Pydantic model, nothing else.")
    ready = ready_schemas()
    path = ready.get(str(source), Path(source))
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise SchemaError(f"The schema {path.name} is larger than 4 MB: no model could take it.")
        schema = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        names = ", ".join(ready)
        raise SchemaError(f"There is no schema {str(source)!r}: give a JSON Schema file, or one of {names}.") from None
    except OSError as error:
        raise SchemaError(f"The schema {path.name} can't be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"The schema {path.name} is no JSON: {error}.") from error
    if not isinstance(schema, dict):
        raise SchemaError(f"The schema {path.name} must be a JSON object that describes an object.")
    return schema


def _of_model(source: type) -> dict[str, Any]:
    from pydantic import BaseModel
    from pydantic.errors import PydanticUserError

    if not issubclass(source, BaseModel):
        raise SchemaError(f"The class {source.__name__} is no Pydantic model: give one, or a JSON Schema as a mapping.")
    try:
        return source.model_json_schema()
    except PydanticUserError as error:
        said = " ".join(str(error.message).split())
        raise SchemaError(f"The model {source.__name__} has no JSON Schema: {said}.") from error
