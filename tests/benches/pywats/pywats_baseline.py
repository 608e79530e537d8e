#!/usr/bin/env python3
"""How many small CSV files a second pyWATS delivers, and what CPU time each one costs.

N files of 100 test steps are written beside the watch folder and renamed into it all at once. The clock runs from the first
rename until pyWATS has submitted the last report and moved its file away. The last line printed is the result in JSON.

Parts of pyWATS that run, unchanged:
- pywats_client.service.AsyncConverterPool, the part of the client service that takes files to the server: the watchdog
  observer, the priority queue, the conversion in a thread, the submission, the move to the done folder. By default with the
  10 conversions at once that the service gives it.
- pywats_client.converters.FileConverter, as the base of the converter below. It reads with the csv module and builds a
  UUTReport with a numeric limit step for each row. It is marked as trusted, because the sandbox refuses every converter that
  has a class in it.
- pywats.AsyncWATS with all defaults (connections kept open, retries, circuit breaker), except for the rate limit: 500
  requests in 60 seconds, as shipped, would be what is measured. `--rate-limit` leaves it on.

Parts that do not run:
- The pool's loader of converters, which imports modules that the package lacks. The converter is handed to the pool instead.
- AsyncPendingQueue and PersistentQueue. The pool submits without them, no other part of pyWATS gives them reports, and the
  first calls a method that the API lacks. So nothing is stored on disk between conversion and submission.
- The rest of the service: timers, IPC, health server, configuration. Its log file, which it writes at level INFO, costs a good
  part of the time: `--log` writes one as the service does, in the folder given. Without it only warnings are shown.

Not counted: start and imports, writing the files, renaming them, and one file that goes through everything beforehand.
What remains depends on how many files wait at once, as pyWATS keeps an object for each: compare equal numbers of files.
"""

import argparse
import asyncio
import csv
import importlib.metadata
import json
import platform
import resource
import shutil
import sys
import time
import types
import urllib.request
from datetime import datetime
from pathlib import Path

try:
    import PySide6.QtCore  # noqa: F401
except ImportError:
    # Importing pywats_client defines classes for the desktop program that need these names. Nothing here uses them.
    qt = types.ModuleType("PySide6.QtCore")
    qt.QObject = qt.QThread = object
    qt.Signal = lambda *_: None
    sys.modules["PySide6"] = types.ModuleType("PySide6")
    sys.modules["PySide6.QtCore"] = qt

from pywats import AsyncWATS
from pywats.core.logging import configure_logging
from pywats.domains.report.report_models import UUTReport
from pywats.domains.report.report_models.uut import UUTInfo
from pywats.shared.enums import CompOp
from pywats_client.converters import ConverterResult, FileConverter, PostProcessAction
from pywats_client.service import AsyncConverterPool

STEPS = 100
TITLES = "serial_number,part_number,start,test_name,value,unit,low_limit,high_limit,status"
STATION_AT_ONCE = 10
POLL_SECONDS = 0.02
# watchdog holds all events back for half a second after a file has left the folder; the first file must not delay the others.
SETTLE_SECONDS = 1.0


