"""The Länder and the bodies their laws name. Reference data; the administration keeps it up to date."""

from django.db import migrations

# code: name, authority for data protection, its address
LAENDER = {
    "BW": ("Baden-Württemberg", "Landesbeauftragter für den Datenschutz und die Informationsfreiheit Baden-Württemberg", "https://www.baden-wuerttemberg.datenschutz.de/"),
    "BY": ("Bayern", "Bayerischer Landesbeauftragter für den Datenschutz", "https://www.datenschutz-bayern.de/"),
    "BE": ("Berlin", "Berliner Beauftragte für Datenschutz und Informationsfreiheit", "https://www.datenschutz-berlin.de/"),
    "BB": ("Brandenburg", "Landesbeauftragte für den Datenschutz und für das Recht auf Akteneinsicht Brandenburg", "https://www.lda.brandenburg.de/"),
    "HB": ("Bremen", "Landesbeauftragte für Datenschutz und Informationsfreiheit Bremen", "https://www.datenschutz.bremen.de/"),
    "HH": ("Hamburg", "Hamburgischer Beauftragter für Datenschutz und Informationsfreiheit", "https://datenschutz-hamburg.de/"),
    "HE": ("Hessen", "Hessischer Beauftragter für Datenschutz und Informationsfreiheit", "https://datenschutz.hessen.de/"),
    "MV": ("Mecklenburg-Vorpommern", "Landesbeauftragter für Datenschutz und Informationsfreiheit Mecklenburg-Vorpommern", "https://www.datenschutz-mv.de/"),
    "NI": ("Niedersachsen", "Landesbeauftragter für den Datenschutz Niedersachsen", "https://www.lfd.niedersachsen.de/"),
    "NW": ("Nordrhein-Westfalen", "Landesbeauftragte für Datenschutz und Informationsfreiheit Nordrhein-Westfalen", "https://www.ldi.nrw.de/"),
    "RP": ("Rheinland-Pfalz", "Landesbeauftragter für den Datenschutz und die Informationsfreiheit Rheinland-Pfalz", "https://www.datenschutz.rlp.de/"),
    "SL": ("Saarland", "Unabhängiges Datenschutzzentrum Saarland", "https://www.datenschutz.saarland.de/"),
    "SN": ("Sachsen", "Sächsische Datenschutz- und Transparenzbeauftragte", "https://www.datenschutz.sachsen.de/"),
    "ST": ("Sachsen-Anhalt", "Landesbeauftragte für den Datenschutz Sachsen-Anhalt", "https://datenschutz.sachsen-anhalt.de/"),
    "SH": ("Schleswig-Holstein", "Unabhängiges Landeszentrum für Datenschutz Schleswig-Holstein", "https://www.datenschutzzentrum.de/"),
    "TH": ("Thüringen", "Thüringer Landesbeauftragter für den Datenschutz und die Informationsfreiheit", "https://www.tlfdi.de/"),
}

# What the law on accessibility names; for the other Länder the administration fills it in.
ACCESSIBILITY = {
    "NI": {
        "accessibility_law": "§§ 9 bis 9e NBGG, NBITVO",
        "enforcement_name": "Schlichtungsstelle bei der Landesbeauftragten für Menschen mit Behinderungen Niedersachsen",
        "enforcement_url": "https://www.behindertenbeauftragte-niedersachsen.de/",
        "monitoring_name": "Überwachungsstelle für Barrierefreiheit von Informationstechnik in Niedersachsen",
        "monitoring_email": "BarrierefreieIT@ms.niedersachsen.de",
    },
    "NW": {
        "accessibility_law": "§§ 10 bis 10e BGG NRW, BITVNRW",
        "enforcement_name": "Ombudsstelle für barrierefreie Informationstechnik des Landes Nordrhein-Westfalen",
        "enforcement_url": "https://www.lbbp.nrw.de/ombudsstelle",
        "enforcement_email": "ombudsstelle-barrierefreie-it@mags.nrw.de",
        "monitoring_name": "Überwachungsstelle für barrierefreie Informationstechnik des Landes Nordrhein-Westfalen",
        "monitoring_email": "ueberwachungsstelle-nrw@it.nrw.de",
    },
}


def fill(apps, schema_editor):
    FederalState = apps.get_model("portal", "FederalState")
    for code, (name, authority, url) in LAENDER.items():
        FederalState.objects.create(
            code=code, name=name, privacy_authority=authority, privacy_authority_url=url, **ACCESSIBILITY.get(code, {})
        )


def empty(apps, schema_editor):
    apps.get_model("portal", "SiteProfile").objects.update(land=None)
    apps.get_model("portal", "FederalState").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_first")]
    operations = [migrations.RunPython(fill, empty)]
