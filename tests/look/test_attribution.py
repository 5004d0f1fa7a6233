"""Attribution: equal to captum's on zoo networks of every make, and to the formulas where captum has none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netspec import api
from netspec.analysis.last_map import last_map
from netspec.look import attribution
from netspec.look.attribution.grad_cam import Tap
from netspec.look.attribution.score import at_once, gradient
from tests.look.small_networks import SMALL, digits, network, small

CASES = [(name, trained) for name in SMALL for trained in (False, True)]

BY_MODULES = {"lenet", "lenet_digits", "resnet18", "convnext_tiny"}
"""Networks whose relus, if any, are all modules of `nn.ReLU`: captum sees no others."""


def ending(spec: api.Spec, module: nn.Module) -> str:
    """The module that returns the last map: the layer's own, or the block that ends with it."""
    value = last_map(api.analyze(spec), "output")
    assert value is not None
    return value.key if value.key in dict(module.named_modules()) else value.key.rpartition(".")[0]


def tap(module: nn.Module, path: str) -> Tap:
    """Catches what a module of a network returns."""

    @contextmanager
    def caught() -> Iterator[dict[str, Tensor]]:
        found: dict[str, Tensor] = {}
        hook = module.get_submodule(path).register_forward_hook(lambda _, __, result: found.update({path: result}))
        try:
            yield found
        finally:
            hook.remove()

    return caught


class Case:
    """A network in float64, so that differences are of formulas; images without constant regions; a class."""

    def __init__(self, name: str, trained: bool) -> None:
        spec = small(name)
        self.module = network(spec, trained).double().eval()
        torch.manual_seed(1)
        self.images = (digits(spec, 2)[0] + 0.3 * torch.rand(1)).double()
        self.images += 0.05 * torch.rand_like(self.images)
        self.ending = ending(spec, self.module)
        self.tap = tap(self.module, self.ending)
        maps = [attribution.grad_cam(self.score(index), self.images, self.tap) for index in range(4)]
        self.index = max(range(4), key=lambda index: float(maps[index].flatten(1).amax(1).min()))

    def score(self, index: int) -> attribution.Score:
        return attribution.class_score(self.module, index)

    def equals(self, found: Tensor, wanted: Tensor) -> None:
        size = wanted.abs().max()
        assert size > 0
        assert (found - wanted).abs().max() <= 1e-5 * size


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{'trained' if case[1] else 'random'}")
def case(request: pytest.FixtureRequest) -> Case:
    return Case(*request.param)


@pytest.fixture(scope="module")
def captum() -> Any:
    return pytest.importorskip("captum.attr", reason="captum is not installed: its results are not compared")


def test_saliency_is_captums(case: Case, captum: Any) -> None:
    wanted = captum.Saliency(case.module).attribute(case.images, target=case.index)
    case.equals(attribution.saliency(case.score(case.index), case.images), wanted)


def test_integrated_gradients_are_captums(case: Case, captum: Any) -> None:
    options = {"baselines": 0.25, "n_steps": 11, "method": "riemann_middle", "target": case.index}
    wanted = captum.IntegratedGradients(case.module).attribute(case.images, **options)
    case.equals(attribution.integrated_gradients(case.score(case.index), case.images, 0.25, 11), wanted)


def test_integrated_gradients_differ_from_captums_by_ties_of_pools_alone(captum: Any) -> None:
    """In flat parts of an image pools choose by rounding, and captum rounds the points of the way otherwise.

    At its own points the gradients are its own; where the ties are broken, they are so at ours. Both in float32.
    """
    spec = small("keras_cnn")
    module, (images, _) = network(spec, trained=False).eval(), digits(spec, 2)
    score, seen = attribution.class_score(module, 3), []

    def network_seen(points: Tensor) -> Tensor:
        seen.append(points.detach().clone())
        return module(points)

    def apart(images: Tensor) -> tuple[float, float]:
        options = {"baselines": 0.25, "n_steps": 11, "method": "riemann_middle", "target": 3}
        wanted = captum.IntegratedGradients(network_seen).attribute(images, **options)
        slopes = gradient(score, max(seen, key=len)).view(11, *images.shape).mean(0)
        seen.clear()
        found = attribution.integrated_gradients(score, images, 0.25, 11)
        ours, its = (float((each - wanted).abs().max()) for each in (found, slopes * (images - 0.25)))
        size = float(wanted.abs().max())
        return ours / size, its / size

    ours, its = apart(images)
    assert its < 1e-6 < 1e-3 < ours
    torch.manual_seed(1)
    ours, its = apart(images + 0.01 * torch.rand_like(images))
    assert max(ours, its) < 1e-6


