"""Images that are members of tar files, at random access. Imports no torch until they are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netspec.objects.immutable import immutable

if TYPE_CHECKING:
    from netspec.functional.data.tar_shards import Shards


@immutable
class ShardMembers:
    """Some images of shards.

    Attributes:
        shards: The images of all shards of a part.
        rows: Indices of the images among those.
    """

    shards: Shards
    rows: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def name(self, row: int) -> str:
        """The shard and the name in it."""
        whole = self.rows[row]
        return f"{self.shards.files[self.shards.shards[whole]]}: {self.shards.names[whole]}"

    def data(self, row: int) -> bytes:
        """The image's bytes."""
        whole = self.rows[row]
        found = self.shards.member(whole)()
        if len(found) < self.shards.sizes[whole]:
            raise OSError("its shard has become shorter")
        return found

    @property
    def numbers(self) -> list[int]:
        """The number of each image's shard."""
        return [self.shards.shards[row] for row in self.rows]

    def soon(self, rows: Sequence[int]) -> None:
        """Have the system read images ahead of their use."""
        from netspec.functional.data.shard_order import read_soon

        read_soon(self.shards.member(self.rows[row]) for row in rows)

    def take(self, rows: Sequence[int]) -> ShardMembers:
        """Some of the images."""
        return ShardMembers(self.shards, tuple(self.rows[row] for row in rows))
