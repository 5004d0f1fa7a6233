"""Memory in training and in inference, predicted and followed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
import yaml

from netspec import api
from netspec.analysis.footprint import Footprint, largest_batch
from netspec.analysis.limits import read_bytes
from netspec.analysis.optimizer_state import OptimizerState
from netspec.driver.recipes import memory, optimizer_states, recipe_of
from netspec.recipe.optimizers import Optimizer, Sgd
from tests.analysis.test_fields import narrow
from tests.reduced import reduced
from tests.saved import LivePeak, kept_storages

NETWORKS = ("lenet", "keras_cnn", "resnet18", "resnet50", "mobilenet_v2", "convnext_tiny")


SLOW = {"unet"}
"""Networks whose smallest image takes long; a copy with few channels has the same flow."""


HOLDING = ("lenet_1989", "lenet5_1998", "googlenet", "vgg11_lrn", "unet", "vit_b_16")
"""Networks whose modules and functions hold on to more than is still to be read."""


@pytest.mark.parametrize("name", [*NETWORKS, *HOLDING])
def test_what_is_there_at_once_in_inference(name: str) -> None:
    spec = narrow(name) if name in SLOW else reduced(name)
    found = memory(spec, batch=2)
    module = api.compile(spec).eval()
    images = torch.rand(2, *spec.graph.inputs["input"].shape)
    with torch.no_grad(), LivePeak([images]).leave_out(module) as followed:
        module(images)
    assert found.inference_peak is not None
    assert found.parameters is not None
    assert found.buffers is not None
    assert found.inference_peak - found.parameters - found.buffers == followed.peak


def inference_peak_of(text: str) -> tuple[int, int]:
    """Bytes of values in inference, as they are predicted and as they are followed."""
    spec = api.loads(text)
    found = memory(spec, batch=2)
    module = api.compile(spec).eval()
    x = torch.rand(2, *spec.graph.inputs["input"].shape)
    with torch.no_grad(), LivePeak([x]).leave_out(module) as followed:
        module(x)
    assert found.inference_peak is not None
    return found.inference_peak - (found.parameters or 0) - (found.buffers or 0), followed.peak


@pytest.mark.parametrize("name", ["lenet", "resnet18", "convnext_tiny", "vit_b_16"])
def test_casts_of_weights_are_there_until_autocast_is_done(name: str) -> None:
    spec = reduced(name)
    found = memory(spec, batch=2, precision="bf16")
    module, images = api.compile(spec).eval(), torch.rand(2, *spec.graph.inputs["input"].shape)
    casts = torch.autocast("cpu", torch.bfloat16)
    with torch.no_grad(), LivePeak([images]).leave_out(module) as followed, casts:
        module(images)
    assert (found.inference_peak or 0) - (found.parameters or 0) - (found.buffers or 0) == followed.peak


FEW_LEARN = """
netspec: 1
name: few_learn
input: [4]
layers:
  - {linear: 300, freeze: true}
  - {linear: 300, freeze: true}
  - {linear: 300}
  - {linear: 3}
"""


def test_casts_of_what_is_frozen_are_not_remembered() -> None:
    spec = api.loads(FEW_LEARN)
    found = memory(spec, batch=2, precision="bf16")
    module, x = api.compile(spec).eval(), torch.rand(2, 4)
    casts = torch.autocast("cpu", torch.bfloat16)
    with torch.no_grad(), LivePeak([x]).leave_out(module) as followed, casts:
        module(x)
    assert (found.inference_peak or 0) - (found.parameters or 0) == followed.peak


SCORES = "netspec: 1\nname: scores\ninput: [100, 8]\nlayers: [{attention: 4}]\n"


def test_attention_to_oneself_makes_all_scores_in_inference_on_a_cpu() -> None:
    """Torch's short way has a fused kernel on a GPU alone."""
    predicted, followed = inference_peak_of(SCORES)
    assert predicted == followed
    scores = 4 * 2 * 4 * 100 * 100
    assert predicted > scores
    assert (memory(api.loads(SCORES), batch=2, device="cuda").inference_peak or 0) < scores


LOCALS = """
netspec: 1
name: locals
input: [4, 8, 8]
layers:
  - {conv: 64, kernel: 1, name: wide}
  - {conv: 8, kernel: 1, name: narrow}
  - {conv: 32, kernel: 1, activation: relu}
  - {conv: 8, kernel: 1, name: end}
  - {add, from: [narrow, end]}
"""


