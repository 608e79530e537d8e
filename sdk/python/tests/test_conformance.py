"""The converter that every SDK has, as plain Python: its errors and outcomes. Its reports are judged by ``wats plugin test``."""

from __future__ import annotations

import importlib
import json
import pathlib
import sys
import unittest

from wats_converter import testing

CONFORMANCE = pathlib.Path(__file__).parent.parent.parent / "conformance"


@unittest.skipUnless((CONFORMANCE / "cases").is_dir(), "not in a checkout of wats")
class ConformanceTest(unittest.TestCase):
    def test_every_case_ends_as_expected(self) -> None:
        sys.path.insert(0, str(CONFORMANCE / "python"))
        self.addCleanup(sys.path.remove, str(CONFORMANCE / "python"))
        converter = importlib.import_module("converter").Conformance
        for folder in sorted((CONFORMANCE / "cases").iterdir()):
            with self.subTest(case=folder.name):
                expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
                found = testing.case(converter, folder)
                if isinstance(expected, list):
                    self.assertEqual((found.told, len(found.reports + found.documents)), (None, len(expected)))
                elif expected.get("error", {}).get("kind") == "rejected":
                    # What the station finds wrong with a report is not known here.
                    self.assertEqual(len(found.log), 0)
                else:
                    self.assertEqual(found.told, expected)

    def test_probe_looks_at_the_beginning(self) -> None:
        sys.path.insert(0, str(CONFORMANCE / "python"))
        self.addCleanup(sys.path.remove, str(CONFORMANCE / "python"))
        converter = importlib.import_module("converter").Conformance
        for content, confidence, detail, missing in [
            ("#rows;1\nunit", 1.0, "", []),
            ("\ufeff#rows;1\r\nneeds;a;b\r\n", 1.0, "", ["a;b"]),
            ("#rows;1\nneeds;a", 1.0, "", []),
            ("#rows;2\n", 0.1, "another version", []),
            ("rows", 0.0, 'does not begin with "#rows;1"', []),
        ]:
            found = testing.probe(converter, content)
            self.assertEqual((found.confidence, found.detail, found.missing), (confidence, detail, missing))
