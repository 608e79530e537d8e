"""Compiles tests of converters natively, with the library and the test kit, and runs them.

    python3 run_tests.py                                    # the tests of this SDK and of its templates
    python3 run_tests.py FOLDER tests.c converter.c         # those of a project, with its sources

The compiler is Zig's (`pip install ziglang==0.17.1`; the first run builds its C and C++ library and takes a minute or two). Another
one is taken from the environment, `CC` and `CXX`: `CC=gcc CXX=g++ python3 run_tests.py`. What is built goes to `build` in the folder.

A project is tested as what its wats-plugin.toml says: a converter of files, or one of `world = "scheduled-converter"`.
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys

SDK = pathlib.Path(__file__).resolve().parent

# The library and the test kit of a world.
FILES = [SDK / "wats_converter.c", SDK / "wats_testing.c"]
SCHEDULED = [SDK / "wats_scheduled_converter.c", SDK / "wats_scheduled_testing.c"]

OWN = [
    (SDK / "tests", ["tutorial.c"], FILES),
    (SDK / "tests", ["tutorial_scheduled.c"], SCHEDULED),
    (SDK / "tests", ["sdk.c"], FILES),
    (SDK / "tests", ["scheduled.c"], SCHEDULED),
    (SDK / "tests", ["cpp.cpp"], FILES),
    (SDK / "tests", ["scheduled.cpp"], SCHEDULED),
    (SDK / "template", ["tests.c", "converter.c"], FILES),
    (SDK / "template-scheduled", ["tests.c", "converter.c"], SCHEDULED),
    (SDK / "template-cpp", ["tests.cpp", "converter.cpp"], FILES),
    (SDK / "template-cpp-scheduled", ["tests.cpp", "converter.cpp"], SCHEDULED),
]


def compiler(variable, otherwise):
    return shlex.split(os.environ.get(variable, "")) or ["python-zig", otherwise]


def library_of(folder):
    project = pathlib.Path(folder) / "wats-plugin.toml"
    text = project.read_text(encoding="utf-8") if project.is_file() else ""
    return SCHEDULED if re.search(r'^\s*world\s*=\s*["\']scheduled-converter["\']', text, re.MULTILINE) else FILES


def run(folder, sources, library):
    folder = pathlib.Path(folder).resolve()
    build = folder / "build"
    build.mkdir(exist_ok=True)
    objects = []
    for source in [*library, *(folder / source for source in sources)]:
        cpp = source.suffix != ".c"
        command = compiler("CXX", "c++") if cpp else compiler("CC", "cc")
        options = ["-std=c++20", "-fno-exceptions"] if cpp else ["-std=c11"]
        target = build / (source.name + ".o")
        # What is left out of a struct is absent: that is how it is meant.
        warnings = ["-Wall", "-Wextra", "-Wno-missing-field-initializers"]
        command += [*options, "-g", *warnings, "-I", str(SDK), "-c", "-o", str(target), source.name]
        subprocess.run(command, check=True, cwd=source.parent)
        objects.append(str(target))
    linker = compiler("CXX", "c++") if any(not source.endswith(".c") for source in sources) else compiler("CC", "cc")
    program = build / (sources[0] + "_test.exe")
    subprocess.run([*linker, "-o", str(program), *objects, "-lm"], check=True, cwd=folder)
    print(f"{folder.name}/{sources[0]}: ", end="", flush=True)
    # What the kit gives lives until the program ends: no leak to a sanitizer that is asked for.
    subprocess.run([str(program)], check=True, cwd=folder, env={"ASAN_OPTIONS": "detect_leaks=0", **os.environ})


def ignored():
    """Whether the compiler warns of a number that is used without a look at whether there was one."""
    source = '#include "wats_converter.h"\nvoid f(double *v) { wats_number("1", \'.\', wats_whole(), v); }\n'
    target = SDK / "tests" / "build" / "ignored.o"
    command = [*compiler("CC", "cc"), "-std=c11", "-Werror", "-I", str(SDK), "-x", "c", "-c", "-", "-o", str(target)]
    done = subprocess.run(command, input=source, capture_output=True, text=True)
    if done.returncode == 0 or "unused" not in done.stderr:
        sys.exit(f"a number that is not looked at is not warned of: {done.stderr}")


def write_tutorials():
    """The blocks of C in the README that are whole converters, as tests/build/tutorial.c and tutorial_scheduled.c."""
    blocks = (SDK / "README.md").read_text(encoding="utf-8").split("```c\n")[1:]
    (SDK / "tests" / "build").mkdir(exist_ok=True)
    for name, header in [("tutorial", "wats_converter"), ("tutorial_scheduled", "wats_scheduled_converter")]:
        block = next(block for block in blocks if block.startswith(f'#include "{header}.h"'))
        (SDK / "tests" / "build" / f"{name}.c").write_text(block.split("```", 1)[0], encoding="utf-8")


def main(arguments):
    if len(arguments) < 2:
        write_tutorials()
        ignored()
    projects = [(arguments[0], arguments[1:], library_of(arguments[0]))] if len(arguments) > 1 else OWN
    for folder, sources, library in projects:
        run(folder, sources, library)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode if error.returncode > 0 else 1)
    except FileNotFoundError as error:
        sys.exit(f"{error.filename} is not there: pip install ziglang==0.17.1, or set CC and CXX")
