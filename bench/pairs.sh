#!/usr/bin/env bash
# CPU time of the Parley process per event for every pair of an agent's protocol and a client's, in one process that has all these agents, beside nginx passing
# the bytes of the same upstream: each delta its own write, 32 connections saturated. Needs what end-to-end.sh needs. Prints a table; every delta of every answer
# is checked by the load generator.
# Where nginx makes clearly fewer writes than there are events, the machine was too busy for the ratios to say anything.
#   bench/pairs.sh [ROUNDS]        default 1, which takes about five minutes; REQUESTS=N makes each load shorter, to try the script
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=bench/lib.sh
. bench/lib.sh
rounds=${1:-1}
requests=${REQUESTS:-1500}
upstreams=(chat-completions coze responses tongyi dashscope dashscope-app)
clients=(chat-completions coze responses tongyi)

build
for upstream in "${upstreams[@]}"; do add_agent "$upstream" mock-n200-d0-b1; done
# shellcheck disable=SC2119
start
# through CLIENT UPSTREAM REQUESTS, where the client may be nginx.
through() { local gateway=parley; if [ "$1" = nginx ]; then gateway=nginx; fi; run $gateway "$2" "$1" 32 "$3" 200 0 1; }

say "Warming up (about a minute)…"
for _ in 1 2 3; do
  for upstream in "${upstreams[@]}"; do
    for client in nginx "${clients[@]}"; do through "$client" "$upstream" $(((requests + 5) / 6)) >/dev/null; done
  done
  sleep 1
done

writes=$(nginx_writes)
for ((round = 1; round <= rounds; round++)); do
  for upstream in "${upstreams[@]}"; do
    for client in nginx "${clients[@]}"; do
      read -r us errors foreign _ <<<"$(through "$client" "$upstream" "$requests")"
      say "round $round  $upstream to $client  $us us/event  errors $errors  foreign load $foreign cores"
      echo "$upstream|$client|$us|$errors|$foreign" >> "$work/rounds"
    done
  done
done

echo "Gateway CPU, µs/event, and how often that is nginx's (medians of rounds)."
echo
head="| agent | nginx |" line="|---|--:|"
for client in "${clients[@]}"; do head+=" to $client |"; line+="--:|"; done
echo "$head"
echo "$line"
for upstream in "${upstreams[@]}"; do
  awk -F'|' -v upstream="$upstream" -v clients="nginx ${clients[*]}" "$median"'
    $1 == upstream { n = ++count[$2]; us[$2, n] = $3; errors[$2] += $4 }
    function cell(client,   i, n, list, ratios, text) {
      n = count[client]
      for (i = 1; i <= n; i++) { list[i] = us[client, i]; ratios[i] = us["nginx", i] ? us[client, i] / us["nginx", i] : 0 }
      text = median(list, n) ? sprintf("%.2f", median(list, n)) : "none"
      if (client != "nginx" && median(ratios, n)) text = text sprintf(" (%.2f)", median(ratios, n))
      return text (errors[client] ? sprintf(", **%d errors**", errors[client]) : "")
    }
    END { printf "| %s |", upstream; m = split(clients, names, " "); for (i = 1; i <= m; i++) printf " %s |", cell(names[i]); print "" }' "$work/rounds"
done
echo
writes=$(($(nginx_writes) - writes))
awk -F'|' -v writes="$writes" -v events=$((rounds * ${#upstreams[@]} * requests * 200)) '
  { errors += $4; if ($3 && $5 > foreign) foreign = $5 }
  END { printf "Errors: %d. Foreign load: at most %.2f cores. Writes of nginx per event: %.2f.\n", errors, foreign, writes / events }' "$work/rounds"
grep -h '"errors":[1-9]' "$work/results.jsonl" | sed -E 's/.*"label":"([^"]*)".*"errors":([0-9]+).*"error":"([^"]*)".*/\1: \2 errors, the first: \3/' >&2 || true
keep
