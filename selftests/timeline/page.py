#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""page.py DIR: opens the drawings that scripts/timeline-test has made in that directory in a real browser, does what
somebody would do with them, and leaves screenshots beside them."""

import os
import sys
import unittest

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.support.ui import WebDriverWait

DIR = os.path.abspath(sys.argv.pop())


def calls_of(name):
    """The records of a log, as dictionaries."""
    with open(os.path.join(DIR, name), encoding="latin-1") as log:
        return [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in log]


class Drawing(unittest.TestCase):
    """A browser, in which nothing of the network can be reached."""

    @classmethod
    def setUpClass(cls):
        options = webdriver.ChromeOptions()
        for argument in "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1300,900", "--hide-scrollbars":
            options.add_argument(argument)
        # What is in /usr/bin is a script that needs more than the browser does.
        options.binary_location = "/usr/lib/chromium/chromium"
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        cls.browser = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))

    @classmethod
    def tearDownClass(cls):
        cls.browser.quit()

    def run_script(self, text, *arguments):
        return self.browser.execute_script(text, *arguments)

    def dark(self, on):
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if on else "light"}]})

    def load(self, name):
        self.browser.get("about:blank")
        self.dark(False)
        self.browser.get_log("browser")
        self.browser.get(f"file://{DIR}/{name}")

    def screenshot(self, name):
        self.browser.save_screenshot(os.path.join(DIR, name))

    def no_complaint(self):
        self.assertEqual(self.browser.get_log("browser"), [])
        self.assertEqual(self.run_script("return performance.getEntriesByType('resource').length"), 0)


class Page(Drawing):
    """--format html"""

    def open_page(self, name):
        self.load(name)
        self.wait(lambda: self.run_script("return document.documentElement.dataset.ready") == "yes")
        self.settle()

    def wait(self, condition):
        WebDriverWait(self.browser, 120).until(lambda _: condition())

    def settle(self):
        """Until what was to be drawn is drawn."""
        self.browser.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))")

    def view(self):
        words = self.run_script("return Object.fromEntries(new URLSearchParams(location.hash.slice(1)))")
        begin, end = map(float, words["view"].split(","))
        return begin, end

    def click(self, selector):
        self.browser.find_element(By.CSS_SELECTOR, selector).click()
        self.settle()

    def tab(self, name):
        self.click(f"[data-tab={name}]")

    def search(self, text):
        field = self.browser.find_element(By.ID, "search")
        field.clear()
        field.send_keys(text)
        self.settle()

    def rows(self):
        return self.run_script("return [...document.querySelectorAll('#table tbody tr')].map((row) => "
                               "[...row.cells].map((cell) => cell.textContent))")

    def all_rows(self):
        """Those of a long list are there only while they can be seen."""
        rows, at = [], 0
        while True:
            now = self.rows()
            rows += [row for row in now if row not in rows[-60:]]
            top = self.run_script("const list = document.getElementById('list'); list.scrollTop = arguments[0]; return list.scrollTop", at)
            self.settle()
            if top < at:
                return rows + [row for row in self.rows() if row not in rows[-60:]]
            at += 150

    def colours(self):
        """How many pixels of the picture have each colour."""
        return self.run_script("""
            const canvas = document.getElementById('canvas'), found = {};
            const bytes = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            for (let i = 0; i < bytes.length; i += 4) {
                const colour = `#${[0, 1, 2].map((j) => bytes[i + j].toString(16).padStart(2, '0')).join('')}`;
                found[colour] = (found[colour] || 0) + 1;
            }
            return found;""")

    def test_whole(self):
        """What it shows at first"""
        self.open_page("watched.html")
        calls = calls_of("watched.log")
        self.assertIn(f"{len(calls)} calls in 5 operations, 3 of which failed", self.browser.find_element(By.ID, "summary").text)
        self.assertEqual([row[1] for row in self.rows()], [
            "CPU 3 online", "CPU 3 online", "CPU 3 offline", "setup of x86/cpuid:online", "CPU 3 offline (suspend)"])
        self.assertEqual(self.rows()[0][2], "ENOMEM in online_multi b, injected, undone")
        colours = self.colours()
        for name, colour in (("startup", "#0969da"), ("teardown", "#57606a"), ("undone", "#bc4c00"), ("failed", "#cf222e")):
            self.assertGreater(colours.get(colour, 0), 20, name)
        self.screenshot("page.png")
        self.no_complaint()

    def test_zoom(self):
        """Zoom with buttons, keys and the wheel, and dragging"""
        self.open_page("watched.html")
        begin, end = self.view()
        self.click("#in")
        self.assertAlmostEqual((self.view()[1] - self.view()[0]) / (end - begin), 0.5, 2)
        self.click("#out")
        self.assertAlmostEqual((self.view()[1] - self.view()[0]) / (end - begin), 1, 2)
        canvas = self.browser.find_element(By.ID, "canvas")
        canvas.send_keys("+")
        self.settle()
        size = self.view()[1] - self.view()[0]
        self.assertAlmostEqual(size / (end - begin), 0.5, 2)
        ActionChains(self.browser).scroll_from_origin(ScrollOrigin.from_element(canvas), 0, -200).perform()
        self.settle()
        self.assertLess(self.view()[1] - self.view()[0], 0.7 * size)
        before = self.view()
        ActionChains(self.browser).click_and_hold(canvas).move_by_offset(-200, 0).release().perform()
        self.settle()
        self.assertGreater(self.view()[0], before[0])
        self.assertAlmostEqual(self.view()[1] - self.view()[0], before[1] - before[0], -2)
        # A microsecond can be looked at as well as a second.
        for _ in range(40):
            self.run_script("document.getElementById('in').click()")
        self.settle()
        self.assertLess(self.view()[1] - self.view()[0], 1000)
        self.click("#all")
        self.assertGreaterEqual(self.view()[1] - self.view()[0], end - begin - 1)
        # From one operation to the next.
        self.tab("operations")
        self.run_script("document.querySelector('#table tbody tr').click()")
        self.settle()
        first = self.view()
        self.browser.find_element(By.ID, "canvas").send_keys("n")
        self.settle()
        self.assertGreater(self.view()[0], first[0])
        self.no_complaint()

    def test_search(self):
        """Search, and the list of calls"""
        self.open_page("watched.html")
        calls = calls_of("watched.log")
        self.tab("calls")
        rows = self.all_rows()
        self.assertEqual(len(rows), len(calls))
        self.assertEqual([row[2] for row in rows], [call["state"] for call in calls])
        self.search("workqueue:online")
        wanted = [call for call in calls if call["state"] == "workqueue:online"]
        self.assertEqual(self.browser.find_element(By.ID, "matches").text, f"{len(wanted)} found")
        self.assertEqual({row[2] for row in self.rows()}, {"workqueue:online"})
        self.assertEqual(len(self.rows()), len(wanted))
        self.search("failed")
        self.assertEqual(len(self.rows()), sum(int(call["ret"]) < 0 for call in calls))
        self.screenshot("search.png")
        self.search("nothing has this name")
        self.assertEqual(self.rows(), [])
        self.search(Keys.BACKSPACE)
        # What is looked at can be kept as an address.
        self.search("workqueue:online")
        address = self.browser.current_url
        self.browser.get("about:blank")
        self.browser.get(address)
        self.wait(lambda: self.run_script("return document.documentElement.dataset.ready") == "yes")
        self.assertEqual(len(self.rows()), len(wanted))
        self.no_complaint()

    def test_choose(self):
        """A call that is chosen in the list is shown in the picture, and the other way round"""
        self.open_page("watched.html")
        self.tab("calls")
        self.search("failed")
        whole = self.view()
        self.run_script("document.querySelector('#table tbody tr').click()")
        self.settle()
        self.assertLess(self.view()[1] - self.view()[0], (whole[1] - whole[0]) / 5)
        self.assertEqual(len(self.browser.find_elements(By.CSS_SELECTOR, "tr.chosen")), 1)
        canvas = self.browser.find_element(By.ID, "canvas")
        # The lane of the last CPU is the lowest one.
        place = self.run_script("const box = arguments[0].getBoundingClientRect(); return [box.width, box.height]", canvas)
        ActionChains(self.browser).move_to_element_with_offset(canvas, 20, int(place[1] / 2 - 40)).perform()
        self.settle()
        tip = self.browser.find_element(By.ID, "tip")
        self.assertTrue(tip.is_displayed())
        self.assertIn("CPU 3", tip.text)
        self.screenshot("chosen.png")
        self.no_complaint()

    def test_numbers(self):
        """The table of times"""
        self.open_page("watched.html")
        calls = calls_of("watched.log")
        self.tab("numbers")
        rows = self.all_rows()
        self.assertEqual(sum(int(row[3]) for row in rows), len(calls))
        self.assertEqual(sum(int(row[4]) for row in rows), sum(int(call["ret"]) < 0 for call in calls))
        shares = {}
        for row in rows:
            shares[row[0]] = shares.get(row[0], 0) + float(row[8])
        for sort, share in shares.items():
            self.assertLess(share, 100.5 + 0.05 * len(rows), sort)
        self.screenshot("numbers.png")
        self.no_complaint()

    def test_findings(self):
        """What the checker has found is marked, and what is wrong with the log is said"""
        self.open_page("found.html")
        self.assertEqual(self.browser.find_element(By.CSS_SELECTOR, "[data-tab=findings]").text, "Findings (2)")
        rows = self.rows()
        self.assertEqual([row[1] for row in rows], ["violation", "lost", "misuse"])
        self.assertEqual(rows[0][7], "ascending-states")
        self.assertGreater(self.colours().get("#8250df", 0), 50)
        remarks = self.browser.find_element(By.ID, "remarks").text
        self.assertIn("is cut off", remarks)
        self.assertIn("records are lost or missing", remarks)
        self.screenshot("findings.png")
        self.no_complaint()

    def test_dark(self):
        """Light and dark"""
        self.open_page("watched.html")
        background = "return getComputedStyle(document.body).backgroundColor"
        light = self.run_script(background), self.colours()
        self.dark(True)
        self.wait(lambda: self.run_script(background) != light[0])
        self.settle()
        self.assertGreater(self.colours().get("#4493f8", 0), 20)
        self.assertNotIn("#4493f8", light[1])
        self.screenshot("dark.png")

    def test_hostile(self):
        """Nothing in a log runs, or becomes a part of the page"""
        self.open_page("hostile.html")
        # It would have made a dialogue, for which a driver fails.
        self.assertEqual(self.run_script("return document.scripts.length"), 4 - 2)
        self.assertEqual(self.run_script("return document.querySelectorAll('img, x, b').length"), 0)
        for tab in "operations", "calls", "numbers", "findings":
            self.tab(tab)
            self.assertNotEqual(self.rows(), [])
            self.assertEqual(self.run_script("return document.querySelectorAll('#list img, #list script, #list x').length"), 0)
        self.tab("calls")
        self.search("<script>alert(1)</script>")
        self.assertGreater(len(self.rows()), 0)
        self.assertIn("<script>alert(1)</script>", [row[2] for row in self.rows()])
        self.screenshot("hostile.png")
        self.no_complaint()
        # A script that gets in after all does not run.
        self.run_script("const script = document.createElement('div'); script.innerHTML = '<img src=x onerror=\"window.ran = 1\">'; "
                        "document.body.append(script)")
        self.settle()
        self.assertIsNone(self.run_script("return window.ran"))
        self.assertRegex(str(self.browser.get_log("browser")), "Content Security Policy")

    def test_long(self):
        """A long log"""
        self.open_page("long.html")
        self.assertIn("200000 calls", self.browser.find_element(By.ID, "summary").text)
        self.tab("calls")
        self.assertLess(len(self.rows()), 100)
        self.run_script("document.getElementById('list').scrollTop = 1e9")
        self.settle()
        self.assertEqual(self.rows()[-1][2], calls_of("watched.log")[(200000 - 1) % len(calls_of("watched.log"))]["state"])
        self.screenshot("long.png")
        self.no_complaint()


class Picture(Drawing):
    """--format svg"""

    BOXES = """
        return [...document.querySelectorAll('text')].filter((text) => text.closest('svg')).map((text) => {
            const box = text.getBoundingClientRect();
            return { text: text.textContent, type: text.getAttribute('class'), size: parseFloat(getComputedStyle(text).fontSize),
                left: box.left, right: box.right, top: box.top, bottom: box.bottom };
        });"""

    def no_overlap(self, name):
        self.load(name)
        texts = self.run_script(self.BOXES)
        self.assertGreater(len(texts), 20)
        for text in texts:
            self.assertGreaterEqual(text["size"], 10, text)
        # In the order of their places, no text begins within another one.
        texts.sort(key=lambda text: (round(text["top"]), text["left"]))
        for i, text in enumerate(texts):
            for other in texts[i + 1:i + 12]:
                # A pixel or two of room above a letter is nobody's, and errors may stand on the line of an operation.
                meet = text["left"] < other["right"] - 1 and other["left"] < text["right"] - 1 and \
                    text["top"] < other["bottom"] - 3 and other["top"] < text["bottom"] - 3
                self.assertFalse(meet, f"{text} and {other}")

    def test_readable(self):
        """No text is on another one, with 70 states and with many CPUs"""
        for name in "watched.svg", "seventy.svg", "found.svg", "setup.svg":
            with self.subTest(name):
                self.no_overlap(name)
                self.screenshot(name.replace(".svg", "-svg.png"))

    def test_dark(self):
        """Light and dark"""
        self.load("watched.svg")
        fill = "return getComputedStyle(document.querySelector('rect.back')).fill"
        light = self.run_script(fill)
        self.dark(True)
        self.assertNotEqual(self.run_script(fill), light)
        self.screenshot("dark-svg.png")

    def test_hostile(self):
        """Nothing in a log runs, or becomes a part of the picture"""
        self.load("hostile.svg")
        self.assertEqual(self.run_script("return document.documentElement.nodeName"), "svg")
        self.assertEqual(self.run_script("return document.querySelectorAll('script, img, x, parsererror').length"), 0)
        texts = self.run_script("return [...document.querySelectorAll('text')].map((text) => text.textContent)")
        self.assertIn("<script>alert(1)</script>", texts)
        self.assertEqual(self.browser.get_log("browser"), [])


unittest.main(verbosity=2)
