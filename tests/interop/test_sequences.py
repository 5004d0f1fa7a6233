"""Sequence networks of the zoo against torch's and Hugging Face's own, from configurations and with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import netspec
from netspec import api
from netspec.driver.tokens import keeps_past
from netspec.functional.pair_losses import contrastive
from netspec.interop.randomness import fill
from tests.interop import sequence_originals

FILE = Path(sequence_originals.__file__)

SMALL: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "gpt2": (
        "gpt2",
        {"depth": 2, "width": 48, "heads": 4, "length": 1024, "vocabulary": 101},
        {"n_layer": 2, "n_embd": 48, "n_head": 4, "n_positions": 1024, "vocab_size": 101}
        | {"bos_token_id": 0, "eos_token_id": None},
    ),
    "llama": (
        "llama",
        {"depth": 2, "width": 48, "heads": 4, "kv_heads": 2, "hidden": 80, "length": 64, "vocabulary": 101},
        {"num_hidden_layers": 2, "hidden_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2}
        | {"intermediate_size": 80, "vocab_size": 101, "rms_norm_eps": 1e-5, "max_position_embeddings": 64}
        | {"bos_token_id": 0, "eos_token_id": None},
    ),
    "bert_base": (
        "bert",
        {"depth": 2, "width": 48, "heads": 4, "hidden": 80, "length": 24, "vocabulary": 101},
        {"num_hidden_layers": 2, "hidden_size": 48, "num_attention_heads": 4, "intermediate_size": 80}
        | {"vocab_size": 101, "max_position_embeddings": 24},
    ),
    "clip_small": (
        "clip",
        {"depth": 2, "width": 64, "image_width": 128, "features": 24, "length": 24, "vocabulary": 101, "patch": 56},
        {
            "text": {"num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 1, "intermediate_size": 256}
            | {"vocab_size": 101, "max_position_embeddings": 24},
            "image": {"num_hidden_layers": 2, "hidden_size": 128, "num_attention_heads": 2, "intermediate_size": 512}
            | {"patch_size": 56},
            "features": 24,
        },
    ),
    "transformer_base": (
        "Transformer",
        {"depth": 2, "width": 48, "heads": 4, "hidden": 80},
        {"num_encoder_layers": 2, "num_decoder_layers": 2, "d_model": 48, "nhead": 4, "dim_feedforward": 80},
    ),
}
"""Of each network: its original, and a small size in our words and in the original's."""


def original(name: str, **options: Any) -> Any:
    if name != "transformer_base":
        pytest.importorskip("transformers", reason="Hugging Face's transformers is not installed")
    return getattr(sequence_originals, SMALL[name][0])(**options)


@pytest.mark.parametrize("name", SMALL)
def test_the_network_is_the_original_s_equal(name: str) -> None:
    source, ours, theirs = SMALL[name]
    original(name, **theirs)
    if "length" in ours:
        ours = {**ours, "length": 24}
    found = api.verify(
        name, f"{FILE}:{source}", options=theirs | ({"n_positions": 24} if name == "gpt2" else {}), **ours
    )
    assert {"parameters", "tensors", "outputs", "gradients", "training outputs"} <= {c.name for c in found.checks}
    apart = {c.name for c in found.checks if c.status not in ("equal", "close", "unknown")}
    assert apart == ({"MACs"} if name == "clip_small" else set())  # the original compares all pairs of a batch
    assert max(found["outputs"].relative or 0, found["gradients"].relative or 0) < 1e-5
    if name not in ("gpt2", "clip_small"):
        assert found["outputs"].relative == found["training outputs"].relative == 0


@pytest.mark.parametrize(
    ("name", "settings", "options", "params"),
    [
        ("gpt2", {}, {}, 124_439_808),
        ("bert_base", {}, {}, 109_482_240),
        ("transformer_base", {}, {}, 44_140_544),
        # Touvron et al., "Llama 2", 2023: 7B.
        (
            "llama",
            {"depth": 32, "width": 4096, "hidden": 11008, "heads": 32, "kv_heads": 32},
            {},
            6_738_415_616,
        ),
        # Zhang et al., "TinyLlama", 2024: 1.1B, 4 heads of keys and values.
        (
            "llama",
            {"depth": 22, "width": 2048, "hidden": 5632, "heads": 32, "kv_heads": 4},
            {"num_hidden_layers": 22, "hidden_size": 2048, "intermediate_size": 5632, "num_key_value_heads": 4},
            1_100_048_384,
        ),
    ],
)
def test_sizes_are_those_of_the_originals_configurations(
    name: str, settings: dict[str, int], options: dict[str, int], params: int
) -> None:
    assert api.analyze(api.load(name, **settings)).weights.total.params == params
    with torch.device("meta"):
        module = original(name, **options)
    assert sum(each.numel() for each in module.parameters()) == params


def test_clip_is_learned_by_the_original_s_loss() -> None:
    """The loss of a recipe, `contrastive`, of scaled vectors: the scores of all pairs of the batch."""
    theirs = original("clip_small", **SMALL["clip_small"][2]).eval()
    fill(theirs, 0)
    tokens, image = torch.randint(101, (5, 9)), torch.rand(5, 3, 224, 224)
    with torch.no_grad():
        wanted = type(theirs).__mro__[1].forward(theirs, input_ids=tokens, pixel_values=image, return_loss=True).loss
        found = theirs(image, tokens)
    torch.testing.assert_close(contrastive(found["scaled"], found["text_embeds"], None), wanted)
    alike = contrastive(found["image_embeds"], found["text_embeds"], theirs.logit_scale.neg().exp().item())
    torch.testing.assert_close(alike, wanted)


@pytest.fixture
def gpt2(tmp_path: Path) -> tuple[api.Spec, Any, Any]:
    """A small GPT-2 with a table of 1,024 positions, and the original with the same weights."""
    theirs = original("gpt2", **SMALL["gpt2"][2]).eval()
    fill(theirs, 0)
    spec = api.load("gpt2", **SMALL["gpt2"][1])
    ours = api.compile(spec).eval()
    torch.save(theirs.state_dict(), tmp_path / "gpt2.pt")
    api.load_weights(ours, tmp_path / "gpt2.pt", spec)
    return spec, ours, theirs


def test_one_gpt2_takes_every_length_up_to_its_table(gpt2: tuple[api.Spec, Any, Any]) -> None:
    _, ours, theirs = gpt2
    for length in (1, 8, 1024):
        tokens = torch.randint(101, (1, length))
        with torch.no_grad():
            torch.testing.assert_close(ours(tokens), theirs(tokens), rtol=1e-5, atol=1e-5)
    with pytest.raises(ValueError, match="1025 places, and vectors for 1024"):
        ours(torch.zeros(1, 1025, dtype=torch.int64))


def test_gpt2_goes_on_as_the_original_does(gpt2: tuple[api.Spec, Any, Any]) -> None:
    spec, ours, theirs = gpt2
    prompt = torch.randint(101, (3, 7), generator=torch.Generator().manual_seed(1))
    found = torch.stack(list(netspec.generate_tokens(spec, ours, prompt, 20)), 1)
    anew = torch.stack(list(netspec.generate_tokens(spec, ours, prompt, 20, cache=False)), 1)
    assert torch.equal(found, anew)
    tokens = prompt
    for _ in range(20):
        with torch.no_grad():
            tokens = torch.cat((tokens, theirs(tokens)[:, -1:].argmax(-1)), 1)
    assert torch.equal(found, tokens[:, 7:])


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_languages_keep_what_they_have_read(name: str) -> None:
    assert keeps_past(api.load(name).graph)
