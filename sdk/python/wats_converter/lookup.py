"""Master data of the WATS server. Only with ``Grant.LOOKUP``::

    process = lookup.process("Final test").known()
    header.process_code = process.code if process else None
"""

from __future__ import annotations

from typing import Dict, Generic, List, NamedTuple, Optional, TypeVar

from . import _host
from ._descriptor import Waiting
from ._error import Error
from ._values import Value, whole_text

__all__ = ["Answer", "Process", "ProcessAnswer", "Product", "ProductAnswer", "process", "product"]

_Found = TypeVar("_Found")


class Process(NamedTuple):
    """A test operation."""

    code: int
    name: str
    properties: Dict[str, Value]
    """Known in 0.1: ``test``, ``repair``, ``wip`` (flags)."""


class Product(NamedTuple):
    """A product."""

    part_number: str
    name: str
    revisions: List[str]
    """Known revisions, oldest first."""
    properties: Dict[str, Value]


class Answer(Generic[_Found]):
    """What the station answers."""

    kind: str
    """``found``; ``absent``: the server knows of none; ``unavailable``: no server and nothing cached; ``denied``: the plugin was not
    granted ``lookup``."""
    found: Optional[_Found]
    """What was found, when it was."""
    reason: str
    """Why it is unavailable."""

    def __init__(self, kind: str, found: Optional[_Found] = None, reason: str = "") -> None:
        self.kind = kind
        self.found = found
        self.reason = reason

    def known(self) -> Optional[_Found]:
        """What was found, or None when the server knows of none.

        Raises ``Waiting`` when the answer is unavailable: that makes the file wait. Raises ``Error`` of kind ``MISCONFIGURED``
        without the grant.
        """
        if self.kind == "unavailable":
            raise Waiting(self.reason)
        if self.kind == "denied":
            raise Error.misconfigured("the station has not granted `lookup` to this plugin")
        return self.found


ProcessAnswer = Answer[Process]
ProductAnswer = Answer[Product]


def process(name: str) -> ProcessAnswer:
    """The process (test operation) of that name, without regard to case."""
    return _host.current().process_by_name(whole_text(name, "name"))


def product(part_number: str) -> ProductAnswer:
    """The product with that part number."""
    return _host.current().product_by_part_number(whole_text(part_number, "part_number"))
