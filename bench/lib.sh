# shellcheck shell=bash
# What the measuring scripts share: the tools, a server under load beside nginx, and one measured load. Sourced in the project's root.
# Needs gcc, curl; for start and run also nginx, taskset and two cores.
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
ulimit -n 20000 2>/dev/null || ulimit -n "$(ulimit -Hn)"
hz=$(getconf CLK_TCK)
mkdir "$work/agents" "$work/data" "$work/nginx"

say() { echo "$@" >&2; }

build() {
  say "Building…"
  gcc -O2 -w -o "$work/mock" bench/tools/mock.c
  gcc -O2 -w -o "$work/load" bench/tools/load.c
  dotnet publish src/Parley.Cli -c Release -o "$work/parley" -v quiet -nologo >&2
}

# add_agent PROTOCOL SHAPE: one named PROTOCOL-SHAPE that asks the mock for an answer of that shape.
add_agent() {
  local base=http://127.0.0.1:9000 ask=model
  case $1 in chat-completions | responses) base+=/v1;; coze) ask=bot_id;; tongyi) ask=agent_id;; dashscope-app) ask=app_id;; esac
  printf 'name: %s\nkind: remote\nprotocol: %s\nurl: %s\n%s: %s\n' "$1-$2" "$1" "$base" "$ask" "$2" > "$work/agents/$1-$2.yaml"
}

# start [ARGUMENT…]: the mock on one core, nginx and the server with these arguments on the other.
start() {
  key=$("$work/parley/parley" keys create --name bench --data "$work/data" | tail -1)
  taskset -c 1 "$work/mock" 9000 2>/dev/null & pids+=($!); mock=$!
  cp bench/conf/nginx.conf "$work/nginx/"
  taskset -c 0 nginx -p "$work/nginx" -c nginx.conf 2>"$work/nginx.log" & pids+=($!); nginx=$!
  taskset -c 0 "$work/parley/parley" serve --url http://127.0.0.1:9102 --data "$work/data" --agents "$work/agents" "$@" >"$work/parley.log" 2>&1 & pids+=($!); parley=$!
  for _ in $(seq 100); do curl -fs http://127.0.0.1:9102/health/ready >/dev/null && return; sleep 0.1; done
  cat "$work/parley.log" >&2
  return 1
}

jiffies() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }
ours() { local sum=0 p; for p in $mock $parley $nginx $(pgrep -P "$nginx"); do sum=$((sum + $(jiffies "$p"))); done; echo "$sum"; }
busy() { awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 + $9 }' /proc/stat; }

# nginx_writes: how many writes its workers have made. Fewer than events, and several were passed in one.
nginx_writes() { local sum=0 p; for p in $(pgrep -P "$nginx"); do sum=$((sum + $(awk '/^syscw/ { print $2 }' "/proc/$p/io"))); done; echo "$sum"; }

# run nginx|parley UPSTREAM CLIENT CONNECTIONS REQUESTS DELTAS DELAY BURST: prints "us/event errors foreign-cores us/request p99-ms".
# What nginx passes, a client of the upstream's own protocol reads. A load that tells nothing has failed in all its requests.
run() {
  local gateway=$1 upstream=$2 client=$3 c=$4 r=$5 n=$6 d=$7 b=$8 args b0 o0 b1 o1 t0 t1 out
  if [ "$gateway" = nginx ]; then
    args=(--port 9101 -p "$nginx" --client "$upstream")
    if [ "$upstream" = responses ]; then args+=(-x 1); fi
  else
    args=(--port 9102 -p "$parley" --client "$client" --agent "$upstream-mock-n$n-d$d-b$b" -H "Authorization: Bearer $key")
  fi
  b0=$(busy); o0=$(ours); t0=$(date +%s%N)
  TIMEFORMAT='%U %S'
  { time out=$(taskset -c 1 "$work/load" "${args[@]}" --label "$gateway $upstream $client" -c "$c" -r "$r" -n "$n" -d "$d" -b "$b" 2>>"$work/load.log" || true); } 2>"$work/time"
  t1=$(date +%s%N); b1=$(busy); o1=$(ours)
  echo "$out" >> "$work/results.jsonl"
  awk -v out="$out" -v busy=$((b1 - b0)) -v ours=$((o1 - o0)) -v ns=$((t1 - t0)) -v hz="$hz" -v requests="$r" '
    function field(name, missing) { return match(out, "\"" name "\":[-0-9.]+") ? substr(out, RSTART + length(name) + 3, RLENGTH - length(name) - 3) : missing }
    { load = $1 + $2 }
    END { printf "%s %s %.2f %s %s\n", field("cpu_us_event", 0), field("errors", requests), (busy / hz - ours / hz - load) / (ns / 1e9), field("cpu_us_req", 0), field("lat_p99_ms", "?") }' "$work/time"
}

# For awk.
# shellcheck disable=SC2034
median='function median(list, n,   i, j, t) { for (i = 1; i < n; i++) for (j = i + 1; j <= n; j++) if (list[j] < list[i]) { t = list[i]; list[i] = list[j]; list[j] = t } return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2 }'

# keep: copies what was measured to the directory that KEEP names.
keep() { if [ -n "${KEEP:-}" ]; then cp "$work/results.jsonl" "$work/parley.log" "$KEEP/"; fi; }
