"""Weights of other authors that are transposed, joined, split or squeezed on their way, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.interop.load_report import LoadReport
from netspec.interop.prediction import predict

THEIRS = '''
import math

import torch
from torch import nn


class Conv1D(nn.Module):
    """As Hugging Face has it: y = x W + b with W [in, out]."""

    def __init__(self, out, given):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.empty(given, out)), nn.Parameter(torch.empty(out))

    def forward(self, x):
        return torch.addmm(self.bias, x.view(-1, x.size(-1)), self.weight).view(*x.shape[:-1], self.bias.numel())


def attend(q, k, v, heads, causal=False):
    q, k, v = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (q, k, v))
    return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2).flatten(2)


class Gpt(nn.Module):
    """A block of GPT-2 with its table of words."""

    def __init__(self, width=8):
        super().__init__()
        block = nn.Module()
        block.ln_1, block.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        block.attn, block.mlp = nn.Module(), nn.Module()
        block.attn.c_attn, block.attn.c_proj = Conv1D(3 * width, width), Conv1D(width, width)
        block.mlp.c_fc, block.mlp.c_proj = Conv1D(4 * width, width), Conv1D(width, 4 * width)
        self.transformer = nn.Module()
        self.transformer.wte = nn.Embedding(11, width)
        self.transformer.h = nn.ModuleList([block])
        self.lm_head = nn.Linear(width, 11, bias=False)
        self.lm_head.weight = self.transformer.wte.weight

    def forward(self, x):
        x = self.transformer.wte(x)
        block = self.transformer.h[0]
        x = x + block.attn.c_proj(attend(*block.attn.c_attn(block.ln_1(x)).chunk(3, -1), 2, True))
        x = x + block.mlp.c_proj(nn.functional.gelu(block.mlp.c_fc(block.ln_2(x)), approximate="tanh"))
        return self.lm_head(x)


class Bert(nn.Module):
    """The attention of BERT, of separate maps."""

    def __init__(self, width=8):
        super().__init__()
        self.self = nn.Module()
        self.self.query, self.self.key, self.self.value = (nn.Linear(width, width) for _ in range(3))
        self.output = nn.ModuleDict({"dense-0": nn.Linear(width, width)})

    def forward(self, x):
        found = attend(self.self.query(x), self.self.key(x), self.self.value(x), 2)
        return self.output["dense-0"](found)


class Joined(nn.Module):
    """Three maps of two widths in one, behind a shift with an axis more than it needs."""

    def __init__(self, width=6):
        super().__init__()
        self.gates = Conv1D(2 * width + 1, width)
        self.shift = nn.Parameter(torch.zeros(4, 1, width))

    def forward(self, x):
        a, b, c = self.gates(x + self.shift.squeeze(1)).split([6, 6, 1], -1)
        return a * torch.sigmoid(b) + c
'''

GPT = """netspec: 1
name: gpt
input: {shape: [5], dtype: int64}
layers:
  - {embedding: 11, dim: 8, name: words}
  - residual: [{layer_norm, name: h.0.ln_1}, {attention: 2, causal: true, name: h.0.attn}]
  - residual:
      - {layer_norm, name: h.0.ln_2}
      - {linear: 32, name: h.0.up}
      - {gelu, approximate: tanh}
      - {linear: 8, name: h.0.down}
  - {linear: 11, bias: false, name: head, tie: {weight: words.weight}}
weights:
  names:
    gpt:
      transformer.wte: words
      lm_head: head
      transformer.h.$i.attn.c_attn.weight: {to: h.$i.attn.in_proj_weight, transpose: true}
      transformer.h.$i.attn.c_attn.bias: h.$i.attn.in_proj_bias
      transformer.h.$i.attn.c_proj: {to: h.$i.attn.out_proj, transpose: true}
      transformer.h.$i.mlp.c_fc: {to: h.$i.up, transpose: true}
      transformer.h.$i.mlp.c_proj.weight: {to: h.$i.down.weight, transpose: [-1, -2]}
      transformer.h.$i.mlp.c_proj.bias: h.$i.down.bias
      transformer: ""
"""
BERT = """netspec: 1
name: bert
input: [5, 8]
layers: [{attention: 2, name: attn}]
weights:
  names:
    bert:
      self.{query, key, value}.weight: {to: attn.in_proj_weight, concat: 0}
      self.{query, key, value}.bias: {to: attn.in_proj_bias, concat: -1}
      output.dense-$i: attn.out_proj
"""

JOINED = """netspec: 1
name: joined
input: [4, 6]
layers:
  - {parameter: [4, 6], name: shift}
  - {add: [input, shift], name: moved}
  - {linear: 6, name: value}
  - {linear: 6, from: moved, activation: sigmoid, name: gate}
  - {linear: 1, from: moved, name: more}
  - {multiply: [value, gate], name: gated}
  - {add: [gated, wide], name: sum}
