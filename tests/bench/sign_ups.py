"""Forms of volunteers, filled in as people do: each one another person, with a stamp of its own."""

import time
import uuid
from collections.abc import Callable
from urllib.parse import urlencode

from django.core import signing

from tests.forms import form_data
from tests.load.portal import Portal, get

from .wrk import PROXY

PATH = "/de/lotsen/mitmachen/"
FLOOR_PATH = "/form/"
MOST = 800  # a second; more than either can take
WORDS = "Ich möchte gern helfen und habe am Nachmittag Zeit. Türkisch und Arabisch spreche ich auch."


def for_portal(portal: Portal, port: int, seconds: float) -> Callable[[], list[str]]:
    html = get(port, PATH, PROXY)[2]
    shown = form_data(html)
    said = {
        **shown,
        "place": "12345 Musterstadt",
        "home": "-",
        "kinds": [box.partition('"')[0] for box in html.split('name="kinds" value="')[1:3]],
        "spoken_0": "ar",
        "level_0": "B2",
        "availability": ["mo-pm", "tu-pm"],
        "message": WORDS,
        "adult": "on",
        "acknowledged": "on",
        "step": "send",
    }

    def lines() -> list[str]:
        opened = int(time.time()) - 60  # nobody fills it in within two seconds
        found = []
        for _number in range(int(seconds * MOST)):
            person = uuid.uuid4().hex
            stamp = signing.dumps(
                [str(uuid.uuid4()), opened], key=portal.environment["SECRET_KEY"], salt="form:SignUpForm"
            )
            own = {"name": f"Person {person}", "email": f"{person}@example.org", "stamp": stamp}
            found.append(f"{PATH}\t{urlencode({**said, **own}, doseq=True)}")
        return found

    return lines


def for_floor() -> list[str]:
    person = {"name": "Person", "email": "person@example.org", "place": "12345 Musterstadt", "message": WORDS}
    return [f"{FLOOR_PATH}\t{urlencode(person)}"]
