"""Stands in for a worker of a stack: ``stand_in_stack.py FOLDER KEY --with KEY …``.

Each member ends as its key says, ``failed-2``, one after another; the process as the last one.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path


def say(key, **values):
    os.write(1, (json.dumps({"key": key} | values) + "\n").encode())


def main(folder, first, *others):
    keys = (first, *others[1:])
    assert others[:1] in ((), ("--with",))
    (Path(folder) / f"stack-{os.getpid()}").write_text(" ".join(keys))
    for key in keys:
        say(key, event="start", epoch=0, epochs=1)
    for key in keys:
        mode = key.partition("-")[0]
        if mode in ("trained", "complete"):
            say(key, event="done", status=mode)
        elif mode == "failed":
            say(key, event="failed", error="TrainingError", cause="loss must be finite; got nan.")
        elif mode == "locked":
            say(key, event="locked")
        elif mode == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        elif mode == "slow":
            wait_to_be_stopped(keys[keys.index(key) :])


def wait_to_be_stopped(keys):
    def stop(_number, _frame):
        for key in keys:
            say(key, event="interrupted", epoch=0.5)
        sys.exit(130)

    signal.signal(signal.SIGTERM, stop)
    say(keys[-1], event="epoch", epoch=0.5, epochs=1)
    while True:
        time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
