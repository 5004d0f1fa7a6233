"""Fixed kernels: their numbers, and convolution as against cross-correlation, by definition."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netspec.contract.calls import build
from netspec.layers import registry
from netspec.layers.base import Refusal
from netspec.layers.filtering import gaussian

IMAGE = (2, 5, 6)


def filtered(x: Tensor, **options: Any) -> Tensor:
    layer = registry()["filter"](**options)
    (shape,) = layer.infer((tuple(x.shape[1:]),))
    y: Tensor = build(layer.emit((tuple(x.shape[1:]),)), "cpu")(x)
    assert tuple(y.shape[1:]) == shape
    return y


def impulse() -> Tensor:
    x = torch.zeros(1, 1, 5, 5)
    x[..., 2, 2] = 1
    return x


def test_convolution_copies_the_kernel_and_correlation_turns_it() -> None:
    numbers = ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0), (7.0, 8.0, 9.0))
    convolved = filtered(impulse(), kernel=numbers, mode="convolution")
    correlated = filtered(impulse(), kernel=numbers)
    assert convolved[0, 0].tolist() == [[*row] for row in numbers]
    assert correlated[0, 0].tolist() == [[*reversed(row)] for row in reversed(numbers)]


def test_by_definition() -> None:
    numbers, x = (2.0, -1.0, 5.0), torch.rand(1, 1, 6, dtype=torch.float64).float()
    signal = x[0, 0].tolist()
    convolved = [sum(numbers[j] * signal[i - j] for j in range(3)) for i in range(2, 6)]
    correlated = [sum(numbers[j] * signal[i + j] for j in range(3)) for i in range(4)]
    torch.testing.assert_close(filtered(x, kernel=numbers, mode="convolution"), torch.tensor([[convolved]]))
    torch.testing.assert_close(filtered(x, kernel=numbers), torch.tensor([[correlated]]))


def test_box_is_the_mean() -> None:
    x = torch.rand(3, *IMAGE)
    torch.testing.assert_close(filtered(x, kernel="box", size=(2, 3)), F.avg_pool2d(x, (2, 3), 1))
    torch.testing.assert_close(filtered(x[:, 0], kernel="box", size=3), F.avg_pool1d(x[:, 0], 3, 1))


def test_gaussian() -> None:
    kernel = filtered(impulse(), kernel="gaussian", size=5, sigma=0.7, padding=2)[0, 0]
    assert kernel.sum().item() == pytest.approx(1)
    for row in range(5):
        for column in range(5):
            squared = (row - 2) ** 2 + (column - 2) ** 2
            ratio = (kernel[row, column] / kernel[2, 2]).item()
            assert ratio == pytest.approx(math.exp(-squared / (2 * 0.7**2)), rel=1e-5)


@pytest.mark.parametrize(("size", "sigma"), [(3, 0.8), (5, 1.1), (4, 0.95)])
def test_sigma_follows_the_size(size: int, sigma: float) -> None:
    """The formula of OpenCV's getGaussianKernel: 0.3 ((size - 1) / 2 - 1) + 0.8."""
    x = torch.rand(1, 1, 9, 9)
    found = filtered(x, kernel="gaussian", size=size)
    torch.testing.assert_close(found, filtered(x, kernel="gaussian", size=size, sigma=sigma))


@pytest.mark.parametrize("sigma", [1e-3, 1e-200, 1e-320])
@pytest.mark.parametrize(("size", "kernel"), [(3, [0, 1, 0]), (4, [0, 0.5, 0.5, 0])])
def test_the_narrowest_gaussian_is_its_nearest_places(size: int, kernel: list[float], sigma: float) -> None:
    assert gaussian((size,), sigma) == pytest.approx(kernel)


def plane(x: Tensor) -> tuple[Tensor, Tensor]:
    """Row and column numbers of an image."""
    rows, columns = torch.meshgrid(torch.arange(x.shape[-2]), torch.arange(x.shape[-1]), indexing="ij")
    return rows.float()[None, None], columns.float()[None, None]


def test_sobel_is_eight_times_the_slope() -> None:
    rows, columns = plane(torch.empty(5, 6))
    ramp = 2 * rows + 3 * columns
    assert (filtered(ramp, kernel="sobel_x") == 8 * 3).all()
    assert (filtered(ramp, kernel="sobel_y") == 8 * 2).all()
    # Turning the kernel changes the sign of a derivative.
    assert (filtered(ramp, kernel="sobel_x", mode="convolution") == -8 * 3).all()


