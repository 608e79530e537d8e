"""Settings: a dataclass and its schema."""

from __future__ import annotations

import dataclasses
import enum
import json
import unittest
from typing import Any, Dict, List, Literal, Optional, Tuple

from wats_converter import Converter, Descriptor, Detection, Error, Input, NoSettings, Outcome, Reports, setting, testing
from wats_converter._settings import read, schema


class Mark(enum.Enum):
    POINT = "."
    COMMA = ","


@dataclasses.dataclass
class Column:
    name: str
    unit: str = ""


@dataclasses.dataclass
class Everything:
    """What an operator
    can set."""

    part: str
    mark: Mark = Mark.POINT
    mode: Literal["fast", "slow"] = "fast"
    scale: float = setting(1, "Factor.", minimum=0)
    count: int = setting(3, maximum=9)
    strict: bool = True
    station: Optional[str] = None
    ignore: List[str] = setting([], "Words.")
    window: Tuple[float, ...] = (0.0, 1.0)
    columns: Dict[str, Column] = setting({"R": Column("R12", "Ohm")})
    first: Column = setting(Column("x"))
    code: str = setting("", max_length=2, pattern="^[A-Z]*$")


@dataclasses.dataclass
class Undescribed:
    name: str = "x"


class SchemaTest(unittest.TestCase):
    def test_the_schema_has_types_defaults_and_descriptions(self) -> None:
        found = json.loads(schema(Everything))
        self.assertEqual(found["$schema"], "https://json-schema.org/draft/2020-12/schema")
        self.assertEqual((found["description"], found["required"]), ("What an operator can set.", ["part"]))
        self.assertIs(found["additionalProperties"], False)
        properties = found["properties"]
        self.assertEqual(list(properties), [field.name for field in dataclasses.fields(Everything)])
        self.assertEqual(properties["part"], {"type": "string"})
        self.assertEqual(properties["mark"], {"enum": [".", ","], "default": "."})
        self.assertEqual(properties["mode"], {"enum": ["fast", "slow"], "default": "fast"})
        self.assertEqual(properties["scale"], {"type": "number", "description": "Factor.", "minimum": 0, "default": 1})
        self.assertEqual(properties["station"], {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None})
        self.assertEqual(properties["window"], {"type": "array", "items": {"type": "number"}, "default": [0.0, 1.0]})
        self.assertEqual(properties["columns"]["default"], {"R": {"name": "R12", "unit": "Ohm"}})
        self.assertEqual(properties["columns"]["additionalProperties"]["required"], ["name"])
        self.assertEqual(properties["code"], {"type": "string", "maxLength": 2, "pattern": "^[A-Z]*$", "default": ""})

    def test_nothing_to_set_has_no_schema(self) -> None:
        self.assertEqual(schema(NoSettings), "")
        self.assertNotIn("description", json.loads(schema(Undescribed)))

    def test_a_type_that_settings_cannot_have_is_refused_with_its_field(self) -> None:
        for hint, default in [(bytes, b""), (complex, 1j), (Dict[int, str], None), (str, object())]:
            made = dataclasses.make_dataclass("Odd", [("field", hint, dataclasses.field(default=default))])
            with self.assertRaisesRegex(TypeError, "Odd.field: "):
                schema(made)


class ReadTest(unittest.TestCase):
    def test_what_is_not_set_has_its_default(self) -> None:
        found = read(Everything, '{"part": "P"}')
        self.assertEqual(found, Everything("P"))
        self.assertIsNot(found.ignore, read(Everything, '{"part": "P"}').ignore)

    def test_what_is_set_has_its_type(self) -> None:
        given = {"part": "P", "mark": ",", "scale": 2, "count": 4.0, "station": "T1", "window": [1], "first": {"name": "y"}}
        found = read(Everything, json.dumps(given))
        self.assertIs(found.mark, Mark.COMMA)
        self.assertIsInstance(found.scale, float)
        self.assertEqual((found.count, found.station, found.window, found.first), (4, "T1", (1.0,), Column("y")))

    def test_what_does_not_fit_is_misconfigured_with_its_key(self) -> None:
        for given, message in [
            ({}, "settings.part: it has no default and was not set"),
            ({"part": 5}, "settings.part: expected a text, found 5"),
            ({"part": "", "mark": ";"}, 'settings.mark: expected "." or ",", found ";"'),
            ({"part": "", "count": True}, "settings.count: expected a whole number, found true"),
            ({"part": "", "count": 10}, "settings.count: 10 does not fit its maximum 9"),
            ({"part": "", "code": "abc"}, 'settings.code: "abc" does not fit its maxLength 2'),
            ({"part": "", "ignore": ["a", 1]}, "settings.ignore[1]: expected a text, found 1"),
            ({"part": "", "columns": {"R": {"nam": ""}}}, "settings.columns.R.name: it has no default and was not set"),
            ({"part": "", "colour": "red"}, 'settings: there is no setting "colour"'),
            ([], "settings: expected a table, found []"),
        ]:
            with self.assertRaises(Error, msg=str(given)) as caught:
                read(Everything, json.dumps(given))
            self.assertEqual((caught.exception.kind.value, caught.exception.message), ("misconfigured", message))

    def test_a_converter_gets_them_typed(self) -> None:
        class Scaled(Converter[Everything]):
            descriptor = Descriptor("scaled", "1.0.0")

            def probe(self, input: Input, settings: Everything) -> Detection:
                return Detection.likely(settings.scale / 10)

            def convert(self, input: Input, settings: Everything, reports: Reports) -> Outcome:
                return Outcome.skipped(settings.part)

        given: Dict[str, Any] = {"part": "P", "scale": 5}
        self.assertEqual(testing.probe(Scaled, "", settings=given).confidence, 0.5)
        self.assertEqual(testing.convert(Scaled, "", settings=given).told, {"skipped": "P"})
        self.assertEqual(testing.convert(Scaled, "").error.kind.value, "misconfigured")