weights:
  names:
    joined:
      gates: {to: [value, gate, more], split: -1, transpose: true}
      shift: {to: shift, squeeze: 1}
"""
JOINED = JOINED.replace(
    "{add: [gated, wide]",
    "{concat: , from: [more, more, more, more, more, more], axis: 1, name: wide}\n  - {add: [gated, wide]",
)

SPECS = {"Gpt": GPT, "Bert": BERT, "Joined": JOINED}


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("theirs") / "theirs.py"
    file.write_text(THEIRS)
    return file


def original(name: str, seed: int = 0) -> nn.Module:
    """The original with random weights."""
    space: dict[str, Any] = {}
    exec(THEIRS, space)
    torch.manual_seed(seed)
    made: nn.Module = space[name]()
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.3)
    return made.eval()


def given(name: str) -> Tensor:
    torch.manual_seed(9)
    return torch.randint(0, 11, (3, 5)) if name == "Gpt" else torch.randn(3, *((5, 8) if name == "Bert" else (4, 6)))


@pytest.mark.parametrize("name", SPECS)
def test_a_map_is_verified_with_the_reference_s_weights_and_with_ours(theirs: Path, tmp_path: Path, name: str) -> None:
    spec = api.loads(SPECS[name])
    found = api.verify(spec, f"{theirs}:{name}")
    assert {check.name: check.status for check in found.checks if check.status not in ("equal", "close")} == {
        check.name: "unknown" for check in found.checks if check.name == "operations" and check.status == "unknown"
    }
    assert found.agrees
    assert found["gradients"].status in ("equal", "close")
    torch.manual_seed(1)
    torch.save(api.compile(spec).state_dict(), tmp_path / "ours.pt")
    back = api.verify(spec, f"{theirs}:{name}", weights=tmp_path / "ours.pt")
    assert back.agrees
    assert back["outputs"].status in ("equal", "close")


@pytest.mark.parametrize("name", SPECS)
def test_a_map_loads(tmp_path: Path, name: str) -> None:
    spec, model = api.loads(SPECS[name]), original(name)
    torch.save(model.state_dict(), tmp_path / "w.pt")
    network = api.compile(spec, weights=tmp_path / "w.pt").eval()
    torch.testing.assert_close(network(given(name)), model(given(name)))


def outcomes(tmp_path: Path, text: str, state: dict[str, Tensor]) -> tuple[LoadReport, list[str]]:
    spec = api.loads(text)
    torch.save(state, tmp_path / "w.pt")
    try:
        report = api.load_weights(api.compile(spec), tmp_path / "w.pt", spec)
    except NetspecError as error:
        report = error.partial
        assert not report.complete
    return report, [each.phrase for each in report.tensors if not each.fits]


def test_what_was_done_is_told(tmp_path: Path) -> None:
    report, _ = outcomes(tmp_path, BERT, original("Bert").state_dict())
    told = {each.name: each for each in report.tensors}
    assert told["attn.in_proj_weight"].original == "self.query.weight, self.key.weight, self.value.weight"
    assert told["attn.in_proj_weight"].reason == (
        "joined from self.query.weight, self.key.weight and self.value.weight"
    )
    report, _ = outcomes(tmp_path, JOINED, original("Joined").state_dict())
    assert {each.name: each.reason for each in report.tensors} == {
        "shift": "squeezed from [4, 1, 6], reshaped from [4, 6]",
        "value.weight": "piece 1 of 3 of gates.weight, transposed from [6, 6]",
        "value.bias": "piece 1 of 3 of gates.bias",
        "gate.weight": "piece 2 of 3 of gates.weight, transposed from [6, 6]",
        "gate.bias": "piece 2 of 3 of gates.bias",
        "more.weight": "piece 3 of 3 of gates.weight, transposed from [6, 1]",
        "more.bias": "piece 3 of 3 of gates.bias",
    }


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("Bert", {"self.key.weight": None}, "`attn.in_proj_weight` is joined of 3 tensors, and `key` is missing"),
        ("Bert", {"self.key.weight": (8, 7)}, "joined of [8, 8] and [8, 7], which do not fit along axis 0"),
        ("Bert", {"self.key.weight": (7, 8)}, "`attn.in_proj_weight` is [23, 8] and should be [24, 8]"),
        ("Bert", {"self.key.bias": ()}, "joined of [8] and [], which do not fit along axis 0"),
        ("Bert", {"self.query.bias": ()}, "is [], which has no axis -1 for `concat`"),
        ("Gpt", {"transformer.h.0.mlp.c_fc.weight": (8, 32, 1)}, "does not say which axes change places"),
        ("Gpt", {"transformer.h.0.mlp.c_proj.weight": (256,)}, "is [256], which has no axis -2 for `transpose`"),
        (
            "Joined",
            {"gates.weight": (6, 14)},
            "a piece of [6, 14], which cannot be cut along axis 1 into [6, 6], [6, 6]",
        ),
        ("Joined", {"gates.weight": (0, 13)}, "a piece of [0, 13], which cannot be cut"),
        ("Joined", {"shift": (4, 2, 3)}, "is [4, 2, 3], of which `squeeze` cannot take out axis 1: its size is 2"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, name: str, change: dict[str, Any], said: str) -> None:
    state = dict(original(name).state_dict())
    for key, shape in change.items():
        del state[key]
        if shape is not None:
            state[key] = torch.zeros(shape)
    _, misfits = outcomes(tmp_path, SPECS[name], state)
    assert any(said in each for each in misfits), misfits


def test_two_tensors_for_one_place(tmp_path: Path) -> None:
    state = dict(original("Bert").state_dict())
    more = (
        BERT
        + "      old.{query, key, value}.bias: {to: attn.in_proj_bias, concat: 0}\n      spare: attn.in_proj_bias\n"
    )
    state |= {"old.query.bias": torch.zeros(8), "spare": torch.zeros(24)}
    _, misfits = outcomes(tmp_path, more, state)
    assert [each.partition(" and by ")[2] for each in misfits] == ["`old.query.bias`", "`spare`"]
    assert "is taken by `self.query.bias, self.key.bias, self.value.bias`" in misfits[1]
    twice = JOINED.replace(
        "shift: {to: shift, squeeze: 1}", "shift: shift\n      gate$i: {to: ['v$i', 'v$(i)'], split: 0}"
    )
    _, misfits = outcomes(tmp_path, twice, {**original("Joined").state_dict(), "gate3": torch.zeros(4)})
    assert misfits == ["`gate3` is not in the network"]


def test_numbers_of_every_part_are_looked_at(tmp_path: Path) -> None:
    state = dict(original("Bert").state_dict())
    state["self.value.bias"] = state["self.value.bias"].double()
    report, _ = outcomes(tmp_path, BERT, state)
    assert "converted from float32 and float64 to float32" in str(
        [each.reason for each in report.tensors if each.name == "attn.in_proj_bias"]
    )
    state["self.value.bias"] = torch.full((8,), 1e300, dtype=torch.float64)
    assert "holds numbers beyond the range of float32" in outcomes(tmp_path, BERT, state)[1][0]
    state["self.value.bias"] = torch.zeros(8, dtype=torch.int64)
    assert "holds int64 and should hold float32" in outcomes(tmp_path, BERT, state)[1][0]


def test_nothing_is_joined_that_is_larger_than_our_tensor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file repeats few numbers at no cost: joined, they would cost what they pretend to be."""
    state = dict(original("Bert").state_dict())
    for each in ("query", "key", "value"):
        state[f"self.{each}.weight"] = torch.zeros(1, 8).expand(2**20, 8)
    monkeypatch.setattr(torch, "cat", lambda *args: pytest.fail("joined"))
    state |= {f"self.{each}.bias": torch.zeros(2) for each in ("query", "key", "value")}
    _, misfits = outcomes(tmp_path, BERT, state)
    assert "is [3145728, 8] and should be [24, 8]" in misfits[0]


