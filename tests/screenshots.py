"""Pictures of the portal for docs/screenshots/: twelve pages, two directions, phone and desk, light, dark and on paper.

`make screenshots` starts a portal of its own with the demo county, so that they show what a fresh clone shows.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.machine import chromium
from tests.mailserver import free_port

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "screenshots"
PAGES = {
    "startseite": "",
    "seite": "ankommen/",
    "wegweiser": "wegweiser/?place=auenbrueck",
    "wegweiser-eintrag": "wegweiser/auslaenderbehoerde/",
    "lotsen": "lotsen/",
    "lotsen-mitmachen": "lotsen/mitmachen/",
    "stellen": "stellen/",
    "stelle": "stellen/koordinierungsstelle/",
    "projekte": "projekte/",
    "veroeffentlichungen": "veroeffentlichungen/",
    "veranstaltungen": "veranstaltungen/",
    "veranstaltung": "veranstaltungen/tage-der-begegnung/",
    "suche": "suche/?q=Deutschkurs",
    "barriere-melden": "barriere-melden/",
}
SIZES = {360: 740, 1280: 800}
PAPER = 794  # A4 at 96 dots per inch
TALLEST = 2600  # a picture, not a scroll


def start(folder: str, port: int) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "DEBUG": "1",
        "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3",
        "MEDIA_ROOT": f"{folder}/media",
    }
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    subprocess.run([*manage, "load_example", "musterland", "-v0"], cwd=ROOT, env=environment, check=True)
    server = [*manage, "runserver", "--noreload", f"127.0.0.1:{port}"]
    return subprocess.Popen(server, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait(port: int) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz")
        except urllib.error.URLError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("The portal does not start.")


def save(picture: bytes, name: str) -> None:
    with Image.open(BytesIO(picture)) as image:
        top = image.crop((0, 0, image.width, min(image.height, TALLEST)))
        top.convert("RGB").save(TARGET / f"{name}.webp", quality=60, method=6)


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    for old in TARGET.glob("*.webp"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        port = free_port()
        server = start(folder, port)
        try:
            wait(port)
            browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
            for language in ("de", "ar"):
                for name, path in PAGES.items():
                    for width, height in SIZES.items():
                        page = browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
                        page.goto(f"http://127.0.0.1:{port}/{language}/{path}")
                        for scheme in ("light", "dark"):
                            page.emulate_media(color_scheme=scheme)
                            save(page.screenshot(full_page=True), f"{name}-{language}-{width}-{scheme}")
                        if width > PAPER:
                            page.set_viewport_size({"width": PAPER, "height": 1123})
                            page.emulate_media(media="print", color_scheme="light")
                            save(page.screenshot(full_page=True), f"{name}-{language}-print")
                        page.close()
        finally:
            server.terminate()
            server.wait()
    print(f"{len(list(TARGET.glob('*.webp')))} pictures in {TARGET.relative_to(ROOT)}/")


if __name__ == "__main__":
    main()