def test_a_local_variable_holds_on_to_a_value() -> None:
    predicted, followed = inference_peak_of(LOCALS)
    assert predicted == followed


@pytest.mark.parametrize("name", [*NETWORKS, "vit_b_16"])
def test_what_is_there_at_once_in_a_training_step(name: str) -> None:
    spec = reduced(name)
    found = memory(spec, batch=4, optimizer="sgd")
    module = api.compile(spec).train()
    images = torch.rand(4, *spec.graph.inputs["input"].shape)
    targets = torch.zeros(4, dtype=torch.int64)
    with LivePeak([images]).leave_out(module) as followed:
        F.cross_entropy(module(images), targets).backward()
    assert found.training_peak is not None
    assert found.parameters is not None
    assert found.buffers is not None
    flowing = found.training_peak - found.parameters - found.buffers
    assert flowing == pytest.approx(followed.peak, rel=0.02)


@pytest.mark.parametrize("precision", ["bf16", "bf16-true"])
@pytest.mark.parametrize("name", ["lenet", "resnet18", "mobilenet_v3_small", "convnext_tiny", "vit_b_16"])
def test_kept_in_16_bits(name: str, precision: str) -> None:
    spec = reduced(name)
    module = api.compile(spec).train()
    images, targets = torch.rand(2, *spec.graph.inputs["input"].shape), torch.zeros(2, dtype=torch.int64)
    if precision == "bf16-true":
        module, images = module.bfloat16(), images.bfloat16()

    def step() -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            return F.cross_entropy(module(images), targets)

    kept, _ = kept_storages(module, step, (images, targets))
    assert memory(spec, batch=2, precision=precision).kept == sum(kept.values())


FROZEN = """
netspec: 1
name: frozen
input: [3, 16, 16]
layers:
  - {conv: 8, kernel: 3, freeze: true}
  - {batch_norm, freeze: true}
  - relu
  - {conv: 8, kernel: 3}
  - {batch_norm, freeze: true}
  - relu
  - flatten
  - {linear: 20, freeze: true}
  - {linear: 10}
"""


def test_what_is_frozen_needs_no_gradient() -> None:
    spec = api.loads(FROZEN)
    found = memory(spec, batch=2, optimizer="adam")
    module = api.compile(spec).train()
    learned = [p for p in module.parameters() if p.requires_grad]
    images, targets = torch.rand(2, 3, 16, 16), torch.zeros(2, dtype=torch.int64)
    kept, loss = kept_storages(module, lambda: F.cross_entropy(module(images), targets), (images, targets))
    assert found.kept == sum(kept.values())
    assert found.gradients == 4 * sum(p.numel() for p in learned)
    loss.backward()
    optimizer = torch.optim.Adam(learned, fused=True)
    optimizer.step()
    state = [t for held in optimizer.state.values() for t in held.values()]
    assert found.optimizer_state == sum(t.untyped_storage().nbytes() for t in state)


@pytest.mark.parametrize("name", sorted(optimizer_states()))
def test_an_optimizer_remembers_as_much(name: str) -> None:
    chosen = Sgd(lr=0.1, momentum=0.9) if name == "momentum" else Optimizer.members[name](lr=0.1)
    module = api.compile(api.load("lenet"))
    module(torch.rand(1, 1, 28, 28)).sum().backward()
    optimizer = chosen.make(module.parameters())
    optimizer.step()
    assert memory("lenet", optimizer=name).optimizer_state == remembered(optimizer)


@pytest.mark.parametrize(
    "optimizer",
    [
        {"rmsprop": 0.1, "momentum": 0.9},
        {"rmsprop": 0.1, "centered": True},
        {"rmsprop": 0.1, "momentum": 0.9, "centered": True},
        {"sgd": 0.1, "momentum": 0.9, "nesterov": True},
        {"adam": 0.1, "betas": [0.5, 0.9], "eps": 1e-4},
        {"muon": 0.1, "nesterov": False},
        {"muon": 0.1, "convolutions": True},
    ],
    ids=str,
)
def test_a_recipe_s_optimizer_remembers_as_much(optimizer: dict[str, object]) -> None:
    train = {"data": "digits", "loss": "cross_entropy", "optimizer": optimizer, "epochs": 1}
    spec = api.loads(yaml.safe_dump(yaml.safe_load(FROZEN) | {"train": train}, sort_keys=False))
    module = api.compile(spec).train()
    made = recipe_of(spec).optimizer.make([p for p in module.parameters() if p.requires_grad])
    module(torch.rand(2, 3, 16, 16)).sum().backward()
    made.step()
    assert memory(spec).optimizer_state == remembered(made)


