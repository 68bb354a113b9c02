"""What each model and endpoint can do and costs, read from `profiles.toml` beside this file."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any, Literal
from urllib.parse import urlsplit

from pipeline.errors import UsageError

Mode = Literal["json_schema", "tool", "json_object", "text"]
"""A way to ask for structured answers (see `pipeline.ask.modes`)."""


@dataclass(frozen=True, slots=True)
class PictureRule:
    """How a model turns a picture into tokens: squares of `patch * merge` pixels, longest side at most `max_side`."""

    patch: int = 14
    merge: int = 2
    max_side: int = 1540

    @property
    def cell(self) -> int:
        """Side in pixels of the square that costs one token."""
        return self.patch * self.merge


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """One model. Prices are in US dollars per million tokens (None: not known), speeds in tokens per second.

    `exact` says that our count is the model's own; elsewhere every count is raised by `margin` (0.2 is 20 %). `whole`
    says that no server stands between that could cut a prompt: the model is a part of this program.
    """

    name: str
    id: str
    match: str
    window: int
    output_cap: int
    exact: bool
    whole: bool = False
    price_in: float | None = None
    price_out: float | None = None
    margin: float = 0.0
    speed_in: float = 2500.0
    speed_out: float = 50.0
    temperature: float = 0.15
    pictures: PictureRule | None = field(default_factory=PictureRule)


@dataclass(frozen=True, slots=True)
class EndpointProfile:
    """One endpoint: where it is, which variable holds its key, what it accepts in a request.

    `modes` are the ways of asking for structured answers that it offers, best first (see `ask.modes`); `pictures` and
    `size` how many pictures and bytes one request may hold, None where no limit is known; `longest` is the longest
    string that its schemas may bound, so none is asked for that is longer. `prices` are those of models
    (by the names of their profiles) that cost something else here than their profiles say. `batch_discount` is the
    share that requests cost less in a batch, None where there is no batch API.
    """

    name: str
    base_url: str
    key_needed: bool
    model: str
    key_variable: str | None = None
    concurrency: int = 4
    keywords: tuple[str, ...] = ()
    extra_body: dict[str, Any] = field(default_factory=dict)
    generative: bool = True
    modes: tuple[Mode, ...] = ("json_schema", "tool", "json_object", "text")
    pictures: int | None = None
    size: int | None = None
    longest: int | None = None
    prices: dict[str, list[float]] = field(default_factory=dict)
    batch_discount: float | None = None


OFFLINE = "offline"
_BARE_KEY = "QUIRE_API_KEY"


@cache
def _table() -> dict[str, Any]:
    text = resources.files("pipeline").joinpath("profiles.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def models() -> dict[str, ModelProfile]:
    """Every model profile by name; `general` stands for a model that no other profile matches."""
    found = {}
    for name, row in _table()["models"].items():
        values = dict(row)
        rule = values.pop("pictures", {})
        found[name] = ModelProfile(name=name, pictures=PictureRule(**rule) if rule is not False else None, **values)
    return found


@cache
def endpoints() -> dict[str, EndpointProfile]:
    """Every endpoint profile by name."""
    common = tuple(_table()["keywords"]["common"])
    found = {}
    for name, row in _table()["endpoints"].items():
        values = dict(row)
        keywords = common + tuple(values.pop("keywords", ()))
        if "modes" in values:
            values["modes"] = tuple(values["modes"])
        found[name] = EndpointProfile(name=name, keywords=keywords, **values)
    return found


def endpoint_for(engine: str) -> EndpointProfile:
    """The profile that `engine` names, or one made for a bare base address.

    A bare address never inherits a profile's key variable, even where it names the same host.
    """
    known = endpoints()
    if engine in known:
        return known[engine]
    address = urlsplit(engine)
    if address.username or address.password or address.query or address.fragment:
        raise UsageError(
            "The engine's address may hold no user, password or query: leave them out, and put a key in QUIRE_API_KEY."
        )
    if address.scheme in ("http", "https") and address.hostname:
        general = known["general"]
        return EndpointProfile(
            name=engine,
            base_url=engine,
            key_needed=False,
            model=general.model,
            key_variable=_BARE_KEY,
            concurrency=general.concurrency,
            keywords=general.keywords,
            longest=general.longest,
        )
    names = ", ".join(sorted(name for name in known if name != "general"))
    raise UsageError(f"No engine is called {engine!r}: name one of {names}, or the http(s) address of a server.")


def model_for(model_id: str, endpoint: EndpointProfile | None = None) -> ModelProfile:
    """The profile whose pattern matches the id that the endpoint knows the model by, with its price there; else
    `general`."""
    for profile in models().values():
        if profile.name != "general" and re.search(profile.match, model_id, re.IGNORECASE):
            return priced(profile, endpoint) if endpoint else profile
    return models()["general"]


def priced(model: ModelProfile, endpoint: EndpointProfile) -> ModelProfile:
    """The model at what it costs at the endpoint."""
    prices = endpoint.prices.get(model.name)
    return replace(model, price_in=prices[0], price_out=prices[1]) if prices else model
