#!/usr/bin/env python3
"""Manual pages and completions say what --help says, and the shells take them.

    manual_test.py PATH_TO_FISHERGRID DIRECTORY_OF_THE_MANUAL
"""

import contextlib
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

import fishergrid_program as fishergrid

COMMANDS = ["sweep", "point", "bench", "merge", "info", "verify", "pack", "xdmf"]
OPTION = re.compile(r"^ +(?:-(.), )? *--([a-z0-9-]+)(?:=(\S+))?")
MANUAL = Path(sys.argv.pop(2)).resolve()
VALUES = {  # what completes the values of some options, and operands
    "sweep --method": {"auto", "direct", "chebyshev"},
    "sweep -m": {"auto", "direct", "chebyshev"},
    "point --reduction": {"sum", "mean"},
    "sweep --fields": {"exercise", "geometry", "all", *fishergrid.FIELDS, *fishergrid.GEOMETRY},
    "merge --progress": {"auto", "always", "never"},
    "sweep --config": {"old.h5", "points.csv", "sub/"},
    "merge --output": {"old.h5", "points.csv", "sub/"},
    "bench --directory": {"sub/"},
    "sweep --phi": set(),
    "bench": {"kernel", "sweep", "disk", "samples", "scaling"},
    "verify": {"old.h5", "points.csv", "sub/"},
    "merge -o x.h5": {"old.h5", "points.csv", "sub/"},
}


def needs(program):
    return unittest.skipUnless(shutil.which(program), f"{program} is not installed")


def help_of(command):
    """{long name: (letter or None, placeholder or None)} as --help has them."""
    text = fishergrid.run(command, "--help").stdout.decode()
    found = (OPTION.match(line) for line in text.splitlines())
    return {match[2]: (match[1], match[3]) for match in found if match}


class PagesTest(unittest.TestCase):
    def test_every_command_has_a_page(self):
        text = fishergrid.run("--help").stdout.decode()
        commands = re.findall(r"^  ([a-z]+) ", text, re.M)
        self.assertEqual(sorted(commands), sorted(COMMANDS))
        pages = {"fishergrid.1", *(f"fishergrid-{command}.1" for command in commands)}
        self.assertEqual({path.name for path in MANUAL.glob("*.1")}, pages)
        page = self.read("fishergrid.1")
        for command in commands:
            self.assertIn(f".TP\n\\fB{command}\\fR\n", page)

    def test_options_agree_with_help(self):
        for command in COMMANDS:
            with self.subTest(command):
                page = self.read(f"fishergrid-{command}.1").replace("\\-", "-")
                form = r"^\.TP\n(?:\\fB-(.)\\fR, )?\\fB--([a-z0-9-]+)\\fR(?:=\\fI(\S+)\\fR)?\n(.+)$"
                options = {name: (letter or None, value or None) for letter, name, value, _ in re.findall(form, page, re.M)}
                self.assertEqual(options, help_of(command))
                words = self.words(fishergrid.run(command, "--help=all").stdout.decode())
                for *_, text in re.findall(form, page, re.M):
                    self.assertIn(self.words(text.replace("\\(aq", "'")), words)

    def test_words_of_help_stand_in_the_page(self):
        for command in COMMANDS:
            lines = fishergrid.run(command, "--help=all").stdout.decode().splitlines()
            of_argp = ("Mandatory or optional arguments", "for any corresponding short options")
            prose = [line for line in lines if line and not line.startswith((" ", "Usage", *of_argp))]
            page = self.words(self.read(f"fishergrid-{command}.1").replace("\\-", "-").replace("\\(aq", "'"))
            for line in prose:
                self.assertIn(self.words(line), page)

    @needs("mandoc")
    def test_nothing_to_complain_about(self):
        for path in sorted(MANUAL.glob("*.1")):
            done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", path], capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (0, b""), path.name)

    @needs("nroff")
    def test_no_word_is_broken(self):
        """What stands on 80 columns can be copied: the words of a line, none of them hyphenated or spread."""
        for path in sorted(MANUAL.glob("*.1")):
            with self.subTest(path.name):
                narrow = self.shown(path, 80)
                self.assertEqual(narrow.split(), self.shown(path, 9000).split())
                body = [line[14:] for line in narrow.strip().splitlines()[1:-1]]  # right of what terms stand on
                self.assertEqual([line for line in body if re.search(r"\S {2,}\S", line)], [])

    @staticmethod
    def shown(path, columns):
        done = subprocess.run(["nroff", "-c", "-man", f"-rLL={columns}n", path], capture_output=True, check=True)
        return re.sub(".\b", "", done.stdout.decode())

    @staticmethod
    def read(name):
        return (MANUAL / name).read_text(encoding="utf-8")

    @staticmethod
    def words(text):
        return " ".join(text.split())


