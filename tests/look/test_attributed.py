"""`netspec look`: maps of what a score rests on, mistakes, and the randomisation check."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from scipy.stats import spearmanr
from sklearn.datasets import load_digits
from torch import nn

import netspec as package
from netspec import api
from netspec.analysis.last_map import last_map
from netspec.cli.commands.look import look
from netspec.diagnostics import NetspecError
from netspec.interop.weight_files import save_weights
from netspec.look.attribution import class_score, grad_cam, saliency
from netspec.look.attribution.randomised import cascade, stages
from netspec.look.attribution.similarity import rank_correlation, structural_similarity
from netspec.look.figures import Charts, Panels
from netspec.look.looking import look_at
from netspec.look.method import Options
from netspec.look.methods import method_named
from netspec.look.mistakes import find_mistakes
from netspec.look.opened import Opened
from netspec.look.opening import open_network
from netspec.look.recording import recorded

MAPS = ("saliency", "smooth_grad", "integrated_gradients", "guided_backprop", "occlusion", "grad_cam")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a few steps on digits."""
    folder = tmp_path_factory.mktemp("runs") / "digits"
    package.train("lenet_digits", steps=12, out=folder, device="cpu")
    return folder


@pytest.fixture(scope="module")
def digit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("images") / "digit.png"
    Image.fromarray((load_digits().images[7] * 255 / 16).round().astype(np.uint8)).save(file)
    return file


@pytest.fixture(scope="module")
def opened(run: Path) -> Opened:
    return open_network(run)


def panels(*args: Any, **options: Any) -> Panels:
    ((_, figure),) = look_at(*args, **options).figures
    assert isinstance(figure, Panels)
    return figure


@pytest.mark.parametrize("method", MAPS)
def test_a_map_lies_over_its_image(run: Path, digit: Path, opened: Opened, method: str) -> None:
    made = panels(run, digit, show=method, target=3)
    image, alone, over = made.panels
    assert image.image is not None
    assert image.image.shape == (8, 8, 3)
    assert (over.image == image.image).all()
    assert alone.heat is not None
    assert alone.heat.shape == (8, 8)
    assert made.scale is not None
    assert "for 3: score " in made.title
    assert "%" in made.title
    with torch.inference_mode():
        score = float(opened.module(opened.see(digit).inputs)[0, 3])
    assert made.facts == {"image": "digit.png", "class": "3", "score": pytest.approx(score)}


def test_the_likeliest_class_is_explained_unasked(run: Path, digit: Path, opened: Opened) -> None:
    made = panels(run, digit, show="saliency")
    inputs = opened.see(digit).inputs
    likeliest = int(opened.module(inputs).argmax())
    assert made.facts["class"] == opened.classes[likeliest]
    wanted = saliency(class_score(opened.module, likeliest), inputs)[0, 0]
    assert made.panels[1].heat == pytest.approx(wanted.numpy())


def test_the_likeliest_class_has_the_least_penalty(digit: Path) -> None:
    opened = open_network("lenet5_1998")
    assert opened.recipe is not None
    assert opened.recipe.loss.penalties
    seen = opened.see(digit)
    outputs = opened.answer(seen.inputs)[0]
    target = Options().target_of(opened, seen)
    assert target == int(outputs.argmin())
    assert float(opened.score(target)(seen.inputs)) == -float(outputs[target])


def test_integrated_gradients_start_from_black_pixels(run: Path, digit: Path, opened: Opened, tmp_path: Path) -> None:
    """Also where pixels are shifted and scaled: what is black in a file."""
    Image.new("L", (8, 8)).save(tmp_path / "black.png")
    score = opened.score(3)
    rise = score(opened.see(digit).inputs) - score(opened.see(tmp_path / "black.png").inputs)
    made = panels(run, digit, show="integrated_gradients", target=3)
    assert made.panels[1].heat is not None
    assert made.panels[1].heat.sum() == pytest.approx(float(rise), rel=0.02)


def test_grad_cam_weighs_the_last_map_or_the_one_that_is_asked_for(run: Path, digit: Path, opened: Opened) -> None:
    asked = look_at(run, digit, show="grad_cam", target=3, layers=["conv1", "relu2"]).figures
    assert [figure.subtitle.split(" of ")[-1] for _, figure in asked] == [
        "conv1, weighed by their mean slopes",
        "relu2, weighed by their mean slopes",
    ]
    made = panels(run, digit, show="grad_cam", target=3)
    assert made.subtitle == "32 maps of 2x2 of max_pool2, weighed by their mean slopes"
    low = grad_cam(
        opened.score(3), opened.see(digit).inputs, lambda: recorded(opened, ("max_pool2",), lambda _, value: value)
    )
    assert made.panels[1].heat is not None
    assert made.panels[1].heat[0, 0] == pytest.approx(float(low[0, 0, 0, 0]))


