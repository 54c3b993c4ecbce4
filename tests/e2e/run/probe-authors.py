# SPDX-License-Identifier: Apache-2.0
"""probes/AUTHORS.md, word for word: its commands are typed in an empty folder, and what they make is used in a run."""
import os
import pathlib
import re
import subprocess

from e2e import CANDOR, SOURCE, check, check_equal, fail, run_json, runs

build = pathlib.Path(CANDOR).parent
home = runs / "home"
home.mkdir()
desk = home / "desk"
desk.mkdir()
environment = dict(os.environ, HOME=str(home), PATH=f"{build}:/usr/bin:/bin", CMAKE_PREFIX_PATH="")
subprocess.run(["cmake", "--install", build, "--component", "probe", "--prefix", home / ".local"], check=True,
               stdout=subprocess.DEVNULL)

text = (SOURCE / "probes/AUTHORS.md").read_text()
blocks = re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL)
check_equal([kind for kind, _ in blocks], ["sh", "yaml", "sh", "sh", "yaml", "sh", "python", "sh"], "the blocks of AUTHORS.md")


def type_in(block):
    done = subprocess.run(["sh", "-e", "-c", block], cwd=desk, env=environment, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        fail(f"{block}\nexited with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


for number, (kind, block) in enumerate(blocks):
    if kind == "sh":
        said = type_in(block)
        if "probe check" in block:
            check("It keeps the protocol." in said, f"{block}\n{said}")
    elif number == 1:
        check_equal((desk / "door/probe.yaml").read_text(), block, "door/probe.yaml")
    elif kind == "yaml":
        (desk / "watched.yaml").write_text(block)

# Both probes in one run.
both = (desk / "watched.yaml").read_text() + "  gate:\n"
(desk / "both.yaml").write_text(both)
os.environ.update(PATH=environment["PATH"])
_, verdict, kept = run_json(desk / "both.yaml", "clamav", "--probes", desk)
check_equal(verdict["verdict"], "no leak observed", f"the run with both probes; reasons: {verdict['reasons']}")
for probe in verdict["probes"]:
    check(probe["finished"] and probe["events"] > 0 and not probe["problem"], f"the account of {probe}")
check_equal([probe["name"] for probe in verdict["probes"]], ["door", "gate"], "the probes of the run")

# The same library by pkg-config.
flags = subprocess.run(["pkg-config", "--cflags", "--libs", "candor-probe"], check=True, capture_output=True, text=True,
                       env=dict(environment, PKG_CONFIG_PATH=str(next((home / ".local").rglob("pkgconfig"))))).stdout.split()
subprocess.run(["g++", "-std=c++20", desk / "gate/main.cc", *flags, "-o", desk / "gate/by-pkg-config"], check=True)
