"""`netspec.step`: one training step, told. Needs torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec import api
from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.arguments import typed
from netspec.driver.elaboration import refuse_detector
from netspec.driver.recipes import memory
from netspec.driver.spec import Spec, given
from netspec.driver.timing import check_fits
from netspec.recipe.libraries import LIBRARIES, require

if TYPE_CHECKING:
    from netspec.look.step.doing import Step

MOST_STEPS = 1000
"""The most steps to the one that is told."""


@typed
def step(
    spec: Spec | str | Path,
    *,
    values: Any = None,
    image: str | Path | None = None,
    target: Any = None,
    data: str | Path | None = None,
    batch_size: int | None = None,
    loss: str | None = None,
    optimizer: str | None = None,
    steps: int = 1,
    weights: str | Path | None = None,
    seed: int | None = None,
    digits: int = 4,
    shown: int = 12,
    terms: int = 6,
    **params: Any,
) -> Step:
    """One training step of a network, each number by its formula, and held against torch's.

        >>> done = netspec.step("net.yaml", values=[1, 2], target=0, loss="cross_entropy", optimizer="{sgd: 0.1}")
        >>> [(each.name, each.value) for each in done.worked]

    Args:
        spec: A loaded spec, or an argument for `load`.
        values: An example, or a list of examples, as nested lists of numbers.
        image: An image file as the example; without either, the examples are those of the recipe's first batch.
        target: A class, values, or a list of either for each example.
        data: The folder or file of the recipe's data.
        batch_size: In place of the recipe's.
        loss: A loss as recipes have it, in place of the recipe's: ``mse``.
        optimizer: An optimizer likewise: ``{sgd: 0.1, momentum: 0.9}``.
        steps: The step that is told, from 1; those before it are done.
        weights: Trained weights, as for `load_weights`; without them they are drawn by the seed.
        seed: The seed; the recipe's if None, or else 0.
        digits: Digits of a number in text.
        shown: The most numbers of a tensor that are written out.
        terms: The most terms of a sum that are written out.
        params: Params and keys to set, as in `load`.

    Raises:
        NetspecError: The spec or its recipe is wrong, examples or targets do not fit, or torch refuses the step.
    """
    if (values is not None) + (image is not None) + (data is not None or batch_size is not None) > 1:
        raise ValueError("the examples are values, an image, or those of the recipe's data")
    if not 1 <= steps <= MOST_STEPS:
        raise ValueError(f"steps are 1 to {MOST_STEPS}")
    loaded = given(spec, params)
    refuse_detector(api.elaborate(loaded))
    require(*LIBRARIES)
    from netspec.look.opening import open_network
    from netspec.look.step.doing import do
    from netspec.look.step.examples import examples_of
    from netspec.look.step.given import Parts, lesson_of_data, lesson_of_values
    from netspec.look.step.worked import Style

    settings: dict[str, Any] = {"batch_size": batch_size, "seed": seed}
    parts = Parts.of(loaded, loss, optimizer, folder=None if data is None else str(Path(data).resolve()), **settings)
    own = str(weights) if weights is not None else None
    graph = api.elaborate(loaded)
    if values is None and image is None:
        if target is not None:
            raise NetspecError.of(
                Code.DATA_MISMATCH,
                "the data have targets of their own",
                help="`--target` goes with --values and --image",
            )
        count = parts.recipe.data.batch_size if parts.recipe else 1
        _check_memory(loaded, count)
        lesson = lesson_of_data(loaded, parts, own)
    else:
        if image is not None:
            seen = open_network(loaded, weights=own).see(Path(image))
            inputs, source = seen.inputs.double(), seen.name
        else:
            inputs, source = examples_of(values, graph), "as given"
        _check_memory(loaded, len(inputs))
        start = seed if seed is not None else parts.recipe.seed if parts.recipe else 0
        lesson = lesson_of_values(loaded, parts, inputs, target, source, own, start)
    return do(lesson, loaded.name, steps, Style(digits, shown, terms))


def _check_memory(spec: Spec, examples: int) -> None:
    """Refuse a step that does not fit: float64 takes twice the memory of float32, and each layer is kept twice."""
    peak = memory(spec, batch=examples).training_peak
    check_fits(None if peak is None else 4 * peak, f"a step on {examples:,} examples", "give fewer: `--batch-size 1`")
