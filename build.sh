#!/usr/bin/env bash
# Builds and tests everything: ./build.sh [--target=NAME]. The last line counts the tests.
set -euo pipefail
cd "$(dirname "$0")"

rm -f artifacts/summary.txt
dotnet tool restore
status=0
dotnet cake "$@" || status=$?
if [[ -f artifacts/summary.txt ]]; then cat artifacts/summary.txt; fi
exit "$status"
