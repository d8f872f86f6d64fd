"""The database of those the portal is compared with, set as the portal sets its own."""

import os


def settings() -> dict:
    url = os.environ["DATABASE_URL"]
    if url.startswith("sqlite:///"):
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": url.removeprefix("sqlite:///"),
            "CONN_MAX_AGE": 600,
            "OPTIONS": {
                "timeout": 10,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=134217728; "
                "PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY;",
            },
        }
    # As tests/postgres.py names it: the folder of the socket, then the database.
    host, _slash, name = url.removeprefix("postgres://postgres@/").rpartition("/")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": host,
        "NAME": name,
        "USER": "postgres",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }
