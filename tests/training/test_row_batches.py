"""Images that are asked about are answered together, each as it would be alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.training.judging import row_batches
from netspec.training.judging.row_batches import batched

LOST = Diagnostic(Code.FILE_UNREADABLE, "lost")


def asked(name: str, *sizes: tuple[int, ...], fails: bool = False) -> tuple[str, partial[Iterator[Tensor]]]:
    def read() -> Iterator[Tensor]:
        for index, size in enumerate(sizes):
            yield torch.full(size, ord(name[0]) + index / 10)
        if fails:
            raise NetspecError.of(Code.FILE_UNREADABLE, name)

    return name, partial(read)


def test_neighbours_of_one_shape_are_answered_together_and_files_of_rows_alone() -> None:
    small, large = (1, 3, 4, 4), (1, 3, 8, 8)
    given = [
        *(asked("a", small), asked("b", small), LOST, asked("c", small, fails=True), asked("d", small)),
        *(asked("e", large), asked("f", (2, 3, 4, 4), (1, 3, 4, 4)), asked("g", small), asked("h")),
    ]
    unread: list[Diagnostic] = []
    found = [(rows, list(batches)) for rows, batches in batched(given, unread)]
    shapes = [[tuple(each.shape) for each in batches] for _, batches in found]
    assert shapes == [[(3, 3, 4, 4)], [large], [(2, 3, 4, 4), (1, 3, 4, 4)], [small]]
    first, _, rows, _ = found
    assert [first[0](row) for row in range(3)] == [("a", 1), ("b", 1), ("d", 1)]
    assert [rows[0](row) for row in range(3)] == [("f", 1), ("f", 2), ("f", 3)]
    assert [each.message for each in unread] == ["lost", "c"]
    assert first[1][0][:, 0, 0, 0].tolist() == [ord("a"), ord("b"), ord("d")]


def test_batches_are_bounded_in_images_and_in_numbers() -> None:
    many = [asked("a", (1, 1, 2, 2)) for _ in range(70)]
    assert [len(next(batches)) for _, batches in batched(many, [])] == [32, 32, 6]
    wide = [asked("a", (1, 1, 1024, 1024)) for _ in range(6)]
    assert [len(next(batches)) for _, batches in batched(wide, [])] == [4, 2]
    assert row_batches._NUMBERS == 4 * 1024 * 1024
