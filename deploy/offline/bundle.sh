#!/usr/bin/env bash
# Everything that a server without a network needs, in one folder: the project as it is committed, its locked wheels, uv,
# and install.sh, all named with their sums. Made where there is a network, with the server's Python and processor.
# Usage: bundle.sh FOLDER PYTHON UV
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${1:?folder} python=${2:?python} uv=${3:?uv}

release="ibr-$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml | head -n 1)-$(git rev-parse --short HEAD)"
rm -rf "$target"
mkdir -p "$target/wheels"
git archive --format=tar.gz --prefix="$release/" --output="$target/$release.tar.gz" HEAD
git diff --quiet HEAD || echo "Changes that are not committed are not in it." >&2

"$uv" export --frozen --quiet --no-dev --group build --no-emit-project --output-file "$target/requirements.txt" >/dev/null
"$python" -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary=:all: \
    --dest "$target/wheels" --requirement "$target/requirements.txt"
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --dest "$target" "uv==$("$uv" --version | cut -d ' ' -f 2)"
"$python" -c 'import platform, sys; print(f"{sys.version_info[0]}.{sys.version_info[1]} {platform.machine()}")' \
    >"$target/made-for"
install -m 755 deploy/offline/install.sh "$target/install.sh"
(cd "$target" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum >SHA256SUMS)
echo "$target: $release, $(find "$target/wheels" -type f | wc -l) wheels, $(du -sh "$target" | cut -f 1)." \
    "The sum of SHA256SUMS, to be sent another way: $(sha256sum <"$target/SHA256SUMS" | cut -d ' ' -f 1)"
