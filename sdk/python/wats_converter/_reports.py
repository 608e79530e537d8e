"""Where a converter's reports go."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Union

from . import _host, _wire
from ._header import Header
from ._host import Rejected
from ._uut import Uut, _rejected
from ._values import json_text, text_or_none


class Reports:
    """Where a converter's reports go. A file gives all of its reports or none: they are kept until ``convert`` returns
    ``Outcome.converted()``."""

    __slots__ = ()

    def uut(self, header: Header) -> Uut:
        """Begins a report on a unit under test. Several may be open at a time, at most 1,024."""
        return Uut(_host.current().uut(_wire.header(header)))

    def emit_json(self, report: Union[str, Mapping[str, Any]], key: Optional[str] = None) -> str:
        """Hands over a whole report, UUT or UUR, as one WSJF document: a dictionary, or JSON text. ``key`` as in ``Header``. Gives
        the report's id.

        Raises ``Error`` of kind ``REJECTED``, with everything that is wrong with the report.
        """
        text = json_text(report, "report")
        try:
            return _host.current().emit_json(text, text_or_none(key, "key"))
        except Rejected as rejected:
            raise _rejected(rejected) from None


def progress(fraction: float) -> None:
    """Says how much of the file is done, 0 to 1. Cheap; call it as often as you like."""
    _host.current().progress(float(fraction))
