"""Tokens one after the other: what a network keeps changes none of them."""

from __future__ import annotations

import random

import pytest
import torch

import netspec
from netspec import api
from netspec.backends.decoding import Past, chosen
from netspec.diagnostics import Code, NetspecError
from netspec.driver.tokens import keeps_past

ATTENTIONS = (
    "{attention: 2, causal: true, name: attn}",
    "{attention: 4, causal: true, kv_heads: 2, bias: false, name: attn}",
    "{attention: 2, causal: true, rotary: 10000, name: attn}",
    "{attention: 2, causal: true, rotary: 500.0, interleaved: true, head_dim: 6, kv_heads: 1, name: attn}",
)
NORMS = ("layer_norm", "rms_norm")
FEEDS = ("[{linear: 24}, gelu, {linear: 8}]", "[{linear: 16}, {glu: -1}, {linear: 8}]")
POSITIONS = ("{position_embedding: 12, dim: 8, from: input, name: wpe}", "{parameter: [1, 8], name: wpe}")


def causal(draws: random.Random, dynamic: str = ", dynamic: [0]") -> str:
    """A random network of next tokens."""
    layers = "".join(
        f"  - residual: [{draws.choice(NORMS)}, {draws.choice(ATTENTIONS)}]\n    name: a{i}\n"
        f"  - residual: [{draws.choice(NORMS)}, {{sequence: {draws.choice(FEEDS)}}}]\n    name: f{i}\n"
        for i in range(draws.randint(1, 3))
    )
    return f"""netspec: 1
name: causal
input: {{shape: [12], dtype: int64{dynamic}}}
layers:
  - {{embedding: 20, dim: 8, name: wte}}
  - {draws.choice(POSITIONS)}
  - add: [wte, wpe]
{layers}  - {draws.choice(NORMS)}
  - {{linear: 20, bias: false, name: head}}
"""


def greedy(spec: api.Spec, network: torch.nn.Module, prompt: torch.Tensor, count: int, **how: bool) -> torch.Tensor:
    return torch.stack(list(netspec.generate_tokens(spec, network, prompt, count, **how)), 1)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_kept_changes_no_token_and_no_score(seed: int) -> None:
    draws = random.Random(seed)
    spec = api.loads(causal(draws))
    torch.manual_seed(seed)
    network = api.compile(spec).eval()
    paths = keeps_past(spec.graph)
    assert paths
    prompt = torch.randint(20, (2, draws.randint(1, 5)))
    found = greedy(spec, network, prompt, 10)
    assert torch.equal(found, greedy(spec, network, prompt, 10, cache=False))

    past = Past(network, [network.get_submodule(path) for path in paths])
    tokens = torch.randint(20, (3, 12))
    parts = tokens.split([3, 1, 2, 1, 1, 4], 1)
    with torch.no_grad():
        stepped = torch.cat([past.go_on(part) for part in parts], 1)
        torch.testing.assert_close(stepped, network(tokens), rtol=1e-4, atol=1e-5)
    assert all(network.get_submodule(path).past is None for path in paths)


@pytest.mark.parametrize("dynamic", ["", ", dynamic: [0]"])
def test_what_is_longer_than_the_input_is_read_without_its_beginning(dynamic: str) -> None:
    spec = api.loads(causal(random.Random(5), dynamic))
    network = api.compile(spec).eval()
    prompt = torch.randint(20, (1, 9))
    tokens = torch.cat((prompt, greedy(spec, network, prompt, 8)), 1)
    for end in range(9, 17):
        read = tokens[:, max(0, end - 12) : end]
        whole = torch.nn.functional.pad(read, (0, 0 if dynamic else 12 - read.shape[1]))
        assert network(whole)[0, read.shape[1] - 1].argmax() == tokens[0, end]


def test_tokens_are_drawn_by_their_seed_from_the_likeliest() -> None:
    spec = api.loads(causal(random.Random(1)))
    network = api.compile(spec).eval()
    prompt = torch.randint(20, (64, 4))

    def drawn(**how: float) -> torch.Tensor:
        return torch.stack(list(netspec.generate_tokens(spec, network, prompt, 5, temperature=2.0, **how)), 1)  # type: ignore[arg-type]

    assert torch.equal(drawn(seed=3), drawn(seed=3))
    assert not torch.equal(drawn(seed=3), drawn(seed=4))
    assert torch.equal(drawn(seed=3, top_k=1), greedy(spec, network, prompt, 5))
    likely = network(prompt)[:, -1].topk(3).indices
    first = drawn(seed=5, top_k=3)[:, :1]
    assert (first == likely).any(1).all()
    assert (first != likely[:, :1]).any()


@pytest.mark.parametrize("seed", range(10))
def test_as_many_as_top_k_are_drawn_each_as_often_as_its_score_says(seed: int) -> None:
    draws = random.Random(seed)
    torch.manual_seed(seed)
    classes, temperature = draws.randint(2, 6), draws.uniform(0.3, 3)
    top_k = draws.choice([None, *range(1, classes + 2)])
    scores = torch.randint(5, (classes,)) - 1e3 * draws.randint(-1, 1)  # some are alike
    counts = torch.bincount(chosen(scores.expand(8000, -1), temperature, top_k, None), minlength=classes)
    kept = min(top_k or classes, classes)
    assert (counts > 0).sum() <= kept
    likely = scores.sort(descending=True).values[:kept]
    wanted = (likely / temperature).softmax(0)
    found = counts.double().sort(descending=True).values[:kept] / 8000
    torch.testing.assert_close(found, wanted.sort(descending=True).values.double(), rtol=0, atol=0.03)


