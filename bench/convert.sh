#!/usr/bin/env bash
# Converts a recording of 1 GB and tells the speed and the most memory that the process had. Linux; needs Python 3.
#   bench/convert.sh [SIZE_MB] [deltas|frames]
set -euo pipefail
cd "$(dirname "$0")/.."
size=${1:-1000}
kind=${2:-deltas}
dotnet publish src/Parley.Cli -c Release -v q --nologo -o bench/bin/parley > /dev/null
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 bench/recording.py "$folder/r.jsonl" "$size" "$kind"
for to in coze coze-workflow-run chat-completions responses dashscope dashscope-app; do
    bench/bin/parley/parley convert --all --progress --to "$to" "$folder/r.jsonl" > "$folder/out.jsonl" 2> "$folder/err" &
    pid=$!
    peak=0
    while [ -r "/proc/$pid/status" ]; do
        now=$(awk '/VmHWM/ {print $2}' "/proc/$pid/status" 2> /dev/null || true)
        if [ "${now:-0}" -gt "$peak" ]; then peak=$now; fi
        sleep 0.1
    done
    wait "$pid"
    echo "$to: $(tr '\r' '\n' < "$folder/err" | tail -1 | sed 's/\x1b\[K//'), peak $((peak / 1024)) MB"
done
