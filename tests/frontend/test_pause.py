"""The collector rests while a large library is imported, and does not walk what that brings soon after."""

import gc
from collections.abc import Iterator

import pytest

from netspec.frontend.pause import importing


@pytest.fixture
def unfrozen() -> Iterator[None]:
    """No object is frozen, as in a process of its own."""
    gc.unfreeze()
    yield
    gc.freeze()


@pytest.mark.usefixtures("unfrozen")
def test_what_an_import_brings_is_old_at_once() -> None:
    with importing("a_library_that_is_not_there_yet"):
        assert not gc.isenabled()
        brought: list[object] = []
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
    assert any(each is brought for each in gc.get_objects(generation=2))


def test_what_others_froze_stays_frozen() -> None:
    kept: list[object] = []
    gc.freeze()
    with importing("a_library_that_is_not_there_yet"):
        pass
    assert not any(each is kept for each in gc.get_objects())


def test_what_is_imported_already_takes_no_pause() -> None:
    with importing("gc"):
        assert gc.isenabled()
