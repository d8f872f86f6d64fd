"""What was aimed for, what was found: docs/benchmarks.md."""

from collections.abc import Mapping
from typing import NamedTuple

from .trial import Found, thousands


class Goal(NamedTuple):
    words: str
    number: str  # by which name the trial has it
    gate: float  # what has to hold
    target: float
    unit: str = "×"
    at_most: bool = False

    def reached(self, value: float, aim: float) -> bool:
        return value <= aim if self.at_most else value >= aim

    def verdict(self, value: float) -> str:
        if self.reached(value, self.target):
            return "Ziel"
        return "Grenze" if self.reached(value, self.gate) else "**darunter**" if not self.at_most else "**darüber**"

    def written(self, value: float) -> str:
        digits = 0 if self.unit in {"", "KB"} or value >= 100 else 1 if value >= 10 else 2
        return f"{value:.{digits}f} {self.unit}".replace(".", ",").strip()


def goals(largest: int) -> list[Goal]:
    many = thousands(largest)
    return [
        Goal("Seite aus dem Seitenspeicher zu nackter WSGI-Funktion", "cached × bare", 0.75, 0.85),
        Goal("304 zu nackter WSGI-Funktion", "304 × bare", 0.85, 0.95),
        Goal("Seite aus dem Seitenspeicher zu Djangos Cache-Middleware, LocMem", "cached × locmem", 2, 2.5),
        Goal("… Redis", "cached × redis", 4, 5),
        Goal("neu gemachte Seite zu Wagtail, gleich schwere Seite", "anew × wagtail", 4, 6),
        Goal("Abfragen: Seite", "queries page", 4, 2, "", True),
        Goal("… Liste", "queries list", 5, 3, "", True),
        Goal("… Suche", "queries search", 5, 2, "", True),
        Goal("… Suche im Wegweiser", "queries directory search", 5, 2, "", True),
        Goal("1.000 Titel in zwei Sprachen zum üblichen Manager", "list × manager", 4, 7),
        Goal(f"Suche bei {many} Einträgen zur Inhaltsseite", f"search × page {largest}", 0.4, 0.65),
        Goal("… p99 zu deren p99", f"search p99 {largest}", 5, 2, "×", True),
        Goal(f"… p50 von den wenigsten zu {many} Einträgen", "search growth", 3, 2, "×", True),
        Goal(
            f"Suche im Wegweiser bei {many} Einträgen zur Inhaltsseite", f"directory search × page {largest}", 0.4, 0.65
        ),
        Goal("… p99 zu deren p99", f"directory search p99 {largest}", 5, 2, "×", True),
        Goal(f"… p50 von den wenigsten zu {many} Einträgen", "directory search growth", 3, 2, "×", True),
        Goal("Anmeldung zum kleinsten Formular, das eine Zeile speichert", "sign-up × form", 0.4, 0.6),
        Goal("PDF mit 300 Angeboten (deutsch, arabisch)", "pdf", 1, 0.5, "s", True),
        Goal("Speicher eines Prozesses zu Wagtail", "memory × wagtail", 0.7, 0.55, "×", True),
        Goal("Start bis zur ersten Seite zu Wagtail", "start × wagtail", 0.6, 0.4, "×", True),
        Goal("erster Besuch (Startseite, deutsch, arabisch), komprimiert", "visit compressed", 35, 20, "KB", True),
        Goal("… Anfragen", "visit requests", 5, 3, "", True),
        Goal("HTML", "visit html", 25, 15, "KB", True),
        Goal("… gzip", "visit html_gzip", 7, 5, "KB", True),
        Goal("CSS gzip", "visit css_gzip", 10, 6, "KB", True),
        Goal("JavaScript gzip, nie nötig", "visit js_gzip", 3, 1, "KB", True),
    ]


