"""Who imports whom: start-up stays quick, heavy packages stay where they belong, and imports run one way."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import networkx as nx
import pytest
from PIL import Image

import netspec
from netspec.layers import registry

PACKAGE = Path(__file__).parent.parent / "netspec"
FILES = sorted(PACKAGE.rglob("*.py"))

HOMES = {
    "torch": (
        "backends/live.py",
        "backends/decoding.py",
        "nn/",
        "functional/",
        "recipe/",
        "training/",
        "interop/",
        "exporters/",
        "look/",
        "contract/",
    ),
    "torchvision": ("nn/detection/", "functional/data/", "recipe/data/", "training/", "interop/"),
    "timm": ("interop/",),
    "lightning": (),
    "torchmetrics": (),
    "pycocotools": ("functional/of_boxes.py",),
    "matplotlib": ("training/showing/pictures/", "look/drawing/"),
    "PIL": ("functional/data/", "images/", "recipe/data/", "training/", "look/"),
    "safetensors": ("training/", "interop/"),
    **dict.fromkeys(("onnx", "onnxruntime", "onnxscript"), ("exporters/formats/onnx.py",)),
    "sklearn": ("functional/data/", "look/methods/tsne.py"),
    "IPython": ("training/showing/in_notebook.py",),
    "jinja2": ("backends/templates.py",),
    "optuna": tuple(f"search/{name}.py" for name in ("study", "storage", "journal", "unseen", "claims", "values")),
    "ray": ("search/on_ray.py",),
    "networkx": ("graph/", "analysis/"),
    "yaml": ("frontend/source.py", "functional/data/"),
    "click": ("cli/",),
}
"""Where a package may be imported."""

RANKS = {
    **dict.fromkeys(
        (
            "shape",
            "expr",
            "program",
            "resolve",
            "autograd",
            "choices",
            "diagnostics",
            "files",
            "images",
            "nn",
            "functional",
        ),
        0,
    ),
    **dict.fromkeys(("version", "zoo_specs", "functional", "objects"), 0),
    "layers": 1,
    "detectors": 1,
    "graph": 2,
    **dict.fromkeys(("frontend", "analysis", "lowering", "backends", "plugins", "interop", "recipe"), 3),
    **dict.fromkeys(("differences", "lints", "fixes", "resizing"), 3),
    **dict.fromkeys(("driver", "exporters", "report", "picture", "explorer", "starting"), 6),
    "api": 7,
    **dict.fromkeys(("training", "look", "contract"), 8),
    **dict.fromkeys(("companions", "search"), 9),
    "cli": 10,
    **dict.fromkeys(("__init__", "__main__"), 11),
}
"""Each part imports from parts of its own rank or below."""


def imports(tree: ast.AST) -> Iterator[str]:
    """Dotted names that a file imports at run time, in functions too; not those for type checkers alone."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            pending += node.orelse
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            pending += ast.iter_child_nodes(node)


