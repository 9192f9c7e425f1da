"""What a worker says and hears; the same as workers/serve.ts."""

import json
import sys
import time


def say(message):
    print(json.dumps(message), flush=True)


def serve(run):
    say({"ready": True})
    for _ in sys.stdin:
        start, before = time.perf_counter(), time.process_time()
        run()
        say({
            "seconds": time.perf_counter() - start,
            "cpuSeconds": time.process_time() - before,
        })
