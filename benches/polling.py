#!/usr/bin/env python3
"""How fast newshound polls, and whether a pace holds; docs/polling.md tells how to use it.

    polling.py ratio FEEDS [--tick COMMAND]   polls per second against the bare loop
    polling.py hold FEEDS [--etag PATTERN] [--minutes M] [--interval I]
                                              all of them every interval, for so long

FEEDS is a file of addresses, one a line, that something on loopback answers.
"""

import argparse
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
PROGRAM = os.environ.get("NEWSHOUND", os.path.join(TARGET, "release", "newshound"))

CONFIG = """
include = ["feeds.txt"]
watch = false
store.url = "sqlite:{folder}/n.db"
server.listen = "{listen}"
[fetch]
contact = "ops@example.org"
interval = "{interval}"
concurrency = {concurrency}
per_host = {{ concurrency = {per_host}, gap = "0s" }}
allow_networks = ["127.0.0.0/8"]
[[topic]]
name = "Arms"
any = ["Vladivostok", "artillery shells"]
[[channel]]
name = "console"
kind = "console"
"""


def configure(folder, feeds, **keys):
    with open(feeds) as lines, open(os.path.join(folder, "feeds.txt"), "w") as copy:
        addresses = [line for line in lines if "://" in line]
        copy.writelines(addresses)
    path = os.path.join(folder, "newshound.toml")
    with open(path, "w") as file:
        file.write(CONFIG.format(folder=folder, **keys))
    return path, len(addresses)


