"""Sequence networks of Hugging Face's transformers and of torch, as modules of tensors; their weights are arbitrary."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def gpt2(**options: Any) -> nn.Module:
    """GPT2LMHeadModel of a configuration."""
    from transformers import GPT2Config, GPT2LMHeadModel

    class Gpt2(GPT2LMHeadModel):  # type: ignore[misc]
        def forward(self, tokens: Tensor) -> Any:
            return super().forward(tokens, use_cache=False).logits

    return Gpt2(GPT2Config(**options))


def llama(**options: Any) -> nn.Module:
    """LlamaForCausalLM of a configuration."""
    from transformers import LlamaConfig, LlamaForCausalLM

    class Llama(LlamaForCausalLM):  # type: ignore[misc]
        def forward(self, tokens: Tensor) -> Any:
            return super().forward(tokens, use_cache=False).logits

    return Llama(LlamaConfig(**options))


def bert(**options: Any) -> nn.Module:
    """BertModel of a configuration."""
    from transformers import BertConfig, BertModel

    class Bert(BertModel):  # type: ignore[misc]
        def forward(self, tokens: Tensor, seen: Tensor, sentences: Tensor) -> dict[str, Tensor]:
            found = super().forward(tokens, attention_mask=seen.long(), token_type_ids=sentences)
            return {"last_hidden_state": found.last_hidden_state, "pooler_output": found.pooler_output}

    return Bert(BertConfig(**options))


def clip(text: dict[str, Any], image: dict[str, Any], features: int) -> nn.Module:
    """CLIPModel of a configuration, by its vectors and the scores of an image and its own caption."""
    from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPVisionConfig

    class Clip(CLIPModel):  # type: ignore[misc]
        def forward(self, image: Tensor, tokens: Tensor) -> dict[str, Tensor]:
            found = super().forward(input_ids=tokens, pixel_values=image)
            vectors = {"image_embeds": found.image_embeds, "text_embeds": found.text_embeds}
            scaled = self.logit_scale.exp() * found.image_embeds
            return vectors | {"scaled": scaled, "score": found.logits_per_image.diagonal()}

    # Published networks have this number, by which the last token is the one with the highest.
    sizes = {"projection_dim": features, "text_config": CLIPTextConfig(**text, eos_token_id=2)}
    return Clip(CLIPConfig(**sizes, vision_config=CLIPVisionConfig(**image)))


class Transformer(nn.Transformer):
    """Torch's, whose decoder sees nothing ahead."""

    def __init__(self, **options: Any) -> None:
        super().__init__(batch_first=True, **options)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:  # type: ignore[override]
        mask = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool, device=target.device).triu(1)
        return super().forward(source, target, tgt_mask=mask, tgt_is_causal=True)
