# SPDX-License-Identifier: Apache-2.0
"""An ordinary user comes from a built image to a verdict without any privilege but a /dev/net/tun that users may open."""

import atexit
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from e2e import CANDOR, SOURCE, candor, check_equal

check_equal(os.geteuid(), 0, "the user that starts this test, which becomes an ordinary one (uid)")
home = pathlib.Path(tempfile.mkdtemp(prefix="candor-user-"))
atexit.register(shutil.rmtree, home, ignore_errors=True)
image = pathlib.Path(json.loads(candor("image", "show", "clamav", "--json").stdout)["folder"])
(home / "data/images").mkdir(parents=True)
subprocess.run(["cp", "-a", "--sparse=always", image, home / "data/images"], check=True)
# The source tree may lie where only its owner may look.
(home / "bin").mkdir()
for program in ("candor", "candor-compartment", "candor-wire", "candor-internet"):
    shutil.copy2(pathlib.Path(CANDOR).parent / program, home / "bin")
for folder in ("images", "scenarios"):
    shutil.copytree(SOURCE / folder, home / "share" / folder)
home.chmod(0o755)
subprocess.run(["chown", "-R", "nobody:nogroup", home], check=True)

# Debian's /dev/net/tun may be opened by all; a container's may not. This one is seen by the test alone.
becomes = """mount -t tmpfs tmpfs /dev/net && mknod /dev/net/tun c 10 200 && chmod 666 /dev/net/tun && cd "$HOME" &&
exec setpriv --reuid nobody --regid nogroup --clear-groups "$@" """
environment = {**os.environ, "HOME": str(home), "CANDOR_DATA": str(home / "data"),
               "CANDOR_SHARE": str(home / "share")}
environment.pop("XDG_RUNTIME_DIR")
done = subprocess.run(["unshare", "--mount", "sh", "-c", becomes, "sh", home / "bin/candor", "run",
                       "classified-documents", "clamav", "--seed", "7", "--json"],
                      env=environment, capture_output=True, text=True, timeout=600)
check_equal(done.returncode, 0, f"exit code\n{done.stderr}\n{done.stdout}")
verdict = json.loads(done.stdout)
check_equal(verdict["verdict"], "no leak observed", f"verdict (reasons: {verdict['reasons']})")
check_equal(verdict["control"], {"sent": 2, "found": 2}, "controls")
