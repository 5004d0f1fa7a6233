"""IDX files and the search for MNIST, on files made here."""

import gzip
import struct

import pytest

from netspec.diagnostics import Code, NetspecError
from netspec.recipe.data import mnist
from netspec.recipe.data.finding import download
from netspec.recipe.data.mnist import Mnist, read_idx


def idx(shape, data, magic=b"\0\0\x08"):
    return magic + bytes([len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + bytes(data)


def write(path, content, compressed=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if compressed else content)
    return path


@pytest.mark.parametrize("compressed", [False, True])
def test_reads(tmp_path, compressed):
    path = write(tmp_path / "x", idx((2, 1, 3), range(6)), compressed)
    found = read_idx(path, 1, 3)
    assert found.tolist() == [[[0, 1, 2]], [[3, 4, 5]]]


def test_large_file_of_many_pieces(tmp_path):
    size = (1 << 20) + 7
    assert len(read_idx(write(tmp_path / "x", idx((size,), bytes(size)), True))) == size


GOOD = idx((4,), [1, 2, 3, 4])
BROKEN = {
    "empty": (b"", "begins with nothing"),
    "wrong magic": (idx((4,), [1, 2, 3, 4], b"\0\0\x0d"), "begins with 00 00 0d 01"),
    "wrong axes": (idx((2, 2), [1, 2, 3, 4]), "begins with 00 00 08 02"),
    "cut in its header": (GOOD[:6], "within its header"),
    "cut in its data": (GOOD[:-1], "promises 4 bytes (4), it holds 3"),
    "too long": (GOOD + b"!", "it holds more"),
    "a lying header": (idx((2**32 - 1,), [1]), "promises 4,294,967,295 bytes"),
    "cut gzip": (gzip.compress(GOOD)[:-9], "damaged or cut short"),
    "zeros behind gzip": (gzip.compress(GOOD) + bytes(9), "end in zeros"),
    "much behind gzip": (gzip.compress(GOOD) + bytes(1 << 21) + b"!", "it holds more"),
    "damaged gzip": (b"\x1f\x8b" + b"?" * 40, "damaged or cut short"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files_are_named(tmp_path, case):
    content, message = BROKEN[case]
    path = write(tmp_path / "labels", content)
    with pytest.raises(NetspecError) as caught:
        read_idx(path)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code is Code.DATA_BROKEN
    assert str(path) in diagnostic.message
    assert message in diagnostic.message


def small_mnist(folder, ending="", **changed):
    """MNIST's four files with 3 and 2 images; `changed` replaces the content of a file."""
    contents = {
        "train_images": idx((3, 28, 28), bytes(3 * 784)),
        "train_labels": idx((3,), [0, 5, 9]),
        "t10k_images": idx((2, 28, 28), [7] * (2 * 784)),
        "t10k_labels": idx((2,), [1, 2]),
        **changed,
    }
    for name, content in contents.items():
        part, kind = name.split("_")
        axes = 3 if kind == "images" else 1
        write(folder / f"{part}-{kind}-idx{axes}-ubyte{ending}", content, bool(ending))


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user without data and without a network."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("NETSPEC_DATA", raising=False)
    monkeypatch.setattr(mnist, "download", lambda kind, cache: "the download failed: no network")
    return tmp_path / "home"


@pytest.mark.parametrize("layout", ["", "mnist", "MNIST/raw"])
@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("told", ["spec", "environment", "cache"])
def test_mnist_is_found(tmp_path, monkeypatch, home, layout, ending, told):
    root = home / ".cache/netspec" if told == "cache" else tmp_path / "data"
    small_mnist(root / layout, ending)
    if told == "environment":
        monkeypatch.setenv("NETSPEC_DATA", str(root))
    raw = Mnist(folder=str(root) if told == "spec" else None).load()
    assert (raw.train.images.shape, raw.train.targets.tolist()) == ((3, 1, 28, 28), [0, 5, 9])
    assert (raw.test.images.shape, raw.test.targets.tolist()) == ((2, 1, 28, 28), [1, 2])
    assert (raw.test.images == 7).all()
    assert raw.classes == tuple("0123456789")


def test_mnist_is_not_there(tmp_path, monkeypatch, home):
    monkeypatch.setenv("NETSPEC_DATA", str(tmp_path / "empty"))
    with pytest.raises(NetspecError) as caught:
        Mnist().load()
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code is Code.DATA_NOT_FOUND
    for told in ("no network", str(tmp_path / "empty"), str(home / ".cache/netspec")):
        assert told in diagnostic.message
    assert "--data" in diagnostic.help


def test_a_named_folder_is_the_only_place(tmp_path, home):
    small_mnist(home / ".cache/netspec")
    with pytest.raises(NetspecError, match="NS0802"):
        Mnist(folder=str(tmp_path)).load()


def test_mnist_is_downloaded_into_the_cache(home, monkeypatch):
    monkeypatch.setattr(mnist, "download", lambda kind, cache: small_mnist(cache / "MNIST/raw") or "")
    assert len(Mnist().load().train) == 3


def test_a_failed_download_says_why(tmp_path, monkeypatch):
    import torchvision

    def fail(**given):
        raise RuntimeError("Error downloading\nand more")

    monkeypatch.setattr(torchvision.datasets, "MNIST", fail)
    assert download("MNIST", tmp_path) == "the download failed: Error downloading and more"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"train_labels": idx((3,), [0, 10, 1])}, "train-labels-idx1-ubyte: label 1 is 10"),
        ({"t10k_labels": idx((3,), [0, 1, 2])}, "t10k-labels-idx1-ubyte: it holds 3 labels for 2 images"),
        ({"train_images": idx((3, 32, 32), bytes(3 * 1024))}, "3 images of 32x32"),
        ({"t10k_images": idx((0, 28, 28), []), "t10k_labels": idx((0,), [])}, "0 images"),
    ],
)
def test_broken_mnist(tmp_path, changed, message):
    small_mnist(tmp_path, **changed)
    with pytest.raises(NetspecError, match="NS0803") as caught:
        Mnist(folder=str(tmp_path)).load()
    assert message in str(caught.value)