def test_laplacian_and_sharpening() -> None:
    rows, columns = plane(torch.empty(5, 6))
    assert (filtered(rows**2 + 3 * columns**2, kernel="laplacian") == 2 + 6).all()
    assert (filtered(columns[:, 0] ** 2, kernel="laplacian") == 2).all()
    x = torch.rand(1, 2, 5, 6)
    torch.testing.assert_close(
        filtered(x, kernel="sharpen"), x[..., 1:-1, 1:-1] - filtered(x, kernel="laplacian"), rtol=1e-5, atol=1e-6
    )
    torch.testing.assert_close(
        filtered(x[:, 0], kernel="sharpen"), x[:, 0, :, 1:-1] - filtered(x[:, 0], kernel="laplacian")
    )


def test_channels_keep_to_themselves() -> None:
    x = torch.rand(1, 2, 5, 5)
    y = filtered(x, kernel="sobel_x")
    x[:, 0] += torch.rand(5, 5)
    assert torch.equal(filtered(x, kernel="sobel_x")[:, 1], y[:, 1])


def test_geometry_is_a_convolution_s() -> None:
    conv = nn.Conv2d(2, 2, 3, 2, (2, 1), (1, 2), groups=2, bias=False, padding_mode="replicate")
    with torch.no_grad():
        conv.weight.copy_(torch.arange(9.0).reshape(3, 3))
    numbers = tuple(tuple(row) for row in torch.arange(9.0).reshape(3, 3).tolist())
    options = {"stride": 2, "padding": (2, 1), "dilation": (1, 2), "padding_mode": "replicate"}
    x = torch.rand(3, *IMAGE)
    torch.testing.assert_close(filtered(x, kernel=numbers, **options), conv(x))


def test_nothing_is_learned_or_saved() -> None:
    module = build(registry()["filter"](kernel="sharpen").emit((IMAGE,)), "cpu")
    assert not list(module.parameters())
    assert not module.state_dict()
    assert module.double()(torch.rand(1, *IMAGE).double()).dtype is torch.float64


REFUSALS: list[tuple[dict[str, Any], tuple[int, ...], str]] = [
    ({"kernel": "gaussian"}, IMAGE, "`{filter: gaussian, size: 3, padding: 1}` keeps"),
    ({"kernel": "sobel_x"}, (2, 9), "`{filter: [-1, 0, 1]}` is the derivative"),
    ({"kernel": (1.0, 2.0)}, IMAGE, "`[[1, 2, 1]]` is a kernel of one row"),
    ({"kernel": "sharpen"}, (4,), "`reshape` makes an image"),
    ({"kernel": "box", "size": 7}, IMAGE, "`padding: 3` keeps 5x6 at stride 1"),
]


@pytest.mark.parametrize(("options", "shape", "help"), REFUSALS)
def test_refusals_help(options: dict[str, Any], shape: tuple[int, ...], help: str) -> None:
    with pytest.raises(Refusal) as caught:
        registry()["filter"](**options).infer((shape,))
    assert help in str(caught.value.help)


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"kernel": "sharpen", "size": 3}, "size"),
        ({"kernel": (1.0,), "size": 3}, "size"),
        ({"kernel": "box", "size": 3, "sigma": 1.0}, "sigma"),
        ({"kernel": "gaussian", "size": 3, "sigma": 0.0}, "sigma"),
        ({"kernel": ((1.0,), (2.0, 3.0))}, "kernel"),
        ({"kernel": ()}, "kernel"),
        ({"kernel": ((),)}, "kernel"),
    ],
)
def test_options_that_mean_nothing(options: dict[str, Any], option: str) -> None:
    with pytest.raises(Refusal) as caught:
        registry()["filter"](**options).infer((IMAGE,))
    assert caught.value.option == option


def test_numbers_survive_the_meta_device() -> None:
    """Weights that are assigned to a network without storage bring no constants along."""
    call = registry()["filter"](kernel="sharpen").emit(((2, 5, 6),))
    x = torch.rand(1, *(2, 5, 6))
    made = build(call, "meta")
    made.load_state_dict({}, assign=True)
    assert torch.equal(made(x), build(call, "cpu")(x))
