#!/bin/sh
# Builds a plugin: build.sh OUT.wasm FILE.rs [std]
# Needs rustc 1.63 or newer with the target wasm32-unknown-unknown (rustup target add
# wasm32-unknown-unknown; Debian: apt install rustc libstd-rust-dev-wasm32 lld). RUSTC
# chooses one; without it that is the first in PATH, or Debian's where only that has the
# target. With std, the plugin may use the standard library.
set -eu
library=$(cd "$(dirname "$0")" && pwd)
rustc=${RUSTC:-rustc}
ready() { command -v "$1" >/dev/null && [ -d "$("$1" --print target-libdir --target wasm32-unknown-unknown)" ]; }
older=
if [ -z "${RUSTC:-}" ] && ! ready rustc && ready /usr/bin/rustc; then
  rustc=/usr/bin/rustc older=$(rustc --version 2>/dev/null || true)
fi
command -v "$rustc" >/dev/null || { echo "$rustc is missing: install it with the target wasm32-unknown-unknown (Debian: apt install rustc libstd-rust-dev-wasm32 lld)" >&2; exit 127; }
target=$("$rustc" --print target-libdir --target wasm32-unknown-unknown)
[ -d "$target" ] || { echo "$rustc has no target wasm32-unknown-unknown: rustup target add wasm32-unknown-unknown, or, on Debian, apt install rustc libstd-rust-dev-wasm32 lld" >&2; exit 127; }
[ $# -ge 2 ] || { echo "use: $0 OUT.wasm FILE.rs [std]" >&2; exit 2; }
where=$(dirname "$2")
here=$(cd "$where" && pwd) # panics tell places in files, from there on
made=$(mktemp -d)
ended() {
  code=$?
  rm -rf "$made"
  if [ $code = 1 ] && [ -n "$older" ]; then
    echo "This was $("$rustc" --version) of $rustc, since $older has no target wasm32-unknown-unknown: rustup target add wasm32-unknown-unknown" >&2
  fi
}
trap ended EXIT
trap 'exit 130' INT TERM
cfg=
[ "${3:-}" != std ] || cfg='feature="std"'
compile() {
  "$rustc" --edition 2021 --target wasm32-unknown-unknown -C opt-level=2 -C panic=abort -C target-feature=+bulk-memory --remap-path-prefix "$library=driplet" --remap-path-prefix "$where/=" --remap-path-prefix "$here/=" ${cfg:+--cfg "$cfg"} "$@"
}
compile -C embed-bitcode=yes -C codegen-units=1 --crate-type rlib --crate-name driplet -o "$made/libdriplet.rlib" "$library/lib.rs"
# The names of functions stay: they make traps readable.
compile -C lto=fat -C codegen-units=1 -C strip=debuginfo --crate-type cdylib --crate-name plugin --extern driplet="$made/libdriplet.rlib" -o "$made/plugin.wasm" "$2"
cp "$made/plugin.wasm" "$1"
