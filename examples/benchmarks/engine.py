"""Cairn's native engine alone, through libcairn.so."""
import ctypes
import functools
import json
import os
import pathlib
import subprocess

from checkpointer import Checkpointer, kill

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = ROOT / "target/cairn/native"


@functools.cache
def library():
    loaded = ctypes.CDLL(str(BUILT / "libcairn.so"))
    loaded.cairn_step_pid.argtypes, loaded.cairn_step_pid.restype = [ctypes.c_void_p], ctypes.c_int64
    return loaded


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("message", ctypes.c_char * 1000)]

    def raise_for(self, code):
        if code < 0:
            raise RuntimeError(self.message.decode())


class Engine(Checkpointer):
    def __init__(self, folder, compression):
        super().__init__(folder, "cairn, engine alone" + ("" if compression else ", plain"))
        self.compression = compression
        self.attempt = 0
        self.supervisor = None

    def missing(self):
        return None if (BUILT / "libcairn.so").exists() else f"{BUILT}/libcairn.so is not there; ./cairn --version builds it"

    def start(self, command):
        self.command = command
        self._begin(restore=None)

    def images(self):
        return self.image

    def checkpoint(self):
        answer = self._request({"op": "checkpoint", "stop": False, "cause": "interrupted", "reason": "request"})
        self.image = pathlib.Path(answer["image"]["path"])

    def stop(self):
        kill(self.supervisor)
        library().cairn_step_wait(self.step, -1, None)

    def resume(self):
        self._begin(restore={"image": str(self.image)})

    def end(self):
        if self.supervisor:
            kill(self.supervisor)
            library().cairn_step_wait(self.step, -1, None)

    def _begin(self, restore):
        self.attempt += 1
        folder = self.folder / f"attempt-{self.attempt}"
        folder.mkdir(mode=0o700)
        (folder / "spec.json").write_text(json.dumps(self._spec(restore)))
        (folder / "spec.json").chmod(0o600)
        environment = f"PATH={os.environ['PATH']}\0".encode()
        self.step, error = ctypes.c_void_p(), Error()
        code = library().cairn_start(
            str(BUILT / "cairn-supervisor").encode(), str(folder).encode(), environment, ctypes.c_size_t(len(environment)),
            ctypes.byref(self.step), ctypes.byref(error),
        )
        error.raise_for(code)
        self.supervisor = library().cairn_step_pid(self.step)

    def _request(self, request):
        answer, error = ctypes.c_char_p(), Error()
        code = library().cairn_step_request(
            self.step, json.dumps(request).encode(), -1, ctypes.byref(answer), ctypes.byref(error)
        )
        error.raise_for(code)
        return json.loads(answer.value)

    def _spec(self, restore):
        return {
            "version": 1, "engine": "native", "argv": self.command, "cwd": str(self.folder), "umask": 0o22,
            "stdin": "/dev/null", "stdout": str(self.folder / "log"), "stderr": str(self.folder / "log.err"),
            "pty": None, "checkpoints": str(self.folder / "checkpoints"),
            "checkpoint": {
                "every_ms": -1, "mtbf_ms": 86400000, "keep": 2, "compression": self.compression,
                "min_free": 0, "before_timeout_ms": 0,
            },
            "timeout_ms": 0, "spent_ms": 0, "grace_ms": 10000, "rollback": {"open": True, "trees": []},
            "restore": restore, "detach": True, "app": None,
        }
