# SPDX-License-Identifier: Apache-2.0
"""mole: a stand-in antivirus that leaks on purpose, in guests of the Candor harness alone.

  mole daemon             the service
  mole configure FILE     takes a case (JSON; - is the standard input); all mistakes are named by their place
  mole configure --check FILE...  only says whether they are cases; works anywhere
  mole scan PATH          scans a file or folder; returns when what leaks without delay has been sent
  mole update             fetches what the vendor's cloud has
  mole enable, disable    turns the protection on or off
  mole send-logs          the user sends the product's logs
  mole ready              succeeds when the daemon notices files
  mole account            prints the sealed log as JSON
  mole stop               ends the daemon
  mole --schema           prints the JSON Schema of cases
  mole --version

Exit codes: 0 done, 1 failed, 2 refused or wrong input.
"""

import json
import os
import sys

from . import VERSION, guard


def _read(name):
    if name == "-":
        return sys.stdin.buffer.read()
    with open(name, "rb") as file:
        return file.read()


def _check(names):
    from . import case
    code = 0
    for name in names:
        try:
            case.read(_read(name))
        except case.Wrong as wrong:
            for mistake in wrong.mistakes:
                print(f"mole: {name}: {mistake}", file=sys.stderr)
            code = 2
    return code


def _ask(do, **more):
    from . import control
    try:
        answer = control.ask(do, **more)
    except OSError as error:
        print(f"mole: the daemon does not answer: {error.strerror}", file=sys.stderr)
        return 1
    if "error" in answer:
        print(f"mole: {answer['error']}", file=sys.stderr)
        return 1
    print(json.dumps(answer))
    return 0


def _configure(name):
    code = _check([name]) if name != "-" else 0
    return code or _ask("configure", text=_read(name).decode())


def _ready():
    from . import control, daemon, detect, machine
    place = os.path.join(machine.home(), daemon.READY)
    try:
        with open(place, "wb") as file:
            file.write(detect.MARKER)
        with open(place, "rb") as file:
            file.read()
        noticed = control.ask("await-ready")["noticed"]
    except OSError as error:
        print(f"mole: the daemon does not answer: {error.strerror}", file=sys.stderr)
        return 1
    finally:
        if os.path.exists(place):
            os.unlink(place)
    if not noticed:
        print("mole: a file with the test marker was not noticed", file=sys.stderr)
    return 0 if noticed else 1


def _account():
    from . import account
    try:
        sys.stdout.write(_read(account.PLACE).decode() + "\n")
    except FileNotFoundError:
        print("mole: there is no account yet: no case has been configured", file=sys.stderr)
        return 1
    return 0


def _daemon():
    from . import daemon
    daemon.Daemon().run()
    sys.stdout.flush()
    os._exit(0)  # threads that still wait for their peers are not waited for


def _relay(host, after, tls):
    from . import send_local
    return send_local.relay(host, float(after), json.loads(tls))


def main(arguments):
    if arguments == ["--version"]:
        print(f"Mole {VERSION}")
        return 0
    if arguments == ["--schema"]:
        from . import case
        print(json.dumps(case.schema(), indent=1))
        return 0
    if arguments[:2] == ["configure", "--check"] and len(arguments) > 2:
        return _check(arguments[2:])
    if arguments in (["--help"], ["-h"]):
        print(__doc__.strip())
        return 0
    guard.require_marker()
    match arguments:
        case ["configure", name]:
            return _configure(name)
        case ["scan", path]:
            return _ask("scan", path=os.path.abspath(path))
        case ["update" | "enable" | "disable" | "send-logs" | "stop" as do]:
            return _ask(do)
        case ["ready"]:
            return _ready()
        case ["account"]:
            return _account()
        case ["daemon"]:
            return _daemon()
        case ["relay", host, after, tls]:
            return _relay(host, after, tls)
    print("mole: no such command; mole --help lists all", file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except guard.Refused as refused:
        sys.exit(print(f"mole: {refused}", file=sys.stderr) or guard.REFUSED)
    except OSError as error:
        sys.exit(print(f"mole: {error}", file=sys.stderr) or 1)
