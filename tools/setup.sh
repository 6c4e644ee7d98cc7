#!/bin/sh
# Find a Python that can make the environment and hand over to tools/make_venv.py; else say in one line what to do.
# The command has to run, not merely to exist: some Python managers leave commands on the path that only print a refusal.
cd "$(dirname "$0")/.." || exit 1
able='import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'
right='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14)); '
name='import sys; print("%d.%d" % sys.version_info[:2])'

for python in ${PYTHON:+"$PYTHON"} ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
    if "$python" -c "$able" >/dev/null 2>&1; then
        exec "$python" tools/make_venv.py "$@"
    fi
done
for python in ${PYTHON:+"$PYTHON"} ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
    if "$python" -c "$right" >/dev/null 2>&1; then
        version=$("$python" -c "$name")
        echo "Seawall: Python $version is here but cannot make environments; run: apt install python$version-venv (or your system's name for it), then the same command again." >&2
        exit 3
    fi
done
found=$("${PYTHON:-python3}" -c "$name" 2>/dev/null || echo none)
echo "Seawall needs Python 3.11, 3.12 or 3.13 (found: $found); install one, or name it: make ${SEAWALL_GOAL:-setup} PYTHON=/path/to/python3.13" >&2
exit 3
