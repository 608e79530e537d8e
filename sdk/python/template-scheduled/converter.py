"""Asks my test system for results that are new. Each becomes a report; the number of the last one is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

from wats_converter import (
    Descriptor,
    Error,
    Grant,
    Header,
    NumericLimits,
    Outcome,
    Place,
    Reports,
    Run,
    ScheduledConverter,
    http,
    setting,
    state,
)


@dataclass
class Settings:
    """What an operator can set."""

    address: str = setting("https://mes.example/results", "Where the results are.", min_length=1)


class MySource(ScheduledConverter[Settings]):
    """The converter."""

    descriptor = Descriptor(
        "my-source",
        "0.1.0",
        summary="Results of my test system",
        grants=[Grant.HTTP, Grant.STATE],
    )

    def run(self, run: Run, settings: Settings, reports: Reports) -> Outcome:
        since = state.text("since") or ""
        # Nobody there, a busy server: the station tries again later. Whatever else is no success is an error.
        found = http.get(f"{settings.address}?since={since}").success().json()
        if not found:
            return Outcome.skipped("nothing new")
        for index, result in enumerate(found):
            write(result, reports, Place.path(f"[{index}]"))
            # Kept only when the whole run is converted, together with its reports.
            state.set_text("since", str(result["id"]))
        return Outcome.converted()


def write(result: Mapping[str, Any], reports: Reports, place: Place) -> None:
    """The report of a result."""
    for name in ("id", "serial", "start"):
        if result.get(name) in (None, ""):
            raise Error.malformed(f"found no {name}").at(place)
    # By key and start the station recognises what it has already.
    header = Header(result["serial"], part_number=result.get("part"), start=result["start"], key=str(result["id"]))
    # The report is finished at the end of this block.
    with reports.uut(header) as uut:
        for measured in result.get("measurements", []):
            value = measured.get("value")
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise Error.malformed(f'the value of {measured.get("name")} is no number').at(place)
            limits = NumericLimits.inclusive(measured.get("low"), measured.get("high"))
            uut.numeric(measured.get("name", ""), value, unit=measured.get("unit"), limits=limits)
