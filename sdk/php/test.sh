#!/bin/sh
# Checks the PHP SDK: syntax of every file, then PHPUnit, with a real server
# built from this repository (or the one that TEST_DRIPLET_BIN names). Installs
# nothing: README.md lists what is needed. Arguments go to PHPUnit.
set -eu
cd "$(dirname "$0")"
find . -name '*.php' -print0 | xargs -0 -n 1 php -d error_reporting=-1 -d display_errors=1 -l >/dev/null
exec phpunit "$@"
