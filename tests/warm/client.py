"""A process of Python that is a fork of one with the libraries; what no fork can be, it becomes itself.

Copied as a program `python`, and as one `netspec`, beside a file that says where the server listens.
"""

import array
import json
import os
import signal
import socket
import struct
import sys
from typing import Any


def is_plain(given: list[str], told: dict[str, Any]) -> bool:
    """Whether it is `python FILE ...`, `python -c TEXT ...` or `python -m MODULE ...` in the server's own setting."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(tuple(told["begins"]))}
    form = given[:1] and (os.path.isfile(given[0]) or (given[0] in ("-c", "-m") and len(given) > 1))
    return bool(form) and kept == told["kept"]


def ask(server: socket.socket, given: list[str]) -> None:
    """Ask for a fork with this process's own folder, environment and streams."""
    mask = os.umask(0o22)
    request = {"given": given, "folder": os.getcwd(), "environment": dict(os.environ), "mask": mask}
    text = json.dumps(request).encode()
    streams = array.array("i", [0, 1, 2])
    server.sendmsg([b"J"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
    server.sendall(struct.pack("!I", len(text)) + text)


def number(server: socket.socket) -> int:
    """The next number of the server's answer."""
    text = server.recv(4, socket.MSG_WAITALL)
    if len(text) < 4:
        sys.exit("the process with the libraries has ended")
    return int(struct.unpack("!i", text)[0])


def main() -> None:
    """Be the fork, as far as others can tell: by its output, by the signals it takes, and by its end."""
    here, own = os.path.split(sys.argv[0])
    with open(os.path.join(here, "told.json"), encoding="utf-8") as file:
        told = json.load(file)
    given = [*(["-m", "netspec"] if own == "netspec" else []), *sys.argv[1:]]
    if not is_plain(given, told):
        os.execv(told["python"], [told["python"], *given])
    server = socket.socket(socket.AF_UNIX)
    server.connect(told["socket"])
    ask(server, given)
    fork = number(server)
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda got, frame: os.kill(fork, got))
    code = number(server)
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


main()
