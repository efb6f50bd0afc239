"""An interpreter that has imported everything, and runs each program in a fork of itself.

Started by `tests.warm`, with the socket to listen at and the modules to import. A client (see
`client.py`) sends a program's arguments, environment and folder with its three standard streams,
and is sent the process id, and at the end the status. When the client goes, the program goes too.
"""

from __future__ import annotations

import atexit
import builtins
import gc
import linecache
import os
import random
import runpy
import selectors
import signal
import socket
import sys
import threading
import types
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

_set_by_imports: dict[str, str] = {}
_FRAMES_OF_OURS = (__file__, runpy.__file__, "<frozen runpy>")


class Program(NamedTuple):
    """What an interpreter is started with."""

    arguments: list[str]
    folder: str
    environment: dict[str, str]

    @classmethod
    def read(cls, data: bytes) -> Program:
        """Read a client's request."""
        number, *parts = map(os.fsdecode, data.split(b"\0"))
        count = int(number)
        variables = (part.partition("=") for part in parts[count + 1 :])
        return cls(parts[:count], parts[count], {name: value for name, _, value in variables})


class Forks:
    """The programs that run, by process id and by client."""

    def __init__(self, path: str) -> None:
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(16)
        self._ended, ended = socket.socketpair()
        for end in (self._ended, ended):
            end.setblocking(False)
        signal.set_wakeup_fd(ended.fileno(), warn_on_full_buffer=False)
        self._wakeup = ended
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        self._clients: dict[int, socket.socket] = {}

    def next_program(self) -> Program | None:
        """Serve clients; return, in a fork, the program to run, and at the end None."""
        for source in (self._listener, self._ended, sys.stdin):
            self._selector.register(source, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is sys.stdin:  # whoever started this one has ended
                    for process in self._clients:
                        _kill(process)
                    return None
                if key.fileobj is self._listener:
                    program = self._start(self._listener.accept()[0])
                    if program is not None:
                        return program
                elif key.fileobj is self._ended:
                    self._reap()
                else:  # a client that has closed its end, or died
                    self._selector.unregister(key.fileobj)
                    _kill(key.data)

    def _start(self, client: socket.socket) -> Program | None:
        data, streams, _, _ = socket.recv_fds(client, 8, 3)
        # In parts: a signal, of a program that ends, cuts a wait for all of it short.
        request, size = b"", int(data)
        while len(request) < size:
            received = client.recv(size - len(request))
            if not received:  # the client died
                client.close()
                for stream in streams:
                    os.close(stream)
                return None
            request += received
        program = Program.read(request)
        process = os.fork()
        if process == 0:
            self._become_a_program(client, streams)
            return program
        for stream in streams:
            os.close(stream)
        self._clients[process] = client
        self._selector.register(client, selectors.EVENT_READ, process)
        client.sendall(b"%d\n" % process)
        return None

    def _become_a_program(self, client: socket.socket, streams: list[int]) -> None:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for other in (client, self._listener, self._ended, self._wakeup, *self._clients.values()):
            other.close()
        self._selector.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)

    def _reap(self) -> None:
        with suppress(BlockingIOError):
            self._ended.recv(4096)
        with suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                client = self._clients.pop(found[0])
                with suppress(KeyError):
                    self._selector.unregister(client)
                with suppress(OSError):
                    client.sendall(b"%d\n" % os.waitstatus_to_exitcode(found[1]))
                client.close()


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


def _prepare(modules: list[str]) -> None:
    before = set(os.environ)
    for module in modules:
        import_module(module)
    _set_by_imports.update({name: os.environ[name] for name in set(os.environ) - before})
    if "boto3" in sys.modules:
        _keep_models()
    if "moto.iot.models" in modules:
        _use_a_mock(import_module("moto").mock_aws, with_jobs=False)
    if "moto_iot_jobs.mock" in modules:
        _use_a_mock(import_module("moto_iot_jobs.mock").mock_iot, with_jobs=True)
        # pytest warns of plugins whose assertions it cannot rewrite, because they are there already.
        package = sys.modules["moto_iot_jobs"]
        package.__doc__ = f"{package.__doc__} PYTEST_DONT_REWRITE"
    gc.collect()
    gc.freeze()


