"""The data of a result as an instance of the Pydantic model that it was asked for with."""

from __future__ import annotations

import json
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.ask.schema import resolve
from pipeline.merge.values import present
from pipeline.result.model import Result, Warning_

Model = TypeVar("Model", bound=BaseModel)


def with_instance(result: Result, model: type[Model]) -> Result[Model]:
    """The result with the model's instance where the extraction is valid, else without one.

    What was not found and may be absent is absent, so the model's own defaults hold. Where the model's validators
    refuse what its schema takes, a warning of the run, `model-refused`, says so.
    """
    found, given = result.extraction, result.model_copy()
    if found is None or not found.valid:
        return given
    data = present(found.data, resolve(found.schema_))
    try:
        given._instance = model.model_validate_json(json.dumps(data))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = "/".join(map(str, first["loc"])) or "its root"
        message = f"{model.__name__} refuses the data, at {place}: {first['msg']}."
        warning = Warning_(code="model-refused", message=message, page=None)
        run = result.run.model_copy(update={"warnings": (*result.run.warnings, warning)})
        return result.model_copy(update={"run": run})
    return given
