#!/usr/bin/env python3
"""Tests the page of analysis/report.py in a real browser, Chromium without a window.

page_test.py PROGRAM
"""

import base64
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import fishergrid_program
import h5py
import matplotlib.image
import numpy as np
from fishergrid_program import FIELDS, ProgramTest, start_sweep
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import Select
from sweep_file import ANALYSIS

REAL_FIELDS = FIELDS[:-1]


def start_browser():
    options = webdriver.ChromeOptions()
    for argument in (
        "--headless=new",
        "--disable-dev-shm-usage",
        "--window-size=1280,1000",
        "--force-device-scale-factor=1",
    ):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's sandbox refuses to run as root
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(service=Service("chromedriver"), options=options)


def value_of(text):
    """The number a cell of the table shows."""
    text = text.removesuffix(" rad").removesuffix(" °").replace("−", "-")
    digits = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    return float(re.sub(r" × 10(\S+)", lambda match: f"e{match[1].translate(digits)}", text))


class PageTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        """A browser, and a report that most tests look at."""
        cls.browser = start_browser()
        cls.addClassCleanup(cls.browser.quit)
        scratch = tempfile.TemporaryDirectory(prefix="fishergrid-page-")
        cls.addClassCleanup(scratch.cleanup)
        cls.example = Path(scratch.name) / "x.h5"
        fishergrid_program.run("sweep", "-q", "--phi", "120", "--r", "110", "-o", cls.example)
        cls.write_report(cls.example)

    def setUp(self):
        super().setUp()
        self.file = self.directory / "x.h5"

    @staticmethod
    def write_report(file):
        command = [sys.executable, ANALYSIS / "report.py", file, "-o", file.parent / "report"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def open_report(self, *options):
        """Sweeps, writes the report and opens it."""
        self.succeed("sweep", "-q", *options, "-o", "x.h5")
        self.write_report(self.file)
        self.open_page()

    def open_example(self, dark=False):
        self.file = self.example
        self.open_page(dark)

    def open_page(self, dark=False):
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        for kind in ("browser", "performance"):
            self.browser.get_log(kind)  # forgets what other pages did
        self.browser.get(f"file://{self.file.parent}/report/report.html")

    def assert_quiet(self):
        """Nothing on the console, nothing asked of a network."""
        self.assertEqual(self.browser.get_log("browser"), [])
        events = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        self.assertTrue(asked)
        self.assertEqual([url for url in asked if not url.startswith(("file://", "data:"))], [])

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def map(self, data_set):
        (canvas,) = self.all(f"canvas.map[data-set={data_set}]")
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
        return canvas

    def point(self, data_set, x, y):
        """Moves the pointer to x, y pixels from the middle of a map; returns the actions to go on with."""
        actions = ActionChains(self.browser).move_to_element_with_offset(self.map(data_set), x, y)
        actions.perform()
        return actions

    def shown(self, data_set, field):
        return self.all(f"td[data-set={data_set}][data-field={field}]")[0].text

    def assert_shown_is_in_the_file(self, data_set):
        """Every field of the cell the table shows is that of the file, to the six digits shown."""
        with h5py.File(self.file) as file:
            phi, r = (value_of(self.shown(data_set, axis)) for axis in ("phi", "r"))
            i, j = np.argmin(np.abs(file["phi"][:] - phi)), np.argmin(np.abs(file["r"][:] - r))
            for axis, value in (("phi", phi), ("r", r)):
                self.assertAlmostEqual(file[axis][i if axis == "phi" else j], value, places=4)
            for field in REAL_FIELDS:
                expected = file[f"entry/{data_set}/{field}"][i, j]
                self.assertAlmostEqual(value_of(self.shown(data_set, field)) / expected, 1, delta=6e-6, msg=field)
            return file["phi"][i], file["r"][j]

    def test_hover_shows_the_cell_and_its_line(self):
        self.open_example()
        boundaries = set()
        for x, y in ((-60, 40), (30, -80), (90, 20)):
            self.point("A", x, y)
            place = self.assert_shown_is_in_the_file("A")
            self.assertEqual(self.assert_shown_is_in_the_file("B"), place)  # both maps show one cell
            for plane in self.all("canvas.plane"):
                np.testing.assert_allclose(json.loads(plane.get_attribute("data-boundary")), place)
            boundaries.add(self.browser.execute_script("return arguments[0].toDataURL()", self.all("canvas.plane")[0]))
        self.assertEqual(len(boundaries), 3)  # the drawn lines differ
        self.assert_quiet()

    def test_the_table_is_in_sight_of_the_pointer(self):
        """At 1280 x 1000, with the pointer in the top and the bottom row of each map."""
        self.open_example()
        self.browser.set_window_size(1280, 1000)
        for data_set in "AB":
            half = self.map(data_set).size["height"] / 2
            for y in (10 - half, half - 48):  # the axis with its labels is below the bottom row
                self.point(data_set, -30, int(y))
                self.assertGreater(abs(value_of(self.shown(data_set, "r"))), 4)
                box = self.browser.execute_script(
                    "const b = document.getElementById('readout').getBoundingClientRect();"
                    "return [b.left, b.top, innerWidth - b.right, innerHeight - b.bottom]"
                )
                self.assertGreaterEqual(min(box), 0, (data_set, y))

    def pixels(self, canvas):
        """[y, x, red green blue] of a canvas of one pixel a CSS pixel."""
        url = self.browser.execute_script("return arguments[0].toDataURL()", canvas)
        picture = matplotlib.image.imread(io.BytesIO(base64.b64decode(url.partition(",")[2])))
        return (255 * picture[:, :, :3] * picture[:, :, 3:]).round()

    def test_the_line_over_the_samples_is_that_of_the_cell(self):
        """Where the samples are drawn tells where (x0, x1) is; there a = 0 on every dark pixel."""
        self.open_example()
        for x, y in ((20, -20), (45, -30), (-5, -10)):
            self.point("A", x, y)
            phi, r = (value_of(self.shown("A", axis)) for axis in ("phi", "r"))
            with h5py.File(self.file) as file:
                x0, x1 = (file[f"entry/samples_A/{name}"][:] for name in ("x0", "x1"))
            pixels = self.pixels(self.all("canvas.plane")[0])
            panel = np.argwhere((pixels == [247, 247, 244]).all(axis=2))
            (top, left), (bottom, right) = panel.min(axis=0) + 3, panel.max(axis=0) - 3
            inside = pixels[top:bottom, left:right]
            coloured = np.argwhere(np.ptp(inside, axis=2) > 40)
            (low_y, low_x), (high_y, high_x) = coloured.min(axis=0), coloured.max(axis=0)
            rows, columns = np.nonzero(inside.max(axis=2) < 60)
            self.assertGreater(len(rows), 50)
            unit = np.ptp(x1) / (high_y - low_y)
            here0 = (x0.min() + x0.max()) / 2 + unit * (columns - (low_x + high_x) / 2)
            here1 = (x1.min() + x1.max()) / 2 - unit * (rows - (low_y + high_y) / 2)
            off = np.sin(phi) * here0 + np.cos(phi) * here1 + r
            self.assertLess(np.quantile(np.abs(off), 0.9) / unit, 5)  # pixels: of the marks' radius, and half the line

    def test_beside_the_map_the_least_loss_is_shown(self):
        self.open_example()
        self.point("A", 0, 0)
        ActionChains(self.browser).move_to_element(self.all("h1")[0]).perform()
        with h5py.File(self.file) as file:
            self.assertAlmostEqual(value_of(self.shown("A", "loss")), file["entry/A/loss"][:].min(), places=2)

    def descents(self, data_set):
        index = [canvas.get_attribute("data-set") for canvas in self.all("canvas.map")].index(data_set)
        return self.all(".paths")[index]

    def assert_descended(self, data_set, kind, *options):
        """The descent ended where the loss is level, says the program; returns its number of steps."""
        paths = self.descents(data_set)
        self.assertEqual(paths.get_attribute(f"data-{kind}-end"), "minimum", paths.text)
        phi, r = json.loads(paths.get_attribute(f"data-{kind}-last"))
        at = ["--phi", repr(phi), "--r", repr(r), "--data", data_set]
        cell = self.succeed_json("point", *at, *options)["data"][data_set]
        loss = cell["loss"]
        # the page sums the samples in another order: some roundings
        self.assertAlmostEqual(float(paths.get_attribute(f"data-{kind}-loss")) / loss, 1, delta=1e-12)
        promise = 0.5 * sum(cell[f"gradient_{a}"] * cell[f"natural_gradient_{a}"] for a in ("phi", "r"))
        self.assertLess(promise, 1.001e-9 * loss)  # the page's own condition, with its rounding
        return int(paths.get_attribute(f"data-{kind}-steps"))

    def assert_paths_are_drawn(self, data_set, start):
        """Both have pixels of their colour at the click, so many from the middle of the map, and at their ends.

        Where a place (phi, r) is on the map is measured with the pointer.
        """
        pixels = self.pixels(self.map(data_set))
        spots = np.array([(-100, -100), (90, 90)])
        places = []
        for spot in spots.tolist():
            self.point(data_set, *spot)
            places.append([value_of(self.shown(data_set, axis)) for axis in ("phi", "r")])
        places, paths = np.array(places), self.descents(data_set)
        for kind, colour in (("g", [209, 32, 138]), ("n", [0, 166, 200])):
            last = json.loads(paths.get_attribute(f"data-{kind}-last"))
            end = spots[0] + (last - places[0]) / (places[1] - places[0]) * (spots[1] - spots[0])
            middle = np.array(pixels.shape[1::-1]) / 2
            y, x = np.nonzero(np.abs(pixels - colour).max(axis=2) < 8)
            for place in (start, end):
                distance = np.hypot(*(np.array([x, y]) - (middle + place)[:, None]))
                self.assertLess(distance.min(), 12, (kind, place))  # the start's disc, the star, some of a cell

    def test_click_starts_descents(self):
        self.open_example()
        picture = "return arguments[0].toDataURL()"
        before = self.browser.execute_script(picture, self.map("B"))
        self.point("A", -60, 30).click().perform()
        gradient, natural = (self.assert_descended("A", kind) for kind in ("g", "n"))
        self.assertGreater(min(gradient, natural), 3)
        self.assertLess(self.assert_descended("B", "n"), 200)
        paths = self.descents("B")  # along the valley the gradient hardly gets anywhere
        self.assertEqual((paths.get_attribute("data-g-end"), paths.get_attribute("data-g-steps")), ("steps", "2000"))
        ActionChains(self.browser).move_to_element(self.all("h1")[0]).perform()
        drawn = self.browser.execute_script(picture, self.map("B"))
        self.assertNotEqual(drawn, before)
        self.assert_paths_are_drawn("A", (-60, 30))
        ActionChains(self.browser).move_to_element(self.all("h1")[0]).perform()
        self.browser.execute_script("document.getElementById('clear').click()")
        self.assertEqual(self.browser.execute_script(picture, self.map("B")), before)
        self.assert_quiet()

    def test_damping_and_means_as_in_the_sweep(self):
        options = ["--reduction", "mean", "--damping", "0.01"]
        self.open_report("--phi", "40", "--r", "40", "--data", "A", *options)
        self.point("A", 40, 30).click().perform()
        self.assert_descended("A", "n", *options)

    def test_keys(self):
        self.open_example()
        self.browser.execute_script("document.querySelector('canvas.map').focus()")
        keys = ActionChains(self.browser).send_keys(Keys.ARROW_LEFT, Keys.ARROW_UP)
        keys.perform()
        first = self.assert_shown_is_in_the_file("A")
        ActionChains(self.browser).send_keys(Keys.ARROW_LEFT).perform()
        second = self.assert_shown_is_in_the_file("A")
        self.assertLess(second[0], first[0])
        self.assertEqual(second[1], first[1])
        ActionChains(self.browser).send_keys(Keys.ENTER).perform()
        self.assert_descended("A", "n")

    def test_every_field_can_be_chosen_light_and_dark(self):
        pictures = {}
        for dark in (False, True):
            self.open_example(dark)
            select = Select(self.all("#quantity")[0])
            seen = set()
            for option in range(len(select.options)):
                select.select_by_index(option)
                seen.add(self.browser.execute_script("return arguments[0].toDataURL()", self.map("A")))
            self.assertEqual(len(seen), len(select.options))
            pictures[dark] = seen
            paper = self.browser.execute_script("return getComputedStyle(document.body).backgroundColor")
            self.assertEqual(paper == "rgb(255, 255, 255)", not dark)
            sizes = self.browser.execute_script("return [...document.images].map(i => [i.complete, i.naturalWidth])")
            self.assertTrue(all(complete and width > 300 for complete, width in sizes))
            self.assert_quiet()
        self.assertFalse(pictures[False] & pictures[True])

    def test_a_large_grid_is_thinned_and_keeps_its_least_loss(self):
        self.open_report("--phi", "1500", "--r", "1100", "--data", "B", "--fields", ",".join(REAL_FIELDS))
        self.assertRegex(self.all("#method")[0].text, r"The maps show \d+ x \d+ of 1500 x 1100 cells")
        with h5py.File(self.file) as file:
            self.assertEqual(self.shown("B", "loss"), f"{file['entry/B/loss'][:].min():.6g}")
        self.assert_shown_is_in_the_file("B")

    def test_samples_too_many_for_the_page(self):
        self.open_report("--phi", "300", "--r", "300", "--data", "A", "--samples-per-class", "20000")
        self.assertIn("interpolated between the cells", self.all("#method")[0].text)
        self.point("A", -40, 30).click().perform()
        paths = self.descents("A")
        with h5py.File(self.file) as file:
            least = file["entry/A/loss"][:].min()
        self.assertLess(float(paths.get_attribute("data-n-loss")), 1.001 * least)  # as near as cells are

    def test_a_running_sweep(self):
        process = start_sweep(self.directory, *fishergrid_program.SLOW, "--data", "A", tiles=1)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.file = self.directory / "x.h5.part"
        self.write_report(self.file)
        self.open_page()
        self.assertIn("The sweep is not complete.", self.all("#notes")[0].text)
        self.browser.execute_script("document.querySelector('canvas.map').focus()")
        ActionChains(self.browser).send_keys(Keys.ARROW_RIGHT).perform()
        self.assertEqual(self.shown("A", "loss"), "not computed")
        self.assert_quiet()

    def test_one_field_without_samples_or_descents(self):
        self.succeed("sweep", "-q", "--phi", "30", "--r", "20", "--data", "A", "--fields", "fisher_r_r", "-o", "x.h5")
        with h5py.File(self.file, "r+") as file:
            del file["entry/samples_A"]
        self.write_report(self.file)
        self.open_page()
        self.assertEqual(self.all("canvas.plane"), [])
        self.point("A", 0, 0).click().perform()
        self.assertIn("No descents", self.descents("A").text)
        self.assert_quiet()


if __name__ == "__main__":
    fishergrid_program.main()
