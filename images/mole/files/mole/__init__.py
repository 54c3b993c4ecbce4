# SPDX-License-Identifier: Apache-2.0
"""The mole: a stand-in antivirus that leaks on purpose, so that Candor's detector is shown something to detect.

It is to the harness what a mutant is to a test suite. Everything in this package that watches, reads or sends refuses to
run unless the harness's marker device is there (guard.py), and it sends to names below `.example` only, which exist
nowhere but in the sealed compartment's simulated internet.
"""

VERSION = "1"
