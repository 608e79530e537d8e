"""Settings: a dataclass and its schema."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
import unittest
from typing import Any, Dict, List, Literal, Optional, Tuple, Union

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


    def test_a_default_that_could_not_be_set_is_refused_with_its_field(self) -> None:
        class Odd(enum.Enum):
            PAIR = (1, 2)

        for hint, default, message in [
            (float, setting(math.inf), "Out of range float values"),
            (float, math.nan, "Out of range float values"),
            (float, setting(1, maximum=math.inf), "Out of range float values"),
            (int, setting("3"), 'its default: expected a whole number, found "3"'),
            (str, None, "its default: expected a text, found null"),
            (int, setting(0, minimum=1), "its default: 0 does not fit its minimum 1"),
            (Optional[int], setting(0, minimum=1), "its default: 0 does not fit its minimum 1"),
            (str, setting("ab", pattern="^[A-Z]*$"), 'its default: "ab" does not fit its pattern'),
            (str, setting("ab", pattern="("), "missing \\)"),
            (Literal["fast", "slow"], setting("quick"), 'its default: expected "fast" or "slow", found "quick"'),
            (List[str], setting([1]), r"its default\[0\]: expected a text, found 1"),
            (List[str], setting([], min_length=1), r"its default: \[\] does not fit its minItems 1"),
            (Dict[str, int], setting({"a": "b"}), 'its default.a: expected a whole number, found "b"'),
            (Column, setting(Column(5)), "its default.name: expected a text, found 5"),  # type: ignore[arg-type]
        ]:
            made = dataclasses.make_dataclass("Odd", [("field", hint, default)])
            with self.subTest(message), self.assertRaisesRegex(ValueError, f"^Odd.field: {message}"):
                schema(made)
        pair = dataclasses.make_dataclass("Pair", [("field", Odd, Odd.PAIR)])
        self.assertEqual(read(pair, json.dumps({"field": json.loads(schema(pair))["properties"]["field"]["default"]})), pair())

    def test_a_constraint_is_written_under_the_name_for_its_type(self) -> None:
        for hint, default, long, expected in [
            (str, "ab", "abc", {"minLength": 1, "maxLength": 2}),
            (List[str], ["a"], ["a", "b", "c"], {"minItems": 1, "maxItems": 2}),
            (Tuple[str, ...], ("a",), ["a", "b", "c"], {"minItems": 1, "maxItems": 2}),
            (Optional[List[str]], None, ["a", "b", "c"], {"minItems": 1, "maxItems": 2}),
            (Dict[str, str], {"a": "b"}, dict.fromkeys("abc", ""), {"minProperties": 1, "maxProperties": 2}),
            (Union[str, List[str]], "a", "abc", {"minLength": 1, "minItems": 1, "maxLength": 2, "maxItems": 2}),
        ]:
            made = dataclasses.make_dataclass("Odd", [("field", hint, setting(default, min_length=1, max_length=2))])
            found = json.loads(schema(made))["properties"]["field"]
            self.assertEqual({key: limit for key, limit in found.items() if key[:3] in ("min", "max")}, expected)
            with self.assertRaisesRegex(Error, "settings.field: .* does not fit its max(Length|Items|Properties) 2"):
                read(made, json.dumps({"field": long}))

    def test_a_constraint_of_no_use_is_refused(self) -> None:
        for hint, default, message in [
            (str, setting("", minimum=0), "minimum is for a number, and it is str"),
            (int, setting(1, min_length=1), "min_length is for a text or list or table, and it is int"),
            (bool, setting(True, maximum=1), "maximum is for a number, and it is bool"),
            (List[str], setting([], pattern="x"), "pattern is for a text, and it is .*List"),
            (Column, setting(Column("x"), max_length=1), "max_length is for a text or list or table, and it is Column"),
        ]:
            made = dataclasses.make_dataclass("Odd", [("field", hint, default)])
            with self.subTest(message), self.assertRaisesRegex(TypeError, f"^Odd.field: {message}"):
                schema(made)
        wrong: List[Dict[str, Any]] = [{"minimum": "1"}, {"max_length": 1.5}, {"pattern": 5}, {"description": 5}]
        for options in wrong:
            with self.assertRaisesRegex(TypeError, f"^{next(iter(options))}: expected "):
                setting("", **options)
        with self.assertRaisesRegex(ValueError, "^min_length: found -1"):
            setting("", min_length=-1)


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
