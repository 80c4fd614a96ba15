"""Commands of Python, `-m` or `-c`, without their second of imports.

A process that has imported packages, and nothing of the project, forks for each command. So a
command is still a process of its own, which reads the project's modules, gets signals and has an
exit code. But all have one order of hashes, and packages that are there already: what is about
either is to be tested with `subprocess`.
"""

import atexit
import functools
import gc
import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGES = (
    "dvc.cli",
    "dvc.repo",
    "jinja2",
    "matplotlib.backends.backend_svg",
    "matplotlib.figure",
    "numba",
    "pydantic",
    "rich.progress",
    "ruamel.yaml",
    "typer",
)


def python(
    *command: str, cwd: Path, env: dict[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Do what Python does with `-m`, a module and options, or `-c` and code.

    Raises subprocess.TimeoutExpired; what is still at work then is killed.
    """
    with tempfile.TemporaryDirectory() as folder:
        said = [Path(folder) / name for name in ("stdout", "stderr")]
        request = {"command": command, "cwd": str(cwd), "env": env, "said": list(map(str, said))}
        server = _server()
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        if not select.select([server.stdout], [], [], timeout)[0]:
            _stop()
            raise subprocess.TimeoutExpired(command, timeout)
        code = int(server.stdout.readline())
        output, error = (path.read_text(encoding="utf-8") for path in said)
    return subprocess.CompletedProcess(command, code, output, error)


@functools.cache
def _server() -> subprocess.Popen[str]:
    atexit.register(_stop)
    return subprocess.Popen(
        [sys.executable, "-P", __file__],
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    )


def _stop() -> None:
    if _server.cache_info().currsize:
        with _server() as server:
            os.killpg(server.pid, signal.SIGKILL)
        _server.cache_clear()


def _serve() -> dict:
    """Fork for each request and answer with an exit code; return, in what was forked, its own."""
    for name in PACKAGES:
        importlib.import_module(name)
    sys.modules["numba"].njit(lambda: 0)()  # when first called, it looks for all that it can call
    gc.freeze()  # else each process that ends would look through all of this
    while line := sys.stdin.readline():
        process = os.fork()
        if not process:
            return json.loads(line)
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    sys.exit()


def _take_on(request: dict) -> None:
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    output, error = (os.open(path, os.O_WRONLY | os.O_CREAT) for path in request["said"])
    for descriptor, file in enumerate((os.open(os.devnull, os.O_RDONLY), output, error)):
        os.dup2(file, descriptor)
        os.close(file)
    here = [] if "PYTHONSAFEPATH" in os.environ else [request["cwd"]]
    path = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:0] = [*here, *filter(None, path)]


if __name__ == "__main__":
    request = _serve()
    _take_on(request)
    kind, what, *options = request["command"]
    if kind == "-m":
        sys.argv = [what, *options]
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        sys.argv = ["-c", *options]
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})
