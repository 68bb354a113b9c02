"""How many tokens a request takes, counted with the vocabulary that the model itself uses.

The vocabulary and its splitting pattern are those of Mistral Small 3.x, which the package mistral-common ships; they
are read from its data file, once a process, without importing that package.
"""

from __future__ import annotations

import json
import math
import re
from binascii import a2b_base64
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import StorageError, UsageError
from pipeline.pack.parts import Part, PicturePart, TextPart
from pipeline.profiles import ModelProfile, PictureRule

if TYPE_CHECKING:
    from tiktoken import Encoding

_VOCABULARY = "data/tekken_240911.json"
_TOKEN = re.compile(rb'"token_bytes":\s*"([^"]*)"')
"""A token in that file, where all stand in the order of their ranks; to parse all 19 MB takes five times as long."""

BEGIN = 1
"""The token that opens every prompt."""

MARKS = 2
"""The two control tokens around a message, the system's as well as the user's."""

LONGEST = 400_000
"""Characters given to the tokenizer at once: its pattern's stack overflows in a run of a million blanks."""

_SEAM = re.compile(r"(?<=\S)(?= )|(?<=\n)(?=[^\s/])")
"""Places where the pattern always ends one piece and begins the next, so that counts on both sides add up exactly: no
alternative of it lets a blank follow a visible character, nor anything but a slash or white space follow a line's
end."""


class Counter:
    """Counts text, pictures and whole prompts as `profile`'s model does.

    Exact for Mistral Small 3.x: equal to mistral-common's own encoder. For any other model the same vocabulary is used,
    and a whole prompt's count is raised by the profile's margin (0.25 is 25 %), rounded up; single counts are not
    raised.
    """

    def __init__(self, profile: ModelProfile) -> None:
        self._profile = profile
        self._rule = profile.pictures
        self._margin = 0.0 if profile.exact else profile.margin

    @property
    def exact(self) -> bool:
        """Whether the counts are the model's own."""
        return self._profile.exact

    @property
    def rule(self) -> PictureRule | None:
        """How the model turns pictures into tokens; None where it takes none."""
        return self._rule

    def text(self, text: str) -> int:
        """Tokens of one run of text, control tokens typed in it counted as the text that they are.

        A stretch of more than `LONGEST` characters with neither a blank nor a line's end is counted by its bytes, which
        is more than it can take.
        """
        encoding = _encoding()
        return sum(
            len(encoding.encode_ordinary(piece))
            if len(piece) <= LONGEST
            else len(piece.encode("utf-8", "surrogatepass"))
            for piece in stretches(text, LONGEST)
        )

    def picture(self, width: int, height: int) -> int:
        """Tokens of a picture of so many pixels: one for each cell of the rule, and one that ends each row of cells.

        The formula is mistral-common's (`ImageEncoder`): a longer side is first scaled down to the rule's longest.
        UsageError where the model takes no pictures.
        """
        rule = self._rule
        if rule is None:
            raise UsageError(
                f"The model {self._profile.id or self._profile.name} takes no pictures: use --images none."
            )
        ratio = max(width, height) / rule.max_side
        if ratio > 1:
            width, height = max(round(width / ratio), 1), max(round(height / ratio), 1)
        return math.ceil(height / rule.cell) * (math.ceil(width / rule.cell) + 1)

    def parts(self, parts: Sequence[Part]) -> int:
        """Tokens of a user message's parts, its control tokens and the margin not among them."""
        total = 0
        for is_text, run in groupby(parts, key=lambda part: isinstance(part, TextPart)):
            if is_text:
                total += self.text("".join(part.text for part in run if isinstance(part, TextPart)))
            else:
                total += sum(self.picture(part.width, part.height) for part in run if isinstance(part, PicturePart))
        return total

    def prompt(self, system: str, content: int) -> int:
        """Tokens of the whole prompt: the system message and `content` tokens of parts, with the profile's margin.

        begin + [SYSTEM_PROMPT] system [/SYSTEM_PROMPT] + [INST] content [/INST]
        """
        total = BEGIN + MARKS + self.text(system) + MARKS + content
        return math.ceil(round(total * (1 + self._margin), 6))

    def request(self, system: str, parts: Sequence[Part]) -> int:
        """Tokens of the whole prompt of one system message and one user message, with the profile's margin."""
        return self.prompt(system, self.parts(parts))


@cache
def counter_for(profile: ModelProfile) -> Counter:
    """The counter of one model; all counters of a process share one vocabulary."""
    return Counter(profile)


def stretches(text: str, longest: int) -> Iterator[str]:
    """`text` in pieces of at most `longest` characters, cut only where counts add up exactly.

    A piece is longer where it holds no such place. Joined, the pieces are the text: with a longest of 8,
    "one two three" is cut into "one two", " three".
    """
    start = 0
    while len(text) - start > longest:
        end = 0
        for seam in _SEAM.finditer(text, start + 1, start + longest + 1):
            end = seam.start()
        if not end:
            seam_after = _SEAM.search(text, start + longest)
            end = seam_after.start() if seam_after else len(text)
        yield text[start:end]
        start = end
    yield text[start:]


@cache
def _encoding() -> Encoding:
    """The tokenizer, built in about 0.25 s. StorageError where the vocabulary is not installed."""
    import tiktoken

    spec = find_spec("mistral_common")
    if spec is None or spec.origin is None:
        raise StorageError(
            "Tokens cannot be counted: the package mistral-common, which holds the vocabulary, is not there."
        )
    head, _, vocabulary = (Path(spec.origin).parent / _VOCABULARY).read_bytes().partition(b'"vocab":')
    config = json.loads(head.rstrip().removesuffix(b",") + b"}")["config"]
    size = config["default_vocab_size"] - config["default_num_special_tokens"]
    ranks = {a2b_base64(token): rank for rank, token in enumerate(islice(_TOKEN.findall(vocabulary), size))}
    if len(ranks) != size:
        raise StorageError("Tokens cannot be counted: the vocabulary of mistral-common is in a form that is not known.")
    return tiktoken.Encoding("tekken", pat_str=config["pattern"], mergeable_ranks=ranks, special_tokens={})
