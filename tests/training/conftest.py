"""Fixtures of the tests of training."""

import pytest
import torch

from tests.charts import charts  # noqa: F401


@pytest.fixture(autouse=True)
def one_thread():
    """Networks this small gain nothing from two threads, and lose much where tests run side by side."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
