#!/usr/bin/env python3
"""What `run --once` costs in CPU seconds and memory, start included.

    once.py FEEDS [--tick URL] [--hook URL]

FEEDS is a file of addresses, one a line, that something on loopback answers. A first run polls
them on an empty store, a second finds nothing changed; --tick asks something to give some of them
new items before a third. Alerts go to the webhook --hook, else to the console.
"""

import argparse
import os
import subprocess
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
PROGRAM = os.path.join(TARGET, "release", "newshound")

CONFIG = """
include = ["feeds.txt"]
watch = false
store.url = "sqlite:{folder}/n.db"
server.listen = ""
[fetch]
contact = "ops@example.org"
interval = "1s"
concurrency = {concurrency}
per_host = {{ concurrency = 8, gap = "0s" }}
allow_networks = ["127.0.0.0/8"]
[[topic]]
name = "Watched"
any = ["Kim Jong-un", "Vladivostok", "arms deal", "artillery shells", "armored train"]
[[channel]]
name = "sink"
{channel}
"""


def run(config, what):
    began = time.time()
    process = subprocess.Popen([PROGRAM, "--config", config, "run", "--once"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    said = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        raise SystemExit(said[-2000:])
    cpu = usage.ru_utime + usage.ru_stime
    print(f"{what}: {cpu:.2f} s CPU ({usage.ru_utime:.2f} user, {usage.ru_stime:.2f} system), "
          f"{time.time() - began:.2f} s, {usage.ru_maxrss / 1024:.0f} MiB at most")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("feeds")
    parser.add_argument("--tick")
    parser.add_argument("--hook")
    parser.add_argument("--concurrency", type=int, default=64)
    args = parser.parse_args()
    channel = 'kind = "console"'
    if args.hook:
        channel = f'kind = "webhook"\nurl = "{args.hook}"\nallow_networks = ["127.0.0.0/8"]\nrate = "10000/min"'
    with tempfile.TemporaryDirectory() as folder:
        with open(args.feeds) as lines, open(os.path.join(folder, "feeds.txt"), "w") as copy:
            copy.writelines(line for line in lines if "://" in line)
        config = os.path.join(folder, "newshound.toml")
        with open(config, "w") as file:
            file.write(CONFIG.format(folder=folder, channel=channel, concurrency=args.concurrency))
        run(config, "nothing known")
        size = os.path.getsize(os.path.join(folder, "n.db")) >> 20
        print(f"   the store has {size} MiB")
        time.sleep(3)
        run(config, "nothing new")
        if args.tick:
            time.sleep(3)
            with urllib.request.urlopen(args.tick) as answer:
                print("   tick:", answer.read().decode().strip()[:100])
            run(config, "some new")


if __name__ == "__main__":
    main()
