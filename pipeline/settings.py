"""The settings of a run, and the only reader of the environment and of `quire.toml`.

Each value comes from the first that has it: the caller (flags), `QUIRE_*` variables, `quire.toml`, the default.
Keys and passwords are no settings: they are looked up when they are needed, and never stored, logged or written.
"""

from __future__ import annotations

import math
import os
import re
import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pipeline.errors import UsageError
from pipeline.profiles import EndpointProfile

Images = Literal["all", "figures", "none"]
Ocr = Literal["auto", "always", "never"]
"""OCR for pages that are scans, for every page, or for none."""
Unverified = Literal["keep", "flag", "null"]
"""Values that no quote supports are listed, or warned of too, or taken out of the data."""
CONFIG_FILE = "quire.toml"
SERVE = "serve"
"""Its table that says what `quire serve` does."""
MOST_SUMMARY = 20_000
"""Characters: a summary has to fit the answer, and several of them the window."""
BUDGETS = ("max_cost", "max_cost_document", "max_cost_day")
"""The settings that are budgets: of the run, of each of its documents, and of all runs of a day (UTC)."""
_NOT_HANDED_ON = ("QUIRE_", "PREFECT_", "AWS_", "AZURE_", "GOOGLE_", "FSSPEC_")
"""Variables of those that may hold keys, to models and to places."""
_BOOLEANS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}


