#!/usr/bin/env bash
# CPU time of the Parley process per event, from an upstream to a client of one of the protocols, beside nginx passing the same upstream bytes
# in the same run. Needs two cores, gcc, nginx, taskset. Prints a table; every delta of every answer is checked by the load generator.
#   bench/end-to-end.sh [ROUNDS] [UPSTREAM[:CLIENT]] [SETTING=VALUE…]        default 3 chat-completions:coze
# UPSTREAM is chat-completions, coze or responses, CLIENT coze or responses.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-3}
upstream=${2:-chat-completions}
client=coze
case $upstream in *:*) client=${upstream#*:}; upstream=${upstream%%:*};; esac
settings=()
for setting in "${@:3}"; do settings+=(--set "$setting"); done
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
hz=$(getconf CLK_TCK)
ulimit -n 20000 2>/dev/null || ulimit -n "$(ulimit -Hn)"

say() { echo "$@" >&2; }
say "Building…"
gcc -O2 -w -o "$work/mock" bench/tools/mock.c
gcc -O2 -w -o "$work/load" bench/tools/load.c
dotnet publish src/Parley.Cli -c Release -o "$work/parley" -v quiet -nologo >&2

shapes=(mock-n200-d0-b1 mock-n200-d20000-b1 mock-n200-d0-b0 mock-n1-d0-b1)
mkdir "$work/agents" "$work/data" "$work/nginx"
for shape in "${shapes[@]}"; do
  printf 'name: %s\nkind: remote\nprotocol: %s\n' "$shape" "$upstream" > "$work/agents/$shape.yaml"
  if [ "$upstream" = coze ]; then printf 'url: http://127.0.0.1:9000\nbot_id: %s\n' "$shape"
  else printf 'url: http://127.0.0.1:9000/v1\nmodel: %s\n' "$shape"; fi >> "$work/agents/$shape.yaml"
done
key=$("$work/parley/parley" keys create --name bench --data "$work/data" | tail -1)

taskset -c 1 "$work/mock" 9000 2>/dev/null & pids+=($!); mock=$!
cp bench/conf/nginx.conf "$work/nginx/"
taskset -c 0 nginx -p "$work/nginx" -c nginx.conf 2>"$work/nginx.log" & pids+=($!); nginx=$!
taskset -c 0 "$work/parley/parley" serve --url http://127.0.0.1:9102 --data "$work/data" --agents "$work/agents" "${settings[@]}" >"$work/parley.log" 2>&1 & pids+=($!); parley=$!
for _ in $(seq 100); do curl -fs http://127.0.0.1:9102/health/ready >/dev/null && break; sleep 0.1; done

jiffies() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }
nginx_jiffies() { local sum=0 p; for p in $nginx $(pgrep -P "$nginx"); do sum=$((sum + $(jiffies "$p"))); done; echo "$sum"; }
busy() { awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 + $9 }' /proc/stat; }

# run GATEWAY CONNECTIONS REQUESTS DELTAS DELAY BURST -> "us/event errors foreign-cores"
run() {
  local gateway=$1 c=$2 r=$3 n=$4 d=$5 b=$6 args b0 o0 b1 o1 t0 t1 out
  if [ "$gateway" = nginx ]; then
    args=(--port 9101 -p "$nginx")
    if [ "$upstream" = coze ]; then args+=(--client coze --path /v3/chat -x 2); fi
    if [ "$upstream" = responses ]; then args+=(--client responses --path /v1/responses); fi
  else
    # A Coze client gets the whole text once more, one of Responses four times.
    args=(--port 9102 -p "$parley" -H "Authorization: Bearer $key")
    if [ "$client" = responses ]; then args+=(--client responses --path /v1/responses -x 5); else args+=(--client coze --path /v3/chat -x 2); fi
  fi
  b0=$(busy); o0=$(($(jiffies $mock) + $(nginx_jiffies) + $(jiffies $parley))); t0=$(date +%s%N)
  TIMEFORMAT='%U %S'
  { time out=$(taskset -c 1 "$work/load" "${args[@]}" -c "$c" -r "$r" -n "$n" -d "$d" -b "$b" 2>>"$work/load.log" || true); } 2>"$work/time"
  t1=$(date +%s%N); b1=$(busy); o1=$(($(jiffies $mock) + $(nginx_jiffies) + $(jiffies $parley)))
  echo "$out" >> "$work/results.jsonl"
  awk -v out="$out" -v busy=$((b1 - b0)) -v ours=$((o1 - o0)) -v ns=$((t1 - t0)) -v hz="$hz" '
    function field(name) { return match(out, "\"" name "\":[-0-9.]+") ? substr(out, RSTART + length(name) + 3, RLENGTH - length(name) - 3) : "?" }
    { load = $1 + $2 }
    END { printf "%s %s %.2f %s %s\n", field("cpu_us_event"), field("errors"), (busy / hz - ours / hz - load) / (ns / 1e9), field("cpu_us_req"), field("lat_p99_ms") }' "$work/time"
}

say "Warming up (about a minute)…"
for _ in 1 2 3 4 5 6; do
  for gateway in nginx parley; do run $gateway 32 1200 200 0 1 >/dev/null; run $gateway 32 1200 200 0 0 >/dev/null; run $gateway 32 2500 1 0 1 >/dev/null; done
  sleep 1
done
for gateway in nginx parley; do run $gateway 400 400 200 20000 1 >/dev/null; done

cases=("a: each delta its own write, 32 connections|32 2500 200 0 1" "b: 400 streams paced at 20 ms|400 1200 200 20000 1" "c: the same deltas in 16 KB writes|32 6000 200 0 0" "one delta a stream, per request|32 4000 1 0 1")
for ((round = 1; round <= rounds; round++)); do
  for entry in "${cases[@]}"; do
    for gateway in nginx parley; do
      read -r us errors foreign request p99 <<<"$(run $gateway ${entry#*|})"
      say "round $round  ${entry%%|*}  $gateway  $us us/event  errors $errors  foreign load $foreign cores  p99 $p99 ms"
      echo "${entry%%|*}|$gateway|$us|$errors|$foreign|$request" >> "$work/rounds"
    done
  done
done

echo "| case | nginx, us/event | Parley, us/event | ratio (median of rounds) | errors | foreign load, cores (max) |"
echo "|---|--:|--:|--:|--:|--:|"
for entry in "${cases[@]}"; do
  awk -F'|' -v name="${entry%%|*}" '
    function median(list, n,   i, j, t) { for (i = 1; i < n; i++) for (j = i + 1; j <= n; j++) if (list[j] < list[i]) { t = list[i]; list[i] = list[j]; list[j] = t } return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2 }
    $1 == name { errors += $4; if ($5 > foreign) foreign = $5; if ($2 == "nginx") { ng[++n] = $3 } else { pa[n] = $3; ra[n] = $3 / ng[n] } }
    END { r = median(ra, n); printf "| %s | %.2f | %.2f | %.2f | %d | %.2f |\n", name, median(ng, n), median(pa, n), r, errors, foreign }' "$work/rounds"
done
[ -n "${KEEP:-}" ] && cp "$work/results.jsonl" "$work/parley.log" "$KEEP/" || true
