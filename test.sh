#!/usr/bin/env bash
# Everything that must hold before a change is taken: formatting, a build without warnings, all tests.
# Installs what is missing where it may, else skips those tests aloud; a skipped test is a failure where CI is set.
# The last line is the sum of all runners: "N passed, N failed".
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
clients=tests/Parley.IntegrationTests/clients
passed=0 failed=0 missing=() skipped=()
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

say() { printf '\n== %s\n' "$*"; }

finish() {
  if [ ${#missing[@]} -gt 0 ]; then printf '\nMissing here: %s. Their tests were skipped.\n' "$(IFS=,; echo "${missing[*]}")"; fi
  if [ ${#skipped[@]} -gt 0 ]; then
    printf '\nSkipped:\n'
    printf '  %s\n' "${skipped[@]}"
    if [ -n "${CI:-}" ]; then
      echo "A skipped test counts as failed where CI is set."
      failed=$((failed + ${#skipped[@]}))
    fi
  fi
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ]
  exit
}

# A step that is no test: one failure if it fails, and what it says is shown.
step() {
  local name=$1
  shift
  say "$name"
  local from=$SECONDS
  if "$@" >"$logs/step" 2>&1; then
    echo "done in $((SECONDS - from)) s"
    return 0
  fi
  cat "$logs/step"
  echo "FAILED: $name"
  failed=$((failed + 1))
  return 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then env DEBIAN_FRONTEND=noninteractive "$@"
  else sudo -n env DEBIAN_FRONTEND=noninteractive "$@"; fi
}

may_install() { command -v apt-get >/dev/null && { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }; }

updated=
install() {
  may_install || return 1
  [ -n "$updated" ] || as_root apt-get update -qq || return 1
  updated=yes
  as_root apt-get install -y -qq --no-install-recommends "$@"
}

have_browser() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }

# Runs one test assembly and adds its counts to the sum.
run_tests() {
  local name=$1 exe=$2
  shift 2
  say "$name"
  "$exe" -noLogo -noColor "$@" 2>&1 | tee "$logs/run"
  local status=${PIPESTATUS[0]}
  local sum
  sum=$(sed -nE 's/.*Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+), Not Run: ([0-9]+).*/\1 \2 \3 \4 \5/p' "$logs/run" | tail -n 1)
  if [ -z "$sum" ]; then
    echo "FAILED: $name ended with $status and counted nothing."
    failed=$((failed + 1))
    return
  fi
  local total errors bad ignored unrun
  read -r total errors bad ignored unrun <<<"$sum"
  passed=$((passed + total - bad - ignored - unrun))
  failed=$((failed + bad + errors))
  # A runner that says it failed has failed, whatever it counted.
  if [ "$status" -ne 0 ] && [ $((bad + errors)) -eq 0 ]; then failed=$((failed + 1)); fi
  if [ "$total" -eq 0 ]; then
    echo "FAILED: $name has no tests."
    failed=$((failed + 1))
  fi
  local line
  while IFS= read -r line; do skipped+=("$line"); done < <(sed -nE 's/^ *(.*) \[SKIP\].*/\1/p' "$logs/run")
}

if ! command -v dotnet >/dev/null || ! dotnet --version >/dev/null 2>&1; then
  echo "The .NET 10 SDK is needed (global.json says which): https://dot.net"
  failed=1
  finish
fi

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  step "Installing Node" install nodejs npm || { failed=$((failed - 1)); missing+=("Node (for the vendors' SDKs)"); }
fi
if ! have_browser; then
  step "Installing Chromium" install chromium || { failed=$((failed - 1)); missing+=("Chromium (for the page)"); }
fi
if command -v npm >/dev/null && [ "$clients/package-lock.json" -nt "$clients/node_modules/.package-lock.json" ]; then
  # Without the SDKs their tests fail one by one and say so.
  step "Node packages" npm ci --prefix "$clients" --no-audit --no-fund
fi

step "Restore" dotnet restore Parley.slnx --locked-mode || finish
# The whitespace only: every other rule of the style is a warning in the build, and so an error.
step "Formatting" dotnet format whitespace . --folder --verify-no-changes
step "Build" dotnet build Parley.slnx --no-restore -warnaserror || finish

run_tests "Unit tests" tests/Parley.Tests/bin/Debug/net10.0/Parley.Tests
run_tests "Integration tests" tests/Parley.IntegrationTests/bin/Debug/net10.0/Parley.IntegrationTests
finish
