"""mistral-common's own encoder, which our counts have to equal."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from PIL import Image

from pipeline.pack.parts import Part, TextPart


def reference_encoder(folder: Path) -> Any:
    """mistral-common's own encoder with the settings of Mistral Small 3.x."""
    from mistral_common.tokens.tokenizers.base import SpecialTokens
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

    spec = find_spec("mistral_common")
    assert spec is not None and spec.origin is not None
    table = json.loads((Path(spec.origin).parent / "data/tekken_240911.json").read_bytes())
    table["config"]["version"] = "v11"
    table["image"] = {"image_patch_size": 14, "max_image_size": 1540, "spatial_merge_size": 2}
    names = [str(SpecialTokens(token["token_str"]).value) for token in Tekkenizer.DEPRECATED_SPECIAL_TOKENS]
    names += [member.value for member in SpecialTokens if member.value not in names]
    table["special_tokens"] = [{"rank": n, "token_str": name, "is_control": True} for n, name in enumerate(names)]
    path = folder / "tekken.json"
    path.write_text(json.dumps(table))
    return MistralTokenizer.from_file(path)


def reference_count(reference: Any, system: str, parts: Sequence[Part]) -> int:
    from mistral_common.protocol.instruct.chunk import ImageURLChunk, TextChunk
    from mistral_common.protocol.instruct.messages import SystemMessage, UserMessage
    from mistral_common.protocol.instruct.request import ChatCompletionRequest

    content: list[Any] = []
    for part in parts:
        if isinstance(part, TextPart):
            content.append(TextChunk(text=part.text))
            continue
        buffer = io.BytesIO()
        Image.new("L", (part.width, part.height), 128).save(buffer, "PNG", compress_level=1)
        url = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
        content.append(ImageURLChunk(image_url=url))
    messages: list[Any] = [SystemMessage(content=system), UserMessage(content=content)]
    return len(reference.encode_chat_completion(ChatCompletionRequest(messages=messages)).tokens)


def body_count(reference: Any, body: dict[str, Any]) -> int:
    """The tokens of the messages of a chat request as it was sent."""
    from mistral_common.protocol.instruct.request import ChatCompletionRequest

    return len(reference.encode_chat_completion(ChatCompletionRequest(messages=body["messages"])).tokens)