def test_occlusion_is_captums(case: Case, captum: Any) -> None:
    channels, height, width = case.images.shape[1:]
    window, stride = (height // 2, width // 3), (height // 4, width // 5)  # the last ones are cut off by the border
    wanted = captum.Occlusion(case.module).attribute(
        case.images, (channels, *window), (channels, *stride), 0.5, target=case.index
    )
    found = attribution.occlusion(case.score(case.index), case.images, window, stride, 0.5)
    case.equals(found.expand_as(wanted), wanted)


def test_grad_cam_is_captums(case: Case, captum: Any) -> None:
    layer = captum.LayerGradCam(case.module, case.module.get_submodule(case.ending))
    wanted = layer.attribute(case.images, target=case.index, relu_attributions=True)
    case.equals(attribution.grad_cam(case.score(case.index), case.images, case.tap), wanted.detach())


def test_guided_backprop_is_captums(case: Case, captum: Any, request: pytest.FixtureRequest) -> None:
    """Captum guides modules of `nn.ReLU` alone; `test_guided_backprop_is_its_formula` compares the other networks."""
    if not any(request.node.callspec.id.startswith(f"{name}-") for name in BY_MODULES):
        pytest.skip("captum passes over relus that are functions, and over relu6")
    wanted = captum.GuidedBackprop(case.module).attribute(case.images, target=case.index)
    case.equals(attribution.guided_backprop(case.score(case.index), case.images), wanted)


class GuidedRelu(torch.autograd.Function):
    """A relu up to `most` with the backward pass of the paper."""

    @staticmethod
    def forward(context: Any, x: Tensor, most: float) -> Tensor:  # type: ignore[override]
        context.save_for_backward((x > 0) & (x < most))
        return x.clamp(0, most)

    @staticmethod
    def backward(context: Any, arriving: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        (passed,) = context.saved_tensors
        return arriving * passed * (arriving > 0), None


@contextmanager
def relus_replaced() -> Iterator[None]:
    """Torch's own relus as `GuidedRelu` inside: modules and built networks look them up by these names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(F, "relu", lambda x, inplace=False: GuidedRelu.apply(x, float("inf")))
        patch.setattr(F, "relu6", lambda x, inplace=False: GuidedRelu.apply(x, 6.0))
        patch.setattr(nn.ReLU6, "forward", lambda self, x: GuidedRelu.apply(x, 6.0))
        yield


def test_guided_backprop_is_its_formula(case: Case) -> None:
    with relus_replaced():
        wanted = gradient(case.score(case.index), case.images)
    case.equals(attribution.guided_backprop(case.score(case.index), case.images), wanted)


def test_guided_backprop_differs_from_the_gradient_where_there_is_a_relu() -> None:
    case = Case("keras_cnn", trained=False)
    score = case.score(case.index)
    assert not torch.allclose(attribution.guided_backprop(score, case.images), gradient(score, case.images))


class Relus(nn.Module):
    """Every way to write a relu, one of them twice through one module and some in place."""

    def __init__(self) -> None:
        super().__init__()
        self.act, self.weights = nn.ReLU(inplace=True), nn.ParameterList(torch.randn(6, 6) for _ in range(8))

    def forward(self, x: Tensor) -> Tensor:
        first, *rest = (weight.to(x.dtype) for weight in self.weights)
        x = x.flatten(1) @ first
        for act, weight in zip(self.acts(), rest, strict=True):
            x = act(x @ weight + 0.1) + 0.5 * x
        return x

    def acts(self) -> list[Callable[[Tensor], Tensor]]:
        return [self.act, self.act, F.relu, torch.relu, Tensor.relu, Tensor.relu_, lambda x: F.relu(x, inplace=True)]


def test_every_way_to_write_a_relu_is_guided() -> None:
    torch.manual_seed(0)
    module, images = Relus(), torch.randn(2, 1, 2, 3)
    found = attribution.guided_backprop(attribution.class_score(module, 2), images)
    module.acts = lambda: [lambda x: GuidedRelu.apply(x, float("inf"))] * 7  # type: ignore[method-assign]
    wanted = gradient(attribution.class_score(module, 2), images)
    assert torch.allclose(found, wanted)
    assert wanted.abs().max() > 0


def test_smooth_grad_without_noise_is_the_gradient_and_with_it_the_mean_over_the_noise() -> None:
    case = Case("lenet_digits", trained=True)
    score = case.score(case.index)
    plain = gradient(score, case.images)
    assert torch.allclose(attribution.smooth_grad(score, case.images, samples=3, noise=0), plain)
    found = attribution.smooth_grad(score, case.images, samples=67, noise=0.2, seed=5)
    assert torch.equal(found, attribution.smooth_grad(score, case.images, samples=67, noise=0.2, seed=5))
    assert not torch.equal(found, attribution.smooth_grad(score, case.images, samples=67, noise=0.2, seed=6))
    generator = torch.Generator().manual_seed(5)
    spread = 0.2 * (case.images.amax((1, 2, 3)) - case.images.amin((1, 2, 3))).view(-1, 1, 1, 1)
    drawn = torch.cat([torch.randn((n, *case.images.shape), generator=generator) for n in (64, 3)])
    wanted = torch.stack([gradient(score, case.images + spread * one) for one in drawn]).mean(0)
    assert torch.allclose(found, wanted)


def test_integrated_gradients_add_up_to_the_rise_of_the_score() -> None:
    case = Case("lenet", trained=True)
    score = case.score(case.index)
    found = attribution.integrated_gradients(score, case.images, 0.0, 200).sum((1, 2, 3))
    assert torch.allclose(found, score(case.images) - score(case.images * 0), rtol=1e-3)


def test_many_images_are_explained_a_few_at_a_time() -> None:
    seen = []

    def score(images: Tensor) -> Tensor:
        seen.append(len(images))
        return images.square().sum((1, 2, 3))

    images = torch.randn(129, 1, 3, 3)
    assert torch.allclose(gradient(score, images), 2 * images)
    assert seen == [64, 64, 1]
    assert at_once(torch.empty(2, 3, 224, 224, device="meta")) == 4
    assert at_once(torch.empty(2, 3, 2048, 2048, device="meta")) == 1


def test_a_score_that_rests_on_no_pixel_has_a_gradient_of_0() -> None:
    images = torch.randn(2, 1, 3, 3)
    assert not gradient(lambda images: torch.ones(len(images)), images).any()
    weight = torch.ones(2, requires_grad=True)
    assert not gradient(lambda images: weight, images).any()


METHODS: dict[str, Callable[[attribution.Score, Tensor, Any], Tensor]] = {
    "saliency": lambda score, images, tap: attribution.saliency(score, images),
    "smooth_grad": lambda score, images, tap: attribution.smooth_grad(score, images, 2),
    "integrated_gradients": lambda score, images, tap: attribution.integrated_gradients(score, images, 0.0, 2),
    "guided_backprop": lambda score, images, tap: attribution.guided_backprop(score, images),
    "occlusion": lambda score, images, tap: attribution.occlusion(score, images, (4, 4), (4, 4)),
    "grad_cam": lambda score, images, tap: attribution.grad_cam(score, images, tap),
}


@pytest.mark.parametrize("method", METHODS)
def test_a_network_is_left_as_it_was(method: str) -> None:
    spec = small("resnet18")
    module = network(spec, trained=False).train()
    module.get_submodule("layer1").eval()
    module.get_parameter("fc.weight").grad = kept = torch.ones(10, 512)
    images, before = digits(spec, 2)[0], {key: tensor.clone() for key, tensor in module.state_dict().items()}
    modes = [each.training for each in module.modules()]
    found = METHODS[method](attribution.class_score(module, 3), images, tap(module, "layer4"))
    again = METHODS[method](attribution.class_score(module.requires_grad_(False), 3), images, tap(module, "layer4"))
    assert torch.equal(found, again)  # frozen weights change nothing
    with torch.inference_mode():
        assert torch.equal(found, METHODS[method](attribution.class_score(module, 3), images, tap(module, "layer4")))

    def broken(images: Tensor) -> Tensor:
        attribution.class_score(module, 3)(images)
        raise RuntimeError("it failed")

    with pytest.raises(RuntimeError, match="it failed"):
        METHODS[method](broken, images, tap(module, "layer4"))
    assert [each.training for each in module.modules()] == modes
    assert not [each for each in module.modules() if each._forward_hooks or each._forward_pre_hooks]
    assert all(torch.equal(tensor, before[key]) for key, tensor in module.state_dict().items())
    assert module.get_parameter("fc.weight").grad is kept
    assert [name for name, each in module.named_parameters() if each.grad is not None] == ["fc.weight"]
    assert not images.requires_grad
