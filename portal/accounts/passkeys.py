"""The library that checks passkeys is loaded when somebody uses one.

It brings OpenSSL, certificates and ASN.1 along: 12 MB of each process, and a tenth of a second at its start.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec, module_from_spec

from django.apps import AppConfig

PACKAGES = ("webauthn", "webauthn.helpers")


def parse_attestation_object(data):
    from webauthn.helpers import parse_attestation_object

    return parse_attestation_object(data)


@contextmanager
def empty_packages() -> Iterator[None]:
    """The models want little of the library; but to load that, Python loads the packages it is in, which load all the rest.

    So meanwhile empty packages stand there. Whoever imports them afterwards gets the real ones, with the same modules.
    """
    for name in PACKAGES:
        sys.modules[name] = module_from_spec(find_spec(name))
    helpers = sys.modules["webauthn.helpers"]
    helpers.parse_attestation_object = parse_attestation_object
    helpers.exceptions = import_module("webauthn.helpers.exceptions")
    try:
        yield
    finally:
        for name in PACKAGES:
            del sys.modules[name]


class PasskeysConfig(AppConfig):
    name = "django_otp_webauthn"
    verbose_name = "Passkeys"

    def import_models(self):
        with empty_packages():
            super().import_models()

    def ready(self):
        from django_otp_webauthn.apps import OtpWebauthnConfig  # it wants the library, too

        OtpWebauthnConfig.ready(self)
