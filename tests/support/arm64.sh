#!/usr/bin/env bash
# The same bytes on ARM64: 20,000 updates by an emulated ARM64 CPU and by this one, compared.
# As root on Debian; twenty minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
for command in debootstrap dpkg qemu-aarch64-static; do
    if ! command -v "$command" >/dev/null; then
        echo "error: $command is missing; apt-get install debootstrap qemu-user-static" >&2
        exit 1
    fi
done
if [ "$(id -u)" != 0 ]; then
    echo "error: debootstrap needs root; run this as root" >&2
    exit 1
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# A Debian for ARM64, unpacked but not installed, and for it what the engine imports, as it is locked.
debootstrap --foreign --arch=arm64 --variant=minbase --include=python3.11,libstdc++6 \
    bookworm "$folder/debian" >"$folder/log"
for package in "$folder"/debian/var/cache/apt/archives/*.deb; do
    dpkg -x "$package" "$folder/debian"
done
locked='numpy\|numba\|llvmlite\|pydantic\|pydantic-core\|annotated-types\|typing-extensions\|typing-inspection'
sed -n "/^\\($locked\\)==/,/[^\\\\]$/p" requirements.txt >"$folder/locked.txt"
python -m pip download --quiet --no-deps --require-hashes --only-binary=:all: \
    --python-version 3.11 --platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 \
    --platform manylinux_2_17_aarch64 \
    --requirement "$folder/locked.txt" --dest "$folder/wheels"
for wheel in "$folder"/wheels/*.whl; do
    python -m zipfile --extract "$wheel" "$folder/packages"
done

for dtype in float32 float64; do
    PYTHONPATH="$PWD" python tests/support/updates.py "$dtype" >"$folder/here"
    PYTHONPATH="$PWD:$folder/packages" NUMBA_CACHE_DIR="$folder/compiled" \
        qemu-aarch64-static -L "$folder/debian" "$folder/debian/usr/bin/python3.11" \
        tests/support/updates.py "$dtype" >"$folder/there"
    diff "$folder/here" "$folder/there"
    echo "$dtype: the same bytes on ARM64"
done