def remembered(optimizer: torch.optim.Optimizer) -> int:
    """Bytes of the tensors in an optimizer's state."""
    tensors = [t for held in optimizer.state.values() for t in held.values() if isinstance(t, torch.Tensor)]
    return sum(t.untyped_storage().nbytes() for t in tensors)


def test_a_layer_that_does_not_tell_makes_the_rest_unknown() -> None:
    text = "netspec: 1\nname: n\ninput: [5, 4]\nlayers: [{linear: 4}, {module: Softmax2d, name: m}, {linear: 2}]\n"
    found = memory(api.loads(text))
    assert (found.kept, found.kept_by_node, found.training_peak, found.inference_peak) == (None,) * 4
    assert found.training.unknown == "m"
    assert found.parameters == 4 * (20 + 10)


RECURRENT = "netspec: 1\nname: n\ninput: [5, 4]\nlayers: [{%s: 3}, {linear: 2}]\n"


@pytest.mark.parametrize("op", ["lstm", "gru", "rnn"])
def test_what_cudnn_reserves_is_unknown(op: str) -> None:
    spec = api.loads(RECURRENT % op)
    assert memory(spec).kept is not None
    assert memory(spec, device="cuda").kept is None
    assert memory(spec, device="cuda").parameters == memory(spec).parameters


@pytest.mark.parametrize("precision", ["bf16", "bf16-true"])
def test_onednn_s_workspace_in_16_bits_is_unknown(precision: str) -> None:
    assert memory(api.loads(RECURRENT % "lstm"), precision=precision).kept is None


def test_a_step_is_at_its_peak_what_its_parts_are_or_more() -> None:
    found = memory("resnet18", batch=8, optimizer="adamw")
    parts = (found.parameters, found.buffers, found.optimizer_state, found.kept, found.input)
    assert found.training_peak is not None
    assert found.training_peak >= sum(part or 0 for part in parts)
    assert found.kept_by_node is not None
    assert sum(found.kept_by_node.values()) == found.kept


@pytest.mark.parametrize("limit", range(0, 40, 3))
def test_the_largest_batch_fits_and_the_next_does_not(limit: int) -> None:
    batch = largest_batch(limit, lambda batch: 5 + 3 * batch)
    assert batch == max((limit - 5) // 3, 0)


def test_the_largest_batch_is_found_in_few_trials() -> None:
    def check(needed: Callable[[int], int], limit: int, trials: int) -> None:
        tried: list[int] = []

        def counted(batch: int) -> int:
            tried.append(batch)
            return needed(batch)

        found = largest_batch(limit, counted)
        assert found is not None
        assert needed(found) <= limit
        assert found == 2**40 - 1 or needed(found + 1) > limit
        assert len(tried) <= trials

    check(lambda batch: 700 + 13 * batch, 10**9, 4)
    for bend in (3, 70, 5000):  # two parts of a network, each with a peak that grows at its own rate
        check(lambda batch, bend=bend: max(700 + 13 * batch, 700 + 80 * batch - 67 * bend), 10**6, 14)
    check(lambda batch: 1000 * -(-batch // 64), 12_345, 20)  # in steps
    check(lambda batch: 5, 10, 60)


def test_the_largest_batch_of_what_is_unknown() -> None:
    assert largest_batch(10, lambda batch: None) is None


@pytest.mark.parametrize(
    ("text", "size"),
    [("80GB", 80 * 2**30), ("1.5 KB", 1536), ("3B", 3), ("2GiB", 2**31), ("2G", None), ("GB", None), ("-1GB", None)],
)
def test_sizes(text: str, size: int | None) -> None:
    assert read_bytes(text) == size


@pytest.mark.parametrize("wrong", [{"batch": 0}, {"precision": "int8"}, {"optimizer": "adamm"}])
def test_what_is_not_known_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"batch|known here"):
        memory("lenet", **wrong)  # type: ignore[arg-type]


def test_dropout_keeps_a_byte_an_element_on_a_gpu() -> None:
    text = "netspec: 1\nname: n\ninput: [8]\nlayers: [{linear: 6}, dropout, {linear: 2}]\n"
    graph = api.loads(text).graph
    cpu, cuda = (Footprint(graph, 2, optimizer=OptimizerState(), device=device).kept for device in ("cpu", "cuda"))
    assert cpu is not None
    assert cuda is not None
    assert cpu - cuda == 2 * 6 * 3
