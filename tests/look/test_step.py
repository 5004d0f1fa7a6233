"""`netspec step`: every number that is told follows from its formula, and is torch's."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import netspec
from netspec import api
from netspec.diagnostics import NetspecError
from netspec.look.step.doing import Step
from netspec.look.step.values import weight_letter
from netspec.look.step.worked import Style, latex

TINY = """
netspec: 1
name: tiny
input: [2]
layers: [{linear: 3, activation: tanh, name: fc1}, {linear: 2, name: fc2}]
"""

MIXED = """
netspec: 1
name: mixed
input: [2, 6, 6]
layers:
  - {conv: 4, kernel: 3, padding: 1, dilation: 2, groups: 2, activation: relu}
  - batch_norm
  - residual:
      - {conv: 4, kernel: 3, padding: 1}
      - leaky_relu
      - {dropout: 0.5}
  - {max_pool: 2, padding: 1}
  - parallel:
      - {avg_pool: 3, stride: 2, padding: 1}
      - {filter: [[1, 2], [3, 4]], stride: 2, padding: [[0, 1], [0, 1]]}
    merge: concat
  - {linear: 3}
  - gelu
  - flatten
  - {linear: 4, bias: false, activation: sigmoid}
  - softmax
"""


OPTIMIZERS = ("{sgd: 0.1, momentum: 0.5, weight_decay: 0.1}", "{adam: 0.1, weight_decay: 0.1}", "{adamw: 0.1}")

RUN = """
netspec: 1
name: tiny
input: [1, 8, 8]
layers: [flatten, {linear: 6, activation: tanh}, {dropout: 0.3}, rrelu, {stochastic_depth: 0.2}, {linear: 10}]
train:
  data: {digits: , batch_size: 8}
  loss: cross_entropy
  optimizer: {sgd: 0.5, momentum: 0.9}
  schedule: {one_cycle: 1.0}
  clip: {norm: 0.2}
  steps: 2
  seed: 3
  log: []
"""


def done(text: str, values: Any, target: Any, loss: str = "cross_entropy", **options: Any) -> Step:
    options = {"optimizer": "{sgd: 0.1}", **options}
    return netspec.step(api.loads(text), values=values, target=target, loss=loss, **options)


def check(told: Step) -> None:
    """Every number is torch's; each tensor that learns has its gradient and its update worked out."""
    assert max(told.apart, told.difference) < 1e-12
    for call in told.calls:
        names = {each.name.partition("[")[0] for each in told.gradients[call.key]}
        assert {f"dL/d{weight_letter(call, name)}" for name in call.learned} <= names
    assert {each.name for each in told.updates} == {name for name, found in told.changes.items() if found}


def test_a_step_on_the_board() -> None:
    told = done(TINY, [1, 2], 1)
    check(told)
    w, b = told.calls[0].held["weight"], told.calls[0].held["bias"]
    (first, *_) = told.values["fc1 before tanh"]
    assert (first.name, first.symbols) == ("y[0]", "sum_j w[0, j]*a[j] + b[0]")
    assert first.value == pytest.approx(float(w[0, 0] * 1 + w[0, 1] * 2 + b[0]), abs=1e-15)
    logits = told.judged.outputs[0].detach()
    assert told.losses[0].value == pytest.approx(float(torch.logsumexp(logits, 0) - logits[1]))
    assert [each.symbols for each in told.losses[1:]] == ["p[0] - 0", "p[1] - 1"]
    assert told.after < told.total


@pytest.mark.parametrize("optimizer", ["{adamw: 0.01, weight_decay: 0.1}", "{sgd: 0.1, momentum: 0.9, nesterov: true}"])
def test_layers_of_all_kinds(optimizer: str) -> None:
    values = torch.randn(3, 2, 6, 6, generator=torch.Generator().manual_seed(0)).tolist()
    told = done(MIXED, values, [0, 1, 3], optimizer=optimizer, steps=2)
    check(told)
    untold = {call.layer.op for call in told.calls if not told.values[call.key]}
    assert untold == {"gelu"}
    assert all(told.gradients[call.key] for call in told.calls if call.layer.op != "filter")


