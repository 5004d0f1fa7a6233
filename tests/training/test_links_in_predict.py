"""A folder given to `netspec predict` may hold links in circles: each image is read once, each bad link is named."""

from pathlib import Path

import pytest

pytest.importorskip("torch")

from netspec.diagnostics import Diagnostic
from netspec.training.judging.image_inputs import image_files


@pytest.mark.parametrize("target", [".", "..", "loop", "nowhere/../loop"])
@pytest.mark.parametrize("name", ["loop", "loop.png"])
def test_links_in_circles(tmp_path: Path, name: str, target: str) -> None:
    folder = tmp_path / "images"
    (folder / "below").mkdir(parents=True)
    (folder / "a.png").write_bytes(b"")
    (folder / "below" / name).symlink_to(target.replace("loop", name))
    found = list(image_files([folder]))
    assert [each for each in found if isinstance(each, Path)] == [folder / "a.png"]
    assert all("link" in each.message for each in found if isinstance(each, Diagnostic))
    assert len(found) == 2
