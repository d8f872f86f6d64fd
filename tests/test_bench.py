"""`make bench` still finds what it asks for. How fast anything is, no test says."""

import shutil

import pytest

from tests.bench import report, wrk
from tests.bench.servers import Server, base
from tests.bench.trial import Trial


def test_a_whole_trial_asks_every_server_and_fills_the_table(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(wrk, "ask", lambda *args: wrk.Round(asked=10, seconds=1, p50=1, p99=2, failed=0, bytes=10))
    found = {"SQLite": Trial("SQLite", tmp_path, rounds=1, sizes=[300], with_wagtail=False).run()}
    text = report.text(found, {"Maschine": "diese"}, [300])
    with_others = {"cached × redis", "anew × wagtail", "memory × wagtail", "start × wagtail"}
    missing = {goal.number for goal in report.goals(300)} - found["SQLite"].numbers.keys()
    assert missing == with_others
    assert "| Seite aus dem Seitenspeicher zu nackter WSGI-Funktion | ≥ 0,75 × | ≥ 0,85 × | 1,00 × (Ziel) |" in text
    assert all(len(question.rounds) == 1 for question in found["SQLite"].questions)


@pytest.mark.skipif(not shutil.which("wrk"), reason="wrk comes with `make bench`")
def test_the_load_generator_counts_what_a_server_answers(tmp_path):
    (tmp_path / "page.html").write_bytes(b"Guten Tag")
    server = Server("tests.bench.floor:bare", tmp_path, base("", BENCH_PAGE=str(tmp_path / "page.html")), "/")
    question = wrk.Question("nackt", server.port, ["/?n={n}"])
    try:
        server.start()
        assert server.memory()["pss"] > 1
        wrk.race([question], tmp_path, rounds=1, seconds=1)
    finally:
        server.stop()
    assert question.per_second > 1
    assert 0 < question.p50 <= question.p99


def test_a_server_that_answers_otherwise_is_not_measured(tmp_path):
    (tmp_path / "page.html").write_bytes(b"Guten Tag")
    server = Server("tests.bench.floor:bare", tmp_path, base("", BENCH_PAGE=str(tmp_path / "page.html")), "/")
    try:
        server.start()
        with pytest.raises(RuntimeError, match="gives 200 and not 304"):
            wrk.Question("nackt", server.port, ["/"], status=304).check()
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("number", "value", "said"),
    [("cached × bare", 0.9, "Ziel"), ("cached × bare", 0.8, "Grenze"), ("cached × bare", 0.5, "**darunter**"),
     ("pdf", 0.4, "Ziel"), ("pdf", 0.9, "Grenze"), ("pdf", 2, "**darüber**")],
)  # fmt: skip
def test_the_table_says_what_is_reached(number, value, said):
    goal = next(goal for goal in report.goals(1000) if goal.number == number)
    assert goal.verdict(value) == said
