# SPDX-License-Identifier: Apache-2.0
"""A guest that only asks its network for everything reaches any address: ping, time, names, also over a slow link."""

import subprocess

from e2e import check, check_equal, run_json, scenario

code, verdict, folder = run_json(scenario("""about: Ordinary programs find the network they expect.
documents:
  memo: {format: txt, marking: none, to: /home/alex/Documents}
steps:
  - plant: memo
  - exec: ping -c 2 -W 3 10.77.0.1
  - exec: ping -c 2 -W 3 203.0.113.99
  - exec: ping -c 2 -W 3 2001:db8:9::9
  - exec:
      command: >-
        date -s '2026-01-01' > /dev/null; systemctl start systemd-timesyncd;
        for i in $(seq 40); do test -e /run/systemd/timesync/synchronized && exit 0; sleep 0.5; done; exit 1
      within: 40s
  - exec: >-
      bash -c "printf '\\\\0\\\\1\\\\0\\\\0\\\\0\\\\1\\\\0\\\\0\\\\0\\\\0\\\\0\\\\0\\\\5files\\\\0\\\\0\\\\1\\\\0\\\\1' > /dev/udp/224.0.0.252/5355"
  - link: {delay: 200ms, loss: 5%, rate: 128kbit, seed: 7}
  - exec: curl --silent --show-error --max-time 30 -o /dev/null http://slow.example/
  - link: normal
"""), "clamav")
for step in verdict["steps"]:
    check(step["done"], f"step {step['index'] + 1} ({step['text']}): {step['detail']}")
slow = next(step for step in verdict["steps"] if "slow.example" in step["text"])
check(slow["seconds"] > 0.8, f"a name, a handshake and a request over 200 ms each way took {slow['seconds']} s")
check_equal(verdict["verdict"], "no leak observed", f"verdict (reasons: {verdict['reasons']})")
check_equal(code, 0, "exit code")


def captured(display_filter):
    shown = subprocess.run(["tshark", "-r", folder / "frames.pcapng", "-Y", display_filter, "-T", "fields", "-e",
                            "frame.number"], capture_output=True, text=True, check=True).stdout
    return len(shown.split())


for address, family, kind in (("203.0.113.99", "ip", "icmp.type == 0"), ("2001:db8:9::9", "ipv6", "icmpv6.type == 129")):
    check_equal(captured(f"{family}.src == {address} && {kind}"), 2, f"echo replies from {address}")
check(captured("ntp.flags.mode == 4") > 0, "a time server answered")
rows = verdict["destinations"]
protocols = {row["protocol"] for row in rows}
for protocol in ("llmnr", "ntp"):
    check(protocol in protocols, f"{protocol} is among the protocols of {sorted(protocols)}")
    check_equal(sum(row["opaque"] for row in rows if row["protocol"] == protocol), 0, f"opaque bytes of {protocol}")
check(any("224.0.0.252" in row["addresses"] for row in rows if row["protocol"] == "llmnr"), "the group that was asked is told")
check(not any("0x8035" in protocol for protocol in protocols), "QEMU's announcements are known")
print("ping to any address, time and a slow link: all as ordinary programs expect")