@pytest.mark.parametrize("seed", range(6))
def test_random_networks(seed: int) -> None:
    draw = random.Random(seed)
    axes = draw.choice([0, 1, 2])
    size = draw.randint(5, 7)
    shape = [draw.randint(1, 3), *[size] * axes]
    layers: list[Any] = []
    for _ in range(draw.randint(1, 2)):
        if axes:
            layers.append(
                {"conv": draw.randint(1, 3), "kernel": draw.randint(1, 3), "stride": draw.randint(1, 2), "padding": 1}
            )
        else:
            layers.append({"linear": draw.randint(1, 4)})
        layers.append(draw.choice(["relu", "tanh", "sigmoid", "elu"]))
    layers += [*(["flatten"] if axes else []), {"linear": 3, "bias": draw.random() < 0.5}]
    text = json.dumps({"netspec": 1, "name": "drawn", "input": shape, "layers": layers})
    batch = draw.randint(1, 3)
    values = torch.randn(batch, *shape, generator=torch.Generator().manual_seed(seed)).tolist()
    optimizer = draw.choice(
        ["{sgd: 0.1, momentum: 0.5, weight_decay: 0.1}", "{adam: 0.1, weight_decay: 0.1}", "{adamw: 0.1}"]
    )
    loss = draw.choice(["cross_entropy", "mse", "l1"])
    target: Any = [draw.randint(0, 2) for _ in range(batch)]
    if loss == "l1":
        target = torch.randn(batch, 3, generator=torch.Generator().manual_seed(seed)).tolist()
    told = done(text, values, target, loss, optimizer=optimizer, steps=draw.randint(1, 3))
    check(told)
    assert told.losses


def test_it_is_the_first_step_of_a_run(tmp_path: Path) -> None:
    """With the same weights, examples, rate and masks: float32 is all that differs."""
    spec = api.loads(RUN)
    run = netspec.train(spec, out=tmp_path / "run")
    told = netspec.step(spec, steps=2)
    check(told)
    assert (told.norm or 0) > 0.2
    weights = run.model("cpu").state_dict()
    for update in told.updates:
        assert update.after.float().numpy() == pytest.approx(weights[update.name].numpy(), abs=1e-5)


def test_an_image_is_an_example(tmp_path: Path) -> None:
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8) * 4).save(tmp_path / "digit.png")
    spec = api.loads(TINY.replace("[2]", "[1, 8, 8]").replace("[{linear: 3", "[flatten, {linear: 3"))
    told = netspec.step(spec, image=tmp_path / "digit.png", target=1, loss="cross_entropy", optimizer="{sgd: 0.1}")
    check(told)
    assert told.inputs.flatten().tolist() == pytest.approx([4 * at / 255 for at in range(64)], abs=1e-6)


