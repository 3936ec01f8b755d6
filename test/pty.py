"""Runs one program on a pseudo-terminal. Reads a JSON document on stdin, prints one on stdout.

in:  {"argv": [...], "env": {...}, "cwd": "...", "columns": 80, "rows": 24, "pipe": false, "timeout": 20,
      "steps": [{"wait": "regular expression", "send": "keys"}]}
out: {"screen": "what the terminal got", "stdout": "what stdout got, where that is a pipe", "code": 0, "waiting": null}

Each step waits until its expression is found in what came since the step before, then sends its keys; nothing
sleeps. Escape sequences are left out of what is searched. With
"pipe", stdout is a pipe and only stdin and stderr are the terminal. "waiting" is the expression that never came.
"""
import fcntl
import json
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time

# Escape sequences and the bell: they are on no screen.
UNSEEN = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07]*\x07|[@-_])|\x07")

job = json.load(sys.stdin)
end = time.monotonic() + job.get("timeout", 20)
master, slave = os.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", job.get("rows", 24), job.get("columns", 80), 0, 0))


def own_terminal():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


child = subprocess.Popen(
    job["argv"],
    stdin=slave,
    stdout=subprocess.PIPE if job.get("pipe") else slave,
    stderr=slave,
    env=job["env"],
    cwd=job["cwd"],
    preexec_fn=own_terminal,
)
os.close(slave)
open_files = {master: bytearray()}
if job.get("pipe"):
    open_files[child.stdout.fileno()] = bytearray()
texts = dict(open_files)
steps = list(job.get("steps", []))
seen = 0
while open_files:
    while steps:
        text = UNSEEN.sub("", texts[master][seen:].decode("utf8", "replace"))
        if re.search(steps[0]["wait"], text) is None:
            break
        seen = len(texts[master])
        os.write(master, steps.pop(0)["send"].encode())
    ready, _, _ = select.select(list(open_files), [], [], max(0, end - time.monotonic()))
    if not ready:
        child.kill()
        break
    for fd in ready:
        try:
            data = os.read(fd, 65536)
        except OSError:  # Linux: the last holder of the other side has closed it.
            data = b""
        if data:
            texts[fd] += data
        else:
            del open_files[fd]
code = child.wait()
json.dump(
    {
        "screen": texts[master].decode("utf8", "replace"),
        "stdout": "".join(text.decode("utf8", "replace") for fd, text in texts.items() if fd != master),
        "code": code,
        "waiting": steps[0]["wait"] if steps else None,
    },
    sys.stdout,
)