def default_store() -> str:
    """Where pages, pictures and answers are kept: `quire` in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return str(Path(base) / "quire")


def local_folder(store: str) -> Path | None:
    """The folder that a store is; None where it is at an address of another kind (s3://..., memory://...)."""
    kind, _, place = store.rpartition("://")
    return Path(place) if kind in ("", "file", "local") else None


def shown_address(address: str) -> str:
    """An address as people may see it: without the user, the password or the signature that are written into it."""
    kind, mark, place = address.partition("://")
    if not mark:
        return address
    place = re.sub(r"^(?:[^/]*|[^/@]*:(?!\d*/).*)@", "", place)  # a password may hold a slash; a port is a number
    return f"{kind}://{place.partition('?')[0] if kind in ('http', 'https') else place}"


def state_folder() -> Path:
    """Where is kept what is no cache and belongs to this machine: `quire` in the user's state folder."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "quire"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run can be told. Tokens in tokens, money in US dollars, `page_seconds` in seconds, `memory_mb` in MiB.

    `sources` says for each field where its value came from: "flag", the variable, the file, or "default".
    """

    engine: str = "offline"
    model: str | None = None
    schema: str | None = None
    out: str = "outputs"
    language: str | None = None
    summary_chars: int = 2000
    max_cost: float | None = None
    max_cost_document: float | None = None
    max_cost_day: float | None = None
    window_tokens: int | None = None
    pages: str | None = None
    images: Images = "all"
    ocr: Ocr = "auto"
    attachments: bool = False
    adjudicate: bool = False
    unverified: Unverified = "flag"
    concurrency: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    fresh: bool = False
    batch: bool = False
    store: str = field(default_factory=default_store)
    page_seconds: float = 120.0
    memory_mb: int = 4096
    timeout_seconds: float = 600.0
    wait_seconds: float = 900.0
    sources: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse what can't be meant, in one sentence that names the setting."""
        for name, hint in _hints().items():
            _check(name, getattr(self, name), hint)
        bounds = {
            "summary_chars": 100,
            "window_tokens": 1024,
            "concurrency": 1,
            "requests_per_minute": 1,
            "tokens_per_minute": 1,
            "memory_mb": 256,
            "page_seconds": 1,
            "wait_seconds": 0,
        }
        for name, least in bounds.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise UsageError(f"The setting {name} is {value}: it must be at least {least}.")
        for name in BUDGETS:
            budget = getattr(self, name)
            if budget is not None and not (math.isfinite(budget) and budget >= 0):
                raise UsageError(f"The setting {name} is {budget}: a budget is a number from 0 on.")
        if self.summary_chars > MOST_SUMMARY:
            raise UsageError(f"The setting summary_chars is {self.summary_chars}: it can be at most {MOST_SUMMARY}.")
        if not self.store:
            raise UsageError("The setting store is empty: name a folder, or leave it out.")


def _hints() -> dict[str, Any]:
    return {name: hint for name, hint in get_type_hints(Settings).items() if name != "sources"}


def _options(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _check(name: str, value: Any, hint: Any) -> None:
    """Raise UsageError unless the value is of one of the kinds that the field takes."""
    for option in _options(hint):
        if get_origin(option) is Literal:
            if value in get_args(option):
                return
            raise UsageError(f"The setting {name} is {value!r}: choose one of {', '.join(get_args(option))}.")
        if option is float and isinstance(value, int) and not isinstance(value, bool):
            return
        if isinstance(value, option) and not (isinstance(value, bool) and option is not bool):
            return
    raise UsageError(f"The setting {name} is {value!r}: it must be {_words(hint)}.")


def _words(hint: Any) -> str:
    names = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
    return " or ".join(names[option] for option in _options(hint) if option in names)


def _parse(name: str, text: str, hint: Any, source: str) -> Any:
    """The value that a variable's text stands for."""
    option = next(one for one in _options(hint) if one is not type(None))
    try:
        if option is bool:
            return _BOOLEANS[text.lower()]
        return option(text) if option in (int, float) else text
    except (KeyError, ValueError):
        raise UsageError(f"{source} is {text!r}: the setting {name} must be {_words(hint)}.") from None


def load_settings(given: Mapping[str, Any] | None = None, *, folder: Path | None = None) -> Settings:
    """The settings of a run: `given` (None values mean "not given") over the environment over `quire.toml` in `folder`.

    Raises UsageError on an unknown name or a value of the wrong kind.
    """
    hints = _hints()
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for name, value in _from_file((folder or Path.cwd()) / CONFIG_FILE).items():
        values[name], sources[name] = value, CONFIG_FILE
    for name, hint in hints.items():
        variable = f"QUIRE_{name.upper()}"
        if variable in os.environ:
            values[name], sources[name] = _parse(name, os.environ[variable], hint, variable), variable
    for name, value in (given or {}).items():
        if name not in hints:
            raise UsageError(f"There is no setting called {name!r}.")
        if value is not None:
            values[name], sources[name] = value, "flag"
    return Settings(**values, sources={one.name: sources.get(one.name, "default") for one in fields(Settings)[:-1]})


def serve_table(folder: Path | None = None) -> dict[str, Any]:
    """The table `[serve]` of `quire.toml`: what `quire serve` runs, and when. Empty where there is none."""
    table = _read((folder or Path.cwd()) / CONFIG_FILE).get(SERVE, {})
    if not isinstance(table, dict):
        raise UsageError(f"{CONFIG_FILE} sets {SERVE}, which is a table: write [{SERVE}] above its values.")
    return table


def _from_file(path: Path) -> dict[str, Any]:
    """The settings in a `quire.toml`, none where there is no such file."""
    values = {name: value for name, value in _read(path).items() if name != SERVE}
    unknown = sorted(set(values) - set(_hints()))
    if unknown:
        raise UsageError(f"{path.name} sets {', '.join(unknown)}, which are no settings of Quire: mend or remove them.")
    return values


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{path.name} can't be read: {error}.") from error


class Secret:
    """A key or a password that shows itself nowhere: not in a repr, a log, a pickle or an error."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> Any:
        raise TypeError("a secret does not leave its process")


def key_for(profile: EndpointProfile) -> Secret | None:
    """The key of an endpoint: the profile's own variable, and no other. None where there is none.

    Raises UsageError where the endpoint wants one and the variable is not set.
    """
    value = os.environ.get(profile.key_variable, "").strip() if profile.key_variable else ""
    if value:
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise UsageError(f"The variable {profile.key_variable} holds no key: there are spaces or odd signs in it.")
        return Secret(value)
    if profile.key_needed:
        raise UsageError(f"The engine {profile.name} needs a key: put it in the variable {profile.key_variable}.")
    return None


def password_from_environment() -> Secret | None:
    """The password for encrypted documents in `QUIRE_PDF_PASSWORD`, if there is one."""
    value = os.environ.get("QUIRE_PDF_PASSWORD")
    return Secret(value) if value else None


def clean_environment() -> dict[str, str]:
    """The environment for a process of our own, without keys and settings: it has no use for them.

    Such a process finds this package, and computes in one thread: there are as many of them as cores. It looks for no
    plugins of Pydantic's among all that is installed, which would take longer than to load what it needs of Pydantic.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_NOT_HANDED_ON) and not name.endswith(("_KEY", "_TOKEN", "_PASSWORD", "_SECRET"))
    }
    path = os.pathsep.join(filter(None, (str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH"))))
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYDANTIC_DISABLE_PLUGINS": "__all__"}
    return {**kept, "PYTHONPATH": path, **alone}
