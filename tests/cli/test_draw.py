"""`netspec draw`."""

from __future__ import annotations


def test_svg_is_printed(netspec) -> None:
    code, out, err = netspec("draw", "lenet")
    assert (code, err) == (0, "")
    assert out.startswith("<svg")
    assert out.endswith("</svg>\n")


def test_a_picture_is_written_by_its_suffix(netspec, tmp_path) -> None:
    for suffix, start in ((".svg", "<svg"), (".tex", "\\documentclass"), (".mmd", "%%"), (".dot", "digraph")):
        file = tmp_path / f"net{suffix}"
        code, out, _ = netspec("draw", "resnet50", "-o", str(file), "--level", "1", "--direction", "right")
        assert (code, out) == (0, "")
        assert file.read_text().startswith(start)


def test_what_boxes_tell(netspec) -> None:
    _, out, _ = netspec("draw", "lenet", "--show", "kernel,params,macs,field", "--colour", "params", "--theme", "dark")
    assert "conv 5×5, 6" in out
    assert "156 params" in out
    assert "118 K MACs" in out
    assert "sees 5×5" in out


def test_settings_and_inputs_are_taken(netspec) -> None:
    _, out, _ = netspec("draw", "resnet18", "--set", "classes=7", "--input", "3x64x64")
    assert "linear 7" in out
    assert ">3×64×64<" in out


def test_a_broken_spec_is_told_and_nothing_written(netspec, tmp_path) -> None:
    spec = tmp_path / "bad.yaml"
    spec.write_text("netspec: 1\nname: bad\ninput: [1, 8, 8]\nlayers: [{conv: 4, kernel: 99}]\n")
    code, _, err = netspec("draw", str(spec), "-o", str(tmp_path / "bad.svg"))
    assert code == 1
    assert "NS0302" in err
    assert not (tmp_path / "bad.svg").exists()


def test_wrong_usage(netspec, tmp_path) -> None:
    assert netspec("draw", "lenet", "--show", "colours")[0] == 2
    assert netspec("draw", "lenet", "-o", str(tmp_path / "net.jpg"))[0] == 2
    assert netspec("draw", "lenet", "--width", "wide")[0] == 1