class CompletionTest(fishergrid.ProgramTest):
    def setUp(self):
        super().setUp()
        (self.directory / "sub").mkdir()
        for name in ["old.h5", "points.csv"]:
            (self.directory / name).touch()

    def check(self, complete):
        """complete(words before the cursor) -> what may stand there."""
        self.assertLessEqual({*COMMANDS}, complete("fishergrid "))
        for command in COMMANDS:
            with self.subTest(command):
                options = {f"--{name}" for name in help_of(command)}
                found = {word.rstrip("=") for word in complete(f"fishergrid {command} --")}
                self.assertEqual({word for word in found if word.startswith("--")}, options)
        for words, values in VALUES.items():
            with self.subTest(words):
                self.assertEqual({word for word in complete(f"fishergrid {words} ") if word[0] != "-"}, values)
        for words, values in {
            "sweep --method=ch": {"chebyshev"},
            "sweep --data ": {"A", "B"},
            "sweep --data mine=po": {"points.csv"},
            "sweep --data=mine=po": {"points.csv"},
            "sweep --fields loss,gradient_p": {"gradient_phi"},
        }.items():
            with self.subTest(words):
                ends = {re.split("[=,]", word)[-1] for word in complete(f"fishergrid {words}")}
                self.assertLessEqual(values, ends)
        found = {word.split(",")[-1] for word in complete("fishergrid sweep --fields loss,gradient_r,")}
        self.assertEqual(found & {*fishergrid.FIELDS, *fishergrid.GEOMETRY}, {*fishergrid.FIELDS, *fishergrid.GEOMETRY} - {"loss", "gradient_r"})

    @needs("bash")
    def test_bash(self):
        """The words as readline breaks them, with '=' a word of its own."""
        script = (
            'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fishergrid; '
            'for word in "${COMPREPLY[@]}"; do [[ -d $word ]] && word+=/; printf "%s\\n" "$word"; done'
        )

        def complete(line):
            words = [word for part in line.split(" ") for word in (re.findall("=|[^=]+", part) or [""])]
            command = ["bash", "--norc", "-c", script, MANUAL / "fishergrid.bash", *words]
            return set(self.shell(command).splitlines())

        self.check(complete)
        typed = self.type_into(["bash", "--norc", "--noprofile", "-i"], f"source {MANUAL}/fishergrid.bash", "--method=ch")
        self.assertIn("--method=chebyshev", typed)

    @needs("fish")
    def test_fish(self):
        def complete(line):
            script = f"source {MANUAL}/fishergrid.fish; complete -C '{line}'"
            lines = self.shell(["fish", "--no-config", "-c", script]).splitlines()
            return {found.split("\t")[0] for found in lines}

        self.check(complete)

    @needs("zsh")
    def test_zsh(self):
        """What an interactive shell inserts; its lists are not for programs to read."""
        start = f"fpath=({MANUAL} $fpath); autoload -U compinit; compinit -u -D; zstyle ':completion:*' menu no"
        shell = ["zsh", "-f", "-i"]
        for command in COMMANDS:
            with self.subTest(command):
                forms = set()
                for name, (letter, value) in help_of(command).items():
                    forms |= {f"--{name}=" if value else f"--{name}"}
                    forms |= {f"-{letter}+" if value else f"-{letter}"} if letter else set()
                self.assertEqual(self.zsh_forms(command), forms)
        for typed, completed in {
            "swe": "sweep ",
            "sweep --method=ch": "--method=chebyshev",
            "sweep -m ch": "-m chebyshev",
            "sweep --max": "--max-time=",
            "info --conf": "--config ",
            "info ol": "old.h5",
            "sweep --config ol": "--config old.h5",
            "sweep --data mine=po": "mine=points.csv",
            "sweep --fields loss,gradient_p": "loss,gradient_phi",
            "bench sc": "scaling",
            "bench --directory su": "sub/",
        }.items():
            with self.subTest(typed):
                self.assertIn(completed, self.type_into(shell, start, typed, whole=True))

    def zsh_forms(self, command):
        """The options that the function gives to _arguments, without "(...)" or "*" before and "[...]" behind."""
        given = f"_arguments() {{ print -rl -- $@ }}; words=(fishergrid {command} ''); CURRENT=3; source {MANUAL}/_fishergrid"
        return set(re.findall(r"(?m)^(?:\(.*?\)|\*)?(-.*?)\[", self.shell(["zsh", "-fc", given])))

    def shell(self, command):
        done = subprocess.run(command, cwd=self.directory, env=self.environment(), capture_output=True, check=False)
        self.assertEqual(done.stderr, b"")
        return done.stdout.decode()

    def environment(self):
        return fishergrid.environment(HOME=str(self.directory / "sub"), TERM="dumb", LC_ALL="C.UTF-8", PS1="> ")

    def type_into(self, shell, first, words, whole=False):
        """Types a line and a tabulator into a shell on a terminal; what stands there then."""
        terminal, end = pty.openpty()
        process = subprocess.Popen(
            shell, cwd=self.directory, env=self.environment(), stdin=end, stdout=end, stderr=end, start_new_session=True
        )
        os.close(end)
        os.write(terminal, f"{first}; echo read''y\n".encode())
        said = self.read_until(terminal, "ready\r\n")
        self.assertIn("ready\r\n", said)
        os.write(terminal, f"fishergrid {words if whole else 'sweep ' + words}\t".encode())
        said = self.read_until(terminal, None)
        process.kill()
        process.wait()
        os.close(terminal)
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|.\x08|\x07", "", said)

    @staticmethod
    def read_until(terminal, text):
        """All that is said until `text` comes, or nothing for a second."""
        said = ""
        deadline = time.monotonic() + 30
        with contextlib.suppress(OSError):
            while (text is None or text not in said) and time.monotonic() < deadline:
                if select.select([terminal], [], [], 1 if text is None else 30)[0]:
                    said += os.read(terminal, 4096).decode(errors="replace")
                elif text is None:
                    break
        return said


if __name__ == "__main__":
    fishergrid.main()