def test_numbers_that_are_not_finite_are_told(digit: Path, tmp_path: Path) -> None:
    module = api.compile("lenet_digits")
    with torch.no_grad():
        module.get_parameter("fc3.weight")[3] = torch.nan
    save_weights(module, tmp_path / "broken.safetensors")
    broken = tmp_path / "broken.safetensors"
    made = look_at("lenet_digits", digit, weights=broken, show=[*MAPS, "sanity"], target=3)
    titles = [figure.title for _, figure in made.figures]
    assert titles[0] == "Saliency for class 3: score nan"
    assert made.figures[0][1].facts["score"] is None
    made.save(tmp_path / "out")
    json.dumps(made.figures[-1][1].facts, allow_nan=False)
    zero = look_at("lenet_digits", digit, weights=broken, show="saliency", target=2)
    assert "nan" not in zero.figures[0][1].title.partition(",")[0]


LAST_KINDS = (
    "alexnet", "convnext_tiny", "googlenet", "keras_cnn", "lenet5_1998", "lenet_1989", "mobilenet_v3_small", "resnet9",
    "resnet18", "vgg11", "vit_b_16",
)  # fmt: skip
"""A network for each kind of layer that gives a last map: modules, sums, concatenations, activations of entries."""


@pytest.mark.parametrize("name", LAST_KINDS)
def test_the_last_map_is_caught_in_the_live_network(name: str) -> None:
    spec = api.load(name)
    value = last_map(api.analyze(spec), "output")
    assert value is not None
    network = cast(Opened, SimpleNamespace(graph=spec.graph, module=api.compile(spec, device="meta").eval()))
    (given,) = spec.graph.inputs.values()
    with recorded(network, [value.key], lambda _, tensor: tensor.shape) as found:
        network.module(torch.empty((2, *given.shape), device="meta"))
    assert found == {value.key: (2, *value.shape)}


