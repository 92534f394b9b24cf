"""Stands in for a worker: ``stand_in.py FOLDER KEY MODE`` speaks its protocol, ends as MODE says.

FOLDER is its test's own: it tells its processes from all others, and they meet there. With
``--in-turn``, members that are handed over follow, and with ``--with KEY …`` it is at all of
them at once; the mode of each begins its key.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def say(key=None, **values):
    write(json.dumps({"key": key or sys.argv[2]} | values) + "\n")


def write(text):
    # Not through sys.stdout: a signal's handler may write while the program does.
    data = text if isinstance(text, bytes) else text.encode()
    while data:
        data = data[os.write(1, data) :]


def note(text):
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def sign(key):
    """Leave the process's number where the test looks for who did a member last."""
    (Path(sys.argv[1]) / f"{key}.by").write_text(str(os.getpid()))


def stop(_number, _frame):
    note("asked to stop, and leaves")
    say(event="interrupted", epoch=1.5)
    sys.exit(130)


def wait_forever():
    while True:
        time.sleep(0.05)


def make_noise():
    write("Epoch 1/3\n{half\n[1, 2]\n3\nnull\n\n" + '{"key": "x"}\n{"event": "done"}\n')
    write("x" * 300_000 + "\n" + '"\\ud800"\n')
    write(b"\xff\xfe\x00\n")


def fail():
    say(event="failed", error="TrainingError", cause="loss must be finite; got nan.")
    sys.exit(1)


def leave_a_child():
    """A child of the worker's own that lives on and holds its standard output."""
    sleep = "import time; time.sleep(60)"
    subprocess.Popen([sys.executable, "-c", sleep, "stand_in's child", sys.argv[1]])


def meet():
    """Wait for another worker: alone, it would wait for ever."""
    folder = Path(sys.argv[1])
    (folder / f"{sys.argv[2]}.here").touch()
    while len(list(folder.glob("*.here"))) < 2:
        time.sleep(0.01)
    time.sleep(0.2)


def leave_a_state():
    """What a worker writes after an epoch; its folder is its machine's."""
    folder = Path(sys.argv[1]) / "members" / sys.argv[2]
    (folder / ".partial").write_bytes(b"a state")
    (folder / ".partial").replace(folder / "resume.weights.h5")


def finish():
    leave_a_state()
    folder = Path(sys.argv[1]) / "members" / sys.argv[2]
    (folder / "member.weights.h5").write_bytes(b"weights")
    (folder / "resume.weights.h5").unlink()


def cut_the_last_word():
    write('{"event": "done", "key": "')
    sys.exit(0)


def end_without_a_word():
    note("the last words")
    sys.exit(3)


AT_FIRST = {
    "silent": lambda: sys.exit(0),
    "exit-3": end_without_a_word,
    "mute": lambda: (os.close(1), wait_forever()),
    "locked": lambda: (say(event="locked"), sys.exit(0)),
    "failed": fail,
    "slow": lambda: signal.signal(signal.SIGTERM, stop),
    "deaf": lambda: signal.signal(signal.SIGTERM, lambda *_: note("asked to stop, and stays")),
    "session": lambda: note(f"leads its session: {os.getsid(0) == os.getpid()}"),
    "noise": make_noise,
    "orphan": leave_a_child,
}
AFTER_AN_EPOCH = {
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "aborted": os.abort,
    "slow": wait_forever,
    "deaf": wait_forever,
    "cut": cut_the_last_word,
    "pause": lambda: time.sleep(0.2),
    "meet": meet,
    "made": finish,
    "begun": lambda: (leave_a_state(), end_without_a_word()),
    "going": lambda: (leave_a_state(), time.sleep(0.3)),
    "whole": lambda: (leave_a_state(), time.sleep(0.3)),
}


def main(mode):
    sign(sys.argv[2])
    AT_FIRST.get(mode, lambda: None)()
    say(event="start", epoch=0, epochs=3)
    for epoch in (1, 2, 3):
        say(event="epoch", epoch=epoch, epochs=3, loss=1 / epoch, validation_loss=None)
        AFTER_AN_EPOCH.get(mode, lambda: None)()
    if mode == "whole":
        finish()
    say(event="done", status="complete" if mode == "complete" else "trained", unknown="ignored")
    if mode == "lingering":
        os.close(1)
        wait_forever()
    if mode == "stumble":
        sys.exit(4)


def take_turns():
    """Do one member after another, as long as the parent hands some over."""
    while True:
        main(sys.argv[3])
        if sys.argv[3] == "worn":
            return
        say(event="ready")
        line = sys.stdin.readline()
        if not line:
            return
        turn = json.loads(line)
        note(f"turns to {turn['key']}, whose log is {Path(turn['log']).name}")
        sys.argv[2:4] = [turn["key"], turn["key"][:-5]]


def do_together(keys):
    """Turn to each member in each of two rounds; the first ends the one whose mode says so."""
    living = list(keys)
    for n_rounds in (1, 2):
        for key in list(living):
            sign(key)
            say(key, event="progress", epoch=n_rounds, epochs=2, unit="split")
            if key.startswith("killed"):
                os.kill(os.getpid(), signal.SIGKILL)
            if key.startswith("failed"):
                say(key, event="failed", error="TrainingError", cause="it must not fail.")
                living.remove(key)
            elif n_rounds == 2 or key.startswith("complete"):
                say(key, event="done", status="trained")
                living.remove(key)
    say(event="ready")
    sys.stdin.readline()


if __name__ == "__main__":
    if "--with" in sys.argv:
        given = sys.argv[sys.argv.index("--with") + 1 : -1]
        do_together([sys.argv[2], *given])
    elif "--in-turn" in sys.argv:
        take_turns()
    else:
        main(sys.argv[3])
