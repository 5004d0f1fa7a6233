"""A page that follows its spec: served to this machine alone, made anew when a file of the spec has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

from netspec.diagnostics import NetspecError
from netspec.explorer.page import Explored, page, policy

ADDRESS = "127.0.0.1"
SLOWEST = 10
"""Seconds that a request may take to arrive."""

Stamp = tuple[int, int] | None
"""When a file was written, in nanoseconds, and its bytes; None where there is none."""


class Followed:
    """The page of a spec as the spec is now; while it is wrong, the last page with what is wrong.

    Args:
        own: The spec's file.
        make: Reads the spec.
        told: What is wrong with it, for its readers.
        image: The file of the image that the page's pictures are of; it is followed too. None of a page without.

    Raises:
        NetspecError: The spec is wrong from the start.
    """

    def __init__(
        self,
        own: Path,
        make: Callable[[], Explored],
        told: Callable[[NetspecError], str],
        image: Path | None = None,
    ) -> None:
        self._own, self._make, self._told = [own, *([image] if image is not None else [])], make, told
        self.pictured = image is not None
        self._lock = Lock()
        self._stamps = _stamps(self._own)
        self._shown = make()
        self._problem = ""
        self._stamps = self._stamps | _stamps(self._files())
        self._render()

    def now(self) -> tuple[str, bytes]:
        """The name of the page's state, and the page. It is made by whoever asks first after a change."""
        with self._lock:
            stamps = _stamps(self._stamps)
            if stamps != self._stamps:
                try:
                    self._shown, self._problem = self._make(), ""
                except NetspecError as error:
                    self._problem = self._told(error)
                new = [file for file in self._files() if file not in stamps]
                self._stamps = stamps | _stamps(new)
                self._render()
            return self._tag, self._page

    def _files(self) -> list[Path]:
        """The spec's file, those that it extends, the zoo's among them, and an image."""
        inherited = [Path(text.name) for text in self._shown.document.places.sources[1:]]
        return [*self._own, *(file for file in inherited if file.is_absolute())]

    def _render(self) -> None:
        told = page(self._shown, tag="tag", problem=self._problem)
        self._tag = hashlib.sha256(told.encode()).hexdigest()[:16]
        self._page = page(self._shown, tag=self._tag, problem=self._problem).encode()


def _stamps(files: Iterable[Path]) -> dict[Path, Stamp]:
    return {file: _stamp(file) for file in files}


def _stamp(file: Path) -> Stamp:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


class Server(ThreadingHTTPServer):
    """Serves one page to browsers on this machine.

    Args:
        followed: The page.
        port: The port; 0 is any that is free.

    Raises:
        OSError: The port is taken.
    """

    daemon_threads = True
    allow_reuse_address = False

    def __init__(self, followed: Followed, port: int) -> None:
        self.followed = followed
        super().__init__((ADDRESS, port), Handler)

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{ADDRESS}:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    """Answers with the page, and with nothing else.

    A request under another name than this machine's own is refused: a stranger's page may have its name lead here
    (DNS rebinding), and would then read the spec.
    """

    server: Server
    timeout = SLOWEST
    server_version, sys_version = "netspec", ""

    def do_GET(self) -> None:
        """Answer with the page, or with no content where the browser has it."""
        port = self.server.server_port
        if self.headers.get("Host") not in (f"{ADDRESS}:{port}", f"localhost:{port}"):
            self._answer(HTTPStatus.FORBIDDEN)
        elif self.path != "/":
            self._answer(HTTPStatus.NOT_FOUND)
        else:
            tag, content = self.server.followed.now()
            if self.headers.get("If-None-Match") == tag:
                self._answer(HTTPStatus.NOT_MODIFIED)
            else:
                self._answer(HTTPStatus.OK, content)

    def _answer(self, status: HTTPStatus, content: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        allowed = policy(served=True, pictured=self.server.followed.pictured)
        self.send_header("Content-Security-Policy", f"{allowed}; frame-ancestors 'none'")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a page that follows its spec asks many times a second."""
