"""Whatever is done to a data set, it is read, or a diagnostic says what is wrong with it: no traceback, and no end."""

import os
import signal

import pytest
import torch

from netspec.diagnostics import Code, NetspecError
from netspec.training.feeding.batches import in_order
from netspec.training.feeding.samples import prepare
from tests.recipe.data.sets import dataset
from tests.recipe.data.tampered_data import BASES, tampered

pytest.importorskip("pyarrow")

COUNT = int(os.environ.get("NETSPEC_TAMPERED_DATA", "64"))
"""How many data sets are tampered with; `NETSPEC_TAMPERED_DATA=400` for the whole of it."""

TOLD = {Code.DATA_NOT_FOUND, Code.DATA_BROKEN, Code.DATA_MISMATCH}


@pytest.fixture
def patience():
    """Ends what does not end."""

    def over(number, frame):
        raise TimeoutError("it does not end")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def read(written):
    """Reads all of a data set; what is told where it cannot be."""
    try:
        samples = prepare(dataset(written), torch.device("cpu"))
        for part in filter(None, (samples.train, samples.validation, samples.test)):
            assert sum(len(batch.rows) for batch in part.batches(in_order(part, 4))) == len(part) > 0
    except NetspecError as error:
        return error.diagnostics
    return []


@pytest.mark.parametrize("seed", range(COUNT))
def test_it_is_read_or_told_of(tmp_path, patience, seed, capfd):
    made = tampered(seed, tmp_path)
    told = read(made.written)
    assert {each.code for each in told} <= TOLD, made.done
    assert len(told) <= 11, made.done
    assert all(len(each.message) < 2_000 for each in told), made.done
    assert not told or any(str(tmp_path) in each.message for each in told), made.done
    shown = "".join(capfd.readouterr())
    assert "it ran" not in shown, made.done
    assert "Warning" not in shown, made.done


def test_every_kind_of_data_set_is_tampered_with():
    assert 4 * len(BASES) <= COUNT
