# SPDX-License-Identifier: Apache-2.0
"""The mole in a guest: each channel gives a document away, or tells why it could not, and its account agrees with what
the verdict found. Prints the table of them.

Needs the image of `mole`. What a recogniser does not see yet is shown and no failure: to measure that is what the mole is
for. It fails if a channel that has to work did not, or if one that everybody sees was not found.
"""

import json
import sqlite3

from e2e import check, fail, run_json, scenario

WHOLE = "whole-file"
PIECE = {"kind": "fragment", "bytes": 120, "at": "middle"}
TOKEN = {"kind": "token", "bytes": 6}
TLS = {"tls": "system"}

# Name of the row and its host; content; channel; whether the peer takes it; whether it has to be found.
ROWS = (
    ("http", WHOLE, "http", True, True),
    ("form", WHOLE, {"kind": "http", "form": "multipart"}, True, True),
    ("chunked", WHOLE, {"kind": "http", "method": "PUT", "chunked": True}, True, True),
    ("https", WHOLE, "https", True, True),
    ("store", WHOLE, {"kind": "https", "tls": "own-store"}, False, False),
    ("pinned", WHOLE, {"kind": "https", "tls": "pinned"}, False, False),
    ("first", WHOLE, {"kind": "https", "tls": {"verify": "pinned", "pin": "first"}}, True, True),
    ("unverified", WHOLE, {"kind": "https", "tls": "unverified"}, True, True),
    ("query", PIECE, {"kind": "https", "in": "query"}, True, True),
    ("cookie", PIECE, {"kind": "https", "in": "cookie"}, True, True),
    ("field", PIECE, {"kind": "https", "in": "header"}, True, True),
    ("h2", WHOLE, "http2", True, True),
    ("grpc", WHOLE, "grpc", True, True),
    ("websocket", WHOLE, "websocket", True, True),
    ("v6", WHOLE, {"kind": "https", "ip": "6"}, True, True),
    ("dns", PIECE, "dns", True, False),
    ("dot", PIECE, "dot", True, True),
    ("doh", PIECE, "doh", True, True),
    ("names", PIECE, "server-name", True, False),
    ("ftp", WHOLE, "ftp", True, True),
    ("ftps", WHOLE, {"kind": "ftp", **TLS}, True, True),
    ("sftp", WHOLE, "sftp", False, False),
    ("smtp", WHOLE, "smtp", True, True),
    ("imap", WHOLE, {"kind": "imap", **TLS}, True, True),
    ("mqtt", WHOLE, {"kind": "mqtt", **TLS}, True, True),
    ("smb", WHOLE, "smb", False, False),
    ("clamd", WHOLE, {"kind": "tcp", "framing": "clamd"}, True, True),
    ("udp", WHOLE, "udp", True, True),
    ("icmp", WHOLE, "icmp", True, False),
    ("ntp", PIECE, "ntp", True, True),
    ("clock", TOKEN, {"kind": "ntp", "in": "timestamp"}, True, False),
    ("ip-id", TOKEN, "ip-id", True, False),
    ("quic", WHOLE, "quic", True, False),
    ("sizes", TOKEN, "body-sizes", True, False),
    ("order", TOKEN, "order", True, False),
    ("helper", WHOLE, "helper", True, True),
    ("mail", WHOLE, {"kind": "helper", "program": "mail"}, True, True),
    ("relay", WHOLE, {"kind": "relay", "after": "2s"}, True, True),
    ("cron", WHOLE, {"kind": "cron", "after": "2s"}, True, True),
)
MOST = 3500  # characters of a step's command
# A step's output is cut off, so it says of the account only what is asked for here.
SAID = ("mole account | python3 -c 'import json, sys; leaks = json.load(sys.stdin)[\"leaks\"]; "
        "print(json.dumps([[s[\"taken\"], s[\"sent\"], s[\"error\"]] for l in leaks for s in l[\"sendings\"]]))'")
SENT = ("mole account | python3 -c 'import json, sys; "
        "sys.exit(any(not l[\"sendings\"] for l in json.load(sys.stdin)[\"leaks\"]))'")

case = json.dumps({"leaks": [{"what": what, "channel": channel, "host": f"{name}.mole.example"}
                             for name, what, channel, _, _ in ROWS]}, separators=(",", ":"))
steps = [{"exec": f"printf %s '{case[at:at + MOST]}' >> /tmp/case.json"} for at in range(0, len(case), MOST)]
steps += [{"exec": "mole configure /tmp/case.json"}, {"plant": "memo"}, {"open": "memo"},
          {"wait-for": {"command": SENT, "within": "300s"}}, {"idle": "5s"}, {"exec": SAID}]
text = {"about": "The mole gives one document away by every channel.",
        "documents": {"memo": {"format": "txt", "marking": "us/secret", "to": "/home/alex/Documents"}}, "steps": steps}
code, verdict, folder = run_json(scenario(json.dumps(text, indent=1)), "mole", "--seed", 11)
for step in verdict["steps"]:
    check(step["done"], f"step {step['index'] + 1} ({step['text']}): {step['detail']}")

with sqlite3.connect(folder / "events.sqlite") as store:
    said = [json.loads(data) for kind, data in store.execute("SELECT type, data FROM events") if kind == "run.step/1"]
sendings = json.JSONDecoder().raw_decode(said[-1]["output"])[0]
check(len(sendings) == len(ROWS), f"the account has {len(sendings)} sendings of {len(ROWS)} leaks")

mistakes = []
print(f"{'leak':<12}{'taken':<8}{'bytes':>7}  {'error':<28}findings")
for (name, _, _, takes, needed), (taken, sent, error) in zip(ROWS, sendings):
    found = sorted({f"{f['class']} over {f['channel']}" for f in verdict["findings"]
                    if f["destination"].startswith(f"{name}.mole.example") and f["class"].startswith("content/")})
    print(f"{name:<12}{str(taken):<8}{sent:>7,}  {(error or '')[:26]:<28}{', '.join(found)}")
    if taken != takes:
        mistakes.append(f"{name}: taken is {taken}, expected {takes} (error: {error})")
    if needed and not found:
        mistakes.append(f"{name}: nothing was found of it")
if mistakes:
    fail("\n  ".join(["", *mistakes]))
