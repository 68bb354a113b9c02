"""What a run is to do, settled once from its settings: the endpoint, the window, the prompts, the stores."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.ask.answers import AnswerStore
from pipeline.ask.bounds import CHOICES, NUMBER
from pipeline.ask.groups import Group, only
from pipeline.ask.prompts import Prompt, merge_prompt, read_prompt
from pipeline.ask.schema import Schema, resolve
from pipeline.ask.target import Target
from pipeline.errors import UsageError
from pipeline.extract.limits import Limits, cores
from pipeline.extract.work import WorkStore
from pipeline.pack.request import Request
from pipeline.pack.tokens import Counter, counter_for
from pipeline.profiles import OFFLINE, EndpointProfile, ModelProfile, endpoint_for, model_for
from pipeline.settings import BUDGETS, Settings, default_store, key_for, local_folder

ANSWER_SHARE = 4
"""The answer may take a quarter of the window, and never more than the model's output cap."""


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that the steps of a run share. Made again from the same settings, it is the same."""

    settings: Settings
    schema: Mapping[str, Any] | None
    tree: Schema | None
    target: Target
    window: int
    reserve: int
    work: WorkStore
    answers: AnswerStore

    @property
    def model(self) -> ModelProfile:
        """The profile of the model that is asked."""
        return self.target.model

    @property
    def counter(self) -> Counter:
        """The counter of that model's tokens."""
        return counter_for(self.model)

    def reading(self, request: Request) -> Prompt:
        """The prompt of a reading request: its schema asks for no more than the answer has room for."""
        return self.prompt(Group(request.fields, request.overall), request.reserve, len(request.pictures))

    def prompt(self, group: Group, reserve: int, pictures: int = 0) -> Prompt:
        """The prompt that asks for a group of fields and about so many pictures, in answers of so many tokens."""
        tree = self.tree if group.fields is None or self.tree is None else only(self.tree, group.fields)
        return read_prompt(
            tree,
            reserve=reserve,
            pictures=pictures,
            overall=group.overall,
            sealed=not self.model.exact,
            **_words(self.settings, self.target),
        )

    @property
    def join_reserve(self) -> int:
        """Tokens kept for a joined summary and the numbers of key points: one a character is more than any script takes
        but for a few signs.
        """
        return min(self.settings.summary_chars + 256 + CHOICES * NUMBER, self.reserve)

    @property
    def join(self) -> Prompt:
        """The prompt of a request that joins summaries."""
        return self.joining()

    def joining(self, chars: int | None = None, again: str = "") -> Prompt:
        """The same for a summary of fewer characters, where what came before was wrong: `again` says how."""
        words = _words(self.settings, self.target)
        return merge_prompt(
            reserve=self.join_reserve, again=again, **{**words, "summary_chars": chars or words["summary_chars"]}
        )

    def reserve_in(self, window: int, output: int | None = None) -> int:
        """Tokens kept for an answer in a window, where the endpoint gives at most `output`."""
        most = min(self.model.output_cap, output or self.model.output_cap)
        return min(most, window // ANSWER_SHARE)

    @property
    def limits(self) -> Limits:
        """What reading may take."""
        return Limits(page_seconds=self.settings.page_seconds, memory_mb=self.settings.memory_mb)


def make_job(settings: Settings, schema: Mapping[str, Any] | None, *, key: bool = True) -> Job:
    """The job of these settings. `key=False` is for estimates: nothing is sent, so no key is wanted.

    Raises UsageError or SchemaError, before a document is touched, on what can't be done.
    """
    target = _target(settings, key)
    if settings.batch and target.profile.batch_discount is None:
        raise UsageError(f"{target.profile.name} has no batch API that Quire knows: leave out --batch.")
    budgets = [name for name in BUDGETS if getattr(settings, name) is not None]
    if budgets and target.model.price_in is None:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in budgets)
        raise UsageError(f"No price is known for {target.model_id!r}, so a budget can't be held: leave out {flags}.")
    window, reserve = _room(settings, target.model)
    target = replace(target, window=window)
    tree = resolve(schema) if schema is not None else None
    return Job(
        settings=settings,
        schema=schema,
        tree=tree,
        target=target,
        window=window,
        reserve=reserve,
        work=make_work(settings),
        answers=AnswerStore(WorkStore(f"{settings.store.rstrip('/')}/answers")),
    )


def make_work(settings: Settings) -> WorkStore:
    """The work store of these settings: with the answers where they are in a folder, else in a folder of this machine.

    Pages and pictures are many, and made again where they are absent; and the processes that read get no keys.
    """
    if local_folder(settings.store) is not None:
        return WorkStore(f"{settings.store.rstrip('/')}/work")
    name = hashlib.sha256(settings.store.rstrip("/").encode()).hexdigest()[:16]
    return WorkStore(f"{default_store()}/work-{name}")


def for_model(job: Job, model: ModelProfile) -> Job:
    """The same job as another model would do it: its window, its counts, its prices."""
    window, reserve = _room(job.settings, model)
    return replace(job, target=replace(job.target, model=model, window=window), window=window, reserve=reserve)


def narrowed(job: Job, window: int | None, output: int | None) -> Job:
    """The same job at an endpoint that was found to take and to give no more tokens than so many."""
    window = min(job.window, window or job.window)
    return replace(job, window=window, reserve=min(job.reserve, job.reserve_in(window, output)))


def _words(settings: Settings, target: Target) -> dict[str, Any]:
    """What all prompts of a run say alike."""
    return {
        "summary_chars": settings.summary_chars,
        "language": settings.language,
        "keywords": target.profile.keywords,
        "longest": target.profile.longest,
    }


def _room(settings: Settings, model: ModelProfile) -> tuple[int, int]:
    """The window in tokens, and how much of it is kept for the answer."""
    window = min(settings.window_tokens or model.window, model.window)
    return window, min(model.output_cap, window // ANSWER_SHARE)


def _target(settings: Settings, key: bool) -> Target:
    profile = endpoint_for(settings.engine)
    model_id = settings.model or profile.model
    if profile.name == OFFLINE and model_id != profile.model:
        raise UsageError(f"The embedded engine has no model {model_id!r}: name an engine that has it with --engine.")
    return Target(
        profile=profile,
        model=model_for(model_id, profile),
        model_id=model_id,
        key=key_for(profile) if key else None,
        # The embedded engine computes, so it can do as much at once as there are cores.
        concurrency=settings.concurrency or (cores() if profile.name == OFFLINE else profile.concurrency),
        timeout_seconds=settings.timeout_seconds,
        wait_seconds=settings.wait_seconds,
        requests_per_minute=settings.requests_per_minute,
        tokens_per_minute=settings.tokens_per_minute,
        revision=_revision(profile),
    )


def _revision(profile: EndpointProfile) -> str:
    """What answers depend on beside the model's id: the embedded engine's own code, or whose server it is.

    A hosted model's id means the same to everyone. On a server of the user's own it may stand for anything.
    """
    if profile.name == OFFLINE:
        from pipeline.offline.revision import revision

        return revision()
    return "" if profile.key_needed else profile.base_url.rstrip("/")
