"""Networks as live torch modules: compiled, given trained weights, compared with a reference. Needs torch."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.arguments import typed
from netspec.driver.elaboration import refuse_detector
from netspec.driver.generation import known_source_of, source_of
from netspec.driver.spec import Spec, elaborate, given
from netspec.frontend.pause import importing
from netspec.shape import Shape

if TYPE_CHECKING:
    import torch

    from netspec.frontend.weights import Weights
    from netspec.interop.load_report import LoadReport
    from netspec.interop.result import Verification


@typed
def compile(
    spec: Spec | str | Path,
    device: str | torch.device | None = None,
    *,
    weights: str | Path | None = None,
    partial: bool = False,
    inputs: Mapping[str, Shape] | None = None,
    **params: Any,
) -> torch.nn.Module:
    """The network as a live torch module: the generated source, compiled in memory.

    Args:
        spec: A loaded spec, or an argument for `load`.
        device: The device of its weights; torch's default device if None.
        weights: Trained weights, as for `load_weights`; without them, weights are drawn by the spec's initialisers.
        partial: Whether to load only the weights that fit; a warning lists the others.
        inputs: Input shapes in place of the spec's own.
        params: Params and keys to set, as in `load`.

    Raises:
        NetspecError: The spec is wrong, torch is not installed, or the weights do not fit. NS0906: a plugin's
            layer declares other weights than its module has.
    """
    loaded = given(spec, params)
    graph = elaborate(loaded, inputs)
    text = known_source_of(loaded, graph)
    require_torch()
    with importing("torch"):
        from netspec.backends.live import build
    from netspec.interop.declared import built
    from netspec.program.naming import network_class

    network = built(graph, lambda: build(text, network_class(loaded.name), device))
    if weights is not None:
        report = load_weights(network, weights, loaded, partial=partial)
        if not report.complete:
            warnings.warn(str(report), stacklevel=3)
    return network


def compile_network(
    spec: Spec | str | Path,
    device: str | torch.device | None = None,
    *,
    weights: str | Path | None = None,
) -> torch.nn.Module:
    """As `compile`, for what feeds a network tensors of the spec's shapes.

    Raises:
        NetspecError: As for `compile`. NS0913: it is a detector.
    """
    loaded = given(spec, {})
    refuse_detector(elaborate(loaded))
    return compile(loaded, device, weights=weights)


@typed
def load_weights(
    network: torch.nn.Module,
    weights: str | Path,
    spec: Spec | None = None,
    *,
    partial: bool = False,
    fresh: Collection[str] = (),
) -> LoadReport:
    """Load trained weights into a network, and report the outcome for each tensor.

    Args:
        network: A compiled spec, or any module; its tensors keep their device and type.
        weights: A file, ``.safetensors`` or ``.pt``, the folder of a training run, ``torchvision:NAME``,
            ``torchvision:NAME/WEIGHTS``, ``timm:NAME``, or ``default`` for the source that the spec names.
        spec: The spec whose section `weights` has other authors' names of the tensors.
        partial: Whether to load the tensors that fit even if others do not.
        fresh: Modules and tensors of the network that stay unchanged, such as a new head: names, or patterns such as
            ``*.bias``. The file's tensors in their place are left out; all others have to fit.

    Raises:
        NetspecError: NS0604: some tensor does not fit; then nothing was loaded, and the error's `partial` is the
            `LoadReport`. NS0902, NS0907, NS0908: there are no such weights, or they cannot be read or fetched.
    """
    require_torch()
    from netspec.frontend.weights import Weights
    from netspec.interop.loading import load as load_into
    from netspec.interop.weight_files import read_weights

    section = spec.document.weights if spec else Weights()
    found = read_weights(weights_source(weights, section))
    return load_into(network, found, section, partial=partial, fresh=fresh)


def weights_source(weights: str | Path, section: Weights) -> str | Path:
    """The source of weights: ``default`` is the source that the spec names.

    Raises:
        NetspecError: NS0605: the spec names none.
    """
    if weights != "default":
        return weights
    if section.source is None:
        raise NetspecError.of(
            Code.BAD_WEIGHTS, "the spec does not say where its weights are", expected="`source` under `weights`"
        )
    return section.source


@typed
def verify(
    spec: Spec | str | Path,
    against: str | None = None,
    *,
    weights: str | Path | None = None,
    options: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Shape] | None = None,
    seed: int = 0,
    batch: int = 2,
    tolerance: float = 1e-5,
    **params: Any,
) -> Verification:
    """Compare a network with a reference: counts, tensors, outputs and gradients under the same random weights.

    Args:
        spec: A loaded spec, or an argument for `load`.
        against: ``torchvision:NAME``, ``timm:NAME`` or ``FILE.py:CALLABLE``; None for the source of the spec's weights.
        weights: Trained weights to compare with, as for `load_weights`; None draws them.
        options: Keyword arguments for the constructor of the reference.
        inputs: Input shapes in place of the spec's own.
        seed: Seed of the weights and the inputs.
        batch: Number of examples in the input.
        tolerance: Relative difference up to which tensors are close.
        params: Params and keys to set, as in `load`.

    Raises:
        NetspecError: The spec is wrong, torch is not installed, or the reference fails.
    """
    loaded = given(spec, params)
    reference = loaded.document.weights.source if against is None else against
    if reference is None:
        raise NetspecError.of(
            Code.REFERENCE_FAILED,
            f"`{loaded.name}` does not say what it is to be compared with",
            expected="a reference, or `source` under the spec's `weights`",
        )
    graph = elaborate(loaded, inputs)
    text = source_of(loaded, graph)
    require_torch()
    from netspec.analysis import analyze as analysis_of

    with importing("torch"):
        from netspec.backends.live import build
    from netspec.interop.declared import built
    from netspec.interop.randomness import without_weights
    from netspec.interop.reference import make_reference
    from netspec.interop.verify import Settings, Subject
    from netspec.interop.verify import verify as verified
    from netspec.interop.verify_detector import verify_detector
    from netspec.program.naming import network_class

    module = built(graph, lambda: without_weights(lambda: build(text, network_class(loaded.name))))
    subject = Subject(module, analysis_of(graph), loaded.document.weights)
    if weights is not None:
        load_weights(module, weights, loaded)
    settings = Settings(seed, batch, tolerance, trained=weights is not None)
    compare = verified if graph.detection is None else verify_detector
    return compare(subject, make_reference(reference, options), reference, settings)


def require_torch() -> None:
    """Refuse to go on without torch.

    Raises:
        NetspecError: NS0904: it is not installed.
    """
    from netspec.recipe.libraries import require  # whoever only checks a spec reads no recipe

    require("torch", extra="torch")
