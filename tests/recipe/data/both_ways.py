"""A data set as `netspec train` reads it and as a script does."""

from pathlib import Path

import pytest
import torch

from netspec.diagnostics import NetspecError
from netspec.training.feeding.decoded import Decoder
from netspec.training.feeding.samples import prepare
from tests.recipe.data.sets import dataset

CPU = torch.device("cpu")


def read_both_ways(written):
    """The samples of `netspec train`, which a script's equal."""
    part = dataset(written)
    raw = part.load()
    wanted, found = Decoder.of(part, raw).read(raw), part.reader()(Path(part.script_folder))
    for mine, its in ((found.train, wanted.train), (found.test, wanted.test), (found.validation, wanted.validation)):
        assert (mine is None) == (its is None)
        if mine is not None:
            assert torch.equal(mine.images[torch.arange(len(mine))], its.images)
            assert mine.targets is its.targets or torch.equal(mine.targets, its.targets)
    return prepare(part, CPU)


def refused_both_ways(written, code):
    """The messages and helps of the diagnostics by which it is refused; all are of that code."""
    part = dataset(written)
    with pytest.raises(NetspecError) as caught:
        prepare(part, CPU)
    assert {each.code for each in caught.value.diagnostics} == {code}
    with pytest.raises((ValueError, OSError)):
        part.reader()(Path(part.script_folder))
    return " ".join(f"{each.message} {each.help}" for each in caught.value.diagnostics)
