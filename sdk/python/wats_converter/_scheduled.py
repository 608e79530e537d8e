"""Converters that are run at times instead of being given files."""

from __future__ import annotations

import abc
from typing import Any, Optional, Type

from . import http
from ._descriptor import Outcome
from ._plugin import Plugin, _S, outcome_of, read_settings
from ._reports import Reports
from ._values import Record


class Run(Record):
    """A run."""

    due: str
    """When it was due, ISO 8601 with an offset. The only clock that there is."""
    previous: Optional[str]
    """When the last run was due that went well; None before the first."""
    by_hand: bool
    """Whether an operator asked for it."""

    def __init__(self, due: str, previous: Optional[str] = None, by_hand: bool = False) -> None:
        self.due = due
        self.previous = previous
        self.by_hand = by_hand


class ScheduledConverter(Plugin[_S]):
    """A scheduled converter: is run at times, asks other systems (``http``) and makes reports of what they answer. Derive from it,
    with the dataclass of its settings in brackets, and say ``world = "scheduled-converter"`` in ``wats-plugin.toml``::

        class BurnIn(ScheduledConverter[NoSettings]):
            descriptor = Descriptor("burn-in", "0.1.0", grants=[Grant.http_to("oven.example"), Grant.STATE])

            def run(self, run: Run, settings: NoSettings, reports: Reports) -> Outcome:
                since = state.text("since") or ""
                answer = http.get(f"https://oven.example/results?since={since}").success()
                for number_of, serial, start, volts in (line.split(";") for line in answer.text().splitlines()):
                    with reports.uut(Header(serial, key=number_of, start=start)) as uut:
                        uut.numeric("Supply", number(volts), unit="V", limits=NumericLimits.between(4.9, 5.1))
                    state.set_text("since", number_of)
                return Outcome.converted()

    Every run gets a fresh instance of the component; what is to be known at the next one goes into ``state``. Two runs may meet the
    same results: give each report a ``key`` and a ``start``, so that what is known already is recognised. A report without them is
    refused.
    """

    _world = "scheduled-converter"

    @abc.abstractmethod
    def run(self, run: Run, settings: _S, reports: Reports) -> Outcome:
        """Looks for results and writes their reports. ``Outcome.skipped("why")``: there was nothing to do. ``Outcome.waiting("why")``: not
        now.

        Raises ``Error`` when something is wrong: then there is no report at all, nothing is remembered, and the next run tries again.
        Any other exception is a fault of the plugin, except ``HttpError``: nobody there, or no answer in time, makes the station try
        again later.
        """


def run(converter: Type[ScheduledConverter[Any]], given: Run) -> Outcome:
    """Has a scheduled converter run. Whatever it raises goes through, but a raised ``Waiting`` is an outcome, and an ``HttpError`` becomes
    what it means."""
    settings = read_settings(converter)

    def call() -> Outcome:
        try:
            return converter().run(given, settings, Reports())
        except http.HttpError as error:
            raise error.meaning() from error

    return outcome_of(converter.run, call)
