#!/bin/sh
# Builds the bundled plugins from their sources, byte for byte the same on every
# machine: the lock file pins the compiler.
#
# And the adapter for plugins in JavaScript.
#
#   plugins/build.sh          writes plugins/NAME/NAME.wasm and
#                             plugins/pdk/javascript/adapter.wasm, which are committed
#   plugins/build.sh FOLDER   writes FOLDER/NAME.wasm and FOLDER/adapter.wasm
#
# Needs Node 20 or newer with npm.
set -eu
out=${1:+$(mkdir -p "$1" && cd "$1" && pwd)}
cd "$(dirname "$0")"

# npm ci only when the lock file has changed since the last one.
if ! cmp -s package-lock.json node_modules/.installed-lock; then
  npm ci --no-audit --no-fund --silent
  cp package-lock.json node_modules/.installed-lock
fi

# Side by side: each takes some seconds of one processor.
asc() { node node_modules/assemblyscript/bin/asc.js "$@" & building="$building $!"; }
building=
for name in chat analytics moodle; do
  asc --config "$name/asconfig.json" --outFile "${out:-$name}/$name.wasm"
done
asc pdk/javascript/adapter/index.ts --config pdk/javascript/adapter/asconfig.json --outFile "${out:-pdk/javascript}/adapter.wasm"
for pid in $building; do wait "$pid"; done
