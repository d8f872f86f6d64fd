from django import forms

from portal import languages, spreadsheets
from portal.files import refuse_too_large


class ExportForm(forms.Form):
    language = forms.ChoiceField(label="Sprache", widget=forms.RadioSelect)
    what = forms.ChoiceField(
        label="Welche Texte?",
        choices=[("to_do", "was fehlt oder veraltet ist"), ("all", "alle")],
        widget=forms.RadioSelect,
        initial="to_do",
    )
    format = forms.ChoiceField(
        label="Format",
        choices=[
            ("1.2", "XLIFF 1.2 (für die meisten Übersetzungswerkzeuge)"),
            ("2.0", "XLIFF 2.0"),
            ("xlsx", "Excel-Arbeitsmappe (.xlsx)"),
        ],
        widget=forms.RadioSelect,
        initial="1.2",
    )

    def __init__(self, *args, codes: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [(code, languages.BY_CODE[code].german_name) for code in codes]


class UploadForm(forms.Form):
    file = forms.FileField(label="Datei", help_text="XLIFF (.xlf) oder Excel-Arbeitsmappe (.xlsx).")

    def clean_file(self):
        file = self.cleaned_data["file"]
        refuse_too_large(file)
        head = file.read(4)
        file.seek(0)
        if head == b"PK\x03\x04":
            spreadsheets.check_zip(file)
        else:
            from . import xliff  # see exchange.py

            xliff.look(file.read())
        return file