INTRODUCTION = """\
# Wie schnell das Portal ist

`make bench` schreibt diese Seite neu. Was zählt, sind Verhältnisse: Alle Server werden abwechselnd gefragt, Runde um Runde,
und verglichen wird nur, was unmittelbar nacheinander gemessen wurde; es gilt der Median. Absolute Zahlen sind von dieser einen
Maschine und dieser Stunde. Kein Test prüft eine Zeit.
"""
EXPLANATIONS = """\
## Was womit verglichen wird

- **Nackte WSGI-Funktion**: gibt unter demselben gunicorn dieselben Bytes zurück wie die Inhaltsseite, sonst nichts. Schneller
  kann eine Seite unter diesem Server nicht sein. Der Seitenspeicher sieht dabei für jede Seite nach, ob sich etwas
  geändert hat: bei SQLite in deren Arbeitsspeicher; PostgreSQL fragt er, und die Antwort gilt fünf Millisekunden, die jede Änderung
  wartet, bevor sie zu sehen ist.
- **Djangos Cache-Middleware**: dieselben Bytes aus einem Projekt mit den Middlewares, die `startproject` hineinschreibt.
- **Seite neu gemacht**: mit jeder Anfrage eine andere Adresse (`?n=…`), so dass der Seitenspeicher sie noch nicht hat, wie nach
  jeder Änderung. Kopf, Menü, Fuß und der Inhalt aus der Datenbank sind dann für den Stand der Inhalte schon da, weil sie für
  alle Sprachen und Adressen dieselben sind, und die Texte der Redaktion sind schon bereinigt. „Seitenspeicher aus“ ist
  `PAGE_CACHE_MB=0`: dann wird fast alles jedes Mal neu gemacht.
- **Wagtail**: eine kleine Website (`tests/bench/wagtail_site/`) mit Seitenbaum, Menü, Brotkrumen, Abschnitten, Fußzeile aus
  Einstellungen und Bausteinen; im Betriebsmodus, mit denselben Einstellungen der Datenbank, ohne eigenen Seitenspeicher. Was der
  Seite an Gewicht fehlt, steht fertig in der Vorlage.
- **Kleinstes Formular**: ein ModelForm mit vier Feldern in einem solchen Projekt, eine Zeile. Die Anmeldung des Portals prüft dazu
  Stempel und Zahl der Anmeldungen, speichert Person, Sprachen, Aufgaben und Hinweistext und stellt die Mail in die Warteschlange.
- **Abfragen** zählen bei PostgreSQL die nach dem Stand der Inhalte mit; die höchste Zahl über alle Größen, deutsch und arabisch.
- **Suche**: gemischte Wörter (häufige, seltene, Wortanfänge, zwei zugleich), jede Anfrage neu gemacht. Durchsatz mit 32
  Verbindungen; p50 und p99 einzeln gefragt, mit einer Verbindung. Es sind immer dieselben zehn: Welche Inhalte ein Wort haben, merkt
  sich jeder Prozess, bis sich etwas ändert, und ein Eintrag der Liste wird in einer Minute einmal gezeichnet. Was der erste Leser
  nach einer Änderung und ein neues Wort kosten, steht unten (neu lesen, zum ersten Mal gesucht).
- **Speicher**: PSS nach hundert neu gemachten Seiten. Der Seitenspeicher kann dazu bis zu `PAGE_CACHE_MB` (32) belegen.
"""


def text(found: Mapping[str, Found], conditions: Mapping[str, str], sizes: list[int]) -> str:
    return "\n".join(
        [
            INTRODUCTION,
            *(f"- {name}: {value}" for name, value in conditions.items()),
            "",
            "## Ziele: Grenze → Ziel → gemessen",
            "",
            *goal_table(found, sizes[-1]),
            "",
            EXPLANATIONS,
            "## Im Einzelnen",
            "",
            *speed_table(found),
            "",
            *other_table(found, sizes),
            "",
        ]
    )


def goal_table(found: Mapping[str, Found], largest: int) -> list[str]:
    rows = [["", "Grenze", "Ziel", *found]]
    for goal in goals(largest):
        sign = "≤" if goal.at_most else "≥"
        rows.append([goal.words, f"{sign} {goal.written(goal.gate)}", f"{sign} {goal.written(goal.target)}"])
        for trial in found.values():
            value = trial.numbers.get(goal.number)
            if value is not None and goal.unit == "KB":
                value /= 1024
            rows[-1].append("–" if value is None else f"{goal.written(value)} ({goal.verdict(value)})")
    return table(rows)


def speed_table(found: Mapping[str, Found]) -> list[str]:
    rows = [["", *(f"{name}: {what}" for name in found for what in ("Anfragen/s", "p50 ms", "p99 ms"))]]
    for same in zip(*(trial.questions for trial in found.values()), strict=True):
        cells = ((number(q.per_second), number(q.p50), number(q.p99)) for q in same)
        rows.append([same[0].name, *(cell for three in cells for cell in three)])
    return table(rows)


def other_table(found: Mapping[str, Found], sizes: list[int]) -> list[str]:
    names = {
        "page bytes": "Inhaltsseite, Bytes",
        "gzip × bare": "gzip aus dem Seitenspeicher zu nackter WSGI-Funktion, ×",
        "without cache × wagtail": "Seite neu gemacht, Seitenspeicher aus, zu Wagtail, ×",
        "memory pss": "Speicher eines Prozesses (PSS), MB",
        "memory": "… davon nur seiner, MB",
        "memory wagtail pss": "Wagtail (PSS), MB",
        "memory wagtail": "… davon nur seiner, MB",
        "start": "Start bis zur ersten Seite, s",
        "start wagtail": "Wagtail, s",
        **{
            f"{name} {size}": f"{words}, {thousands(size)} Einträge, s"
            for name, words in {
                "index": "Filter des Wegweisers neu lesen",
                "contents": "Inhalte einer Sprache für die Suche neu lesen",
                "word": "Wort, das zum ersten Mal gesucht wird (Median)",
            }.items()
            for size in sizes
        },
        "list growth": f"Liste, p50 von {thousands(sizes[0])} zu {thousands(sizes[-1])} Einträgen, ×",
    }
    rows = [["", *found]]
    for name, words in names.items():
        rows.append([words, *(number(trial.numbers.get(name)) for trial in found.values())])
    return table(rows)


def number(value: float | None) -> str:
    if value is None:
        return "–"
    if value >= 100:
        return thousands(round(value))
    return f"{value:.1f}".replace(".", ",") if value >= 10 else f"{value:.2f}".replace(".", ",")


def table(rows: list[list[str]]) -> list[str]:
    head, *rest = ["| " + " | ".join(row) + " |" for row in rows]
    return [head, "|---" + "|---:" * (len(rows[0]) - 1) + "|", *rest]