def run_once(config):
    began = time.time()
    done = subprocess.run([PROGRAM, "--config", config, "--json", "run", "--once", "--no-send"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    took = time.time() - began
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    said = json.loads(done.stdout.splitlines()[-1])
    return took, said["polled"], said["classes"]


def bare(feeds, rounds, plain):
    words = ["cargo", "bench", "--bench", "polling", "--", feeds, str(rounds)] + (["plain"] if plain else [])
    said = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True).stdout
    print("   bare loop:", said.splitlines()[-1])
    return float(re.search(r"(\d+) requests/s", said).group(1))


def ratio(args):
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        config, _ = configure(folder, args.feeds, listen="", interval="1s", concurrency=256, per_host=8)
        print("first round:", *run_once(config))
        time.sleep(2)
        took, count, said = run_once(config)
        print(f"nothing new: {count / took:.0f} polls/s ({took:.2f} s, start included) {said}")
        print(f"   ratio {count / took / bare(args.feeds, args.rounds, False):.2f}")
        if args.tick:
            subprocess.run(args.tick, shell=True, check=True, stdout=subprocess.DEVNULL)
            time.sleep(2)
            took, count, said = run_once(config)
            print(f"one new item each: {count / took:.0f} polls/s ({took:.2f} s, start included) {said}")
            print(f"   ratio {count / took / bare(args.feeds, args.rounds, True):.2f}")


# From the making of the store to the first poll: the daemon has started by then.
START_MS = 90_000


def id_of(address):
    parts = urllib.parse.urlsplit(address)
    return re.sub("[^a-z0-9]+", "-", f"{parts.hostname}{parts.path}".lower()).strip("-")


def settle(path, feeds, etag, interval_ms):
    """Makes the store one whose sources were all polled, and fall due evenly over the next interval."""
    store = sqlite3.connect(path)
    if etag:
        with open(feeds) as lines:
            rows = ((line.strip(), etag.format(n=n).encode(), id_of(line)) for n, line in enumerate(lines))
            store.executemany("update source set validator_url = ?, etag = ? where id = ?", rows)
    now, count = int(time.time() * 1000), store.execute("select count(*) from source").fetchone()[0]
    store.execute(
        """update source set baseline_done = 1, class = 'ok', items = 20, first_polled = :now, last_poll = :now,
               last_success = :now, next_due = :now + :start + (rowid * 7919 % :count) * :interval / :count""",
        {"now": now, "start": START_MS, "interval": interval_ms, "count": count})
    store.execute("""update host set free_at = 0, ready_at = (select min(next_due) from source
        where source.host = host.name and configured = 1 and marker = 'none')""")
    store.commit()
    store.close()


def metrics(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        return answer.read().decode()


def quantile(text, before, q):
    """Returns the bound of the class that the quantile of the poll lag lies in, since `before`."""
    pattern = r'newshound_poll_lag_seconds_bucket\{le="([^"]+)"\} (\d+)'
    old = dict(re.findall(pattern, before))
    counts = [(float(le), int(n) - int(old.get(le, 0))) for le, n in re.findall(pattern, text)]
    total = counts[-1][1]
    return next(le for le, n in counts if n >= q * total), total


def memory(pid):
    with open(f"/proc/{pid}/status") as status:
        found = dict(line.split(":", 1) for line in status if ":" in line)
    return f"resident {int(found['VmRSS'].split()[0]) // 1024} MiB, at most {int(found['VmHWM'].split()[0]) // 1024} MiB"


def start(config, port):
    """Starts the daemon; returns it and the seconds until it was ready."""
    began = time.time()
    daemon = subprocess.Popen([PROGRAM, "--config", config, "-q", "run"], stdout=subprocess.DEVNULL)
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60):
                return daemon, time.time() - began
        except OSError:
            if daemon.poll() is not None:
                sys.exit("newshound ended")
            time.sleep(0.05)


def stop(daemon):
    daemon.terminate()
    daemon.wait()


def polls(text):
    return sum(int(n) for n in re.findall(r"newshound_fetches_total\{[^}]*\} (\d+)", text))


def hold(args):
    interval_ms = args.interval * 1000
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        # Up to a tenth is added to each interval by chance: so the mean is the one asked for.
        interval = f"{round(args.interval / 1.05)}s"
        keys = {"listen": f"127.0.0.1:{args.port}", "interval": interval, "concurrency": 1024, "per_host": 64}
        config, count = configure(folder, args.feeds, **keys)
        # A first start makes the store; what it polls before it ends does no harm.
        daemon, took = start(config, args.port)
        print(f"{count} sources, first start: ready after {took:.1f} s, {memory(daemon.pid)}", flush=True)
        stop(daemon)
        settle(os.path.join(folder, "n.db"), args.feeds, args.etag, interval_ms)
        made = time.time()
        daemon, took = start(config, args.port)
        print(f"start with all known: ready after {took:.1f} s, {memory(daemon.pid)}", flush=True)
        time.sleep(max(0, made + START_MS / 1000 + 5 - time.time()))
        before, began = metrics(args.port), time.time()
        for minute in range(args.minutes):
            time.sleep(60 - (time.time() - began) % 60)
            now = metrics(args.port)
            (p50, _), (p99, total) = quantile(now, before, 0.5), quantile(now, before, 0.99)
            rate = (polls(now) - polls(before)) / (time.time() - began)
            print(f"minute {minute + 1}: {rate:.0f} polls/s of {count / args.interval:.0f}, {total} begun, "
                  f"lag p50 <= {p50} s, p99 <= {p99} s, {memory(daemon.pid)}", flush=True)
        stop(daemon)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["ratio", "hold"])
    parser.add_argument("feeds", help="a file of addresses, one a line")
    parser.add_argument("--tick", help="a command after which each feed has one new item")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the bare loop")
    parser.add_argument("--etag", help="the ETag of the n-th feed, as '\"{n}\"', so that they answer 304")
    parser.add_argument("--minutes", type=int, default=5)
    parser.add_argument("--interval", type=int, default=900, help="seconds")
    parser.add_argument("--port", type=int, default=8650, help="of the daemon's page")
    parser.add_argument("--folder", default=TARGET, help="where the store is made")
    args = parser.parse_args()
    {"ratio": ratio, "hold": hold}[args.what](args)


if __name__ == "__main__":
    main()
