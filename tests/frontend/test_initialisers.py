"""What an initialiser may be given, against torch."""

import itertools

import pytest
import torch

from netspec.frontend.initialise import BadInitialiser, read_initialiser

NUMBERS = (-1, 0, 0.5, 1, 2)
CASES = [
    *[("uniform", pair) for pair in itertools.product(NUMBERS, repeat=2)],
    ("uniform", (-3e38, 3e38)),
    *[("normal", (0, std)) for std in NUMBERS],
    *[("trunc_normal", (0, 1, *pair)) for pair in itertools.product(NUMBERS, repeat=2)],
    ("trunc_normal", (0, 0)),
    *[(f"xavier_{kind}", (gain,)) for kind in ("uniform", "normal") for gain in NUMBERS],
    *[("orthogonal", (gain,)) for gain in NUMBERS],
    *[("kaiming_normal", (slope,)) for slope in NUMBERS],
    *[("sparse", (0.1, std)) for std in NUMBERS],
]


@pytest.mark.parametrize(("name", "given"), CASES)
def test_torch_takes_what_an_initialiser_is_given(name: str, given: tuple[float, ...]) -> None:
    try:
        getattr(torch.nn.init, f"{name}_")(torch.empty(3, 4), *given)
        taken = True
    except (RuntimeError, ZeroDivisionError, ValueError):
        taken = False
    try:
        read_initialiser({name: list(given)})
        read = True
    except BadInitialiser:
        read = False
    assert read == taken
