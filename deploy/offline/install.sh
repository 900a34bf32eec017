#!/usr/bin/env bash
# Installs this folder as a release under /opt/ibr, beside those that are there, and makes it the current one. No network.
# Usage: install.sh [PREFIX], as root. PYTHON names another Python than python3.
set -euo pipefail
cd "$(dirname "$0")"
prefix=${1:-/opt/ibr} python=${PYTHON:-python3}
umask 022

sha256sum --check --strict --quiet SHA256SUMS || { echo "install.sh: a file is missing or not as it was made; copy the folder again" >&2; exit 4; }
here=$("$python" -c 'import platform, sys; print(f"{sys.version_info[0]}.{sys.version_info[1]} {platform.machine()}")')
if [ "$here" != "$(cat made-for)" ]; then
    echo "install.sh: made for Python and processor $(cat made-for), this is $here; name another with PYTHON=..., or make the folder anew with this one" >&2
    exit 3
fi
archive=$(echo ibr-*.tar.gz)
release=$prefix/releases/${archive%.tar.gz}
if [ -e "$release" ]; then
    echo "install.sh: $release is there already; to go back to it: ln -sfn $release $prefix/current" >&2
    exit 2
fi

building=$(mktemp -d)
trap 'rm -rf "$building"; [ -e "$release/.whole" ] || rm -rf "$release"' EXIT
"$python" -m zipfile -e uv-*.whl "$building"
uv=$(echo "$building"/uv-*.data/scripts/uv)
chmod +x "$uv"
export UV_OFFLINE=1 UV_NO_CONFIG=1 UV_CACHE_DIR=$building/cache UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
mkdir -p "$prefix/releases"
before=$(ls -1 "$prefix/releases" | tr '\n' ' ')
# As root tar would give files the rights that they have in the archive, where the group may write.
tar --no-same-owner --no-same-permissions -xzf "$archive" -C "$prefix/releases"
"$uv" venv --quiet --python "$(command -v "$python")" "$release/.venv"
packages=("$uv" pip install --quiet --python "$release/.venv/bin/python" --no-index --find-links wheels --compile-bytecode)
"${packages[@]}" --require-hashes --requirement requirements.txt
"${packages[@]}" --no-deps --no-build-isolation --editable "$release"
# Nobody but root writes here later, so what is not compiled now would be compiled again by every process.
"$release/.venv/bin/python" -m compileall -q -x '/\.venv/' "$release"
"$release/.venv/bin/ibr" --version
touch "$release/.whole"
ln -sfn "releases/${archive%.tar.gz}" "$prefix/current"
echo "Installed in $release, which is $prefix/current now. There before: ${before:-none}"
