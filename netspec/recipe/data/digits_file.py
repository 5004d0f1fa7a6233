"""The digits out of scikit-learn's own file, split as scikit-learn splits them, without importing that library.

Importing it takes half as long as importing torch. A training script, which is there to be read, calls the library.
"""

from __future__ import annotations

import gzip
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.functional.examples import Data, Images

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FILE = Path("datasets", "data", "digits.csv.gz")
_TEST = 360


def read_digits() -> Data | None:
    """The result of `netspec.functional.data.digits.load_digits_of_sklearn`.

    None where this version of the library keeps its file elsewhere.
    """
    import numpy as np
    import torch

    spec = find_spec("sklearn")
    folders = (spec.submodule_search_locations if spec else None) or ()
    path = next((path for path in (Path(folder) / _FILE for folder in folders) if path.is_file()), None)
    if path is None:
        return None
    with gzip.open(path, "rt", encoding="ascii") as lines:
        table = np.loadtxt(lines, delimiter=",", dtype=np.uint8)
    images, labels = table[:, :-1].reshape(-1, 1, 8, 8), table[:, -1].astype(np.int64)
    train, test = (
        Images(torch.from_numpy(images[rows]), torch.from_numpy(labels[rows])) for rows in _split(labels, _TEST)
    )
    return Data(train, test, brightest=16)


def _split(labels: NDArray[np.int64], held: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows to learn and those held out: scikit-learn's `StratifiedShuffleSplit` of random state 0."""
    import numpy as np

    drawn, counts = np.random.RandomState(0), np.bincount(labels)
    learned_of = _shares(counts, len(labels) - held, drawn)
    held_of = _shares(counts - learned_of, held, drawn)
    own = np.split(np.argsort(labels, kind="stable"), counts.cumsum()[:-1])
    mixed = [rows[drawn.permutation(len(rows))] for rows in own]
    ends = learned_of + held_of
    learned = [rows[:end] for rows, end in zip(mixed, learned_of, strict=True)]
    others = [rows[begin:end] for rows, begin, end in zip(mixed, learned_of, ends, strict=True)]
    return drawn.permutation(np.concatenate(learned)), drawn.permutation(np.concatenate(others))


def _shares(counts: NDArray[np.int64], number: int, drawn: np.random.RandomState) -> NDArray[np.int64]:
    """Whole numbers that add up to a number, in proportion to counts; ties are drawn."""
    import numpy as np

    exact = counts / counts.sum() * number
    found = np.floor(exact)
    missing, rests = int(number - found.sum()), exact - found
    for rest in np.unique(rests)[::-1]:
        if missing:
            (tied,) = np.where(rests == rest)
            chosen = drawn.choice(tied, size=min(len(tied), missing), replace=False)
            found[chosen] += 1
            missing -= len(chosen)
    whole: NDArray[np.int64] = found.astype(np.int64)
    return whole
