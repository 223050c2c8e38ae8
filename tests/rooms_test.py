#!/usr/bin/env python3
"""The rooms of the sources: which of them knows which, and what the library leaves to the program.

    rooms_test.py PATH_TO_FISHERGRID        which is not asked
"""

import re
import unittest
from pathlib import Path

import fishergrid_program as fishergrid

ROOT = Path(__file__).resolve().parent.parent
# The rooms in their order, each with its public headers. A room knows itself and those before it.
ROOMS = {
    "base": ["api", "text", "error"],
    "data": ["axis", "fields", "dataset", "samples"],
    "kernel": ["kernel"],
    "sweep": ["grid", "nodes", "sink", "sources", "team", "setup", "sweep", "estimate", "stationary"],
    "file": ["file"],
    "read": ["result", "hdf5_samples", "verify", "merge", "pack", "xdmf"],
    "program": [],
}
LIBRARY = [room for room in ROOMS if room != "program"]
COMMANDS = ["sweep", "point", "bench", "merge", "info", "verify", "pack", "xdmf"]
# Who may write on standard error; manual.c is a program of its own, which makes the manual pages.
SPEAKERS = ["main.c", "notice.c", "progress.c", "interrupt.c", "team_mpi.c", "manual/manual.c"]

COMMENT, STRING, CHARACTER = r"/\*.*?\*/|//[^\n]*", r'"(?:[^"\\\n]|\\.)*"', r"'(?:[^'\\\n]|\\.)+'"
TOKEN = re.compile(rf"({COMMENT})|({STRING})|({CHARACTER})", re.S)


def code_of(text):
    """C without comments, a blank in the place of each."""
    return TOKEN.sub(lambda match: " " if match[1] else match[0], text)


def strings_of(text):
    """The string literals of C; those that stand side by side are one."""
    code, joined, end = code_of(text), [], None
    for match in TOKEN.finditer(code):
        if match[2] and end is not None and not code[end : match.start()].strip():
            joined[-1] += match[2][1:-1]
        elif match[2]:
            joined.append(match[2][1:-1])
        end = match.end() if match[2] else None
    return joined


def sources(*folders):
    """The C files of these folders, as paths from the root."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.[ch]"))


def found_in(paths, find):
    """{file: what `find` finds in its text}, where that is something."""
    found = {str(path.relative_to(ROOT)): find(path.read_text(encoding="utf-8")) for path in paths}
    return {name: some for name, some in found.items() if some}


def public_headers(text):
    return re.findall(r'(?m)^[ \t]*#[ \t]*include[ \t]*["<]fishergrid/([^">]+)\.h[">]', text)


class RoomsTest(unittest.TestCase):
    def unknown_to(self, room):
        """A function that finds includes of public headers of later rooms, or of none."""
        rooms = list(ROOMS)
        known = {header for earlier in rooms[: rooms.index(room) + 1] for header in ROOMS[earlier]}
        return lambda text: sorted(set(public_headers(text)) - known)

    def test_c_is_understood(self):
        text = 'a /* "no" -- */ = "--x" // "--y"\n "z\\"" \'"\' "one" PRIu64 "two" "/* three */";\n'
        self.assertEqual(strings_of(text), ['--xz\\"', "one", "two/* three */"])
        self.assertEqual(code_of("a/* b */c // d\ne"), "a c  \ne")
        text = '#include "fishergrid/axis.h"\n#  include <fishergrid/grid.h>\n#include "io.h"\n'
        self.assertEqual(public_headers(text), ["axis", "grid"])

    def test_every_source_is_in_a_room(self):
        folders = sorted((ROOT / "src").iterdir())
        self.assertTrue(all(path.is_dir() for path in folders), folders)
        self.assertLessEqual(len(folders), 9)
        self.assertLessEqual(set(ROOMS), {path.name for path in folders})
        for path in sources("src"):
            self.assertIn(path.relative_to(ROOT / "src").parts[0], ROOMS, path)

    def test_every_public_header_is_of_a_room(self):
        listed = [f"{header}.h" for headers in ROOMS.values() for header in headers]
        self.assertEqual(sorted(listed), sorted(path.name for path in (ROOT / "include" / "fishergrid").glob("*.h")))

    def test_public_headers_know_earlier_rooms_only(self):
        for room, headers in ROOMS.items():
            paths = [ROOT / "include" / "fishergrid" / f"{header}.h" for header in headers]
            self.assertEqual(found_in(paths, self.unknown_to(room)), {})
        # What users of the library do not have.
        private = re.compile(r'(?m)^[ \t]*#[ \t]*include[ \t]*"(?!fishergrid/)([^"]+)"')
        self.assertEqual(found_in(sources("include"), private.findall), {})

    def test_sources_know_earlier_rooms_only(self):
        for room in ROOMS:
            self.assertEqual(found_in(sources(f"src/{room}"), self.unknown_to(room)), {})

    def test_the_library_names_no_options_and_no_commands(self):
        """Its messages are right for all who call it; the program adds its own words."""
        named = re.compile(rf"--[A-Za-z]|\bfishergrid (?:{'|'.join(COMMANDS)})\b")
        paths = sources("include", *(f"src/{room}" for room in LIBRARY))
        self.assertEqual(found_in(paths, lambda text: [literal for literal in strings_of(text) if named.search(literal)]), {})

    def test_few_speak(self):
        """What is written on standard error goes through few hands."""
        speaks = re.compile(r"\bstderr\b|\bSTDERR_FILENO\b")
        allowed = {f"src/program/{name}" for name in SPEAKERS}
        found = found_in(sources("src", "include"), lambda text: speaks.findall(code_of(text)))
        self.assertLessEqual(set(found), allowed)


if __name__ == "__main__":
    fishergrid.main()
