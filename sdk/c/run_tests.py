"""Compiles tests of converters natively, with the library and the test kit, and runs them.

    python3 run_tests.py                                    # the tests of this SDK and of its templates
    python3 run_tests.py FOLDER tests.c converter.c         # those of a project, with its sources

The compiler is Zig's (`pip install ziglang==0.17.1`; the first run builds its C and C++ library and takes a minute or two). Another
one is taken from the environment, `CC` and `CXX`: `CC=gcc CXX=g++ python3 run_tests.py`. What is built goes to `build` in the folder.
"""

import os
import pathlib
import shlex
import subprocess
import sys

SDK = pathlib.Path(__file__).resolve().parent

OWN = [
    (SDK / "tests", ["tutorial.c"]),
    (SDK / "tests", ["sdk.c"]),
    (SDK / "tests", ["cpp.cpp"]),
    (SDK / "template", ["tests.c", "converter.c"]),
    (SDK / "template-cpp", ["tests.cpp", "converter.cpp"]),
]


def compiler(variable, otherwise):
    return shlex.split(os.environ.get(variable, "")) or ["python-zig", otherwise]


def run(folder, sources):
    folder = pathlib.Path(folder).resolve()
    build = folder / "build"
    build.mkdir(exist_ok=True)
    objects = []
    for source in [SDK / "wats_converter.c", SDK / "wats_testing.c", *(folder / source for source in sources)]:
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
    program = build / (pathlib.Path(sources[0]).stem + "_test.exe")
    subprocess.run([*linker, "-o", str(program), *objects, "-lm"], check=True, cwd=folder)
    print(f"{folder.name}/{sources[0]}: ", end="", flush=True)
    subprocess.run([str(program)], check=True, cwd=folder)


def write_tutorial():
    """The first block of C in the README, as tests/build/tutorial.c."""
    text = (SDK / "README.md").read_text(encoding="utf-8")
    (SDK / "tests" / "build").mkdir(exist_ok=True)
    block = text.split("```c\n", 1)[1].split("```", 1)[0]
    (SDK / "tests" / "build" / "tutorial.c").write_text(block, encoding="utf-8")


def main(arguments):
    if len(arguments) < 2:
        write_tutorial()
    projects = [(arguments[0], arguments[1:])] if len(arguments) > 1 else OWN
    for folder, sources in projects:
        run(folder, sources)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode if error.returncode > 0 else 1)
    except FileNotFoundError as error:
        sys.exit(f"{error.filename} is not there: pip install ziglang==0.17.1, or set CC and CXX")
