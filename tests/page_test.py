#!/usr/bin/env python3
"""Tests the page of analysis/report.py in real browsers, Chromium and Firefox without a window.

page_test.py PROGRAM

PAGE_SHOTS=DIR saves what the page looks like, light and dark, wide and narrow, and printed, for people to look at.
PAGE_LOADS=5 says how long so many loads take, and how large the page is:

    PAGE_LOADS=5 page_test.py PROGRAM -k quick
"""

import atexit
import contextlib
import io
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import fishergrid_program
import h5py
import numpy as np
from fishergrid_program import READERS, ProgramTest, start_sweep
from sweep_file import write_csv  # and analysis/ is on the path

import report

MODULES = READERS / "node_modules"
LEFT, RIGHT, TOP, BOTTOM = 34, 8, 8, 34  # pixels of a map around its window
MOST_BYTES = 1.5e6
MOST_SECONDS, MOST_HEAP = 2, 150e6
MOVED = 5  # of B
CELL = ("--fields", "all")
UNDEFINED = 3  # a value of the flags
SKIPPED = 77  # ctest counts this exit status as skipped


class Browser:
    """A browser with one tab; call("page.goto", ...) is puppeteer's page.goto(...)."""

    def __init__(self, name, program, blank):
        self.blank = f"file://{blank}"
        blank.touch()
        command = ["node", Path(__file__).with_name("browser.mjs"), MODULES, name, program, self.blank]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)

    def close(self):
        self.process.communicate()

    def call(self, *call):
        print(json.dumps(call), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise AssertionError(f"{call}: {answer['error']}")
        return answer["result"]

    def run(self, code):
        return self.call("page.evaluate", code)

    def wait_for(self, code, seconds=60):
        """Waits until an expression is true; returns its value."""
        end = time.monotonic() + seconds
        while not (found := self.run(f"(found => found instanceof Node ? true : found)({code})")):
            if time.monotonic() > end:
                raise AssertionError(f"never true: {code}")
            time.sleep(0.05)
        return found


def stretch():
    """How much longer things take because other programs share the machine: wall time over processor time of a loop."""
    wall, own = time.monotonic(), time.process_time()
    while time.process_time() - own < 0.2:
        pass
    return (time.monotonic() - wall) / 0.2


def write_page(sweep):
    """The page of a report without its figures, which other tests draw; returns its path."""
    draw, report.draw_in_parallel = report.draw_in_parallel, lambda *_: None
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            report.write_report(sweep, sweep.parent / "report", None)
    finally:
        report.draw_in_parallel = draw
    return sweep.parent / "report" / "report.html"


def missing(*browsers):
    """What a test with these browsers needs and is not installed."""
    packages = [name for name in ("puppeteer-core", "axe-core") if not (MODULES / name).is_dir()]
    return packages + [name for name in ("node", *browsers) if not shutil.which(name)]


class PageCase(ProgramTest):
    """A browser, the example's page, and how to use them."""

    browser_name, browser_program = "chrome", "chromium"

    @classmethod
    def setUpClass(cls):
        if lacks := missing(cls.browser_program):
            raise unittest.SkipTest(f"{', '.join(lacks)}: not installed; tests/more_readers.sh has the packages")
        scratch = tempfile.TemporaryDirectory(prefix="fishergrid-page-")
        cls.addClassCleanup(scratch.cleanup)
        cls.browser = Browser(cls.browser_name, shutil.which(cls.browser_program), Path(scratch.name) / "blank.html")
        cls.addClassCleanup(cls.browser.close)
        sweep = Path(scratch.name) / "x.h5"
        fishergrid_program.run("sweep", "-q", "--phi", "120", "--r", "110", "-o", sweep)
        cls.example = write_page(sweep)

    def open(self, page=None, link="", width=1400, map="landscape"):
        """Opens a page anew, by default the example, and waits for one of its maps."""
        self.browser.call("page.goto", self.browser.blank)
        self.browser.call("page.setViewport", {"width": width, "height": 900})
        self.browser.call("told")
        self.browser.call("page.goto", f"file://{page or self.example}{link}")
        if map:
            self.wait_for_map(map)

    def wait_for_map(self, map):
        self.browser.run(f"document.querySelector('[data-map={map}]').scrollIntoView({{block: 'center'}})")
        self.browser.wait_for(f"document.querySelector('[data-map={map}]').dataset.ready")

    def text(self, selector="body"):
        return self.browser.run(f"document.querySelector({json.dumps(selector)}).innerText.replace(/\\s+/g, ' ')")

    def box(self, selector):
        """Left, top, width and height of an element, which comes into sight."""
        return self.browser.run(f"""(e => {{
            e.scrollIntoView({{block: 'center'}});
            return (b => [b.left, b.top, b.width, b.height])(e.getBoundingClientRect());
        }})(document.querySelector('{selector}'))""")

    def frame(self, map):
        """Left, top, width and height of a map's window on the screen."""
        left, top, width, height = self.box(f"[data-map={map}]")
        return left + LEFT, top + TOP, width - LEFT - RIGHT, height - TOP - BOTTOM

    def window(self):
        window = self.state("window")
        return [float(x) for x in window.split()] if window else [0, 2 * math.pi, -6.5, 6.5]

    def place(self, map, phi, r):
        """Where on the screen (phi, r) is."""
        (left, top, width, height), (p0, p1, r0, r1) = self.frame(map), self.window()
        return left + width * (phi - p0) / (p1 - p0), top + height * (r1 - r) / (r1 - r0)

    def click(self, map, phi, r):
        self.browser.call("mouse.click", *self.place(map, phi, r))

    def state(self, name):
        """A part of the state, from the address, as whoever leaves the window finds it."""
        link = "(dispatchEvent(new Event('blur')), new URLSearchParams(location.hash.slice(1)))"
        return self.browser.run(f"{link}.get('{name}')")

    def slide(self, name, value):
        slider = f"document.getElementById('{name}')"
        event = "new Event('input', {bubbles: true})"
        self.browser.run(f"(i => {{ i.value = {value}; i.dispatchEvent({event}); }})({slider})")

    def value(self, field, column=0):
        cell = f"td[data-field={field}][data-column='{column}']"
        return self.browser.run(f'document.querySelector("{cell}").dataset.value')

    def shown(self, field, column=0):
        return float(self.value(field, column))

    def assert_quiet(self):
        """Nothing on the console, nothing asked of a network."""
        told = self.browser.call("told")
        self.assertEqual(told["console"], [])
        own = ("file:", "data:", "blob:", "about:")
        self.assertEqual([url for url in told["asked"] if not url.startswith(own)], [])

    def point(self, data_set, phi, r):
        """Everything about a line, as the program says."""
        place = ("--phi", repr(phi), "--r", repr(r))
        return self.succeed_json("point", *place, "--data", data_set, *CELL)["data"][data_set]

    def matrices(self, data_set, phi, r):
        """F and H, as the program says."""
        cell = self.point(data_set, phi, r)
        entries = [cell[f"fisher_{entry}"] for entry in ("phi_phi", "r_phi", "r_phi", "r_r")]
        fisher = np.reshape(entries, (2, 2))
        return fisher, fisher + [[cell["hessian_phi_phi"] - fisher[0, 0], 0], [0, 0]]

    def race(self, way=""):
        """{rule: [{steps, end} in A, in B]}, of the table of the race once it is there."""
        table = "document.getElementById('race-table')"
        self.browser.wait_for(f"!{table}.ariaBusy && {table}.querySelector('td')")
        runs = "[...row.querySelectorAll('[data-run]')].map(c => [Number(c.dataset.steps), c.dataset.end])"
        rows = f"[...{table}.querySelectorAll('tr[data-rule]')]"
        return dict(self.browser.run(f"{rows}.map(row => [row.dataset.rule, {runs}])"))


class Use:
    """What must work in every browser."""

    def test_page_is_small_quick_and_quiet(self):
        self.assertLess(self.example.stat().st_size, MOST_BYTES)
        seconds, loads = [], int(os.environ.get("PAGE_LOADS", 2))
        for _ in range(loads):
            self.open(map=None)
            self.browser.wait_for("document.querySelector('[data-map=landscape]').dataset.ready")
            seconds.append(self.browser.run("performance.getEntriesByName('picture')[0].startTime") / 1000)
        heap = self.browser.call("page.metrics")["JSHeapUsedSize"] if self.browser_name == "chrome" else 0
        if "PAGE_LOADS" in os.environ:
            low, middle = min(seconds), sorted(seconds)[loads // 2]
            print(f"\n{self.browser_name}: {loads} loads, minimum {low:.2f} s, median {middle:.2f} s; "
                  f"{self.example.stat().st_size} bytes, heap {heap / 1e6:.0f} MB", file=sys.stderr)  # fmt: skip
        self.assertLess(min(seconds), MOST_SECONDS * stretch())  # other programs may run meanwhile
        self.assertLess(heap, MOST_HEAP)
        self.assert_quiet()

    def test_read_outs_are_those_of_the_program(self):
        self.open()
        for phi, r in ((1.2, 3.5), (3.3, 1), (5, -4)):
            self.browser.call("mouse.move", *self.place("landscape", phi, r))
            shown = "document.querySelector('td[data-field=phi]').dataset.value"
            self.browser.wait_for(f"Math.abs({shown} - {phi}) < 0.03")
            for column, data_set in enumerate("AB"):
                expected = self.point(data_set, self.shown("phi", column), self.shown("r", column))
                flags = [name for name in expected if name.endswith("_flag")]
                self.assertEqual(len(flags), 3)
                for flag in flags:
                    word = expected.pop(f"{flag}_meaning").replace("recomputed", "regular")  # how, not what
                    self.assertEqual(self.value(flag, column), word, data_set)
                for field in expected.keys() - flags:
                    # 1e-9: newton and 1 + h/C divide by differences; the rest is at 1e-13
                    ratio = self.shown(field, column) / expected[field]
                    self.assertAlmostEqual(ratio, 1, delta=1e-9, msg=(field, data_set))

    def test_zoom_pan_keys_and_link(self):
        self.open()
        self.click("landscape", 4, 2)
        spot = self.place("landscape", 4, 2)
        self.browser.call("mouse.move", *spot)
        self.browser.call("mouse.wheel", {"deltaY": -240})
        first = self.window()
        np.testing.assert_allclose(first[1] - first[0], math.pi, rtol=1e-9)
        np.testing.assert_allclose(self.place("landscape", 4, 2), spot, atol=1.5)  # the place stays under the pointer
        self.browser.call("keyboard.press", "+")
        self.browser.call("keyboard.press", "ArrowLeft")
        self.assertLess(float(self.state("phi")), 4)
        self.browser.call("mouse.down")
        self.browser.call("mouse.move", spot[0] - 40, spot[1] + 30, {"steps": 4})
        self.browser.call("mouse.up")
        second = self.window()
        self.assertGreater(second[0], first[0])
        self.wait_for_map("landscape")
        canvas = "document.querySelector('[data-map=landscape]').toDataURL()"
        self.browser.call("mouse.move", 1, 1)
        self.browser.run("document.activeElement.blur()")
        ready = f"document.querySelector('[data-map=landscape]').dataset.ready?.includes('{self.state('window')}')"
        flow = "document.querySelector('[data-map=landscape]').dataset.flow"
        self.browser.wait_for(f"{ready} && {flow}")
        time.sleep(0.3)
        seen, link = self.browser.run(canvas), self.browser.run("location.hash")
        self.open(link=link)
        self.browser.wait_for(f"{ready} && {flow}")
        time.sleep(0.3)
        self.assertEqual(self.browser.run(canvas), seen)  # a link shows what its sender saw
        self.frame("landscape")
        self.browser.run("document.querySelector('[data-map=landscape]').focus()")
        self.browser.call("keyboard.press", "0")
        self.assertEqual(self.state("window"), None)
        self.assert_quiet()

    def test_shift_morphs_a_into_b(self):
        self.open()
        pictures = []
        map = "document.querySelector('[data-map=landscape]')"
        for value, name in ((0, "A"), (2.5, "A moved by 2.5"), (5, "B")):
            self.slide("shift", value)
            self.browser.wait_for(f"{map}.dataset.ready?.startsWith('{name} loss')")
            pictures.append(self.browser.run(f"{map}.toDataURL()"))
            self.assertEqual(self.text("#landscape-map h3"), name)
        self.assertEqual(len(set(pictures)), 3)
        self.slide("shift", 0)
        self.browser.wait_for("document.getElementById('readout').classList.contains('single')")

    def test_the_same_line_in_both_data_sets(self):
        """A place of the map of B is the place sheared of A: equal losses, and equal natural descents."""
        self.open(map="race-1")
        self.click("race-1", 2.2, -3)
        self.browser.wait_for("document.querySelector('#race-table caption')")
        self.assertAlmostEqual(self.shown("loss"), self.shown("loss", 1), delta=1e-9 * self.shown("loss"))
        self.assertAlmostEqual(self.shown("r") - self.shown("r", 1), MOVED * math.sin(self.shown("phi")), places=9)
        self.assertAlmostEqual(self.shown("phi"), 2.2, delta=0.03)
        (a, end_a), (b, end_b) = self.race()["natural_gradient"]
        self.assertEqual((end_a, end_b), ("minimum", "minimum"))
        self.assertLess(abs(a - b), 0.25 * max(a, b))  # a cap on the length in (phi, r) makes it 0.43
        gradient = self.race()["gradient"]
        self.assertEqual((gradient[0][1], gradient[1]), ("minimum", [2000, "steps"]))


    def sample_on_screen(self, x0, x1):
        """Where on the screen a place of the samples' picture is."""
        left, top, width, height = self.box("#plane")
        (m0, m1), unit = json.loads(self.browser.run("document.getElementById('plane').dataset.view"))
        right, down = left + (width + LEFT - RIGHT) / 2, top + (height + TOP - BOTTOM) / 2
        return right + (x0 - m0) / unit, down - (x1 - m1) / unit

    def samples(self, data_set):
        return [np.array(self.browser.run(f"[...fishergrid.sets.{data_set}.{name}]")) for name in ("x0", "x1", "y")]

    def test_a_sample_is_dragged_and_moved_by_keys(self):
        """Everything follows: what the page says is what the program says of the moved samples."""
        self.open(link="#phi=2&r=1&shift=0")
        x0, x1, y = self.samples("A")
        k = int(np.argmax(x1))  # above all others, far from the line
        self.browser.call("mouse.move", *self.sample_on_screen(x0[k], x1[k]))
        self.browser.call("mouse.down")
        goal = self.sample_on_screen(0.5, 1.2)
        self.browser.call("mouse.move", *goal, {"steps": 5})
        self.assertIsNone(self.state("samples"))  # not before it is let go
        during = self.text("#plane-words")
        self.browser.call("mouse.up")
        number, *place = self.state("samples").split()
        self.assertEqual(int(number), k)
        np.testing.assert_allclose([float(p) for p in place], (0.5, 1.2), atol=0.02)  # a pixel
        self.assertEqual(self.text("#plane-words"), during)
        self.assertEqual(self.text("#landscape-map h3"), "A, changed")
        self.browser.run("document.getElementById('plane').focus()")
        self.browser.call("keyboard.press", "ArrowUp")
        self.assertGreater(float(self.state("samples").split()[2]), float(place[1]))
        x0[k], x1[k] = map(float, self.state("samples").split()[1:])
        write_csv(self.directory / "moved.csv", x0, x1, y)
        expected = self.succeed_json("point", "--phi=2", "--r=1", "--data", "M=moved.csv", *CELL)["data"]["M"]
        for field in ("loss", "fisher_r_phi", "natural_gradient_phi", "fisher_curvature"):
            self.assertAlmostEqual(self.shown(field) / expected[field], 1, delta=1e-9, msg=field)
        link = self.browser.run("location.hash")
        minimum = "document.querySelector('#matrix-numbers td')?.textContent"
        there = self.browser.wait_for(minimum)
        self.open(link=link)  # shows the same to others
        self.assertAlmostEqual(self.shown("loss") / expected["loss"], 1, delta=1e-9)
        self.browser.wait_for(f"{minimum} === {json.dumps(there)}")
        self.browser.run("document.getElementById('samples-reset').click()")
        self.assertIsNone(self.state("samples"))
        self.browser.wait_for(f"{minimum} !== {json.dumps(there)}")
        self.assertEqual(self.text("#landscape-map h3"), "A")
        self.assert_quiet()


class FirefoxTest(Use, PageCase):
    browser_name, browser_program = "firefox", "firefox-esr"


class ChromiumTest(Use, PageCase):
    """Also what does not depend on the browser."""

    def test_minimum_is_the_stationary_point_and_its_condition_numbers_are_told(self):
        """F^-1 H has the eigenvalues 1 and 1 + h/C, the same in A and B; the Hessian is what slows the gradient."""
        self.open()
        numbers = "document.getElementById('matrix-numbers')"
        self.browser.wait_for(f"!{numbers}.hidden && {numbers}.querySelector('td')")
        table = self.text("#matrix-numbers")
        for column, data_set in enumerate("AB"):
            cell = f"document.querySelectorAll('#matrix-numbers td')[{column}].textContent"
            phi, r = map(float, self.browser.run(cell).split(","))
            cell = self.point(data_set, phi, r)
            promise = cell["natural_gradient_norm"] ** 2 / 2  # what a natural step would lower the loss by
            self.assertLess(promise, 1e-9, data_set)  # seven digits of phi and r are shown
            fisher, hessian = self.matrices(data_set, phi, r)
            small, large = sorted(np.linalg.eigvals(np.linalg.solve(fisher, hessian)).real)
            self.assertAlmostEqual(small, 1, places=6)
            self.assertIn(f"1, {large:.4g}", table)
            self.assertIn(f"{large:.4g}", self.text(".lead"))
            for text in (table, self.text(".lead")):
                self.assertIn(f"{np.linalg.cond(hessian):.4g}", text)
        self.assertIn("turns the line about the data", self.text(".lead"))

    def test_natural_descent_arrives_from_every_start(self):
        """From 96 starts, in A and in B, as no edge of a grid stops it; gradient descent does in A only."""
        self.open()
        words = self.browser.wait_for("document.getElementById('starts-words').textContent", 120)
        self.assertIn("From 96 starts", words)
        self.assertIn("natural gradient descent reaches the minimum 96 times in A and 96 times in B", words)
        fixed = "gradient (1/λmax(H)) 72 and 16398 steps, natural gradient (0.2) 54 and 61, Newton 4 and 4"
        self.assertIn(fixed, words)
        self.assertRegex(words, "gradient descent 96 times in A and 0 times in B")

    def test_a_tap_chooses_a_line_that_stays(self):
        self.open(width=360)
        self.browser.call("touchscreen.tap", *self.place("landscape", 4, 2))
        self.assertAlmostEqual(float(self.state("phi")), 4, delta=0.05)
        self.assertAlmostEqual(self.shown("phi"), 4, delta=0.05)

    def test_flow_lines_are_whole(self):
        """Each ends where the gradient is 0, whole turns of phi apart."""
        for rule in ("natural_gradient", "gradient"):
            self.open(link=f"#flow={rule}")
            code = "document.querySelector('[data-map=landscape]').dataset.flow"
            ends = json.loads(self.browser.wait_for(code))
            self.assertEqual(len(ends), 12)
            for phi, r in ends:
                points = ((3.14267, 1.50511), (0, -1.47))
                near = [math.hypot(math.remainder(phi - p, 2 * math.pi), r - q) for p, q in points]
                self.assertLess(min(near), 0.05, (rule, phi, r))

    def test_flow_lines_are_whole_in_a_tall_grid(self):
        self.open_sweep("--data", "A", "--r-range=-300:300")
        for rule in ("natural_gradient", "gradient"):
            self.open(self.directory / "report/report.html", link=f"#flow={rule}&shift=0")
            code = "document.querySelector('[data-map=landscape]').dataset.flow"
            for phi, r in json.loads(self.browser.wait_for(code)):
                self.assertLess(abs(r - 1.49974), 0.05, (rule, phi, r))
                self.assertLess(abs(math.remainder(phi - 3.14267, 2 * math.pi)), 0.05, (rule, phi, r))

    def test_fixed_steps_settle_below_their_limit_only(self):
        """The limit is 2 over the largest eigenvalue of P H; from beside the minimum of A and B."""
        near = "&phi=3.15&r=1.45&rules=gradient+natural_gradient+damped+newton"
        self.open(link=f"#way=fixed&share=0.9{near}", map="race-0")
        runs = self.race()
        self.assertEqual({end for both in runs.values() for _, end in both}, {"minimum"}, runs)
        self.slide("share", 1.1)
        self.browser.wait_for("document.getElementById('race-table').ariaBusy || true")
        time.sleep(0.5)
        runs = self.race()
        self.assertNotIn("minimum", {end for rule in ("gradient", "natural_gradient") for _, end in runs[rule]}, runs)

    def test_natural_path_is_the_same_in_any_coordinates(self):
        self.open(link="#straight=1", map="straight")
        apart = json.loads(self.browser.wait_for("document.querySelector('[data-map=straight]').dataset.paths"))
        self.assertLess(apart["natural_gradient"], 0.02)  # of paths of points 0.04 apart
        self.assertGreater(apart["gradient"], 0.2)
        words = self.browser.wait_for("document.getElementById('straight-words').textContent.match(/κ.*/)?.[0]")
        self.assertIn("κ(H) is 7.42", words)

    def assert_checks_hold(self):
        there = "document.querySelector('#checks-body td')"
        self.browser.wait_for(f"!document.getElementById('checks')?.open || {there}")
        rows = "[...document.querySelectorAll('#checks-body [data-holds]')]"
        found = self.browser.run(f"{rows}.map(c => [c.dataset.holds, c.parentElement.textContent])")
        self.assertEqual([words for holds, words in found if holds != "true"], [])
        return found

    def test_checks_hold(self):
        self.open()
        self.browser.run("document.getElementById('checks').open = true")
        self.assertGreater(len(self.assert_checks_hold()), 5)

    def test_accessible_and_of_the_width_of_the_screen(self):
        axe = (MODULES / "axe-core/axe.min.js").read_text(encoding="utf-8")
        for scheme, width in (("light", 1400), ("dark", 1400), ("light", 768), ("dark", 360)):
            if self.browser_name == "chrome":
                self.browser.call("page.emulateMediaFeatures", [{"name": "prefers-color-scheme", "value": scheme}])
            self.open(width=width)
            self.browser.run("document.getElementById('checks').open = true")
            self.browser.run(axe + "; null")
            words = "[v.id, v.nodes.map(n => n.html.slice(0, 90))]"
            found = self.browser.run(f"axe.run().then(r => r.violations.map(v => {words}))")
            self.assertEqual(found, [], (scheme, width))
            self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), width)
            self.race()
            cut = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth)"
            self.assertEqual(self.browser.run(f"{cut}.map(e => e.ariaLabel)"), [], width)
            if width >= 768:  # the table beside its map
                edges = "['landscape-map', 'readout'].map(id => document.getElementById(id).getBoundingClientRect())"
                self.assertTrue(self.browser.run(f"(([map, table]) => table.top < map.bottom)({edges})"), width)
            self.shoot(f"{scheme}-{width}")

    def shoot(self, name):
        directory = os.environ.get("PAGE_SHOTS")
        if directory:
            time.sleep(4)
            path = f"{directory}/{self.browser_name}-{name}.png"
            self.browser.call("page.screenshot", {"path": path, "fullPage": True})

    def test_print(self):
        self.open()
        path = Path(os.environ.get("PAGE_SHOTS", self.directory)) / f"{self.browser_name}.pdf"
        self.browser.call("page.pdf", {"path": str(path), "format": "A4", "printBackground": True})
        self.assertLess(len(re.findall(rb"/Type\s*/Page\b", path.read_bytes())), 9)

    def test_pictures_are_drawn_for_paper(self):
        """Of the width they have there: a picture for a screen, made smaller, has text that nobody can read."""
        self.open()
        width = "(c => parseFloat(c.style.height) / c.height * c.width)(document.querySelector('[data-map=landscape]'))"
        screen = self.browser.run(width)
        # 5.5 cm at 125 dpi
        self.assertLess(self.browser.run(f"(dispatchEvent(new Event('beforeprint')), {width})"), 275)
        self.assertEqual(self.browser.run(f"(dispatchEvent(new Event('afterprint')), {width})"), screen)

    def test_readable_without_javascript(self):
        page = self.example.read_text(encoding="utf-8")
        text = re.sub(r"\s+", " ", re.sub("<script.*?</script>|<[^>]*>", "", page, flags=re.S))
        for words in ("eigenvalues 1 and 9.324", "7.425 in A and 1692 in B", "z(1 − z) ai aj", "need JavaScript",
                      "3.142666", "best at 12.6 in A, with a loss of 100.1 in place of 479.1"):  # fmt: skip
            self.assertIn(words, text)

    def open_sweep(self, *options, map="landscape", edit=lambda file: None):
        self.succeed("sweep", "-q", "--phi", "40", "--r", "40", *options, "-o", "x.h5")
        with h5py.File(self.directory / "x.h5", "r+") as file:
            edit(file)
        self.open(write_page(self.directory / "x.h5"), map=map)
        self.browser.run("document.querySelector('section:not([hidden]) > #checks')?.toggleAttribute('open')")
        self.points()
        self.assert_checks_hold()
        self.shoot(re.sub(r"\W+", "-", self._testMethodName + self.subtest))
        self.assert_quiet()
        return self.text()

    subtest = ""  # for the names of pictures

    def points(self):
        """[kind, r] of the stationary points that the maps show, once they are known."""
        return json.loads(self.browser.wait_for("document.getElementById('landscape-map').dataset.points"))

    def kinds(self):
        return [kind for kind, _ in self.points()]

    def test_own_data(self):
        """Sentences follow what there is: no minimum, no eigenvalues; no moved data set, no B."""
        random = np.random.default_rng(3)
        x = random.normal(size=(2, 60))
        y = np.repeat([0, 1], 30)
        level = "level along a curve or in a region"
        cases = {
            "plain": (x + 2 * y, y, "(?s)eigenvalues 1 and", ["minimum", "saddle"]),
            "separable": (x + 9 * y - 4.5, y, "(?s)eigenvalues 1 and", ["minimum", "saddle"]),
            "one class": (x, 0 * y, "of one class", []),
            "at the origin": (0 * x, y, level, []),
            "saturated": (1e4 * (x + 8 * y), y, "level|outside the grid", []),
            "rank 1": (np.repeat(x[:, :1], 60, axis=1), y, level, []),
        }
        for name, (points, labels, words, kinds) in cases.items():
            with self.subTest(name):
                self.subtest = name
                write_csv(self.directory / "own.csv", *points, labels)
                text = self.open_sweep("--force", "--data", "own=own.csv")
                self.assertRegex(text, words)
                self.assertEqual(self.kinds(), kinds)
                self.assertNotIn("Data set B", text)
                with h5py.File(self.directory / "x.h5") as file:
                    undefined = bool((file["entry/own/natural_gradient_flag"][()] == UNDEFINED).any())
                self.assertEqual(bool(re.search("rank 1|singular", text)), undefined)
                self.assertNotRegex(text, "NaN|Infinity|∞ holds|null")
                shown = "[...document.querySelectorAll('[data-needs~=minimum]')].some(e => !e.hidden)"
                self.assertEqual(self.browser.run(shown), bool(kinds))
                self.assertEqual("Weights of any length" in text, name == "plain")

    def test_checks_hold_of_damped_natural_gradients(self):
        text = self.open_sweep("--damping", "0.5", "--reduction", "mean")
        self.assertIn("(F + λI) n = g", text)
        self.assertNotIn("the same nφ", text)

    def test_strange_names_and_few_samples(self):
        """A data set may be named like something of JavaScript, a file like something of HTML."""
        (self.directory / "two.csv").write_text("x0,x1,y\n0,0,0\n1,1,1\n")
        sweep = self.directory / "o'w\"n <b>&ü.h5"
        self.succeed("sweep", "-q", "--phi=40", "--r=40", "--data", "constructor=two.csv", "-o", sweep)
        self.open(write_page(sweep))
        self.assertEqual(self.kinds(), ["minimum", "saddle"])
        self.slide("shift", 5)
        self.assertEqual(self.browser.wait_for("document.querySelector('#landscape-map h3').textContent"),
                         "constructor moved by 5")  # fmt: skip
        self.assertIn(sweep.name, self.text("footer"))
        self.assertIn(sweep.name, self.browser.run("document.title"))
        self.assert_checks_hold()
        self.assert_quiet()

    def test_the_stationary_points_are_those_of_the_file(self):
        """Not those of a search of the page, as far as the file lists them; at the edge of the grid it says so."""
        text = self.open_sweep("--data", "A", "--r-range=-1:1")
        self.assertEqual(self.kinds(), [])
        self.assertIn("The lowest minimum of A lies outside the grid", text)

        def move(file):
            file["entry/stationary_points_A/r"][0] += 0.01

        self.open_sweep("--data", "A", "--force", edit=move)
        self.assertAlmostEqual(self.points()[0][1], 1.49974486 + 0.01, places=7)
        self.open(self.directory / "report/report.html", link="#samples=3 1 1")  # other data have other points
        self.assertLess(abs(self.points()[0][1] - 1.49974486), 0.009)

        def forget(file):
            del file["entry/stationary_points_A"]

        text = self.open_sweep("--data", "A", "--force", edit=forget)
        self.assertIn("this page looks for them itself", text)
        self.assertAlmostEqual(self.points()[0][1], 1.49974486, places=7)

    def test_a_file_without_samples(self):
        """Figures come from the fields, also of moved data; what needs samples is not there."""
        def forget(file):
            del file["entry/samples_A"]

        text = self.open_sweep("--data", "A", "--fields", "all", "--phi", "201", "--r", "201", edit=forget)
        self.assertIn("drawn from the fields of the file", text)
        self.assertEqual(self.kinds(), ["minimum", "saddle"])
        for gone in ("1. The data and their line", "4. The race", "Checks"):
            self.assertNotIn(gone, text)
        self.slide("shift", 5)
        self.click("landscape", 2, -3)
        phi, r = self.shown("phi"), self.shown("r", 1)
        expected = self.point("B", phi, r)
        for field in ("loss", "gradient_phi", "natural_gradient_r", "hessian_phi_phi", "empirical_fisher_phi_phi",
                      "fisher_curvature"):  # fmt: skip
            # 3e-2: bilinear between cells 0.03 and 0.05 apart, across a valley 0.2 wide
            self.assertAlmostEqual(self.shown(field, 1) / expected[field], 1, delta=3e-2, msg=field)
        self.assert_quiet()

    def test_unlike_data_sets_have_no_shear(self):
        write_csv(self.directory / "own.csv", [0, 1, 2.5], [1, 0, 2], [0, 1, 0])
        text = self.open_sweep("--data", "A", "--data", "own=own.csv")
        self.assertNotIn("is A moved", text)
        choose = "s => { s.value = 'own'; s.dispatchEvent(new Event('change')); }"
        self.browser.run(f"({choose})(document.getElementById('set'))")
        name = "document.querySelector('[data-map=matrix-0]').parentElement.innerText"
        self.browser.wait_for(f"{name}.startsWith('own')")
        self.assert_quiet()

    def test_a_running_sweep(self):
        """Of more samples than the page carries: it computes from fewer points, which have the same sums."""
        process = start_sweep(self.directory, *fishergrid_program.SLOW, "--data", "A", "--fields", "loss", tiles=1)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        page = write_page(self.directory / "x.h5.part")
        self.assertLess(page.stat().st_size, MOST_BYTES)
        self.open(page)
        for words in ("The sweep is not complete.", "compute from fewer points that stand for the samples"):
            self.assertIn(words, self.text("#notes"))
        place = ("--phi", "3", "--r", "1", "--data", "A", "--samples-per-class", "200000")
        cell = self.succeed_json("point", *place)["data"]["A"]
        loss, gradient = self.browser.run("(c => [c.loss, c.gradient])(fishergrid.evaluate('A', 3, 1))")
        for got, field in ((loss, "loss"), (gradient[0], "gradient_phi"), (gradient[1], "gradient_r")):
            # interpolants on boxes are right to 1e-14 (page_sets.py); the gradient's terms cancel to a tenth
            self.assertLess(abs(got / cell[field] - 1), 1e-12)
        self.assertTrue(self.browser.run("fishergrid.descend('A', 'natural_gradient', 2, 1).arrived"))
        self.assertIn("Move the data", self.text())
        self.assert_quiet()


if __name__ == "__main__":
    try:
        fishergrid_program.main()
    except SystemExit as done:  # a test of which a browser was left out has not passed
        sys.exit(done.code or (SKIPPED if missing("chromium", "firefox-esr") else 0))
