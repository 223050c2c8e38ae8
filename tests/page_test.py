#!/usr/bin/env python3
"""Tests the page of analysis/report.py in a real browser, Chromium without a window.

page_test.py PROGRAM
"""

import base64
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import fishergrid_program
import h5py
import matplotlib.image
import numpy as np
from matplotlib import colormaps
from fishergrid_program import FIELDS, ProgramTest, start_sweep
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import Select
from sweep_file import ANALYSIS, value_of

REAL_FIELDS = FIELDS[:-1]
LEFT, RIGHT, TOP, BOTTOM = 46, 104, 6, 42  # pixels of a map around its cells
RECORD = """
    window.texts = [];
    const fillText = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
        const m = this.getTransform();
        texts.push([this.canvas.className, text, m.a * x + m.c * y + m.e, m.b * x + m.d * y + m.f]);
        return fillText.call(this, text, x, y);
    };"""  # what is written from now on, and where


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

    def assert_shown_is_in_the_file(self, data_set, fields=REAL_FIELDS):
        """Every field of the cell the table shows is that of the file, to the six digits shown."""
        with h5py.File(self.file) as file:
            phi, r = (value_of(self.shown(data_set, axis)) for axis in ("phi", "r"))
            i, j = np.argmin(np.abs(file["phi"][:] - phi)), np.argmin(np.abs(file["r"][:] - r))
            for axis, value in (("phi", phi), ("r", r)):
                self.assertAlmostEqual(file[axis][i if axis == "phi" else j], value, places=4)
            for field in fields:
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

    def texts(self, name):
        """{kind of canvas: [(text, x, y)]} as written when the quantity `name` is chosen; maps are written unseen."""
        self.browser.execute_script("texts.length = 0")
        Select(self.all("#quantity")[0]).select_by_value(name)
        found = {"": [], "plane": []}
        for canvas, *text in self.browser.execute_script("return texts"):
            found[canvas].append(tuple(text))
        return found

    def fractions(self, name):
        """[A or B, phi, r] fractions of the colours that A and B share, from the file."""
        with h5py.File(self.file) as file:
            both = np.array([file[f"entry/{data_set}/{name}"][:] for data_set in "AB"])
        if name == "loss":
            return both, np.log(both / both.min()) / np.log(both.max() / both.min())
        size = np.abs(both).max()
        if name == "gradient_r":
            return both, 0.5 + 0.5 * both / size
        data = json.loads(self.browser.execute_script("return document.getElementById('data').textContent"))
        low = data["sets"][0]["scales"][name]["low"]
        return both, 0.5 + 0.5 * np.sign(both) * np.log1p(np.abs(both) / low) / np.log1p(size / low)

    def test_maps_are_the_fields(self):
        """Colours of cells, the bar beside them, and the minimum loss's star, where the file says."""
        self.open_example()
        self.browser.execute_script(RECORD)
        with h5py.File(self.file) as file:
            axes = [file[axis][:] for axis in ("phi", "r")]
            least = np.unravel_index(file["entry/A/loss"][:].argmin(), [len(axis) for axis in axes])
        for name, colours in (("gradient_r", "PuOr_r"), ("fisher_r_phi", "PuOr_r"), ("loss", "cividis")):
            texts, (both, fractions) = self.texts(name)[""], self.fractions(name)
            for data_set, values, shown in zip("AB", both, fractions):
                pixels = self.pixels(self.map(data_set))
                height, width = pixels.shape[0] - TOP - BOTTOM, pixels.shape[1] - LEFT - RIGHT

                def colour(fraction):
                    return np.array(colormaps[colours](min(255, int(256 * fraction)), bytes=True)[:3])

                def place(i, j):
                    u, v = ((k + 0.5) / len(axis) for k, axis in zip((i, j), axes))
                    return int(TOP + height * (1 - v)), int(LEFT + width * u)

                for cell in ((8, 9), (100, 30), (30, 100), (90, 75), (60, 20)):
                    np.testing.assert_allclose(pixels[place(*cell)], colour(shown[cell]), atol=4, err_msg=(name, cell))
                if data_set == "A":
                    np.testing.assert_array_equal(pixels[place(*least)], 255)
                for part in (0.02, 0.3, 0.8, 0.98):
                    found = pixels[int(TOP + height * (1 - part)), LEFT + width + 18]
                    np.testing.assert_allclose(found, colour(part), atol=12, err_msg=(name, part))
            ticks = [(value_of(text), 1 - (y - TOP) / height) for text, x, y in texts if x > LEFT + width + 20]
            self.assertGreater(len(ticks), 4)
            order = np.argsort(both, axis=None)
            for value, part in ticks:
                expected = np.interp(value, both.ravel()[order], fractions.ravel()[order])
                self.assertAlmostEqual(part, expected, delta=0.02, msg=(name, value))

    def test_axes_of_the_maps(self):
        self.open_example()
        self.browser.execute_script(RECORD)
        texts = self.texts("gradient_r")[""]
        height, width = (self.map("A").size[side] for side in ("height", "width"))
        height, width = height - TOP - BOTTOM, width - LEFT - RIGHT
        with h5py.File(self.file) as file:
            phi, r = file["phi"][:], file["r"][:]
        pi = dict(zip(["0", "π/2", "π", "3π/2", "2π"], np.arange(5) * np.pi / 2))
        below = {text: x for text, x, y in texts if abs(y - (TOP + height + 8)) < 1}
        self.assertEqual(set(below), set(pi))
        beside = {text: y for text, x, y in texts if abs(x - LEFT + 8) < 1}
        self.assertEqual(set(beside), {"−4", "−2", "0", "2", "4"})
        half = (phi[1] - phi[0]) / 2, (r[1] - r[0]) / 2
        for text, x in below.items():
            part = (pi[text] - phi[0] + half[0]) / (phi[-1] - phi[0] + 2 * half[0])
            self.assertAlmostEqual(x, LEFT + width * part, delta=0.1, msg=text)
        for text, y in beside.items():
            part = (r[-1] + half[1] - value_of(text)) / (r[-1] - r[0] + 2 * half[1])
            self.assertAlmostEqual(y, TOP + height * part, delta=0.1, msg=text)
        titles = {text: (x, y) for text, x, y in texts if text in ("φ [rad]", "r")}
        np.testing.assert_allclose(titles["φ [rad]"], (LEFT + width / 2, TOP + height + 25))
        np.testing.assert_allclose(titles["r"], (11, TOP + height / 2))

    def test_samples_and_their_axes(self):
        """Marks of both classes, and numbers where the samples are."""
        self.open_example()
        self.browser.execute_script(RECORD)
        texts = self.texts("gradient_r")["plane"]
        texts = texts[: len(texts) // 2]  # of A
        with h5py.File(self.file) as file:
            x0, x1, y = (file[f"entry/samples_A/{name}"][:] for name in ("x0", "x1", "y"))
        pixels = self.pixels(self.all("canvas.plane")[0])
        colours = np.array([[213, 94, 0], [0, 114, 178]])
        for label, colour in enumerate(colours):
            (place,) = ((x, y) for text, x, y in texts if text == f"y = {label}")
            x, y_mark = int(place[0] - 10), int(place[1])
            np.testing.assert_allclose(pixels[y_mark, x], colour, atol=4)
            corner = np.abs(pixels[y_mark - 3, x - 3] - colour).max()  # is in the circle, not in the triangle
            self.assertEqual(corner < 60, label == 0)
        inside = pixels[10:220, LEFT + 2 : pixels.shape[1] - RIGHT - 2]
        rows, columns = np.nonzero(np.ptp(inside, axis=2) > 40)
        for row, label in ((rows.argmax(), y[x1.argmin()]), (rows.argmin(), y[x1.argmax()])):
            reddish = inside[rows[row], columns[row], 0] > inside[rows[row], columns[row], 2]
            self.assertEqual(reddish, label == 0)
        right = pixels.shape[1] - RIGHT
        low = {text: x - LEFT - 2 for text, x, y in texts if y == 227 and LEFT <= x <= right}
        side = {text: y - 10 for text, x, y in texts if x == LEFT - 6}
        for ticks, values, (first, last) in (
            (low, x0, (columns.min(), columns.max())),
            (side, x1, (rows.max(), rows.min())),
        ):
            self.assertGreater(len(ticks), 2)
            line = np.polyfit([value_of(text) for text in ticks], list(ticks.values()), 1)
            np.testing.assert_allclose(np.polyval(line, [values.min(), values.max()]), [first, last], atol=4)
        titles = {text: (x, y) for text, x, y in texts if text in ("x₀", "x₁")}
        np.testing.assert_allclose([titles["x₀"][1], titles["x₁"][0]], [246, 11])

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

    def test_beside_the_map_the_minimum_loss_is_shown(self):
        self.open_example()
        self.point("A", 0, 0)
        ActionChains(self.browser).move_to_element(self.all("h1")[0]).perform()
        with h5py.File(self.file) as file:
            self.assertAlmostEqual(value_of(self.shown("A", "loss")), file["entry/A/loss"][:].min(), places=2)
        self.assertEqual(self.shown("A", "natural_gradient_flag"), "regular")
        names = {cell.get_attribute("innerHTML") for cell in self.all("#readout td:first-child")}
        self.assertLessEqual({"<i>φ</i>", "<i>r</i>", "<i>L</i>", "|<i>g</i>|", "<i>F</i><sub><i>φφ</i></sub>"}, names)

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
        text = self.descents("A").text
        self.assertRegex(text, rf"^Gradient descent: {gradient} steps .* Natural gradient descent: {natural} steps ")
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

    def start_at(self, data_set, phi, r):
        """Clicks a place of the example."""
        size = self.map(data_set).size
        width, height = size["width"] - LEFT - RIGHT, size["height"] - TOP - BOTTOM
        x, y = LEFT + width * phi / (2 * np.pi) - size["width"] / 2, TOP + height * (5 - r) / 10 - size["height"] / 2
        self.point(data_set, round(x), round(y)).click().perform()

    def test_descents_go_round_and_may_leave(self):
        self.open_example()
        self.start_at("A", 0.25, 1)  # the gradient leads to 2 pi
        self.assert_descended("A", "g")
        self.assertGreater(json.loads(self.descents("A").get_attribute("data-g-last"))[0], 3)
        self.start_at("B", 2, 3)
        self.assertRegex(self.descents("B").text, "Natural.* leaves the grid; its steps are longest where the ")

    def test_damping_and_means_as_in_the_sweep(self):
        options = ["--reduction", "mean", "--damping", "0.01"]
        self.open_report("--phi", "40", "--r", "40", "--data", "A", "--fields", "loss", *options)
        self.point("A", 40, 30).click().perform()
        self.assert_descended("A", "n", *options)

    def test_keys(self):
        self.open_example()
        self.browser.execute_script("document.querySelector('canvas.map').focus()")
        keys = ActionChains(self.browser).send_keys(Keys.ARROW_LEFT, Keys.ARROW_UP)
        keys.perform()
        first = self.assert_shown_is_in_the_file("A")
        self.assertGreater(first[1], 0.1)  # the middle is less
        ActionChains(self.browser).send_keys(Keys.ARROW_LEFT).perform()
        second = self.assert_shown_is_in_the_file("A")
        self.assertLess(second[0], first[0])
        self.assertEqual(second[1], first[1])
        ActionChains(self.browser).send_keys(Keys.ENTER).perform()
        self.assert_descended("A", "n")
        ActionChains(self.browser).key_down(Keys.SHIFT).send_keys(Keys.ARROW_RIGHT).key_up(Keys.SHIFT).perform()
        third = self.assert_shown_is_in_the_file("A")
        self.assertAlmostEqual(third[0] - second[0], 10 * (first[0] - second[0]))

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

    def test_a_large_grid_is_thinned_and_keeps_its_minimum_loss(self):
        self.open_report("--phi", "1500", "--r", "1100", "--data", "B", "--fields", "loss,fisher_r_phi")
        self.assertRegex(self.all("#method")[0].text, r"The maps show \d+ x \d+ of 1500 x 1100 cells")
        with h5py.File(self.file) as file:
            self.assertEqual(self.shown("B", "loss"), f"{file['entry/B/loss'][:].min():.6g}")
        self.assert_shown_is_in_the_file("B", ["loss", "fisher_r_phi"])

    def test_samples_too_many_for_the_page(self):
        fields = "loss,gradient_phi,gradient_r,natural_gradient_phi,natural_gradient_r"
        self.open_report("--phi=300", "--r=300", "--data=A", "--samples-per-class=20000", f"--fields={fields}")
        self.assertIn("interpolated between the cells", self.all("#method")[0].text)
        self.point("A", -40, 30).click().perform()
        paths = self.descents("A")
        with h5py.File(self.file) as file:
            least = file["entry/A/loss"][:].min()
        self.assertLess(float(paths.get_attribute("data-n-loss")), 1.001 * least)  # as near as cells are

    def test_a_running_sweep(self):
        process = start_sweep(self.directory, *fishergrid_program.SLOW, "--data", "A", "--fields", "loss", tiles=1)
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
