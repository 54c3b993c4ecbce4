# SPDX-License-Identifier: Apache-2.0
"""A run whose guest reaches one real host: in a network namespace that plays the real world, which the harness and
its relay are in and the sealed compartment is not. All the guest sends there is recorded and judged as ever."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

if not os.environ.get("CANDOR_REAL_WORLD"):
    # The real world is this script's own namespace; names are asked of its name server.
    os.environ["CANDOR_REAL_WORLD"] = tempfile.mkdtemp(prefix="candor-real-world-")
    resolver = pathlib.Path(os.environ["CANDOR_REAL_WORLD"], "resolv.conf")
    resolver.write_text("nameserver 192.0.2.53\n")
    mount = f"mount --bind {resolver} $(readlink -f /etc/resolv.conf) && exec \"$@\""
    os.execvp("unshare", ["unshare", "--user", "--map-root-user", "--net", "--mount", "--propagation", "private",
                          "--", "sh", "-c", mount, "sh", sys.executable, __file__])

from e2e import (candor, check, check_equal, child_pid, no_processes_of, run_json, runs, runtime,  # noqa: E402
                 scenario, start, wait_until)

TEXT = """about: The product's cloud is a real one.
documents:
  memo: {format: docx, marking: us/secret, to: /home/alex/Documents, name: memo.docx}
steps:
  - plant: memo
%s
%s
"""
CURL = "  - exec: curl -sS --max-time 30 "
UPLOAD = (CURL + "--data-binary @/home/alex/Documents/memo.docx https://cloud.vendor.example/upload\n" +
          # None of these is the named host at its port, though each exists out there.
          CURL + "-d nothing https://second.vendor.example/\n" +
          CURL + "-d nothing http://cloud.vendor.example/\n" +
          CURL + "-d nothing -H Host:cloud.vendor.example http://203.0.113.10/")
PASSED = "passthrough: [cloud.vendor.example:443]"

world = pathlib.Path(os.environ["CANDOR_REAL_WORLD"]) / "world"
script = pathlib.Path(__file__).parents[2] / "support" / "real_world.py"
servers = subprocess.Popen([sys.executable, script, world])
wait_until(lambda: (world / "ready").exists() or servers.poll() is not None, 60, "the real world is there")
ALLOW = ("--allow-passthrough", "--passthrough-ca", world / "ca.pem")


def lines(file):
    return (world / file).read_text().splitlines()


def passed(name, steps, passthrough=PASSED):
    return scenario(TEXT % (steps, passthrough), name)


try:
    # Nobody is surprised: it is said before, and asked for.
    upload = passed("upload", UPLOAD)
    shown = candor("validate", upload)
    check("reaches these real hosts: cloud.vendor.example:443" in shown.stdout, shown.stdout)
    refused = candor("run", upload, "clamav")
    check_equal(refused.returncode, 4, "exit code without consent")
    for word in ("cloud.vendor.example:443", "--allow-passthrough"):
        check(word in refused.stderr, refused.stderr)

    code, verdict, folder = run_json(upload, "clamav", *ALLOW)
    check_equal((code, verdict["verdict"]), (1, "leak"), f"a document sent to a real host ({verdict['reasons']})")
    check_equal(verdict["reasons"], [], "reasons")
    leak = next(each for each in verdict["findings"] if each["class"] == "content/whole-file")
    check("cloud.vendor.example" in leak["destination"], leak["destination"])
    check_equal(verdict["passthrough"]["allowed"], ["cloud.vendor.example:443"], "allowed")
    (host,) = verdict["passthrough"]["contacted"]
    check_equal([host[key] for key in ("host", "port", "connections", "failed")], ["cloud.vendor.example", 443, 1, 0],
                "contacted")
    document = next((folder / "documents").glob("memo-*.docx"))
    (request,) = map(json.loads, lines("requests"))
    received = (world / "bodies" / request["sha256"]).read_bytes()
    check(received == document.read_bytes(), "the real server has the document")
    check_equal(set(lines("connections")), {"443"}, "connections to the real world")
    check(not any("second.vendor.example" in line for line in lines("queries")), "the other host is never looked up")
    report = (folder / "report.txt").read_text()
    check("passed through to real hosts\n  allowed: cloud.vendor.example:443\n" in report, report)
    again = candor("rejudge", folder, "--json")
    check_equal(again.stdout, (folder / "verdict.json").read_text(), "the verdict, judged again")

    # A harmless talk with the real host is no leak; one that does not come about is no answer.
    quiet = passed("quiet", CURL + "https://cloud.vendor.example/")
    code, verdict, _ = run_json(quiet, "clamav", *ALLOW)
    check_equal(verdict["verdict"], "no leak observed", f"verdict of a harmless talk ({verdict['reasons']})")
    code, verdict, _ = run_json(quiet, "clamav", "--allow-passthrough")
    check_equal(verdict["verdict"], "inconclusive", "verdict where the real host's certificate is not trusted")
    check(any("certificate verify failed" in reason for reason in verdict["reasons"]), verdict["reasons"])

    # Without the key in the scenario nothing gets there, whatever is allowed on the command line.
    before = lines("connections")
    code, verdict, _ = run_json(passed("simulated", UPLOAD, ""), "clamav", *ALLOW)
    check_equal(verdict["verdict"], "leak", "verdict of the same upload in the simulated internet")
    check_equal(lines("connections"), before, "connections to the real world")
    check_equal(verdict["passthrough"], {"allowed": [], "contacted": []}, "passthrough")

    # The relay dies: no answer. The harness dies: no relay is left.
    waiting = passed("waiting", CURL + "https://cloud.vendor.example/\n  - idle: 60s")
    for victim in ("relay", "candor"):
        folder = runs / victim
        seen = len(lines("requests"))
        process = start("run", waiting, "clamav", "--json", "--runs", folder, *ALLOW)
        wait_until(lambda: process.poll() is not None or len(lines("requests")) > seen, 300,
                   "the guest reached the real host")
        relay = child_pid(runtime, "candor-relay")  # its command line has the collector's socket
        check(relay is not None, f"the relay runs ({process.poll()})")
        if victim == "candor":
            process.kill()
            process.communicate(timeout=60)
            wait_until(lambda: not pathlib.Path(f"/proc/{relay}").exists(), 10, "the relay is gone with the harness")
            wait_until(lambda: no_processes_of(folder), 10, "nothing is left")
        else:
            os.kill(relay, 9)
            output, errors = process.communicate(timeout=300)
            verdict = json.loads(output)
            check_equal(verdict["verdict"], "inconclusive", f"verdict after the relay's death ({errors})")
            told = any("relay ended during the run" in reason for reason in verdict["reasons"])
            check(told, verdict["reasons"])
finally:
    servers.kill()
    servers.wait()
    shutil.rmtree(os.environ["CANDOR_REAL_WORLD"], ignore_errors=True)
print("one real host was reached, by name and by consent, and all of it is on record")
