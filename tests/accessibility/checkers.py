"""Four checkers of accessibility, made by four different houses: each finds what the others overlook.

Three look at the page in the browser and are run inside it. They come in by page.add_init_script(), which a
Content-Security-Policy does not concern; the portal's own stays as strict as it is. The fourth, Nu, reads the HTML.
Each returns its findings as strings: checker, rule, the element and what is wrong with it.
"""

import json
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from tests.mailserver import free_port

PACKAGES = Path(__file__).parent / "node_modules"
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
HTMLCS = (PACKAGES / "@pa11y/html_codesniffer/build/HTMLCS.js").read_text("utf-8")
IBM = (PACKAGES / "accessibility-checker-engine/ace.js").read_text("utf-8")
NU = PACKAGES / "vnu-jar/build/dist/vnu.jar"


def bring(page):
    """To each document that the page will show. In a function, so that the browser need not read them again each time."""
    page.add_init_script(f"window.loadCheckers = function () {{\n{AXE}\n{HTMLCS}\n{IBM}\nwindow.ace = ace;\n}};")


def load(page):
    """Only now, so that they do not get in the way of the document's own scripts."""
    page.evaluate("loadCheckers()")


# Deque axe-core: WCAG 2.2 up to AA, EN 301 549 and what Deque advises beyond. A tag it does not know finds nothing.
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549", "EN-301-549v4", "best-practice"]


def axe(page, rules="all", kinds=None):
    """With "colours" only the rules about colours, with "others" only the others; `kinds` are those of text to look at."""
    return page.evaluate(
        """async ([tags, rules, kinds]) => {
            const isWanted = (rule) => rules === "all" || (rules === "colours") === rule.tags.includes("cat.color");
            const wanted = axe.getRules(tags).filter(isWanted).map((rule) => rule.ruleId);
            const where = kinds ? { include: kinds.flatMap((kind) => window.kinds.get(kind)) } : document;
            const { violations } = await axe.run(where, {
              runOnly: { type: "rule", values: wanted }, resultTypes: ["violations"],
            });
            return violations.flatMap((v) => v.nodes.map((n) =>
              `axe ${v.id}: ${n.html.slice(0, 200)} (${n.target.join(" ")})\\n    ${n.failureSummary.replace(/\\s+/g, " ")}`));
        }""",
        [AXE_TAGS, rules, kinds],
    )


def htmlcs(page):
    """HTML_CodeSniffer by Squiz. Its errors; warnings and notices are questions to a person."""
    return page.evaluate(
        """() => new Promise((done) => HTMLCS.process("WCAG2AA", document, () => done(
            HTMLCS.getMessages().filter((m) => m.type === HTMLCS.ERROR).map((m) =>
              `HTMLCS ${m.code}: ${(m.element.outerHTML ?? "document").slice(0, 200)}\\n    ${m.msg}`))))"""
    )


# IBM's "POTENTIAL" asks a person to look. These rules can say nothing else, and they ask about every page, or about
# what another test here answers: they are left out, which saves a third of the time of IBM.
ASKED_BY_IBM = [
    "style_color_misuse",  # every style sheet: does colour alone say something?
    "style_viewport_resizable",  # every use of vw; all of ours are inside clamp() with rem
    "style_focus_visible",  # every use of outline or border
    "style_highcontrast_visible",  # every style sheet; forced colours are part of this matrix
    "element_tabbable_visible",  # every skip link: visible once it has the focus
    "element_tabbable_unobscured",  # whatever lies under an open menu, which closes when left
    "input_label_visible",  # every labelled select and textarea: it knows labels of input and button only
    "form_submit_button_exists",  # every form whose button has no type: it is a submit button by default
    "widget_tabbable_single",  # every column heading to sort by, every link in the editor's text
    "widget_tabbable_exists",  # every list of suggestions: the focus stays in the field above it
    "aria_keyboard_handler_exists",  # … which also listens to the keys
    "blockquote_cite_exists",  # every quotation: who speaks is said in the caption of its figure
    "text_sensory_misuse",  # some words in any text, whatever its language
    "text_block_heading",  # short bold text, as the portal's name in its header
]
# This one also finds what is wrong, and asks about every single tick box; those that belong together are in a fieldset.
SOMETIMES_ASKED_BY_IBM = ["input_checkboxes_grouped"]


def ibm(page, rules="all"):
    """IBM Equal Access. Its own rule set contains that for WCAG 2.2 and takes landmarks and ids more seriously."""
    return page.evaluate(
        """async ([rules, asked, sometimesAsked]) => {
            const checker = new ace.Checker();
            const all = checker.rulesets.find((r) => r.id === "IBM_Accessibility");
            const ids = (rule) => [rule.id].flat();
            const isContrast = (rule) => ids(rule).includes("text_contrast_sufficient");
            const isTold = (rule) => !ids(rule).some((id) => asked.includes(id));
            const isWanted = (rule) => isTold(rule) && (rules === "all" || (rules === "colours") === isContrast(rule));
            checker.addRuleset({ ...all, id: "ours", checkpoints: all.checkpoints.map((c) => ({
              ...c, rules: (c.rules ?? []).filter(isWanted) })) });
            const { results } = await checker.check(document, ["ours"]);
            return results
              .filter(({ ruleId, value: [level, result] }) => level === "VIOLATION" &&
                (result === "FAIL" || (result === "POTENTIAL" && !sometimesAsked.includes(ruleId))))
              .map((r) => `IBM ${r.ruleId} (${r.value[1]}): ${r.snippet.slice(0, 200)} (${r.path.dom})\\n    ${r.message}`);
        }""",
        [rules, ASKED_BY_IBM, SOMETIMES_ASKED_BY_IBM],
    )


# What Nu says of Django's own HTML and no reader can notice: not of the portal's pages.
IN_DJANGO = [
    "Element “option” without attribute “label” must not be empty.",  # what Select2 wants first in an optional list
    "with a “required” attribute, and without a “multiple” attribute",  # and it wants nothing empty in a required one
]


class Nu:
    """Nu, the W3C's checker of HTML, as a server: its start takes seconds, a page a tenth of one."""

    def __init__(self):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/?out=json"
        self.known = {}
        # Its grammars are deeply nested, hence the stack. It runs for minutes: thorough compilation would never pay off.
        options = ["-Xss8m", "-XX:TieredStopAtLevel=1", "-Dnu.validator.servlet.bind-address=127.0.0.1", "-cp", str(NU)]
        self.command = ["java", *options, "nu.validator.servlet.Main", str(port)]
        self.server = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        for _ in range(240):
            if self.server.poll() is not None:
                raise RuntimeError(f"The Nu HTML checker did not start. What it says: {' '.join(self.command)}")
            with suppress(urllib.error.URLError, ConnectionError):
                self._ask("<!doctype html><html lang=en><title>Nothing</title>")
                return self
            time.sleep(0.25)
        raise RuntimeError("The Nu HTML checker does not answer")

    def __exit__(self, *error):
        self.server.terminate()
        self.server.wait()

    def __call__(self, html):
        """Errors and warnings. The same HTML is asked about once."""
        if html not in self.known:
            self.known[html] = [
                f"Nu {message.get('subType', message['type'])}: line {message.get('lastLine')}: "
                f"{' '.join(message.get('extract', '').split())[:200]}\n    {message['message']}"
                for message in self._ask(html)
            ]
        return self.known[html]

    def _ask(self, html):
        request = urllib.request.Request(self.url, html.encode(), headers={"Content-Type": "text/html; charset=utf-8"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["messages"]
