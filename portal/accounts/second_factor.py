"""A code from an app, or one from paper. How both are made, checked, and taken away."""

import time
from binascii import unhexlify

import django_otp
from django.contrib.auth.models import User
from django.db import transaction
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from . import letters

CODES = 8


def new_key() -> str:
    return random_hex(20)


def proven(key: str, code: str) -> TOTP | None:
    """Does the app show what belongs to this key? A clock half a minute wrong is forgiven."""
    totp = TOTP(unhexlify(key))
    totp.time = time.time()
    return totp if code.isascii() and code.isdigit() and totp.verify(int(code), tolerance=1) else None


def set_up(user: User, key: str, totp: TOTP) -> TOTPDevice:
    """The app's key becomes the person's only one; this code is used up."""
    device = TOTPDevice.objects.create(user=user, name="App", key=key, last_t=totp.t(), drift=totp.drift)
    TOTPDevice.objects.filter(user=user).exclude(pk=device.pk).delete()
    return device


@transaction.atomic
def new_codes(user: User) -> StaticDevice:
    # The device stays: it may be the one that has opened this session.
    device = StaticDevice.objects.get_or_create(user=user, defaults={"name": "Ersatzcodes"})[0]
    device.token_set.all().delete()
    StaticToken.objects.bulk_create(StaticToken(device=device, token=StaticToken.random_token()) for _ in range(CODES))
    return device


def device_for(user: User, code: str) -> TOTPDevice | StaticDevice | None:
    kind = TOTPDevice if len(code) == 6 and code.isdigit() else StaticDevice
    return kind.objects.filter(user=user, confirmed=True).first()


def check(user: User, device: TOTPDevice | StaticDevice, code: str) -> bool:
    return django_otp.verify_token(user, device.persistent_id, code) is not None


def reset(user: User, by: str) -> None:
    """The person starts again with the password alone. Sessions that a device has opened are closed with it."""
    with transaction.atomic():
        for device in django_otp.devices_for_user(user, confirmed=None):
            device.delete()
    letters.tell_of_second_factor(
        user,
        "zweiter Faktor zurückgesetzt",
        f"{by} hat für Ihr Konto „{user.get_username()}“ den zweiten Faktor zurückgesetzt. Bei der nächsten Anmeldung richten Sie ihn "
        "neu ein. Tun Sie das bitte gleich: Bis dahin schützt nur das Passwort Ihr Konto.",
    )
