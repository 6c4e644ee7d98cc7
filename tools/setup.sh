#!/bin/sh
# Find a Python that can make the environment and hand over to tools/make_venv.py; else say in one line what to do.
# A Python has to run, not merely to exist: some managers leave commands on the path that only print a refusal.
cd "$(dirname "$0")/.." || exit 1

# The usual case, and the quick one: it is all there already, and the environment's own Python can say so.
if [ -z "$PYTHON" ] && [ -x .venv/bin/python ] && .venv/bin/python -I tools/make_venv.py --check "$@" 2>/dev/null; then
    exit 0
fi

environment=$* # a name and a file of ours, without spaces
if [ -n "$PYTHON" ]; then
    set -- "$PYTHON"
else
    set -- python3.13 python3.12 python3.11 python3 python
fi
fits='import sys; ok = (3, 11) <= sys.version_info[:2] < (3, 14); print("%d.%d" % sys.version_info[:2]); sys.exit(not ok)'

for python in "$@"; do
    if "$python" -c "$fits" >/dev/null 2>&1 && "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
        exec "$python" tools/make_venv.py $environment
    fi
done
for python in "$@"; do
    if version=$("$python" -c "$fits" 2>/dev/null); then
        echo "Seawall: Python $version cannot make environments here; run \`apt install python$version-venv\` (elsewhere: your system's package of that kind), then this again" >&2
        exit 3
    fi
    found="${found:+$found, }$python ${version:-missing}"
done
echo "Seawall needs Python 3.11, 3.12 or 3.13 (found: $found); install one, or name it: make ${GOAL:-setup} PYTHON=/path/to/python" >&2
exit 3
