"""DMTCP: a coordinator of its own for each step, found by a file."""
import shutil
import subprocess

from checkpointer import Checkpointer


class Dmtcp(Checkpointer):
    def __init__(self, folder, gzip):
        super().__init__(folder, "dmtcp" if gzip else "dmtcp --no-gzip")
        self.compression = ["--gzip"] if gzip else ["--no-gzip"]
        self.process = None

    def missing(self):
        return None if shutil.which("dmtcp_launch") else "dmtcp_launch is not on PATH"

    def start(self, command):
        self.images().mkdir()
        self._run("dmtcp_launch", *self.compression, "--ckptdir", self.images(), *command)

    def images(self):
        return self.folder / "images"

    def checkpoint(self):
        self._command("--bcheckpoint")

    def stop(self):
        self._command("--kill")
        self.process.wait()

    def resume(self):
        self._run("dmtcp_restart", *self.images().glob("ckpt_*.dmtcp"))

    def end(self):
        if self.process and self.process.poll() is None:
            self._command("--quit")
            self.process.wait()

    def _run(self, program, *arguments):
        self.port = self.folder / "port"
        self.port.unlink(missing_ok=True)
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [program, "--new-coordinator", "--coord-port", "0", "--port-file", self.port, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.DEVNULL,
            )

    def _command(self, what):
        port = self.port.read_text().strip()
        subprocess.run(["dmtcp_command", "--coord-port", port, what], check=True, stdout=subprocess.DEVNULL)
