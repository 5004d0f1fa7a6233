"""Packages: what is in them, that pip installs them, and that nothing of anybody's is overwritten."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from netspec import api
from netspec.companions import differences, package, write_package
from netspec.companions.names import distribution_name, is_free, package_name
from netspec.diagnostics import Code, NetspecError
from netspec.report.summary import summary
from netspec.report.writers import written
from tests.companions.recipes import digits


def test_the_files_of_a_package() -> None:
    spec = digits(doc='A "small" <network>.', name="Small-Net", references=["https://example.org/a_b"])
    texts = package(spec)
    assert set(texts) == {
        "pyproject.toml",
        "README.md",
        ".gitignore",
        "src/small_net/__init__.py",
        "src/small_net/model.py",
        "src/small_net/py.typed",
        "tests/test_small_net.py",
    }
    assert texts["src/small_net/model.py"] == api.generate(spec)
    project = tomllib.loads(texts["pyproject.toml"])["project"]
    assert (project["name"], project["description"]) == ("small-net", 'A "small" <network>.')
    assert project["dependencies"] == ["torch>=2.6"]
    assert "scripts" not in project
    assert 'A "small" \\<network\\>.\n\n- https://example.org/a_b\n' in texts["README.md"]
    assert written(summary(api.analyze(spec)), "markdown").partition("\n\n")[2] in texts["README.md"]
    with_train = package(spec, train=True)
    assert set(with_train) - set(texts) == {"src/small_net/train.py"}
    project = tomllib.loads(with_train["pyproject.toml"])["project"]
    assert project["scripts"] == {"small-net-train": "small_net.train:main"}
    assert project["optional-dependencies"]["train"] == ["scikit-learn>=1.5"]


def test_pip_installs_it(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    write_package(digits(), tmp_path / "made", train=True)
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    done = subprocess.run([*pip, "--target", "installed", "./made"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    code = "import sys; sys.path[:0] = ['installed']; sys.modules['netspec'] = None; import small; "
    code += "from small import Small; from small.train import main; Small(); print(small.__file__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip().endswith("installed/small/__init__.py"), done.stderr
    assert (tmp_path / "installed/small/py.typed").exists()
    assert (tmp_path / "installed/bin/small-train").exists()
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(run, cwd=tmp_path / "made", capture_output=True, text=True)
    assert "6 passed" in done.stdout, done.stdout


def refused(spec: api.Spec, folder: Path) -> str:
    with pytest.raises(NetspecError) as caught:
        write_package(spec, folder)
    [found] = caught.value.diagnostics
    assert found.code is Code.FILE_UNWRITABLE
    return f"{found.message} {found.help}"


def test_only_new_empty_and_own_folders_are_written(tmp_path: Path) -> None:
    spec = digits()
    other = tmp_path / "other"
    other.mkdir()
    write_package(spec, other)  # empty
    assert not list(tmp_path.glob(".other*"))
    assert not any(differences(spec, other).values())

    (other / "notes.txt").write_text("mine")
    (other / "README.md").write_text("changed")
    assert differences(spec, other)[other / "README.md"].startswith("--- ")
    write_package(spec, other)
    assert (other / "notes.txt").read_text() == "mine"
    assert not any(differences(spec, other).values())
    assert "it holds the package of the spec `small`" in refused(digits(name="large"), other)

    write_package(spec, other, train=True)
    assert "--with-train too" in refused(spec, other)

    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "pyproject.toml").write_text("[project]\n")
    assert "it is not empty, and no package of netspec's" in refused(spec, mine)
    assert [path.name for path in mine.iterdir()] == ["pyproject.toml"]
    assert "no package of netspec's" in refused(spec, mine / "pyproject.toml")
    assert "cannot be written: there is no folder" in refused(spec, tmp_path / "no" / "where")


@pytest.mark.parametrize(
    ("name", "package", "distribution"),
    [
        ("ResNet-50", "resnet_50", "resnet-50"),
        ("lenet5_1998", "lenet5_1998", "lenet5-1998"),
        ("class", "net_class", "net-class"),
        ("Torch", "net_torch", "net-torch"),
        ("json", "net_json", "net-json"),
        ("_", "network", "network"),
        ("_1", "net_1", "net-1"),
        ("__init__", "init", "init"),
    ],
)
def test_names_are_safe(name: str, package: str, distribution: str) -> None:
    assert (package_name(name), distribution_name(name)) == (package, distribution)
    assert is_free(package)
