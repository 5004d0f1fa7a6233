"""Parts of well-known networks, said in the language, against the same written with torch by hand."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netspec.shape import product
from tests.backends.networks import compiled, loads, random_state


class ShuffleUnit(nn.Module):
    """ShuffleNet V2 (Ma et al., 2018), figure 3 (c)."""

    SPEC = """
    input: [16, 8, 8]
    blocks:
      unit:
        layers:
          - {chunk: 2, to: [kept, changed]}
          - sequence:
              - {conv: $x.channels, kernel: 1, bias: false}
              - batch_norm
              - relu
              - {conv: $x.channels, kernel: 3, padding: 1, groups: $x.channels, bias: false}
              - batch_norm
              - {conv: $x.channels, kernel: 1, bias: false}
              - batch_norm
              - relu
            from: changed
            name: branch2
          - concat: [kept, branch2]
          - {channel_shuffle: 2}
    layers: [{unit: , name: unit}]
    """

    def __init__(self) -> None:
        super().__init__()
        self.unit = nn.Module()
        self.unit.branch2 = nn.Sequential(
            *(nn.Conv2d(8, 8, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU()),
            *(nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False), nn.BatchNorm2d(8)),
            *(nn.Conv2d(8, 8, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU()),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat([x[:, :8], self.unit.branch2(x[:, 8:])], 1)  # type: ignore[operator]
        n, c, h, w = x.shape
        return x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)


class ShiftedWindows(nn.Module):
    """Windows moved by half their size, each mixed for itself, and moved back (Liu et al., "Swin", 2021)."""

    SPEC = """
    params: {window: 4}
    input: [8, 12, 16]                   # height, width, features: the features are last
    blocks:
      windows:
        params: {size: int}
        let: {rows: "$(x.shape[0] // size)", columns: "$(x.shape[1] // size)", width: $x.features}
        layers:
          - {reshape: [$rows, $size, $columns, $size, $width]}
          - {permute: [0, 2, 1, 3, 4]}
          - {reshape: ["$(rows * columns)", "$(size * size)", $width]}
          - {permute: [0, 2, 1]}
          - {linear: $(size * size), name: mix}
          - {permute: [0, 2, 1]}
          - {reshape: [$rows, $columns, $size, $size, $width]}
          - {permute: [0, 2, 1, 3, 4]}
          - {reshape: ["$(rows * size)", "$(columns * size)", $width]}
    layers:
      - residual:
          - {layer_norm, name: norm1}
          - {roll: ["$(-(window // 2))", "$(-(window // 2))"], axes: [0, 1]}
          - {windows: $window, name: spatial}
          - {roll: ["$(window // 2)", "$(window // 2)"], axes: [0, 1]}
    """

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(16)
        self.spatial = nn.Module()
        self.spatial.mix = nn.Linear(16, 16)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm1(x).roll((-2, -2), (1, 2))
        out = torch.empty_like(y)
        for top in range(0, 8, 4):
            for left in range(0, 12, 4):
                window = y[:, top : top + 4, left : left + 4].flatten(1, 2)
                mixed = self.spatial.mix(window.transpose(1, 2)).transpose(1, 2)  # type: ignore[operator]
                out[:, top : top + 4, left : left + 4] = mixed.unflatten(1, (4, 4))
        return x + out.roll((2, 2), (1, 2))


class MBConv(nn.Module):
    """EfficientNet's block (Tan and Le, 2019), with torchvision's names."""

    SPEC = """
    input: [8, 10, 10]
    blocks:
      conv_bn:
        params: {out: int, kernel: 1, stride: 1, groups: 1, act: true}
        sequence:
          - {conv: $out, kernel: $kernel, stride: $stride, padding: $(kernel // 2), groups: $groups, bias: false}
          - batch_norm
          - {silu, when: $act}
      squeeze_excitation:
        params: {squeezed: int}
        layers:
          - residual:
              - global_avg_pool
              - {conv: $squeezed, kernel: 1, activation: silu, name: fc1}
              - {conv: $input.channels, kernel: 1, activation: sigmoid, name: fc2}
            merge: multiply
      mbconv:
        params: {out: int, expand: 4, kernel: 3, stride: 1, drop: 0.0}
        let: {hidden: $(x.channels * expand)}
        layers:
          - residual:
              - sequence:
                  - {conv_bn: $hidden, when: $(expand != 1)}
                  - {conv_bn: $hidden, kernel: $kernel, stride: $stride, groups: $hidden}
                  - {squeeze_excitation: "$(max(1, input.channels // 4))"}
                  - {conv_bn: $out, act: false}
                name: block
              - {stochastic_depth: $drop, when: $(stride == 1 and out == input.channels)}
            skip: $(stride == 1 and x.channels == out)
    layers:
      - sequence: [{mbconv: 8, drop: 0.5}, {mbconv: 16, kernel: 5, stride: 2}]
        name: features
    """

    def __init__(self) -> None:
        super().__init__()
        models = pytest.importorskip("torchvision").models.efficientnet
        rows = [(4, 3, 1, 8, 8, 0.5), (4, 5, 2, 8, 16, 0.0)]
        self.features = nn.Sequential(
            *(
                models.MBConv(models.MBConvConfig(expand, kernel, stride, into, out, 1), drop, nn.BatchNorm2d)
                for expand, kernel, stride, into, out, drop in rows
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.features(x)  # type: ignore[no-any-return]


class GPT(nn.Module):
    """A decoder of one block, its head tied to the embedding (Radford et al., "GPT-2", 2019)."""

    SPEC = """
    params: {vocabulary: 50, width: 16, heads: 2, depth: 1}
    input: {shape: [12], dtype: int64}
    blocks:
      block:
        params: {heads: int}
        layers:
          - residual: [{layer_norm, name: ln_1}, {attention: $heads, causal: true, name: attn}]
          - residual:
              - {layer_norm, name: ln_2}
              - {linear: $(4 * x.features), name: mlp.c_fc}
              - {gelu, approximate: tanh}
              - {linear: $input.features, name: mlp.c_proj}
    layers:
      - {embedding: $vocabulary, dim: $width, name: wte}
      - {parameter: $x.shape, init: {weight: {normal: [0, 0.02]}}, name: wpe}
      - add: [wte, wpe]
      - {block: $heads, repeat: $depth, name: h}
      - {layer_norm, name: ln_f}
      - {linear: $vocabulary, bias: false, tie: {weight: wte.weight}, name: lm_head}
    """

    def __init__(self) -> None:
        super().__init__()
        self.wpe = nn.Parameter(torch.empty(1, 12, 16))
        self.wte = nn.Embedding(50, 16)
        block = nn.Module()
        block.ln_1 = nn.LayerNorm(16)
        block.attn = nn.MultiheadAttention(16, 2, batch_first=True)
        block.ln_2 = nn.LayerNorm(16)
        block.mlp = nn.ModuleDict({"c_fc": nn.Linear(16, 64), "c_proj": nn.Linear(64, 16)})
        self.h = nn.ModuleList([block])
        self.ln_f = nn.LayerNorm(16)
        self.lm_head = nn.Linear(16, 50, bias=False)
        self.lm_head.weight = self.wte.weight

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.wte(tokens) + self.wpe
        for block in self.h:
            y = block.ln_1(x)  # type: ignore[operator]
            q, k, v = F.linear(y, block.attn.in_proj_weight, block.attn.in_proj_bias).chunk(3, -1)  # type: ignore
            q, k, v = (each.unflatten(-1, (2, 8)).transpose(1, 2) for each in (q, k, v))
            scores = (q @ k.transpose(-2, -1)) / 8**0.5
            weights = scores.masked_fill(torch.ones(12, 12).triu(1).bool(), -torch.inf).softmax(-1)
            x = x + block.attn.out_proj((weights @ v).transpose(1, 2).flatten(2))  # type: ignore
            y = F.gelu(block.mlp["c_fc"](block.ln_2(x)), approximate="tanh")  # type: ignore
            x = x + block.mlp["c_proj"](y)  # type: ignore
        return self.lm_head(self.ln_f(x))  # type: ignore[no-any-return]


@pytest.mark.parametrize("plain", [ShuffleUnit, ShiftedWindows, MBConv, GPT])
@pytest.mark.parametrize("training", [False, True], ids=["eval", "training"])
def test_it_is_what_it_is_named_after(plain: type[nn.Module], training: bool) -> None:
    text = "\n".join(line[4:] for line in plain.SPEC.splitlines())  # type: ignore[attr-defined]
    spec, ours, theirs = loads(text), compiled(text).train(training), plain().train(training)
    theirs.load_state_dict(random_state(ours), strict=True)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    [given] = spec.graph.inputs.values()
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(4, *given.shape, generator=generator)
    if given.dtype == "int64":
        x = torch.randint(50, (4, product(given.shape)), generator=generator)
    made = []
    for network in (ours, theirs):
        torch.manual_seed(2)
        made.append(network(x))
        made[-1].square().mean().backward()
    torch.testing.assert_close(*made)
    for (name, weight), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(weight.grad, other.grad, msg=lambda text, name=name: f"{name}: {text}")