def relative(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


@cache
def imported() -> dict[str, tuple[str, ...]]:
    """What each file imports."""
    return {relative(file): tuple(imports(ast.parse(file.read_text()))) for file in FILES}


def test_packages_are_imported_at_home_alone():
    strays = [
        f"{file} imports {name}"
        for file, names in imported().items()
        for name in names
        if (package := name.split(".")[0]) in HOMES and not file.startswith(HOMES[package])
    ]
    assert not strays


def test_imports_run_one_way():
    climbing = []
    for file, names in imported().items():
        own = file.split("/")[0].removesuffix(".py")
        for package, _, rest in (name.partition(".") for name in names):
            if package == "netspec":
                part = rest.split(".")[0]
                target = part if part in RANKS else "__init__"
                if RANKS[target] > RANKS[own] or (own, target) == ("report", "training"):
                    climbing.append(f"{file} imports {rest}")
    assert not climbing


def module_of(name: str) -> str | None:
    """The file that a dotted name is defined in or names, as `imported()` has it."""
    path = name.removeprefix("netspec.").replace(".", "/")
    parent = path.rpartition("/")[0]
    candidates = (f"{path}.py", f"{path}/__init__.py", f"{parent}.py", f"{parent}/__init__.py")
    return next((each for each in candidates if each in imported()), None)


def test_no_import_runs_in_a_circle():
    """In functions too: a circle that is closed when a function is called is still one."""
    arrows = nx.DiGraph(
        (file, target)
        for file, names in imported().items()
        for name in names
        if name.startswith("netspec.") and (target := module_of(name)) not in (None, file)
    )
    circles = [sorted(part) for part in nx.strongly_connected_components(arrows) if len(part) > 1]
    assert not circles


def test_few_files_lie_loose_at_the_top():
    assert len([file for file in imported() if "/" not in file]) <= 8


def modules_after(code: str) -> set[str]:
    """Modules that a fresh interpreter has loaded after `code`, and the packages that they lie in."""
    report = "\nimport sys; print(' '.join(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code + report], capture_output=True, text=True, cwd=PACKAGE.parent)
    assert done.returncode == 0, done.stderr
    modules = done.stderr.split("\n")[-2].split()
    return {*modules, *(name.split(".")[0] for name in modules)}


def modules_of(command: str) -> set[str]:
    """Modules that a fresh interpreter has loaded after a command."""
    return modules_after(f"from netspec.cli import run; assert run({command.split()!r}) == 0")


HEAVY = {"torch", "torchvision", "lightning", "numpy", "scipy", "sklearn", "safetensors", "onnx", "onnxruntime"}
HEAVY |= {"torchmetrics", "matplotlib", "tensorboard", "PIL"}


def test_importing_netspec_loads_next_to_nothing():
    loaded = modules_after("import netspec")
    assert not loaded & (HEAVY | {"pydantic", "networkx", "yaml", "jinja2", "click", "rich"})


def test_pictures_without_axes_need_none_of_the_libraries_that_take_long_to_import(tmp_path):
    Image.new("L", (8, 8)).save(tmp_path / "image.png")
    shown = "grad_cam,kernels,maps,patches,saliency"
    asked = ["look", "lenet_digits", *[str(tmp_path / "image.png")] * 3, "-o", str(tmp_path / "out"), "--show", shown]
    loaded = modules_after(f"from netspec.cli import run; assert run({asked!r}) == 0")
    assert {"torch", "PIL"} <= loaded
    assert not loaded & {"matplotlib", "sklearn", "scipy", "torchvision"}


def test_runs_are_listed_without_torch(tmp_path):
    (tmp_path / "net-1").mkdir()
    (tmp_path / "net-1/metrics.json").write_text('{"state": "done", "epochs": [], "test_accuracy": 0.5}')
    loaded = modules_after(f"from netspec.cli import run; assert run(['runs', {str(tmp_path)!r}]) == 0")
    assert not loaded & (HEAVY | {"networkx", "jinja2"})


@pytest.mark.parametrize(
    ("command", "unneeded"),
    [
        ("summary resnet50", {"jinja2", "networkx"}),
        ("summary resnet50 --format json", {"jinja2", "rich", "networkx"}),
        ("check lenet resnet50", {"jinja2", "rich", "networkx"}),
        ("explain resnet50 layer1.0", {"jinja2", "rich", "networkx"}),
        ("explain NS0302", {"jinja2", "rich", "networkx", "pydantic", "yaml"}),
        ("sizes lenet", {"jinja2", "rich", "networkx"}),
        ("draw resnet18", {"jinja2", "rich", "networkx"}),
        ("explore lenet", {"rich", "networkx"}),
        ("diff resnet18 resnet50", {"jinja2", "networkx"}),
        ("diff resnet18 resnet50 --format json", {"jinja2", "networkx"}),
        ("compare lenet resnet50", {"jinja2", "networkx"}),
        ("compare lenet resnet50 --columns size --format json", {"jinja2", "networkx"}),
        ("build lenet", {"rich"}),
        ("list", {"jinja2", "rich"}),
        ("show lenet", {"jinja2", "rich"}),
        ("export --help", {"jinja2", "rich", "networkx"}),
        ("runs --help", {"jinja2", "rich", "networkx"}),
        ("predict --help", {"jinja2", "rich", "networkx"}),
        ("layers", {"jinja2", "rich"}),
        ("layers conv", {"jinja2", "rich"}),
        ("schema", {"jinja2", "rich"}),
        ("--help", {"jinja2", "rich", "pydantic", "networkx", "yaml"}),
        ("--version", {"jinja2", "rich", "pydantic", "networkx", "yaml"}),
    ],
)
def test_a_command_loads_what_it_needs(command, unneeded):
    assert not modules_of(command) & (HEAVY | unneeded)


def test_files_without_a_training_script_are_built_without_what_reads_recipes(tmp_path: Path) -> None:
    loaded = modules_of(f"build lenet -o {tmp_path}/lenet.py --with-test")
    loaded |= modules_of(f"build lenet --package {tmp_path}/package")
    assert not loaded & (HEAVY | {"netspec.recipe.recipe", "netspec.training"})


@pytest.mark.parametrize("command", ["summary lenet", "check lenet", "build lenet"])
def test_a_layer_is_loaded_where_it_is_used(command: str) -> None:
    files = {layer.__module__: Path(str(inspect.getfile(layer))) for layer in registry().values()}
    used = {registry()[op].__module__ for op in ("conv", "tanh", "avg_pool", "flatten", "linear")}
    needed = {name.rpartition(".")[0] for module in used for name in imported()[relative(files[module])]}
    loaded = modules_of(command) & files.keys()
    assert used <= loaded <= used | needed


COMPUTING = ("recipe/measuring/", "recipe/data/annotated.py")
"""What of a recipe computes; all else declares what can be written."""


def test_what_declares_a_recipe_loads_no_torch():
    files = [relative(file) for file in FILES if relative(file).startswith("recipe/")]
    modules = [file.removesuffix(".py").replace("/", ".") for file in files if not file.startswith(COMPUTING)]
    assert len(modules) > 50
    loaded = modules_after("".join(f"import netspec.{module.removesuffix('.__init__')}\n" for module in modules))
    assert not loaded & HEAVY


def test_a_spec_without_a_recipe_is_checked_without_what_reads_recipes(tmp_path):
    spec = tmp_path / "net.yaml"
    spec.write_text("netspec: 1\nname: net\ninput: [1, 8, 8]\nlayers: [{conv: 2, kernel: 3}, {linear: 3}]\n")
    loaded = modules_after(f"import netspec; assert netspec.check({str(spec)!r})")
    assert not [name for name in loaded if name.startswith("netspec.recipe")]


def test_of_a_recipe_the_parts_that_it_names_are_imported():
    code = "r({'data': 'digits', 'loss': 'nll', 'optimizer': {'sgd': 0.1}, 'epochs': 1})"
    loaded = modules_after(f"from netspec.recipe.recipe import read_recipe as r; {code}")
    assert {"netspec.recipe.data.digits", "netspec.recipe.losses.likelihood"} <= loaded
    others = {"data.folder", "data.parquet", "data.mnist", "losses.margin", "losses.overlap"}
    others |= {"augment.crops", "augment.mixing", "metrics.shares", "tasks.values"}
    assert not loaded & {f"netspec.recipe.{name}" for name in others}


def test_no_module_stands_in_the_place_of_a_public_name() -> None:
    """Importing a module sets the package's attribute: `netspec.diff(a, b)` would work once."""
    assert [name for name in netspec.__all__ if importlib.util.find_spec(f"netspec.{name}")] == []
    lenet = netspec.load("lenet")
    assert netspec.diff(lenet, lenet).is_same
    assert netspec.diff(lenet, lenet).is_same
    assert "lenet" in netspec.zoo()


def test_training_from_python_meets_a_mistake_before_torch(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code = (
        f"try: netspec.train('lenet_digits', out={str(tmp_path)!r})\nexcept netspec.NetspecError as error: told = error"
    )
    loaded = modules_after(f"import netspec\n{code}\nassert 'NS0903' in str(told)")
    assert not loaded & HEAVY
