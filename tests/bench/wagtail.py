"""Sets up the site that is made with Wagtail, on an empty database."""

import subprocess
from pathlib import Path

from tests.load.portal import ROOT, get

from .servers import OTHERS, Server, base

PATH = "/beratung/"


def set_up(folder: Path, database_url: str, weight: int) -> Server:
    """Its page weighs as much as the portal's: what is missing stands ready in its template and costs it nothing."""
    folder.mkdir()
    filler = folder / "templates" / "filler.html"
    filler.parent.mkdir()
    filler.write_text("")
    (folder / "bench_migrations").mkdir()
    (folder / "bench_migrations" / "__init__.py").touch()
    environment = base(
        database_url, BENCH_FOLDER=str(folder), DJANGO_SETTINGS_MODULE="tests.bench.wagtail_site.settings"
    )
    for command in ("makemigrations", "migrate", "make_site"):
        subprocess.run([OTHERS, "-m", "django", command, "--verbosity", "0"], cwd=ROOT, env=environment, check=True)
    server = Server("tests.bench.wagtail_site.wsgi", folder, environment, PATH, str(OTHERS))
    server.start()
    weighs = len(get(server.port, PATH)[2].encode())
    server.stop()
    filler.write_text(f"<div hidden>{'Text ' * ((weight - weighs) // 5)}</div>\n")
    return server
