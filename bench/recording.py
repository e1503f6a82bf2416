#!/usr/bin/env python3
"""Writes a recording for bench/convert.sh: SIZE bytes, in exchanges of at most 16 MB of Chat Completions, in pieces as a recorder writes them.

recording.py FILE SIZE_MB [deltas|frames]   deltas: 40 characters each; frames: one event of 16 MB an exchange
"""
import json
import sys

path, size, kind = sys.argv[1], int(sys.argv[2]) * 1_000_000, (sys.argv[3:] or ["deltas"])[0]
exchange, most = 0, 16_000_000


def chunk(text):
    return 'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":%s},"finish_reason":null}]}\n\n' % json.dumps(text, ensure_ascii=False)


with open(path, "w", encoding="utf-8") as file:
    written = file.write('{"parley-recording":1}\n')
    while written < size:
        exchange += 1

        def line(ms, **members):
            return file.write(json.dumps({"exchange": exchange, "ms": ms, **members}, ensure_ascii=False, separators=(",", ":")) + "\n")

        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Question %d" % exchange}], "stream": True})
        written += line(0, request={"at": "2026-11-20T13:00:00.125Z", "method": "POST", "path": "/v1/chat/completions", "headers": {}, "text": body})
        written += line(5, response={"status": 200, "headers": {"Content-Type": "text/event-stream"}})
        if kind == "frames":
            stream = chunk("x" * (most - 400))
            for at in range(0, len(stream), 65536):
                written += line(10, text=stream[at:at + 65536])
        else:
            piece, of, number = "", 0, 0
            while of < most - 200_000:
                piece = "".join(chunk("%08d, and so on, forty characters. 潮" % (number + i)) for i in range(320))
                number += 320
                count = line(10 + number, text=piece)
                of += count
                written += count
        end = 'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
        written += line(900000, text=end)
        written += line(900001, end="complete")
