"""Writes wats_converter.zig from wats_scheduled_converter.h, which includes the other headers: what `zig translate-c` makes, without
the compiler's own macros.

    python3 make_zig.py        # with ziglang==0.17.1; the first time takes minutes
"""

import pathlib
import subprocess

HEAD = """\
//! The functions and types of wats_converter.h, wats_scheduled_converter.h and wats_json.h in Zig, made by make_zig.py with
//! `zig translate-c` 0.17.1. Do not edit it. What they mean is said in the headers; those of the second and third are for the world
//! `scheduled-converter`.

"""

# Of the macros, what the declarations or an author use.
KEPT = ('pub const WATS_GRANT_', 'pub const @"true"', 'pub const @"false"')

here = pathlib.Path(__file__).parent
command = ["python-zig", "translate-c", "-target", "wasm32-freestanding", str(here / "wats_scheduled_converter.h")]
made = subprocess.run(command, check=True, capture_output=True, text=True).stdout
declarations, _, macros = made.partition("pub const __VERSION__")
kept = [line for line in macros.splitlines() if line.startswith(KEPT)]
(here / "wats_converter.zig").write_text(HEAD + declarations.rstrip() + "\n" + "\n".join(kept) + "\n", newline="\n")