@pytest.mark.parametrize(
    ("source", "options", "said"),
    [
        ("lenet", {"show": "guided_backprop"}, "`guided_backprop` needs a network with a relu: `lenet`"),
        ("mlp", {"show": "grad_cam"}, "`grad_cam` needs a network with maps before its output: `mlp`"),
        ("conv_autoencoder", {"show": "saliency"}, "`saliency` needs a network that gives classes"),
        ("lenet", {"show": "grad_cam", "layers": "fc1"}, "`fc1` gives no maps: its output has no height and width"),
        ("mlp", {"show": "mistakes"}, "`mistakes` needs the data of a run, or of a recipe"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_name(digit: Path, source: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(NetspecError) as caught:
        look_at(source, digit, **options)
    assert said in caught.value.diagnostics[0].message


def test_a_regression_makes_no_mistakes_of_classes() -> None:
    text = """
netspec: 1
name: values
input: [1, 8, 8]
layers: [flatten, {linear: 1}]
train: {data: digits, loss: huber, optimizer: {sgd: 0.1}, epochs: 1}
"""
    with pytest.raises(NetspecError) as caught:
        look_at(api.loads(text), show="mistakes")
    assert "`mistakes` needs images that have a class each" in caught.value.diagnostics[0].message


def test_mistakes_are_those_that_the_accuracy_counts(run: Path, opened: Opened) -> None:
    found = find_mistakes(opened, 5)
    accuracy = json.loads((run / "metrics.json").read_text())["test_accuracy"]
    assert (found.part, found.judged, found.shares) == ("test", found.there, True)
    assert found.count == round((1 - accuracy) * found.judged) > 5
    assert len(found.worst) == 5
    sure = [each.sure for each in found.worst]
    assert sure == sorted(sure, reverse=True)
    inputs, targets = opened.examples(10_000)
    with torch.no_grad():
        shares = opened.module(inputs).softmax(1)
    best, said = shares.max(1)
    wrong = best[said != targets]
    assert sure[0] == pytest.approx(float(wrong.max()))
    assert all(each.said == int(opened.module(each.inputs[None]).argmax()) != each.true for each in found.worst)


def test_without_a_mistake_the_least_sure_answers_are_shown(opened: Opened) -> None:
    inputs, targets = opened.examples(10_000)

    class Knows(nn.Module):
        """Says the right class, the first examples less surely."""

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            rows = [int((inputs == image).flatten(1).all(1).nonzero()[0]) for image in images]
            return nn.functional.one_hot(targets[rows], 10) * (1.0 + torch.tensor(rows)[:, None])

    knowing = replace(opened, module=Knows())
    found = find_mistakes(knowing, 3)
    assert found.count == 0
    assert [torch.equal(each.inputs, inputs[row]) for row, each in enumerate(found.worst)] == [True] * 3
    (figure,) = method_named("mistakes").look(knowing, (), Options())
    assert figure.title == "No mistake; the 12 answers that were least sure"


def test_weights_are_made_random_from_the_last_layer_to_the_first() -> None:
    spec = api.load("resnet18", depths=[1, 1, 1, 1], classes=10)
    network, fresh = api.compile(spec), api.compile(spec)
    network(torch.rand(2, 3, 64, 64))  # its normalisations have statistics of their own
    before = copy.deepcopy(network.state_dict())
    head, *convolutions = stages(spec.graph, 100)
    assert head == ("fc",)
    assert convolutions[-1] == ("conv1", "bn1")
    assert {len(part) for part in convolutions} == {2}  # each with its normalisation
    assert [part[0] for part in stages(spec.graph, 4)] == ["fc", "layer3.0.downsample.0", "layer2.0.conv2", "conv1"]
    random: set[str] = set()
    for part, (named, changed) in zip(stages(spec.graph, 4), cascade(spec.graph, network, fresh, 4), strict=True):
        assert named == part[0]
        random |= {key for key in before if key.rpartition(".")[0] in part}
        for key, tensor in changed.state_dict().items():
            assert torch.equal(tensor, (fresh.state_dict() if key in random else before)[key]), key
    assert random == set(before)
    assert all(torch.equal(tensor, before[key]) for key, tensor in network.state_dict().items())


def test_the_randomisation_check_compares_maps_step_by_step(run: Path, digit: Path) -> None:
    made = look_at(run, digit, show="sanity", seed=2)
    strip, curves = (figure for _, figure in made.figures)
    assert isinstance(strip, Panels)
    assert isinstance(curves, Charts)
    assert curves.places == ["as trained", "fc3", "fc2", "fc1", "conv2", "conv1"]
    assert [curve.name for curve in curves.charts[0].curves] == ["Saliency", "Guided backpropagation", "Grad-CAM"]
    assert all(curve.values[0] == pytest.approx(1) for chart in curves.charts for curve in chart.curves)
    assert len(strip.panels) == 3 * strip.columns  # type: ignore[operator]
    again = look_at(run, digit, show="sanity", seed=2)
    assert again.figures[1][1].facts == curves.facts
    assert look_at(run, digit, show="sanity", seed=3).figures[1][1].facts != curves.facts


def test_rank_correlation_is_scipys() -> None:
    torch.manual_seed(0)
    for most in (2, 5, 1000):
        one, other = torch.randint(0, most, (2, 9, 7)).float()
        wanted = spearmanr(one.flatten(), other.flatten()).statistic
        assert rank_correlation(one, other) == pytest.approx(wanted)
    assert rank_correlation(one, torch.zeros(9, 7)) is None
    assert rank_correlation(one, one.where(one > 500, torch.nan)) is None


def test_structural_similarity_is_torchmetrics() -> None:
    metric = pytest.importorskip("torchmetrics.functional.image").structural_similarity_index_measure
    torch.manual_seed(0)
    one, other = torch.rand(2, 20, 24)
    one, other = ((each - each.min()) / (each.max() - each.min()) for each in (one, one + 0.5 * other))
    options = {"gaussian_kernel": False, "kernel_size": 7, "data_range": 1.0, "return_full_image": True}
    _, full = metric(one[None, None].double(), other[None, None].double(), **options)
    found = structural_similarity(3 * one - 1, other)
    assert found == pytest.approx(float(full[..., 3:-3, 3:-3].mean()), abs=0.02)
    assert structural_similarity(one, one) == pytest.approx(1)
    assert structural_similarity(one, torch.ones(20, 24)) is None
    assert structural_similarity(one[:3, :2], other[:3, :2]) is not None


def test_the_command_draws_them(run: Path, digit: Path, tmp_path: Path) -> None:
    given = [str(run), str(digit), "--show", "saliency,grad_cam,sanity,mistakes", "-o", str(tmp_path / "out")]
    done = CliRunner().invoke(look, [*given, "--theme", "dark", "--format", "json"])
    assert done.exit_code == 0, done.output
    files = {Path(file).name for file in json.loads(done.stdout)["files"]}
    assert files == {"saliency-digit.png", "grad-cam-digit.png", "sanity-digit.png", "sanity.png", "mistakes.png"}
    for name in files:
        with Image.open(tmp_path / "out" / name) as image:
            assert image.width == 960
