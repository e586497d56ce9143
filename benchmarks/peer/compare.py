#!/usr/bin/env python3
"""Diapason beside a Python stack: runs the two in turn on the same job and prints ratios, pair by pair.

    compare.py run --out pairs.jsonl --bench build/dev/bin/bench_peer --peer "PYTHON peer_train.py" \\
               --data DATA --backbone FOLDER --task sst2 --batch 32 --steps 60 --threads 2 --pairs 5
    compare.py infer --out pairs.jsonl --bench build/dev/bin/bench_inference --peer "PYTHON peer_inference.py" \\
               --backbone FOLDER --what generate --batch 8 --length 16 --texts 8 --threads 2 --pairs 5
    compare.py table pairs.jsonl

The peer's command must take the options that bench_peer takes, with --variant trainer|tuned in place of --order, and print
one JSON line with tokens_per_s and peak_rss_mib. Run it on an idle machine; every pair is appended to the file at once, so
that pairs can be collected over several calls. docs/PERFORMANCE.md says what is held equal.
"""
import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys

# The two ways the peer runs, and the order of examples that each of them has.
ORDER = {"trainer": "grouped", "tuned": "bucketed"}


def last_json(command, environment):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    for line in reversed(done.stdout.splitlines()):
        if line.startswith("{"):
            return json.loads(line)
    sys.exit(f"error: {shlex.join(command)} printed no figures (exit code {done.returncode})\n{done.stderr[-2000:]}")


def keep(file, row, what):
    with open(file, "a", encoding="utf-8") as out:
        out.write(json.dumps(row) + "\n")
    print(f"{row['backbone']} {what}: {row['ours']:.0f} / {row['peer']:.0f} tokens/s = {row['ours'] / row['peer']:.2f}",
          flush=True)


def run(args):
    job = ["--backbone", args.backbone, "--data", args.data, "--task", args.task, "--method", args.method, "--no-eval"]
    job += ["--batch", str(args.batch), "--steps", str(args.steps), "--threads", str(args.threads)]
    job += ["--max-train", str(args.max_train)] + ([] if args.dropout else ["--no-dropout"])
    environment = dict(os.environ)
    tuned_malloc = dict(environment, MALLOC_MMAP_THRESHOLD_="8589934592", MALLOC_TRIM_THRESHOLD_="17179869184",
                        MALLOC_TOP_PAD_="268435456")
    peer_environment = tuned_malloc if args.peer_malloc else environment
    for _ in range(args.pairs):
        for variant in args.variants.split(","):
            ours = last_json([args.bench, *job, "--order", ORDER[variant]], environment)
            peer = last_json([*shlex.split(args.peer), *job, "--variant", variant], peer_environment)
            row = {"backbone": os.path.basename(os.path.normpath(args.backbone)), "task": args.task, "method": args.method,
                   "batch": args.batch, "steps": args.steps, "threads": args.threads, "dropout": args.dropout,
                   "variant": variant + (" + malloc" if args.peer_malloc else ""), "load": os.getloadavg()[0],
                   "ours": ours["tokens_per_s"], "peer": peer["tokens_per_s"],
                   "ours_mib": ours["peak_rss_mib"], "peer_mib": peer["peak_rss_mib"]}
            keep(args.out, row, f"{row['method']} dropout {'on' if args.dropout else 'off'} {row['variant']}")


def infer(args):
    job = ["--backbone", args.backbone, "--what", args.what, "--batch", str(args.batch), "--texts", str(args.texts)]
    job += ["--length", str(args.length), "--threads", str(args.threads)]
    for _ in range(args.pairs):
        ours = last_json([args.bench, *job], dict(os.environ))
        peer = last_json([*shlex.split(args.peer), *job], dict(os.environ))
        row = {"backbone": os.path.basename(os.path.normpath(args.backbone)), "task": args.what, "method": "none",
               "batch": args.batch, "threads": args.threads, "dropout": False, "variant": "transformers",
               "load": os.getloadavg()[0], "ours": ours["tokens_per_s"], "peer": peer["tokens_per_s"],
               "ours_mib": ours["peak_rss_mib"], "peer_mib": peer["peak_rss_mib"]}
        keep(args.out, row, args.what)


def table(args):
    rows = [json.loads(line) for line in open(args.out, encoding="utf-8")]
    jobs = {}
    for row in rows:
        key = (row["backbone"], row["task"], row["method"], row["batch"], row["threads"], row["dropout"])
        jobs.setdefault(key, {}).setdefault(row["variant"], []).append(row)
    print("| backbone | task | method | batch | threads | dropout | faster peer | pairs | ratio, median (min-max) | "
          "tokens/s | peer tokens/s | MiB | peer MiB |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for key, variants in jobs.items():
        middle = lambda name, list_: statistics.median(row[name] for row in list_)
        # The faster of the peer's variants counts.
        variant, pairs = max(variants.items(), key=lambda item: middle("peer", item[1]))
        ratios = sorted(row["ours"] / row["peer"] for row in pairs)
        cells = [*key[:5], "on" if key[5] else "off", variant, len(ratios),
                 f"**{statistics.median(ratios):.2f}** ({ratios[0]:.2f}-{ratios[-1]:.2f})", f"{middle('ours', pairs):.0f}",
                 f"{middle('peer', pairs):.0f}", f"{middle('ours_mib', pairs):.0f}", f"{middle('peer_mib', pairs):.0f}"]
        print("| " + " | ".join(str(cell) for cell in cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    runs = verbs.add_parser("run", help="run pairs and append them to a file")
    runs.set_defaults(verb=run)
    for name in ("--out", "--bench", "--peer", "--data", "--backbone"):
        runs.add_argument(name, required=True)
    runs.add_argument("--task", choices=["sst2", "e2e"], default="sst2")
    runs.add_argument("--method", default="lora")
    runs.add_argument("--batch", type=int, default=32)
    runs.add_argument("--steps", type=int, default=60)
    runs.add_argument("--threads", type=int, default=2)
    runs.add_argument("--max-train", type=int, default=8000)
    runs.add_argument("--pairs", type=int, default=5)
    runs.add_argument("--variants", default="trainer,tuned")
    runs.add_argument("--no-dropout", dest="dropout", action="store_false")
    runs.add_argument("--peer-malloc", action="store_true", help="give the peer malloc settings that keep large blocks")
    inference = verbs.add_parser("infer", help="run pairs without training and append them to a file")
    inference.set_defaults(verb=infer)
    for name in ("--out", "--bench", "--peer", "--backbone"):
        inference.add_argument(name, required=True)
    inference.add_argument("--what", choices=["evaluate", "generate"], default="evaluate")
    inference.add_argument("--batch", type=int, default=64)
    inference.add_argument("--texts", type=int, default=512)
    inference.add_argument("--length", type=int, default=60)
    inference.add_argument("--threads", type=int, default=2)
    inference.add_argument("--pairs", type=int, default=5)
    tables = verbs.add_parser("table", help="print the table of a file of pairs")
    tables.set_defaults(verb=table)
    tables.add_argument("out")
    args = parser.parse_args()
    args.verb(args)


if __name__ == "__main__":
    main()
