#!/bin/sh
# Builds a plugin: build.sh OUT.wasm FILE.c …
# Needs clang and wasm-ld of LLVM 14 or newer (Debian: apt install clang lld); CC and WASM_LD choose others.
set -eu
library=$(cd "$(dirname "$0")" && pwd)
cc=${CC:-clang} ld=${WASM_LD:-wasm-ld}
for tool in "$cc" "$ld"; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: install clang and lld (Debian: apt install clang lld)" >&2; exit 127; }
done
[ $# -ge 2 ] || { echo "use: $0 OUT.wasm FILE.c …" >&2; exit 2; }
out=$1
shift
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
trap 'exit 130' INT TERM
n=0
for file in "$@" "$library"/*.c; do
  n=$((n + 1))
  # With -c, since the driver's own linking runs an old wasm-opt on some systems.
  "$cc" --target=wasm32 -c -std=gnu11 -O2 -flto -ffreestanding -fbuiltin -ffunction-sections -fdata-sections -mbulk-memory -Wall -Wextra \
    -I "$(dirname "$library")" -o "$objects/$n.o" "$file"
done
# The stack first: when it overflows it traps, and writes over no data.
"$ld" --no-entry --stack-first -z stack-size=65536 --gc-sections ${DRIPLET_DEBUG:---strip-debug} -o "$out" "$objects"/*.o