def test_a_reference_that_does_not_fit_is_listed(theirs: Path) -> None:
    found = api.verify(api.loads(BERT), f"{theirs}:Bert", options={"width": 6})
    assert not found.agrees
    first = found.tensors[0]
    assert (first.ours, first.our_shape, first.their_shape) == ("attn.in_proj_weight", (24, 8), (18, 6))
    less = api.loads(BERT.replace("self.{query, key, value}.bias", "self.{query, key, valeu}.bias"))
    found = api.verify(less, f"{theirs}:Bert")
    assert [(each.ours, each.theirs) for each in found.tensors] == [
        ("attn.in_proj_bias", None),
        (None, "self.value.bias"),
        (None, "self.query.bias"),
        (None, "self.key.bias"),
    ]


def test_diff_foretells_it(tmp_path: Path) -> None:
    """What `diff` says of a network whose weights are joined is what loading does."""
    before = api.loads(
        "netspec: 1\nname: parts\ninput: [8]\nlayers: [{linear: 4, name: q}, {linear: 4, from: input, name: k},"
        " {add: [q, k]}]\n"
    )
    text = (
        "netspec: 1\nname: whole\ninput: [8]\nlayers: [{linear: 8, name: qk}]\n"
        "weights: {names: {parts: {'{q,k}': {to: qk, concat: 0}}}}\n"
    )
    foretold = predict(before.graph, api.loads(text).graph, api.loads(text).document.weights)
    report, _ = outcomes(tmp_path, text, dict(api.compile(before).state_dict()))
    assert foretold.complete
    assert foretold.tensors == report.tensors