@pytest.mark.parametrize("temperature", [1e-3, 1e-30, 1e-45, 5e-324])
def test_a_low_temperature_takes_the_likeliest(temperature: float) -> None:
    scores = torch.randn(64, 9, generator=torch.Generator().manual_seed(0)) * 1e4
    assert torch.equal(chosen(scores, temperature, None, None), scores.argmax(-1))


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_scores_that_are_no_finite_numbers_are_told(wrong: float, temperature: float) -> None:
    scores = torch.zeros(3, 5)
    scores[1, 2] = wrong
    with pytest.raises(NetspecError, match="no finite numbers"):
        chosen(scores, temperature, 2, None)
    scores[1, 2] = -torch.inf  # what is never to come
    assert 2 not in torch.stack([chosen(scores, temperature, None, None)[1] for _ in range(50)])


NOT_BY_STEPS = {
    "a convolution over places": "[{embedding: 20, dim: 8}, {permute: [1, 0]}, {conv: 8, kernel: 3, padding: 1},"
    " {permute: [1, 0]}, {linear: 20}]",
    "attention to later places": "[{embedding: 20, dim: 8}, {attention: 2}, {linear: 20}]",
    "a recurrence": "[{embedding: 20, dim: 8}, {lstm: 8}, {linear: 20}]",
    "a table cut to length": "[{embedding: 20, dim: 8, name: w}, {parameter: [30, 8], name: t},"
    " {slice: , from: [t, w], name: p}, {add: [w, p]}, {linear: 20}]",
    "a module that is called twice": "[{embedding: 20, dim: 8}, {attention: 2, causal: true, name: a}, {reuse: a},"
    " {linear: 20}]",
    "an activation over all places": "[{embedding: 20, dim: 8}, {linear: 20, activation: {softmax: 0}}]",
    "places that go round": "[{embedding: 20, dim: 8, name: w}, {roll: 1, axes: 0}, {linear: 20}]",
}


@pytest.mark.parametrize("name", NOT_BY_STEPS)
def test_others_read_all_places_anew(name: str) -> None:
    spec = api.loads(
        f"netspec: 1\nname: other\ninput: {{shape: [12], dtype: int64, dynamic: [0]}}\nlayers: {NOT_BY_STEPS[name]}\n"
    )
    assert keeps_past(spec.graph) is None
    network = api.compile(spec).eval()
    tokens = prompt = torch.randint(20, (2, 3))
    for found in netspec.generate_tokens(spec, network, prompt, 4):
        assert torch.equal(found, network(tokens)[:, -1].argmax(-1))
        tokens = torch.cat((tokens, found[:, None]), 1)


NORMS_OVER_PLACES = ("{layer_norm: , axis: 0}", "{rms_norm: , axis: 0}", "{group_norm: 1}", "batch_norm")


@pytest.mark.parametrize("norm", NORMS_OVER_PLACES)
def test_a_norm_over_places_takes_them_all(norm: str) -> None:
    layers = f"[{{embedding: 20, dim: 8}}, {norm}, {{linear: 20}}]"
    spec = api.loads(f"netspec: 1\nname: other\ninput: {{shape: [12], dtype: int64}}\nlayers: {layers}\n")
    assert keeps_past(spec.graph) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("input: [3, 8]\nlayers: [{linear: 8}]", "no scores of next tokens"),
        ("input: {shape: [8], dtype: int64}\nlayers: [{embedding: 9, dim: 4}, flatten]", "no scores of next tokens"),
        ("input: {shape: [8], dtype: int64}\nlayers: [{embedding: 9, dim: 4}, {lstm: 9}]", "takes 8 tokens, no fewer"),
    ],
)
def test_other_networks_are_refused_by_name(text: str, words: str) -> None:
    spec = api.loads(f"netspec: 1\nname: other\n{text}\n")
    with pytest.raises(NetspecError, match=words) as caught:
        netspec.generate_tokens(spec, api.compile(spec), torch.zeros(1, 3, dtype=torch.int64), 2)
    assert caught.value.diagnostics[0].code is Code.NOT_RUNNABLE


@pytest.mark.parametrize("how", [{"temperature": -1.0}, {"temperature": float("nan")}, {"top_k": 0}, {"count": -1}])
def test_settings_out_of_range_are_refused(how: dict[str, float]) -> None:
    spec = api.loads(causal(random.Random(0)))
    with pytest.raises(NetspecError, match=next(iter(how))):
        netspec.generate_tokens(spec, api.compile(spec), torch.zeros(1, 3, dtype=torch.int64), **{"count": 2, **how})  # type: ignore[arg-type]


def test_prompts_of_other_shapes_are_refused() -> None:
    spec = api.loads(causal(random.Random(0)))
    network = api.compile(spec)
    for prompt in (torch.zeros(3, dtype=torch.int64), torch.zeros(1, 0, dtype=torch.int64), torch.zeros(1, 3)):
        with pytest.raises(NetspecError, match="prompts are whole numbers"):
            netspec.generate_tokens(spec, network, prompt, 2)
