import polib
from django.core.management.base import BaseCommand

from portal import languages
from portal.examples import loader


class Command(BaseCommand):
    help = "Schreibt in die .po-Dateien eines Beispiels, was in der jeweiligen Sprache noch fehlt."

    def add_arguments(self, parser):
        parser.add_argument("name", choices=loader.names())
        parser.add_argument(
            "languages", nargs="+", choices=[code for code in languages.BY_CODE if code != languages.SOURCE]
        )

    def handle(self, *args, name, **options):
        source = loader.Loader(loader.FOLDER / name)
        source.read()
        german = list(dict.fromkeys(text for r in source.records for text in loader.texts(r.model, r.data)))
        for code in options["languages"]:
            path = source.folder / f"{code}.po"
            old = polib.pofile(str(path)) if path.exists() else polib.POFile()
            known = {entry.msgid: entry.msgstr for entry in old}
            new = polib.POFile(wrapwidth=110)
            new.metadata = old.metadata or {
                "Content-Type": "text/plain; charset=UTF-8",
                "Content-Transfer-Encoding": "8bit",
                "Language": code,
                "X-Translated-By": "machine",
            }
            new.extend(polib.POEntry(msgid=text, msgstr=known.get(text, "")) for text in german)
            new.save(str(path))
            missing = sum(not entry.msgstr for entry in new)
            self.stdout.write(f"{path.name}: {len(new)} Texte, {missing} fehlen")
