"""A page that follows its spec: what is served, to whom, and what becomes of a mistake."""

from __future__ import annotations

import base64
import http.client
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.driver.exploring import explored
from netspec.explorer.page import Explored, Shot
from netspec.explorer.serving import Followed, Server
from tests.explorer.reading import Page

SPEC = "netspec: 1\nname: net\ninput: [1, 8, 8]\nlayers:\n  - {conv: 4, kernel: 3, name: first}\n  - relu\n"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    file = tmp_path / "net.yaml"
    file.write_text(SPEC)
    return file


@pytest.fixture
def server(spec: Path) -> Iterator[Server]:
    followed = Followed(spec, lambda: explored(api.load(spec)), lambda error: f"told: {error}")
    with Server(followed, 0) as made:
        thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def asked(server: Server, path: str = "/", method: str = "GET", **headers: str) -> tuple[int, str, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, answer.read().decode(), dict(answer.headers)
    connection.close()
    return found


def test_the_page_is_served_to_this_machine_alone(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"
    status, text, headers = asked(server)
    assert status == 200
    assert Page(text).policy["connect-src"] == "'self'"
    assert headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_another_host_s_name_is_refused(server: Server) -> None:
    port = server.server_port
    assert asked(server, Host=f"localhost:{port}")[0] == 200
    for host in (
        "evil.example",
        f"evil.example:{port}",
        "127.0.0.1",
        f"127.0.0.1:{port}.evil.example",
        "",
        "localhost:1",
    ):
        assert asked(server, Host=host)[:2] == (403, "")


def test_nothing_but_the_page_is_served(server: Server, spec: Path) -> None:
    for path in ("/net.yaml", f"/{spec}", "/../net.yaml", "/%2e%2e/net.yaml", "/favicon.ico", "/?", "*", "/./"):
        status, text, _ = asked(server, path)
        assert status in (400, 404), path
        assert "first" not in text
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
        assert asked(server, method=method)[0] == 501


def test_a_browser_that_has_the_page_is_not_given_it_again(server: Server, spec: Path) -> None:
    tag = str(Page(asked(server)[1]).of("html")[0]["data-tag"])
    assert asked(server, If_None_Match=tag)[:2] == (304, "")
    spec.write_text(SPEC.replace("conv: 4", "conv: 17"))
    status, text, _ = asked(server, If_None_Match=tag)
    assert status == 200
    assert "17×6×6" in text
    assert Page(text).of("html")[0]["data-tag"] != tag


def test_a_mistake_keeps_the_last_page_and_is_told(server: Server, spec: Path) -> None:
    asked(server)
    spec.write_text(SPEC.replace("kernel: 3", "kernel: 99"))
    _, text, _ = asked(server)
    assert "NS0302" in text
    assert "4×6×6" in text
    spec.unlink()
    text = asked(server)[1]
    assert "told: " in text
    assert "4×6×6" in text
    spec.write_text(SPEC)
    text = asked(server)[1]
    assert "NS0" not in "".join(Page(text).texts.get("p", []))


def test_what_a_spec_extends_is_followed_too(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(SPEC)
    own = tmp_path / "own.yaml"
    own.write_text("extends: base.yaml\nname: own\n")
    followed = Followed(own, lambda: explored(api.load(own)), str)
    before = followed.now()
    assert followed.now() == before
    (tmp_path / "base.yaml").write_text(SPEC.replace("conv: 4", "conv: 12"))
    assert b"12\xc3\x976\xc3\x976" in followed.now()[1]


def test_a_spec_that_is_wrong_from_the_start_is_an_error(netspec, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(SPEC.replace("kernel: 3", "kernel: 99"))
    code, _, err = netspec("explore", "bad.yaml", "--serve")
    assert code == 1
    assert "NS0302" in err
    with pytest.raises(NetspecError):
        Followed(tmp_path / "bad.yaml", lambda: explored(api.load(tmp_path / "bad.yaml")), str)


def test_ctrl_c_ends_it_and_frees_the_port(spec: Path) -> None:
    command = [sys.executable, "-m", "netspec", "explore", str(spec), "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as serving:
        port = int(re.search(r":(\d+)/", serving.stdout.readline())[1])
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200  # and the browser holds its connection open
        serving.send_signal(signal.SIGINT)
        out, err = serving.communicate(timeout=60)
    connection.close()
    assert (serving.returncode, out, err.split()) == (130, "", ["interrupted"])
    with socket.socket() as another:
        another.bind(("127.0.0.1", port))


def test_a_page_with_pictures_follows_the_image_too(spec: Path, tmp_path: Path) -> None:
    image = tmp_path / "image.png"
    image.write_bytes(b"one")

    def make() -> Explored:
        return explored(api.load(spec), pictures={"first": [Shot("map", image.read_bytes())]})

    followed = Followed(spec, make, str, image)
    tag, page = followed.now()
    assert followed.now() == (tag, page)
    assert base64.b64encode(b"one") in page
    assert Page(page.decode()).policy["img-src"] == "data:"
    image.write_bytes(b"another")
    assert base64.b64encode(b"another") in followed.now()[1]
    with Server(followed, 0) as made:
        Thread(target=made.handle_request).start()
        assert "img-src data:" in asked(made)[2]["Content-Security-Policy"]


def test_wrong_usage_of_serve(netspec, server: Server) -> None:
    assert netspec("explore", "lenet", "--serve", "-o", "page.html")[0] == 2
    code, _, err = netspec("explore", "lenet", "--serve", "--port", str(server.server_port))
    assert code == 2
    assert "--port 0" in err


def test_a_page_in_a_browser_follows_its_spec(browser: Any, server: Server, spec: Path) -> None:
    page = browser.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: request.url == server.address or wrong.append(request.url))
    page.goto(server.address)
    page.locator("th button").nth(1).click()
    assert page.inner_text("#details h2") == "relu1"
    spec.write_text(SPEC.replace("conv: 4", "conv: 23"))
    page.locator("td", has_text="23×6×6").first.wait_for()
    assert page.inner_text("#details h2") == "relu1"
    spec.write_text(SPEC.replace("relu", "rellu"))
    page.locator("#problem", has_text="NS0204").wait_for()
    assert "23×6×6" in page.inner_text("table")
    spec.write_text(SPEC)
    page.locator("#problem:empty").wait_for(state="attached")
    assert "4×6×6" in page.inner_text("table")
    assert not wrong
    page.close()
