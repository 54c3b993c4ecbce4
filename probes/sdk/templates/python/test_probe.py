"""Tests of @NAME@: `python3 -m unittest` in this folder, with candor in PATH and its module in PYTHONPATH."""
import pathlib
import subprocess
import unittest

import probe


class TheProbe(unittest.TestCase):
    def test_observes_at_least_its_own_process(self):
        self.assertGreater(probe.observe()["processes"], 0)

    def test_keeps_the_protocol(self):
        subprocess.run(["candor", "probe", "check", pathlib.Path(__file__).parent], check=True)


if __name__ == "__main__":
    unittest.main()
