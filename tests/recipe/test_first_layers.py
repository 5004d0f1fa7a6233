"""The first layer, begun by the images."""

import pytest
import torch
import yaml
from torch import nn

from netspec import api
from netspec.cli import run
from netspec.functional.whitening import whitened
from netspec.recipe.first_layers import Whitened

LAYERS = [{"conv": 20, "kernel": 2, "name": "first"}, "relu", "flatten", {"linear": 10}]
RECIPE = {"data": "digits", "loss": "cross_entropy", "optimizer": {"sgd": 0.1}, "epochs": 1}


def images(count=300, channels=2):
    """Images whose neighbours and channels go together."""
    torch.manual_seed(0)
    noise = torch.randn(count, channels, 9, 9)
    return noise[:, :, 1:, :-1] + noise[:, :, :-1, :-1] + 0.5 * noise.flip(1)[:, :, 1:, 1:] + 3


def begun(convolution, given, eps=1e-12, freeze=True):
    network = nn.Sequential(convolution, nn.ReLU())
    drawn = convolution.weight.detach().clone()
    whitened(network, given, "0", eps, freeze)
    return convolution, drawn


@pytest.mark.parametrize("options", [{}, {"padding": 1, "stride": 2}, {"dilation": 2}, {"bias": False}])
def test_the_outputs_over_all_patches_vary_alike_and_alone(options):
    convolution, drawn = begun(nn.Conv2d(2, 20, 2, **options), images())
    plain = nn.Conv2d(2, 8, 2, dilation=convolution.dilation, bias=False).double()
    plain.weight.data = convolution.weight.data[:8].double()
    outputs = plain(images().double()).transpose(0, 1).flatten(1)
    torch.testing.assert_close(torch.cov(outputs, correction=0), torch.eye(8).double(), rtol=0, atol=1e-4)
    assert torch.equal(convolution.weight[8:16], -convolution.weight[:8])
    assert torch.equal(convolution.weight[16:], drawn[16:])
    assert not convolution.weight.requires_grad


def test_few_filters_are_those_along_which_patches_vary_most():
    few, _ = begun(nn.Conv2d(2, 3, 2), images())
    many, _ = begun(nn.Conv2d(2, 8, 2), images())
    assert torch.equal(few.weight, many.weight[:3])
    norms = many.weight.flatten(1).norm(dim=1)
    assert (norms.diff() > 0).all()  # a filter is as long as its direction varies little


def test_images_that_never_vary_are_no_trouble():
    convolution, _ = begun(nn.Conv2d(2, 8, 2), torch.ones(3, 2, 5, 5), eps=5e-4, freeze=False)
    assert convolution.weight.isfinite().all()
    assert convolution.weight.requires_grad
    assert convolution.weight.abs().max() <= 5e-4**-0.5 + 1e-3


def test_many_images_are_looked_at_piece_by_piece(monkeypatch):
    whole, _ = begun(nn.Conv2d(2, 8, 2), images())
    monkeypatch.setattr("netspec.functional.whitening.AT_ONCE", 1000)
    pieces, _ = begun(nn.Conv2d(2, 8, 2), images())
    torch.testing.assert_close(whole.weight, pieces.weight)


def text(layers, **recipe):
    data = {"netspec": 1, "name": "n", "input": [1, 8, 8], "layers": layers, "train": {**RECIPE, **recipe}}
    return yaml.safe_dump(data, sort_keys=False)


def test_it_is_the_first_convolution_that_reads_the_input():
    assert Whitened().path(api.elaborate(api.loads(text(LAYERS)))) == "first"
    own = {"conv": 4, "kernel": 1, "name": "own"}
    branches = {"parallel": {"one": [{"sequence": [{"max_pool": 1}, {"conv": 4, "kernel": 1}]}], "two": [own]}}
    path = Whitened().path(api.elaborate(api.loads(text([branches, "flatten", {"linear": 10}]))))
    assert path is not None
    assert path.endswith("own")


@pytest.mark.parametrize(
    ("layers", "recipe", "told"),
    [
        (["flatten", {"linear": 10}], {"first_layer": "whitened"}, "there is none"),
        (["tanh", *LAYERS], {"first_layer": "whitened"}, "there is none"),
        (LAYERS[:2], {"test_time": "mirrored"}, "a network of [1, 8, 8] to [20, 7, 7]"),
        (LAYERS, {"test_time": {"mirrored": 8}}, "cannot be moved by 8 pixels"),
        (LAYERS, {"first_layer": {"whitened": 0}}, "greater than 0"),
        (LAYERS, {"ema": {"decay": 0.9}, "lookahead": {"every": 2}}, "both say which weights judge"),
    ],
)
def test_what_does_not_fit_is_told_by_check_and_by_train(layers, recipe, told, tmp_path, capsys):
    file = tmp_path / "n.yaml"
    file.write_text(text(layers, **recipe))
    for command in ("check", "train"):
        assert run([command, str(file)]) == 1
        shown = " ".join((lambda out: out.out + out.err)(capsys.readouterr()).split())
        assert told in shown
        assert "n.yaml:" in shown


def test_weights_that_were_trained_do_not_go_with_it(tmp_path, capsys):
    file = tmp_path / "n.yaml"
    file.write_text(text(LAYERS, first_layer="whitened"))
    assert run(["train", str(file), "--weights", str(tmp_path / "w.safetensors"), "--device", "cpu"]) == 1
    assert "the run starts from trained weights" in capsys.readouterr().err
