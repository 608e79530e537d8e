"""The class of the author, and what becomes of what goes wrong in it."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import types
import unittest
from typing import Any, Generic, TypeVar

from wats_converter import Converter, Descriptor, Detection, Grant, Input, NoSettings, Outcome, Reports, Waiting, testing
from wats_converter._plugin import describe_exception

from .support import convert

SDK = pathlib.Path(__file__).parent.parent
S = TypeVar("S")


class ConverterTest(unittest.TestCase):
    def test_a_descriptor_of_another_type_is_refused(self) -> None:
        with self.assertRaisesRegex(TypeError, "Odd.descriptor: expected a Descriptor, found str"):

            class Odd(Converter[NoSettings]):
                descriptor = "odd"  # type: ignore[assignment]

    def test_settings_must_be_a_dataclass(self) -> None:
        with self.assertRaisesRegex(TypeError, "Odd: Converter.* takes the dataclass of its settings or NoSettings"):

            class Odd(Converter[dict]):  # type: ignore[type-arg]
                descriptor = Descriptor("odd", "1.0.0")

    def test_a_base_for_others_needs_no_descriptor(self) -> None:
        class Base(Converter[S], Generic[S]):
            def probe(self, input: Input, settings: S) -> Detection:
                return Detection.likely(2)

        class Derived(Base[NoSettings]):
            descriptor = Descriptor("derived", "1.0.0")

            def convert(self, input: Input, settings: NoSettings, reports: Reports) -> Outcome:
                return Outcome.converted()

        self.assertEqual(testing.probe(Derived, "").confidence, 1.0)

    def test_a_list_is_not_a_text(self) -> None:
        with self.assertRaisesRegex(TypeError, "patterns: expected a list of texts, found one text"):
            Descriptor("odd", "1.0.0", patterns="*.csv")

    def test_what_may_be_granted_is_told(self) -> None:
        allowed = r"allowed are Grant.LOOKUP, Grant.OWN_ID, Grant.STATE, Grant.HTTP and Grant.http_to\(host\)"
        for grants, found in [(["lookup"], "'lookup'"), ("lookup", "'l'"), ([Grant], "EnumMeta|EnumType"), ([None], "NoneType")]:
            with self.assertRaisesRegex(TypeError, f"^grants: found ({found}), {allowed}$"):
                Descriptor("odd", "1.0.0", grants=grants)  # type: ignore[arg-type]
        both = [Grant.STATE, Grant.http_to("mes.example")]
        self.assertEqual(Descriptor("even", "1.0.0", grants=both).grants, both)

    def test_an_outcome_is_one_of_three(self) -> None:
        allowed = r"allowed are Outcome.converted\(\), Outcome.skipped\(why\) and Outcome.waiting\(reason\)$"
        for kind, detail, error, found in [
            ("skip", "x", ValueError, "'skip'"),
            ("waiting", "companion", TypeError, "waiting with str"),
            ("waiting", None, TypeError, "waiting with NoneType"),
            ("skipped", None, TypeError, "skipped with NoneType"),
            ("converted", "x", TypeError, "converted with str"),
        ]:
            with self.assertRaisesRegex(error, f"^outcome: found {found}, {allowed}"):
                Outcome(kind, detail)
        with self.assertRaisesRegex(TypeError, "^outcome: expected a text, found NoneType"):
            Outcome(None)  # type: ignore[arg-type]
        self.assertEqual(Outcome("converted"), Outcome.converted())
        self.assertEqual(Outcome("skipped", "x"), Outcome.skipped("x"))
        self.assertEqual(Outcome("waiting", Waiting("x")).kind, "waiting")

    def test_no_outcome_is_a_fault_that_tells_the_method(self) -> None:
        class Forgets(Converter[NoSettings]):
            descriptor = Descriptor("forgets", "1.0.0")

            def probe(self, input: Input, settings: NoSettings) -> Any:
                return True

            def convert(self, input: Input, settings: NoSettings, reports: Reports) -> Any:
                pass

        with self.assertRaisesRegex(TypeError, r"Forgets.convert \(.*test_plugin.py line \d+\): expected an Outcome, found None"):
            testing.convert(Forgets, "")
        with self.assertRaisesRegex(TypeError, "expected a Detection, found bool"):
            testing.probe(Forgets, "")

    def test_detections_have_a_confidence_from_0_to_1(self) -> None:
        self.assertEqual([Detection.likely(c).confidence for c in (-1, 0.4, 7, float("nan"))], [0.0, 0.4, 1.0, 0.0])
        seen = Detection.certain("2.0", serial_number="A-1")
        self.assertEqual((seen.detail, seen.properties), ("2.0", {"serial-number": "A-1"}))


class ExceptionTest(unittest.TestCase):
    def told(self, work: Any) -> str:
        try:
            convert(work)
        except BaseException as error:
            return describe_exception(error)[0]
        self.fail("nothing was raised")

    def test_an_exception_is_told_with_the_line_of_the_author(self) -> None:
        def own(input: Input, reports: Reports) -> Outcome:
            raise ValueError("bad thing")

        line = own.__code__.co_firstlineno + 1
        self.assertEqual(self.told(own), f"ValueError: bad thing (tests/test_plugin.py line {line})")

    def test_in_the_library_or_the_sdk_it_is_the_line_that_called(self) -> None:
        def library(input: Input, reports: Reports) -> Outcome:
            json.loads("{")
            return Outcome.converted()

        def sdk(input: Input, reports: Reports) -> Outcome:
            reports.uut("A-1")  # type: ignore[arg-type]
            return Outcome.converted()

        for work, said in [(library, "JSONDecodeError: Expecting"), (sdk, "TypeError: header: expected a Header")]:
            told = self.told(work)
            self.assertTrue(told.startswith(said), told)
            self.assertTrue(told.endswith(f"(tests/test_plugin.py line {work.__code__.co_firstlineno + 1})"), told)

    def test_no_text_is_no_colon(self) -> None:
        def work(input: Input, reports: Reports) -> Outcome:
            assert reports is None
            return Outcome.converted()

        self.assertTrue(self.told(work).startswith("AssertionError (tests/"))

    def test_what_an_exception_was_raised_from_is_told(self) -> None:
        def outer(input: Input, reports: Reports) -> Outcome:
            raise RuntimeError("outer") from ValueError("inner")

        line = outer.__code__.co_firstlineno + 1
        self.assertEqual(self.told(outer), f"RuntimeError: outer (tests/test_plugin.py line {line}); caused by ValueError: inner")

        def hidden(input: Input, reports: Reports) -> Outcome:
            try:
                raise ValueError("inner")
            except ValueError:
                raise RuntimeError("outer") from None

        self.assertNotIn("caused", self.told(hidden))

    def test_causes_end(self) -> None:
        first, second = ValueError("first"), ValueError("second")
        first.__cause__, second.__cause__ = second, first
        self.assertEqual(describe_exception(first)[0], "ValueError: first; caused by ValueError: second")
        last = ValueError("0")
        for index in range(1, 100):
            error = ValueError(str(index))
            error.__cause__, last = last, error
        told = "; caused by ".join(f"ValueError: {index}" for index in (99, 98, 97, 96, 95, 94))
        self.assertEqual(describe_exception(last)[0], told)

    def test_an_exception_whose_text_raises_is_told(self) -> None:
        class Odd(Exception):
            def __str__(self) -> str:
                raise KeyError("detail")

        def odd(input: Input, reports: Reports) -> Outcome:
            raise Odd

        line = odd.__code__.co_firstlineno + 1
        self.assertEqual(self.told(odd), f"Odd: its text cannot be told (tests/test_plugin.py line {line})")
        caused = ValueError("a\ud800")
        caused.__cause__ = Odd()
        self.assertEqual(describe_exception(caused)[0], "ValueError: a\ufffd; caused by Odd: its text cannot be told")


class SandboxTest(unittest.TestCase):
    def test_what_a_component_has_not_raises(self) -> None:
        # In a process of its own: it is not undone.
        work = """
            import time as imported_before
            from wats_converter import _host, _sandbox, testing
            from wats_converter.testing._kit import Station
            _sandbox.install()
            import linecache, os, time, traceback, uuid
            from time import time as now
            assert now() > 0 and os.getcwd() and open(os.__file__).read(1)
            station = Station({}, False, (), (), False, ())
            _host.use(station)
            _sandbox.enter()
            def lazy():
                import difflib
            def raised(work):
                try:
                    work()
                except Exception as error:
                    return f"{type(error).__name__}: {error}"
            found = [raised(work) for work in (
                now, imported_before.time, time.localtime, lambda: time.strftime("%Y"), uuid.uuid4, os.getcwd,
                lambda: open("x"), lazy)]
            assert b"\\xe5\\0\\0\\0".decode("utf-32-le") == b"\\0\\0\\0\\xe5".decode("utf-32-be") == "\\xe5"
            assert time.gmtime(0).tm_year == 1970 and time.strftime("%Y", time.gmtime(0)) == "1970"
            assert not os.path.exists("/") and "x" in traceback.format_exception(ValueError, ValueError("x"), None)[0]
            print("one\\ntw", end="")
            print("o")
            clock = "RuntimeError: a converter has no clock: the same file must give the same reports"
            files = "FileNotFoundError: a converter has no files but its input"
            module = "module 'difflib' was not imported when the plugin was built: import it at the top of the file"
            expected = [clock] * 4 + ["RuntimeError: a converter has no random numbers", files, files,
                f"ModuleNotFoundError: {module}"]
            lines = [line.message for line in station.lines]
            if found != expected or lines != ["one", "two"]:
                import sys
                sys.__stderr__.write(f"{found}\\n{lines}\\n")
                sys.__stderr__.flush()
                raise SystemExit(1)
        """
        lines = [line[12:] for line in work.splitlines()]
        done = subprocess.run([sys.executable, "-c", "\n".join(lines)], cwd=SDK, stderr=subprocess.PIPE, check=False)
        self.assertEqual((done.returncode, done.stderr.decode()), (0, ""))


class CopiesTest(unittest.TestCase):
    def test_the_contract_is_that_of_the_stations(self) -> None:
        contract = SDK.parent.parent / "wit" / "v0.1"
        if not contract.is_dir():
            self.skipTest("not in a checkout of wats")
        for path in contract.iterdir():
            self.assertEqual((SDK / "wit" / path.name).read_bytes(), path.read_bytes(), path.name)

    def test_the_tutorial_holds(self) -> None:
        """The blocks of Python of the README: a converter, and its test, and the same of a scheduled one. Each is a module of its
        own, so that it has to import what it uses."""
        text = (SDK / "README.md").read_text(encoding="utf-8")
        blocks = [block.split("```", 1)[0] for block in text.split("```python\n")[1:]]
        self.assertEqual(len(blocks), 4)
        tests = 0
        for index in (0, 2):
            self.module("converter", blocks[index])
            suite = unittest.defaultTestLoader.loadTestsFromModule(self.module("test_converter", blocks[index + 1]))
            tests += suite.countTestCases()
            result = unittest.TestResult()
            suite.run(result)
            self.assertEqual([trace for _, trace in result.failures + result.errors], [])
        self.assertEqual(tests, 2)

    def module(self, name: str, code: str) -> types.ModuleType:
        """The code as a module that others import, until the test ends."""
        found = types.ModuleType(name)
        before = sys.modules.get(name)
        sys.modules[name] = found
        if before is None:
            self.addCleanup(sys.modules.pop, name)
        else:
            self.addCleanup(sys.modules.__setitem__, name, before)
        exec(compile(code, "README.md", "exec"), vars(found))
        return found


if __name__ == "__main__":
    unittest.main()
