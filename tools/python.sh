#!/bin/sh
# Prints the path of a Python that can make the book's environment; else says what to do and exits 1.
# Each candidate is run, for a name on PATH may be a version manager's shim that fails. PYTHON=/path wins if set.
fits='import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) and sys.maxsize > 2**32 else 3)'
unset PYTHONHOME PYTHONPATH PYTHONWARNINGS PYTHONINSPECT # they can keep any Python from starting
no_venv=''
seen=''
for name in ${PYTHON:+"$PYTHON"} python3.13 python3.12 python3.11 python3 python; do
    path=$(command -v "$name" 2>/dev/null) || continue
    if "$path" -c "$fits" >/dev/null 2>&1; then
        if "$path" -c 'import venv, ensurepip' >/dev/null 2>&1; then
            "$path" -c 'import sys; print(sys.executable)'
            exit 0
        fi
        no_venv=${no_venv:-$("$path" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')}
    elif version=$("$path" -c 'import platform; print(platform.python_version())' 2>/dev/null); then
        seen="$seen $name is $version;"
    fi
done
{
    if [ -n "$no_venv" ]; then
        echo "$no_venv is here, but its modules 'venv' and 'ensurepip' are not."
        echo "  Debian, Ubuntu:  sudo apt install $no_venv-venv"
        echo "Then type the same command again."
    else
        echo "The book needs Python 3.11, 3.12 or 3.13 (TensorFlow has no wheel for 3.14), 64 bit. None was found.${seen:+ Found:$seen}"
        echo "  Debian, Ubuntu:  sudo apt install python3 python3-venv"
        echo "  macOS:           brew install python@3.13"
        echo "  elsewhere:       https://www.python.org/downloads/"
        echo "If one is installed off the PATH, name it:  make ${MAKECMDGOALS:-book} PYTHON=/path/to/python3.13"
    fi
} >&2
exit 1
