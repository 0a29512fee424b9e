#!/usr/bin/env python3
"""cairn-image and the second decoder give the same answers. CAIRN_IMAGE names the tool, CAIRN_TEST_RESOURCES the golden images."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import decode_image

TOOL = os.environ["CAIRN_IMAGE"]
GOLDEN = Path(os.environ["CAIRN_TEST_RESOURCES"]) / "images"


def run(*arguments):
    return subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True)


class ImageToolTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="cairn-image-tool-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def golden(self, name, as_name=None):
        """A copy with the modes of an image."""
        target = self.folder / (as_name or name)
        target.mkdir(mode=0o700)
        shutil.copyfile(GOLDEN / name / "image.cairn", target / "image.cairn")
        (target / "image.cairn").chmod(0o600)
        return target

    def names(self, good):
        found = sorted(p.name for p in GOLDEN.iterdir() if p.is_dir() and p.name.startswith("good-") == good)
        self.assertTrue(found)
        return found

    def test_both_decoders_agree_on_good_images(self):
        for name in self.names(good=True):
            with self.subTest(name):
                image = self.golden(name)
                result = run("decode", "--json", image)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(json.loads(result.stdout), decode_image.as_json(decode_image.load(image)))

    def test_both_decoders_refuse_bad_images(self):
        for name in self.names(good=False):
            with self.subTest(name):
                image = self.golden(name)
                result = run("verify", image)
                self.assertEqual(result.returncode, 1)
                self.assertIn(f"image {image}: ", result.stderr)
                with self.assertRaises(decode_image.Refused) as refused:
                    decode_image.load(image)
                self.assertEqual(refused.exception.kind, name.split("-")[0])

    def test_show_outlines_meta(self):
        result = run("show", self.golden("good-v1-zstd"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("digest   e1d8603b28dc25f09b5f4663991b38f0\n", result.stdout)
        self.assertIn("processes 2\n", result.stdout)
        self.assertIn('pid=17 comm="python3" vmas[3] fds[2]', result.stdout)

    def test_ls_lists_whole_torn_and_partial_images(self):
        self.golden("good-v1-zstd", "000008")
        self.golden("torn-cut", "000009")
        (self.folder / ".000010.partial").mkdir()
        (self.folder / "notes").mkdir()
        result = run("ls", "--json", self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        listed = {entry["name"]: entry for entry in json.loads(result.stdout)}
        self.assertEqual(set(listed), {"000008", "000009", ".000010.partial"})
        self.assertEqual(listed["000008"]["digest"], "e1d8603b28dc25f09b5f4663991b38f0")
        self.assertEqual(listed["000009"]["code"], 1001)
        self.assertEqual(listed[".000010.partial"]["code"], 1001)

    def test_verify_checks_all_and_fails_if_one_does(self):
        good, bad = self.golden("good-v1-zstd"), self.golden("corrupt-flipped-bit")
        result = run("verify", "--json", bad, good)
        self.assertEqual(result.returncode, 1)
        self.assertEqual([r["ok"] for r in json.loads(result.stdout)], [False, True])

    def test_says_how_it_is_used(self):
        self.assertEqual(run().returncode, 2)
        self.assertEqual(run("explode", "x").returncode, 2)
        self.assertEqual(run("show", "a", "b").returncode, 2)
        self.assertIn("usage:", run("--help").stdout)
        self.assertEqual(run("show", self.folder / "absent").returncode, 1)


if __name__ == "__main__":
    unittest.main()