def test_numbers_that_are_none_are_told(netspec: Any, tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    asked = ("step", "tiny.yaml", "--target", "[1, 2]", "--loss", "mse", "--optimizer", "{sgd: 0.1}")
    code, told, error = netspec(*asked, "--values", "[1e308, -1e308]")
    assert (code, error) == (0, "")
    assert "nan" not in told.split("Forward")[0] or "inf" in told


def test_large_tensors_are_told_in_part() -> None:
    style = Style(shown=4, terms=2)
    assert style.tensor(torch.arange(10.0)) == "[0, 1, ... 8 more]; mean 4.5, std 2.872, least 0, largest 9"
    assert style.tensor(torch.tensor([[1.0, -0.5]])) == "[[1, -0.5]]"
    assert style.added([(1, 2), (-3, 0.5), (0, 7), (2, -2), (1, 1)]) == "1*2 - 3*0.5 + ... (3 more: -3)"
    assert style.added([]) == "0"


def test_formulas_in_latex() -> None:
    assert latex("sum_j w[0, j]*a[j] + b[0]") == r"\sum_{j} w_{0,j} \cdot a_{j} + b_{0}"
    assert latex("dL/dy[1]*[a1[2] > 0]") == r"\frac{\partial L}{\partial y_{1}} \cdot [a^{(1)}_{2} > 0]"
    assert latex("lr*m_hat[0]/sqrt(s_hat[0])") == r"\eta \cdot \hat{m}_{0}/\sqrt{\hat{s}_{0}}"
    assert latex("1.5e-08") == r"1.5 \cdot 10^{-8}"
    assert latex("0.5 + ... (1,204 more: -3)") == r"0.5 + \cdots (1{,}204 \text{ more: } -3)"


@pytest.mark.parametrize("form", ["text", "json", "csv", "markdown", "html", "latex"])
def test_the_command(netspec: Any, tmp_path: Path, form: str) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    asked = ("step", "tiny.yaml", "--values", "[1, 2]", "--target", "1", "--loss", "cross_entropy")
    code, told, error = netspec(*asked, "--optimizer", "{sgd: 0.1}", "--shown", "4", "--format", form)
    assert (code, error) == (0, "")
    if form == "json":
        record = json.loads(told)
        assert record["forward"][0]["weights"]["weight"]["left_out"] == 2
        assert all(
            each["value"] == pytest.approx(each["torch"]) for part in record["backward"] for each in part["worked"]
        )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--values", "[1, 2]"), 1, "has no section `train`"),
        (("--values", "[1, 2]", "{}"), 2, "unexpected extra argument"),
        (("--values", "[1, 2]", *("--loss", "mse", "--optimizer", "{sgd: 0.1}")), 1, "the examples have no target"),
        (("--values", "[1, 2", "--target", "1"), 2, "is no number, nor a list"),
        (("--values", "[NaN, 1]", "--target", "1"), 2, "NaN is no finite number"),
        (("--values", "[1e400, 1]", "--target", "1"), 2, "1e400 is no finite number"),
        (("--values", f"[{10**30}, 1]", "--target", "1"), 2, "is no whole number of 64 bits"),
        (("--values", "[1, 2, 3]", "--target", "1"), 1, "found: [3]"),
        (("--values", "[[1, 2], [3]]", "--target", "1"), 1, "the values are no numbers"),
        (("--values", "{}", "--target", "1"), 1, "the values are no numbers"),
        (("--values", "[1, 2]", "--target", "2"), 1, "classes are 0 to 1"),
        (("--values", "[1, 2]", "--target", "[0, 1, 2]"), 1, "expected: a class"),
        (("--values", "[1, 2]", "--target", "0.5"), 1, "expected: a class"),
        (("--values", "[1, 2]", "--target", "1", "--loss", "msee"), 1, "there is no loss `msee`"),
        (("--values", "[1, 2]", "--target", "1", "--optimizer", "{sgd: x}"), 1, "`lr` has the wrong type"),
        (("--values", "[1, 2]", "--image", "x.png"), 2, "The examples are"),
        (("--target", "1"), 1, "the data have targets of their own"),
        ((), 1, "has no section `train`"),
    ],
)
def test_mistakes(netspec: Any, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    given = dict(zip(arguments[::2], arguments[1::2], strict=False))
    defaults = {"--loss": "cross_entropy", "--optimizer": "{sgd: 0.1}"} if "--target" in given else {}
    rest = [each for pair in defaults.items() if pair[0] not in given for each in pair]
    found, out, error = netspec("step", "tiny.yaml", *arguments, *rest)
    assert (found, out) == (code, "")
    assert said in " ".join(error.replace("│", " ").replace("|", " ").split())


def test_what_torch_refuses_is_told() -> None:
    with pytest.raises(NetspecError, match="torch refuses the step: Expected more than 1 value per channel"):
        done("{netspec: 1, name: n, input: [2], layers: [{linear: 3}, batch_norm, {linear: 2}]}", [1, 2], 1)
    with pytest.raises(NetspecError, match="no weight that could be learned"):
        done("{netspec: 1, name: n, input: [2], layers: [relu]}", [1, 2], 1)


def test_a_loss_for_each_output_is_refused() -> None:
    spec = api.loads(RUN.replace("loss: cross_entropy", "loss: {one: cross_entropy, two: cross_entropy}"))
    with pytest.raises(NetspecError, match="a step of several losses is not told"):
        netspec.step(spec, values=[[[0.0] * 8] * 8], target=1)


def test_functions_and_constants_are_called_as_the_network_calls_them() -> None:
    told = done(
        """
        netspec: 1
        name: functions
        input: {shape: [6], dtype: int64}
        layers:
          - {embedding: 9, dim: 4}
          - {mean: 0}
          - {name: fc, linear: 4}
          - {name: table, constant: [1.5, 2.5, 3.5, 4.5]}
          - {name: scaled, multiply: , from: [fc, table]}
          - {divide: , from: [scaled, table]}
          - {scale: 2}
          - {slice: [0, 3], axis: 0}
          - {linear: 2}
        """,
        [[1, 2, 3, 4, 5, 6], [0, 0, 1, 1, 8, 8]],
        [1, 0],
    )
    assert max(told.apart, told.difference) < 1e-12
    assert {call.layer.op for call in told.calls} >= {"embedding", "constant", "divide", "scale", "slice"}