class CsvConverter(FileConverter):
    """One CSV file is one report. The attributes are those that the pool asks for and the base class lacks."""

    name = "CSV"
    file_patterns = ["*.csv"]
    supported_extensions = [".csv"]
    post_process_action = PostProcessAction.MOVE
    watch_recursive = False

    def __init__(self, folder):
        super().__init__()
        self.trusted_mode = True
        self.watch_path = folder / "inbox"
        self.archive_path = folder / "done"
        self.error_path = folder / "error"

    def matches_file(self, path):
        return path.suffix == ".csv"

    def convert(self, source, context):
        with open(source.path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        first = rows[0]
        passed = all(row["status"] == "PASS" for row in rows)
        report = UUTReport(
            pn=first["part_number"],
            sn=first["serial_number"],
            rev="A",
            process_code=10,
            station_name="bench",
            location="bench",
            purpose="bench",
            result="P" if passed else "F",
            start=datetime.fromisoformat(first["start"]),
            info=UUTInfo(operator="bench"),
        )
        root = report.get_root_sequence_call()
        root.status = "P" if passed else "F"
        for row in rows:
            root.add_numeric_step(
                name=row["test_name"],
                value=float(row["value"]),
                unit=row["unit"],
                comp_op=CompOp.GELE,
                low_limit=float(row["low_limit"]),
                high_limit=float(row["high_limit"]),
                status="P" if row["status"] == "PASS" else "F",
            )
        return ConverterResult.success_result(report=report)


class Pool(AsyncConverterPool):
    """The pool, given its converter in place of the configuration entry that its loader cannot load."""

    async def _create_converter(self, converter):
        return converter


def write_csv(path, serial):
    with open(path, "w", encoding="utf-8") as file:
        print(TITLES, file=file)
        for step in range(STEPS):
            value = 4.9 + float(step * 13) % 0.2
            print(f"{serial},LAMP-7,2026-05-04T08:15:30,Voltage {step},{value:.4f},V,4.8,5.2,PASS", file=file)


def reports_at(server):
    with urllib.request.urlopen(f"{server}/_stats", timeout=30) as answer:
        return json.load(answer)["reports_distinct"]


def cpu_seconds():
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


async def finished(pool, files, patience):
    """Waits until the pool is through with so many files. False when it is not within the time given."""
    end = time.monotonic() + patience
    while pool.stats["total_processed"] < files:
        if time.monotonic() > end:
            return False
        await asyncio.sleep(POLL_SECONDS)
    return True


async def measure(options):
    """Seconds and CPU seconds for all files, and how many reports more the server has afterwards."""
    folders = {name: options.folder / name for name in ("aside", "inbox", "done", "error")}
    for path in folders.values():
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
    for number in range(options.files):
        write_csv(folders["aside"] / f"lamp-{number:06}.csv", f"L7-{number:06}")
    # The pool finds this one when it starts, and has its watcher running before it takes it up.
    write_csv(folders["inbox"] / "first.csv", "L7-FIRST")

    converter = CsvConverter(options.folder)
    config = types.SimpleNamespace(converters=[converter])
    async with AsyncWATS(base_url=options.server, token=options.token, enable_throttling=options.rate_limit) as api:
        pool = Pool(config, api, max_concurrent=options.at_once)
        running = asyncio.create_task(pool.run())
        if not await finished(pool, 1, 60) or pool.stats["errors"]:
            sys.exit("pyWATS did not deliver the first file")
        await asyncio.sleep(SETTLE_SECONDS)
        before = reports_at(options.server)

        cpu, began, own = cpu_seconds(), time.perf_counter(), time.thread_time()
        for path in sorted(folders["aside"].iterdir()):
            path.rename(folders["inbox"] / path.name)
        own = time.thread_time() - own
        if not await finished(pool, options.files + 1, 120 + options.files):
            print("pyWATS did not get through with all files", file=sys.stderr)
        seconds = time.perf_counter() - began
        cpu = cpu_seconds() - cpu - own

        await pool.stop()
        await running
    return seconds, cpu, reports_at(options.server) - before


def main():
    parser = argparse.ArgumentParser(description="Measures pyWATS with small CSV files.")
    parser.add_argument("--server", required=True, help="address of the simulated WATS server, e.g. http://127.0.0.1:8080")
    parser.add_argument("--token", required=True, help="base64 of user:password")
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--folder", type=Path, required=True, help="its folders aside, inbox, done and error are emptied")
    parser.add_argument("--at-once", type=int, default=STATION_AT_ONCE, help="conversions at once (default: %(default)s)")
    parser.add_argument("--log", action="store_true", help="write pywats.log in the folder, as the service does")
    parser.add_argument("--rate-limit", action="store_true", help="leave pyWATS's limit of 500 requests in 60 seconds on")
    options = parser.parse_args()
    options.server = options.server.rstrip("/")
    if options.log:
        configure_logging(level="INFO", file_path=options.folder / "pywats.log")

    seconds, cpu, arrived = asyncio.run(measure(options))
    result = {
        "files": options.files,
        "seconds": round(seconds, 3),
        "files_per_second": round(options.files / seconds, 1),
        "cpu_ms_per_file": round(1000 * cpu / options.files, 3),
        "reports_at_server": arrived,
        "pywats": importlib.metadata.version("pywats-api"),
        "python": platform.python_version(),
    }
    print(json.dumps(result))
    return 0 if arrived == options.files else 1


if __name__ == "__main__":
    sys.exit(main())
