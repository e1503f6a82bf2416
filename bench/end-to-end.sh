#!/usr/bin/env bash
# CPU time of the Parley process per event, from an upstream to a client of one of the protocols, beside nginx passing the same upstream bytes
# in the same run. Needs two cores, gcc, nginx, taskset. Prints a table; every delta of every answer is checked by the load generator.
#   bench/end-to-end.sh [ROUNDS] [UPSTREAM[:CLIENT]] [SETTING=VALUE…]        default 3 chat-completions:coze
# UPSTREAM is chat-completions, coze, responses, tongyi, dashscope or dashscope-app, CLIENT one of the first four.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=bench/lib.sh
. bench/lib.sh
rounds=${1:-3}
upstream=${2:-chat-completions}
client=coze
case $upstream in *:*) client=${upstream#*:}; upstream=${upstream%%:*};; esac
settings=()
for setting in "${@:3}"; do settings+=(--set "$setting"); done

build
for shape in mock-n200-d0-b1 mock-n200-d20000-b1 mock-n200-d0-b0 mock-n1-d0-b1; do add_agent "$upstream" "$shape"; done
start "${settings[@]}"
through() { run "$1" "$upstream" "$client" "${@:2}"; }

say "Warming up (about a minute)…"
for _ in 1 2 3 4 5 6; do
  for gateway in nginx parley; do
    for load in "32 1200 200 0 1" "32 1200 200 0 0" "32 2500 1 0 1"; do read -ra numbers <<<"$load"; through $gateway "${numbers[@]}" >/dev/null; done
  done
  sleep 1
done
for gateway in nginx parley; do through $gateway 400 400 200 20000 1 >/dev/null; done

cases=("a: each delta its own write, 32 connections|32 2500 200 0 1" "b: 400 streams paced at 20 ms|400 1200 200 20000 1" "c: the same deltas in 16 KB writes|32 6000 200 0 0" "one delta a stream, per request|32 4000 1 0 1")
for ((round = 1; round <= rounds; round++)); do
  for entry in "${cases[@]}"; do
    read -ra numbers <<<"${entry#*|}"
    for gateway in nginx parley; do
      read -r us errors foreign request p99 <<<"$(through $gateway "${numbers[@]}")"
      say "round $round  ${entry%%|*}  $gateway  $us us/event  errors $errors  foreign load $foreign cores  p99 $p99 ms"
      echo "${entry%%|*}|$gateway|$us|$errors|$foreign|$request" >> "$work/rounds"
    done
  done
done

echo "| case | nginx, us/event | Parley, us/event | ratio (median of rounds) | errors | foreign load, cores (max) |"
echo "|---|--:|--:|--:|--:|--:|"
for entry in "${cases[@]}"; do
  awk -F'|' -v name="${entry%%|*}" "$median"'
    $1 == name { errors += $4; if ($5 > foreign) foreign = $5; if ($2 == "nginx") { ng[++n] = $3 } else { pa[n] = $3; ra[n] = ng[n] ? $3 / ng[n] : 0 } }
    END { r = median(ra, n); printf "| %s | %.2f | %.2f | %.2f | %d | %.2f |\n", name, median(ng, n), median(pa, n), r, errors, foreign }' "$work/rounds"
done
keep
