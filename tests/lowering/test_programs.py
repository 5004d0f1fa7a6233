"""What specs become: the text of a class beside the text of its spec."""

from __future__ import annotations

import textwrap

import pytest

from netspec import api

HEAD = "netspec: 1\nname: net\n"

CASES = {
    "a condition that instances differ in is an if": (
        """
        input: [4, 8, 8]
        blocks:
          unit:
            params: {out: int}
            layers:
              - {conv: $out, kernel: 1, when: $(x.channels != out), name: project}
              - relu
        layers: [{unit: 4}, {unit: 6}]
        """,
        """
        self.project: nn.Conv2d | None = None
        if in_channels != out:
            self.project = nn.Conv2d(in_channels, out, kernel_size=1)
        """,
        """
        if self.project is not None:
            x = self.project(x)
        """,
    ),
    "a condition with one outcome is none": (
        """
        input: [4, 8, 8]
        blocks:
          unit:
            params: {out: int}
            layers:
              - {conv: $out, kernel: 1, when: $(x.channels != out), name: project}
              - relu
        layers: [{unit: 5}, {unit: 6}]
        """,
        "self.project = nn.Conv2d(in_channels, out, kernel_size=1)",
        "x = self.project(x)",
    ),
    "a named group of modules in a row is a sequential with names": (
        """
        params: {width: 6}
        input: [4, 8, 8]
        layers:
          - parallel:
              left: [{conv: $width, kernel: 1, name: reduce}, relu]
              right: [{max_pool: 3, stride: 1, padding: 1}, {conv: $width, kernel: 1}]
        """,
        """
        self.left = nn.Sequential(
            OrderedDict(reduce=nn.Conv2d(4, width, kernel_size=1), relu1=nn.ReLU())
        )
        self.right = nn.Sequential(
            OrderedDict(
                max_pool1=nn.MaxPool2d(3, stride=1, padding=1),
                conv1=nn.Conv2d(4, width, kernel_size=1),
            )
        )
        """,
        "from collections import OrderedDict",
    ),
    "a group that is one loop over named modules is a sequential with computed names": (
        """
        params: {depth: 3}
        input: [4, 8, 8]
        blocks:
          unit: {params: {out: int}, layers: [{residual: [{conv: $out, kernel: 1}]}, relu]}
        layers:
          - name: body
            layers: [{repeat: $depth, layers: [{unit: 4, name: unit_$(i + 1)}]}]
        """,
        """
        self.body = nn.Sequential(
            OrderedDict((f"unit_{i + 1}", Unit(4, 4)) for i in range(depth))
        )
        """,
        "x = self.body(x)",
    ),
    "a named group that is more than a row is a class": (
        """
        input: [4, 8, 8]
        layers:
          - name: body
            layers: [{conv: 4, kernel: 1, name: first}, {relu, name: second}, {add: [first, second]}]
        """,
        "self.body = Body(4)",
        "first = self.first(x)",
    ),
    "a round's own variable is one where it is read more than once": (
        """
        params: {width: 0.5}
        input: [4, 8, 8]
        blocks:
          unit:
            params: {out: int, kernel: int}
            sequence: [{conv: $out, kernel: $kernel, padding: $(kernel // 2)}, batch_norm]
        layers:
          - sequence:
              - repeat: [[16, 1], [32, 3]]
                as: [c, k]
                let: {out: "$(make_divisible(c * width, 4))", once: $(k + 2)}
                layers: [{unit: $out, kernel: $once}, relu]
            name: body
        """,
        """
        for c, k in ((16, 1), (32, 3)):
            out = make_divisible(c * width, 4)
            layers += [Unit(channels, out, kernel=k + 2), nn.ReLU()]
            channels = out
        """,
    ),
    "a count that is a parameter is a comprehension": (
        """
        params: {depth: 3}
        input: [4, 8, 8]
        layers:
          - {repeat: $depth, conv: 4, kernel: 3, padding: 1, name: body}
        """,
        "self.body = nn.Sequential(\n    *(nn.Conv2d(4, 4, kernel_size=3, padding=1) for _ in range(depth))\n)",
        "x = self.body(x)",
    ),
    "channels that settle after the first round": (
        """
        params: {depth: 3, width: 8}
        input: [4, 8, 8]
        layers:
          - {repeat: $depth, conv: $width, kernel: 1, name: body}
        """,
        "nn.Conv2d(4 if i == 0 else width, width, kernel_size=1)",
        "for i in range(depth)",
    ),
    "channels that change from round to round are carried": (
        """
        params: {growth: 2}
        input: [4, 8, 8]
        layers:
          - repeat: 12
            conv: $(x.channels + growth)
            kernel: 1
            name: body
        """,
        """
        channels = 4
        for _ in range(12):
            layers.append(nn.Conv2d(channels, channels + growth, kernel_size=1))
            channels = channels + growth
        """,
        "self.body = nn.Sequential(*layers)",
    ),
    "names that are counted are computed": (
        """
        params: {depth: 3}
        input: [4, 8, 8]
        layers:
          - repeat: $depth
            layers:
              - {conv: 4, kernel: 1, name: layer$(i + 1)}
              - relu
        """,
        """
        for i in range(depth):
            self.add_module(f"layer{i + 1}", nn.Conv2d(4, 4, kernel_size=1))
            self.add_module(f"relu{i + 1}", nn.ReLU())
        """,
        """
        for i in range(self.rounds):
            x = self.get_submodule(f"layer{i + 1}")(x)
            x = self.get_submodule(f"relu{i + 1}")(x)
        """,
    ),
    "a few rounds of a written list are written out": (
        """
        input: [3, 8, 8]
        layers:
          - {repeat: [16, 32], as: width, conv: $width, kernel: 3}
        """,
        "self.conv1 = nn.Conv2d(3, 16, kernel_size=3)",
        "self.conv2 = nn.Conv2d(16, 32, kernel_size=3)",
    ),
    "a skip that instances differ in is an attribute": (
        """
        input: [4, 8, 8]
        blocks:
          unit:
            params: {out: int}
            layers:
              - residual: [{conv: $out, kernel: 1}]
                skip: $(x.channels == out)
        layers: [{unit: 4}, {unit: 6}]
        """,
        "self.skip = in_channels == out",
        "if self.skip:\n    x = shortcut + x",
    ),
    "what a named group gives besides its result": (
        """
        input: [4, 8, 8]
        layers:
          - name: stem
            layers:
              - {conv: 4, kernel: 1, name: early}
              - relu
          - {add: [stem, stem.early]}
        """,
        "return x, early",
        "stem, early = self.stem(x)",
    ),
    "what a named group takes from around itself": (
        """
        input: [4, 8, 8]
        layers:
          - {conv: 4, kernel: 1, name: skip}
          - relu
          - name: decoder
            layers:
              - {conv: 4, kernel: 1}
              - {add: [joined, skip], when: false}
              - {conv: 4, kernel: 1, name: here}
              - {add: [here, skip]}
        """,
        "def forward(self, x: Tensor, skip: Tensor) -> Tensor:",
        "x = self.decoder(x, skip)",
    ),
    "an activation is a function of the call": (
        """
        input: [4, 8, 8]
        layers: [{conv: 4, kernel: 1, activation: relu}]
        """,
        "import torch.nn.functional as F",
        "x = F.relu(self.conv1(x))",
    ),
    "a side branch runs in training": (
        """
        input: [4, 8, 8]
        layers:
          - {conv: 4, kernel: 1}
          - {conv: 2, kernel: 1, only: training, name: aux}
          - relu
        """,
        "if self.training:\n    aux = self.aux(x)",
        'if self.training:\n    return {"output": x, "aux": aux}\nreturn x',
    ),
    "a module called again": (
        """
        input: [4, 8, 8]
        layers: [{conv: 4, kernel: 1, name: shared}, relu, {reuse: shared}]
        """,
        "self.relu1 = nn.ReLU()",
        "x = self.shared(x)\nx = self.relu1(x)\nx = self.shared(x)",
    ),
    "a free parameter": (
        """
        input: [4, 16]
        layers:
          - {identity: , name: tokens}
          - {parameter: [1, 16], name: token}
          - {concat: [token, tokens]}
        """,
        "self.token = nn.Parameter(torch.zeros(1, 1, 16))",
        "token = self.token.expand(x.shape[0], -1, -1)",
    ),
    "a learned tensor between signs is not expanded": (
        """
        input: [4, 16]
        layers:
          - {linear: 16, name: tokens}
          - {parameter: [4, 16], name: position}
          - {add: [tokens, position], name: placed}
          - {parameter: [4, 1], name: gate}
          - {multiply: [gate, placed], activation: relu, name: gated}
          - {parameter: [4, 16], name: twice}
          - add: [gated, twice, twice]
        """,
        "self.position = nn.Parameter(torch.zeros(1, 4, 16))",
        "placed = tokens + self.position\ngated = F.relu(self.gate * placed)\n"
        "twice = self.twice.expand(x.shape[0], -1, -1)\nx = gated + twice + twice",
    ),
    "a learned scale": (
        """
        input: [4, 8, 8]
        layers: [{layer_scale: 1, name: gamma}, {layer_scale: 0.1, axis: -1, name: ls.gamma, activation: relu}]
        """,
        "self.gamma = nn.Parameter(torch.full((4, 1, 1), 1.0))\nself.ls = nn.ModuleDict()\n"
        'self.ls.register_parameter("gamma", nn.Parameter(torch.full((8,), 0.1)))',
        "x = self.gamma * x\nx = F.relu(self.ls.gamma * x)",
    ),
    "a learned scale in a sequence": (
        """
        input: [16]
        sequence: [{linear: 16}, {layer_scale: 0.1}]
        """,
        'self.register_parameter("1", nn.Parameter(torch.full((16,), 0.1)))',
        'x = self.get_parameter("1") * x',
    ),
    "numbers that a function takes are kept": (
        """
        params: {first: 3}
        input: [7, 4]
        layers: [{split: [$first, $(7 - first)], to: [p, q]}, {concat: [q, p]}, {roll: $first, axes: 0}]
        """,
        "self.sizes = first\nself.sizes2 = 7 - first\nself.shifts = (first,)",
        "p, q = torch.split(x, [self.sizes, self.sizes2], dim=1)\nx = torch.cat([q, p], dim=1)\n"
        "x = torch.roll(x, shifts=self.shifts, dims=(1,))",
    ),
    "names with dots are not computed": (
        """
        params: {depth: 2}
        input: [4]
        layers: [{repeat: $depth, layers: [{linear: 4, name: layers.layer_$i}]}]
        """,
        'self.layers["layer_0"] = nn.Linear(4, 4)\nself.layers["layer_1"] = nn.Linear(4, 4)',
    ),
    "rounds of several inputs are a list of modules": (
        """
        input: [4, 8, 8]
        blocks:
          mix:
            inputs: [main, side]
            layers: [{add: [main, side]}, {conv: 4, kernel: 1}]
        layers:
          - {conv: 4, kernel: 1, name: side}
          - {conv: 4, kernel: 1, name: main}
          - name: stages
            repeat: 3
            layers: [{conv: 4, kernel: 1, name: a}, {mix: , from: [a, side]}]
        """,
        "self.stages = nn.ModuleList(StagesLayers(4) for _ in range(3))",
        "for layer in self.stages:\n    x = layer(x, side)",
    ),
    "a group reads a param of the network by one parameter": (
        """
        params: {depths: [2, 3]}
        input: [4, 8, 8]
        layers:
          - layers:
              - {conv: 4, kernel: 1, repeat: $depths.0, name: one}
              - {conv: 8, kernel: 1, repeat: $depths.1, name: two}
            name: trunk
        """,
        """
        def __init__(self, in_channels: int, depths: Sequence[int]) -> None:
        """,
        """
        def __init__(self, depths: Sequence[int] = (2, 3)) -> None:
        super().__init__()
        if min(depths) < 1:
            raise ValueError("each of `depths` must be at least 1")
        self.trunk = Trunk(4, depths=depths)
        """,
    ),
    "types of which the same weights begin alike share a branch": (
        """
        input: [4, 8, 8]
        layers:
          - layers:
              - {conv: 4, kernel: 1, repeat: 2}
              - {conv_transpose: 4, kernel: 1, repeat: 2}
              - {batch_norm, repeat: 2}
            init: {conv: {weight: kaiming_normal}, conv_transpose: {weight: kaiming_normal}, batch_norm: {weight: ones}}
        """,
        """
        for module in self.modules():
        if type(module) is nn.Conv2d or type(module) is nn.ConvTranspose2d:
        nn.init.kaiming_normal_(module.weight)
        elif type(module) is nn.BatchNorm2d:
        nn.init.ones_(module.weight)
        """,
    ),
    "a single output is a tensor, whatever its name": (
        """
        input: [4]
        layers: [{linear: 3, name: fc}]
        outputs: {scores: fc}
        """,
        """
        fc: Tensor = self.fc(x)
        return fc
        """,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_text(case: str) -> None:
    spec, *parts = CASES[case]
    source = api.generate(api.loads(HEAD + textwrap.dedent(spec)))
    flat = textwrap.dedent("\n".join(line.partition("  # [N")[0].strip() for line in source.splitlines()))
    for part in parts:
        wanted = "\n".join(line.strip() for line in textwrap.dedent(part).strip().splitlines())
        assert wanted in flat, source


def test_instances_that_share_no_text_are_split() -> None:
    spec = """
        input: [4, 8, 8]
        blocks:
          unit:
            params: {act: str}
            layers: [{conv: 4, kernel: 1}, {$act: , name: act}]
        layers: [{unit: relu}, {unit: tanh}, {unit: relu}]
        """
    source = api.generate(api.loads(HEAD + textwrap.dedent(spec)))
    assert [line for line in source.splitlines() if line.startswith("class ")] == [
        "class Unit(nn.Module):",
        "class Unit2(nn.Module):",
        "class Net(nn.Module):",
    ]
    assert source.count("= Unit(") == 2


def test_a_number_that_no_expression_gives_is_a_parameter() -> None:
    # The linear layer sees 8x8 in one instance and 4x4 in the other.
    spec = """
        input: [4, 8, 8]
        blocks:
          head:
            layers: [flatten, {linear: 10}]
        layers:
          - {conv: 4, kernel: 1, name: trunk}
          - {head: , from: trunk, name: fine}
          - {max_pool: 2, from: trunk}
          - {head: , name: coarse}
        outputs: {fine: fine, coarse: coarse}
        """
    source = api.generate(api.loads(HEAD + textwrap.dedent(spec)))
    assert "def __init__(self, in_channels: int, in_height: int, in_width: int) -> None:" in source
    assert "Head(4, 8, 8)" in source
    assert "Head(4, 4, 4)" in source


FAULTS = {
    "a block called as a carried class": """
        input: [4, 16]
        blocks:
          Attention:
            layers: [{attention: 2}]
        layers: [Attention]
        """,
    "a block called as an import": """
        input: [4, 8, 8]
        blocks:
          f: {layers: [{conv: 4, kernel: 1, activation: relu}]}
          tensor: {layers: [f]}
        layers: [tensor]
        """,
    "a child called as an attribute": """
        input: [4, 8, 8]
        blocks:
          unit:
            params: {out: int}
            layers:
              - residual: [{conv: $out, kernel: 1, name: skip}]
                skip: $(x.channels == out)
        layers: [{unit: 4}, {unit: 8}]
        """,
    "a child called as a count": """
        params: {n: 3}
        input: [4]
        layers:
          - {linear: 4, repeat: $n}
          - {linear: 3, name: rounds}
        """,
    "values called as what source calls": """
        params: {rows: [[4, 2], [3, 5]]}
        input: [8]
        layers:
          - linear: $(len([[tuple for q in [1, 2]] for tuple in rows]))
          - linear: "$(sum([max(float, range) for float, range in rows if float + range > 0]))"
        """,
    "a child called as a flag": """
        input: [4, 8, 8]
        blocks:
          unit:
            params: {use: false}
            layers:
              - {layers: [{conv: 4, kernel: 1}, relu], when: $use}
              - {tanh, name: has_layers}
        layers: [{unit: true}, {unit: false}]
        """,
}


@pytest.mark.parametrize("case", FAULTS)
def test_names_never_clash(case: str) -> None:
    torch = pytest.importorskip("torch")
    spec = api.loads(HEAD + textwrap.dedent(FAULTS[case]))
    network = api.compile(spec)
    assert list(network.state_dict()) == list(spec.graph.state_dict)
    network(*(torch.zeros(2, *each.shape) for each in spec.graph.inputs.values()))


def test_a_count_that_later_names_depend_on_is_no_parameter() -> None:
    spec = api.loads(
        HEAD
        + textwrap.dedent("""
            params: {hidden: [5, 6]}
            input: [4]
            layers:
              - {linear: $width, repeat: $hidden, as: width}
              - {linear: 3}
            """)
    )
    source = api.generate(spec)
    assert "def __init__(self) -> None:" in source
    assert "fixed: hidden = (5, 6)" in source
    assert "self.linear3 = nn.Linear(6, 3)" in source


def test_a_repeat_that_is_empty_in_some_rounds() -> None:
    spec = api.loads(
        HEAD
        + textwrap.dedent("""
            params: {depths: [0, 1]}
            input: [3, 8, 8]
            layers:
              - sequence:
                  - repeat: [4, 8]
                    as: w
                    let: {depth: "$(depths[i])"}
                    layers:
                      - {repeat: $depth, layers: [{conv: $w, kernel: 3, padding: 1}, relu]}
                      - {max_pool: 2}
            """)
    )
    assert "nn.Conv2d(3, 8, kernel_size=3, padding=1)" in api.generate(spec)
    assert "nn.Conv2d(3, 4, kernel_size=3, padding=1)" in api.generate(api.with_settings(spec, {"depths": [1, 0]}))


def test_compile_sets_params_of_a_loaded_spec() -> None:
    pytest.importorskip("torch")
    network = api.compile(api.load("resnet18"), device="meta", classes=7)
    assert network.state_dict()["fc.bias"].shape == (7,)