def test_the_order_of_pieces_and_parts_is_no_remark(theirs: Path) -> None:
    for name in ("Bert", "Joined"):
        assert api.verify(api.loads(SPECS[name]), f"{theirs}:{name}")["tensors"].remark in (
            None,
            "in another order, first",
        )


HUGGING_FACE = """
import torch
from torch import nn
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel

NO_DROPOUT = {"attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0}
SIZES = {"n_embd": 16, "n_head": 2, "n_layer": 2, "n_positions": 6, "vocab_size": 11}


class Gpt2(nn.Module):
    def __init__(self):
        super().__init__()
        with torch.device("cpu"):  # its masks have to hold numbers
            made = GPT2LMHeadModel(GPT2Config(**SIZES, **NO_DROPOUT, bos_token_id=0, eos_token_id=0))
        self.transformer, self.lm_head = made.transformer, made.lm_head

    def forward(self, words):
        return self.lm_head(self.transformer(words, use_cache=False).last_hidden_state)


class Bert(nn.Module):
    def __init__(self):
        super().__init__()
        with torch.device("cpu"):
            made = BertModel(
                BertConfig(
                    hidden_size=16,
                    num_attention_heads=2,
                    num_hidden_layers=2,
                    intermediate_size=32,
                    hidden_dropout_prob=0.0,
                    attention_probs_dropout_prob=0.0,
                ),
                add_pooling_layer=False,
            )
        self.encoder = made.encoder

    def forward(self, x):
        return self.encoder(x).last_hidden_state
"""

GPT2 = """netspec: 1
name: gpt2
input: {shape: [6], dtype: int64}
layers:
  - {embedding: 11, dim: 16, name: wte}
  - {parameter: [6, 16], name: wpe}
  - add: [wte, wpe]
  - repeat: 2
    name: h
    layers:
      - residual: [{layer_norm, name: ln_1}, {attention: 2, causal: true, name: attn}]
      - residual:
          - {layer_norm, name: ln_2}
          - {linear: 64, name: up}
          - {gelu, approximate: tanh}
          - {linear: 16, name: down}
  - {layer_norm, name: ln_f}
  - {linear: 11, bias: false, name: head, tie: {weight: wte.weight}}
weights:
  names:
    transformers:
      transformer.wpe.weight: wpe
      transformer.h.$i.attn.c_attn.weight: {to: h.$i.attn.in_proj_weight, transpose: true}
      transformer.h.$i.attn.c_attn.bias: h.$i.attn.in_proj_bias
      transformer.h.$i.attn.c_proj: {to: h.$i.attn.out_proj, transpose: true}
      transformer.h.$i.mlp.c_fc: {to: h.$i.up, transpose: true}
      transformer.h.$i.mlp.c_proj: {to: h.$i.down, transpose: true}
      transformer: ""
      lm_head: head
"""

BERT_LAYERS = """netspec: 1
name: bert
input: [5, 16]
layers:
  - repeat: 2
    name: layer
    layers:
      - residual: [{attention: 2, name: attention}]
      - {layer_norm, eps: 1e-12, name: norm1}
      - residual: [{linear: 32, name: up}, gelu, {linear: 16, name: down}]
      - {layer_norm, eps: 1e-12, name: norm2}
weights:
  names:
    transformers:
      encoder.layer.$i.attention.self.{query,key,value}.weight: {to: layer.$i.attention.in_proj_weight, concat: 0}
      encoder.layer.$i.attention.self.{query,key,value}.bias: {to: layer.$i.attention.in_proj_bias, concat: 0}
      encoder.layer.$i.attention.output.dense: layer.$i.attention.out_proj
      encoder.layer.$i.attention.output.LayerNorm: layer.$i.norm1
      encoder.layer.$i.intermediate.dense: layer.$i.up
      encoder.layer.$i.output.dense: layer.$i.down
      encoder.layer.$i.output.LayerNorm: layer.$i.norm2
"""


@pytest.mark.parametrize(("text", "name"), [(GPT2, "Gpt2"), (BERT_LAYERS, "Bert")])
def test_hugging_face_s_own(tmp_path: Path, text: str, name: str) -> None:
    pytest.importorskip("transformers", reason="Hugging Face's transformers is not installed")
    (tmp_path / "hf.py").write_text(HUGGING_FACE)
    found = api.verify(api.loads(text), f"{tmp_path / 'hf.py'}:{name}")
    assert found.agrees
    assert found["gradients"].status in ("equal", "close")