def _keep_models() -> None:
    """Read the models of AWS's services once, and keep them."""
    from functools import cache

    from boto3.session import Session
    from botocore.loaders import JSONFileLoader

    load_file = JSONFileLoader.load_file
    kept = cache(lambda path: load_file(JSONFileLoader(), path))
    JSONFileLoader.load_file = lambda loader, path: (
        # A session changes what it has read about retries.
        load_file(loader, path) if path.endswith("_retry") else kept(path)
    )
    for service in ("iot", "iot-jobs-data", "iot-data"):
        Session("testing", "testing", region_name="eu-west-1").client(service)


def _use_a_mock(mock: Any, *, with_jobs: bool) -> None:
    """Have botocore and moto make once what each process makes once: models and routes."""
    from boto3.session import Session

    with mock(config={"core": {"reset_boto3_session": False}}):
        session = Session("testing", "testing", region_name="eu-west-1")
        iot, device, data = map(session.client, ("iot", "iot-jobs-data", "iot-data"))
        thing = iot.create_thing(thingName="lamp")["thingArn"]
        iot.create_job(jobId="update", targets=[thing], document="{}")
        data.update_thing_shadow(thingName="lamp", payload='{"state": {}}')
        if with_jobs:
            device.get_pending_job_executions(thingName="lamp")


def _run(program: Program) -> None:
    """Run a program as the interpreter would that it asked for."""
    unbuffered = program.arguments[0] == "-u"
    arguments = program.arguments[unbuffered:]
    os.environ.clear()
    os.environ.update({**_set_by_imports, **program.environment})
    os.chdir(program.folder)
    _renew_streams(unbuffered)
    random.seed()
    sys.excepthook = _print_without_our_frames
    safe = bool(os.environ.get("PYTHONSAFEPATH"))
    further = os.environ.get("PYTHONPATH", "")
    sys.path[:0] = [path for path in further.split(os.pathsep) if path and path not in sys.path]
    how, what = arguments[0], arguments[1] if len(arguments) > 1 else ""
    if how == "-m":
        sys.argv[:] = [what, *arguments[2:]]
        sys.path[:0] = [] if safe else [str(Path.cwd())]
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    elif how == "-c":
        sys.argv[:] = ["-c", *arguments[2:]]
        sys.path[:0] = [] if safe else [""]
        if sys.version_info >= (3, 13):  # which shows its lines in tracebacks
            lines = [f"{line}\n" for line in what.splitlines()]
            linecache.cache["<string>"] = (len(what), None, lines, "<string>")
        _execute(what, "<string>")
    else:
        sys.argv[:] = arguments
        sys.path[:0] = [] if safe else [str(Path(how).absolute().parent)]
        _execute(Path(how).read_text(encoding="utf-8"), how, __file__=how)


def _execute(text: str, file: str, **variables: object) -> None:
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    vars(main).update(__builtins__=builtins, **variables)
    exec(compile(text, file, "exec", dont_inherit=True), vars(main))


def _renew_streams(unbuffered: bool) -> None:
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        lines = number == 2 or os.isatty(number)
        stream.reconfigure(line_buffering=lines, write_through=unbuffered)
        if number == 2:
            stream.reconfigure(errors="backslashreplace")
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _print_without_our_frames(kind: Any, error: BaseException, frames: Any) -> None:
    while frames is not None and frames.tb_frame.f_code.co_filename in _FRAMES_OF_OURS:
        frames = frames.tb_next
    sys.__excepthook__(kind, error.with_traceback(frames), frames)


def _run_to_its_end(program: Program) -> NoReturn:
    """Run a program, and end as an interpreter does, but for taking its modules down.

    That would take longer than most programs.
    """
    status = 0
    try:
        _run(program)
    except SystemExit as end:
        if isinstance(end.code, int):
            status = end.code
        elif end.code is not None:
            sys.stderr.write(f"{end.code}\n")
            status = 1
    except KeyboardInterrupt:
        _excepthook()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        _excepthook()
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
    except BrokenPipeError as error:
        sys.stderr.write(f"Exception ignored in: {sys.stdout}\n{error!r}\n")
        status = 120
    sys.stderr.flush()
    os._exit(status & 0xFF)


def _excepthook() -> None:
    kind, error, frames = sys.exc_info()
    assert kind is not None
    assert error is not None
    sys.excepthook(kind, error, frames)


def _main() -> None:
    del sys.path[0]
    path, *modules = sys.argv[1:]
    _prepare(modules)
    forks = Forks(path)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    program = forks.next_program()
    if program is not None:
        del forks
        _run_to_its_end(program)


if __name__ == "__main__":
    _main()
