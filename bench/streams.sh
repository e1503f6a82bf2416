#!/usr/bin/env bash
# Memory of the Parley process per open slow stream, at 1,000 and 5,000, and the time from its start to its first answered request.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=bench/lib.sh
. bench/lib.sh
build
shape="mock-n20-d1000000-b1"
add_agent chat-completions $shape
printf 'name: echo\nkind: echo\n' > "$work/agents/echo.yaml"
"$work/mock" 9000 2>/dev/null & pids+=($!)

body='{"bot_id":"echo","user_id":"u","stream":true,"additional_messages":[{"role":"user","content":"Hi","content_type":"text"}]}'
for try in 1 2 3 4 5; do
  from=$(date +%s%N)
  "$work/parley/parley" serve --url http://127.0.0.1:9102 --data "$work/data" --agents "$work/agents" >"$work/log" 2>&1 & parley=$!
  until curl -fs http://127.0.0.1:9102/v3/chat -d "$body" >/dev/null; do sleep 0.005; done
  echo "start $try: first request answered after $((($(date +%s%N) - from) / 1000000)) ms"
  if [ "$try" -lt 5 ]; then kill "$parley"; wait "$parley" || true; fi
done
pids+=("$parley")

for streams in 1000 5000; do
  "$work/load" --port 9102 --client coze --agent "chat-completions-$shape" -p "$parley" -c $streams -r $streams -n 20 -d 1000000 -b 1 --ramp 1000 --timeout 120 \
    | sed -E 's/.*"requests":([0-9]+),"errors":([0-9]+).*"rss_before_mb":([0-9.]+),"rss_full_mb":([0-9.]+),"rss_peak_mb":([0-9.]+).*/\1 streams, \2 errors: \3 MB before, \4 MB with all open, \5 MB at most/'
  sleep 3
done
