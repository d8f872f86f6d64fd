"""Accounts and groups. Nobody gives what he does not have, and what somebody was given others hear of."""

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    ReadOnlyPasswordHashWidget,
    UserChangeForm,
    UserCreationForm,
)
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from portal.admin import LanguageFields
from portal.groups import TRANSLATORS
from portal.translations.models import Translator

from . import letters, second_factor
from .models import Lock

# Their pages show the keys, with which anybody is somebody else.
admin.site.unregister([TOTPDevice, StaticDevice])
admin.site.unregister([User, Group])


def beyond(giver: User, permissions) -> bool:
    """Is there one among these rights that who would give them does not have?"""
    if giver.is_superuser:
        return False
    return not own_permissions(giver).issuperset(permissions)


def own_permissions(user: User) -> set[Permission]:
    """Looked up once a request: a list asks for each of its rows."""
    if not hasattr(user, "_own_permissions"):
        held = Permission.objects.filter(group__user=user) | Permission.objects.filter(user=user)
        user._own_permissions = set(held.distinct())
    return user._own_permissions


class PasswordState(ReadOnlyPasswordHashWidget):
    def get_context(self, name, value, attrs):
        """No field, so it can be neither switched off nor described as one."""
        attrs = {key: value for key, value in (attrs or {}).items() if key not in {"disabled", "aria-describedby"}}
        return super().get_context(name, value, attrs)


class StaffForm(UserChangeForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if password := self.fields.get("password"):
            password.widget = PasswordState()


class StaffPasswordForm(AdminPasswordChangeForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if choice := self.fields.get("usable_password"):
            # Django's text has a list in it, where its template has a paragraph around it.
            choice.help_text = (
                "Ohne Passwort kann sich niemand mit diesem Konto anmelden. "
                "<strong id='id_unusable_warning'>Das bisherige Passwort geht dabei verloren.</strong>"
            )


class TranslatorInline(LanguageFields, admin.TabularInline):
    model = Translator
    verbose_name = f"Sprachen für die Gruppe „{TRANSLATORS}“"


@admin.register(User)
class StaffAdmin(UserAdmin):
    """Whoever manages accounts may not make himself or others almighty, and may not enter where he has no right to be.

    So who has more rights than oneself can be locked out, but not taken over: neither password nor mail address change.
    """

    handbook = "neue-kollegin"
    form = StaffForm
    add_form = UserCreationForm  # nobody signs in without a password, so it is not asked whether there is one
    add_fieldsets = [(None, {"fields": ["username", "password1", "password2"]})]
    change_password_form = StaffPasswordForm
    change_form_template = "admin/auth/user/staff_form.html"
    list_display = ("username", "email", "first_name", "last_name", "roles", "is_active")
    list_filter = ("is_active", "groups")
    inlines = [TranslatorInline]

    def get_inlines(self, request, obj):
        return self.inlines if obj else []  # first the name and the password

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="Rollen")
    def roles(self, user):
        return ", ".join(["Superuser"] * user.is_superuser + sorted(group.name for group in user.groups.all()))

    def has_more(self, request, user) -> bool:
        if request.user.is_superuser:
            return False
        held = Permission.objects.filter(group__user=user) | Permission.objects.filter(user=user)
        return user.is_superuser or beyond(request.user, held)

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if request.user.is_superuser or not obj:
            return fieldsets
        hidden = {"is_superuser", "user_permissions"}
        if obj and self.has_more(request, obj):
            hidden.add("password")
        return [
            (name, {**options, "fields": [field for field in options["fields"] if field not in hidden]})
            for name, options in fieldsets
        ]

    def get_readonly_fields(self, request, obj=None):
        fields = [*super().get_readonly_fields(request, obj)]
        if obj and self.has_more(request, obj):
            fields += ["username", "email", "is_staff", "groups"]
        return fields

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "groups" and not request.user.is_superuser:
            groups = Group.objects.prefetch_related("permissions")
            mine = [group.pk for group in groups if not beyond(request.user, group.permissions.all())]
            kwargs["queryset"] = Group.objects.filter(pk__in=mine)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_change_permission(self, request, obj=None):
        allowed = super().has_change_permission(request, obj)
        return allowed and (request.user.is_superuser or obj is None or not obj.is_superuser)

    def has_delete_permission(self, request, obj=None):
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or not self.has_more(request, obj))

    def user_change_password(self, request, id, form_url=""):
        user = self.get_object(request, unquote(id))
        if user and self.has_more(request, user):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    # What others hear of ----------------------------------------------------------------------------

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        user = self.get_object(request, unquote(object_id)) if object_id else None
        request.rights_before = rights(user) if user else ""
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        user = User.objects.get(pk=form.instance.pk)
        now = rights(user)
        if now == request.rights_before:
            return
        said = f"Rechte: {now}" + (f" (vorher: {request.rights_before})" if request.rights_before else "")
        self.log_change(request, user, said)
        text = f"{request.user.get_username()} hat das Konto „{user.get_username()}“ geändert. {said}."
        letters.tell_administrators("Rechte eines Kontos geändert", text, but=request.user)

    # Second factor ----------------------------------------------------------------------------------

    def get_urls(self):
        view = self.admin_site.admin_view(self.reset_second_factor)
        return [path("<int:pk>/zweiter-faktor/", view, name="auth_user_second_factor"), *super().get_urls()]

    def may_reset(self, request, user) -> bool:
        """Not for oneself: a computer left alone must not be enough. For who has more rights, as the password stays."""
        return self.has_change_permission(request, user) and user != request.user

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj:
            context["may_reset"] = self.may_reset(request, obj)
            context["has_more"] = self.has_more(request, obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def reset_second_factor(self, request, pk):
        user = self.get_object(request, str(pk))
        if user is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        if not self.may_reset(request, user):
            raise PermissionDenied
        if request.method == "POST":
            second_factor.reset(user, by=request.user.get_username())
            self.log_change(request, user, "Zweiter Faktor zurückgesetzt")
            self.message_user(
                request,
                f"Der zweite Faktor von {user} ist zurückgesetzt. Bei der nächsten Anmeldung wird er neu eingerichtet.",
                messages.SUCCESS,
            )
            return HttpResponseRedirect(reverse("admin:auth_user_change", args=[pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": "Zweiten Faktor zurücksetzen",
            "opts": self.opts,
            "original": user,
        }
        return render(request, "admin/auth/user/second_factor.html", context)


def rights(user) -> str:
    """In words, for who is told of a change."""
    words = [
        *(["gesperrt"] if not user.is_active else []),
        *(["Superuser"] if user.is_superuser else []),
        *sorted(group.name for group in user.groups.all()),
        *sorted(f"einzeln: {permission.codename}" for permission in user.user_permissions.all()),
    ]
    return ", ".join(words if user.is_staff else [*words, "ohne Zugang zur Verwaltung"]) or "keine"


@admin.register(Group)
class RoleAdmin(GroupAdmin):
    """A group is no way around: only groups all of whose rights one has oneself, and only these rights."""

    def has_change_permission(self, request, obj=None):
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or not beyond(request.user, obj.permissions.all()))

    def has_delete_permission(self, request, obj=None):
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or not beyond(request.user, obj.permissions.all()))

    def formfield_for_manytomany(self, db_field, request=None, **kwargs):
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "permissions" and not request.user.is_superuser:
            mine = [permission.pk for permission in own_permissions(request.user)]
            field.queryset = field.queryset.filter(pk__in=mine)
        return field

    def save_related(self, request, form, formsets, change):
        before = set(form.instance.permissions.all())
        super().save_related(request, form, formsets, change)
        after = set(form.instance.permissions.all())
        if before == after:
            return
        changes = [f"+ {permission}" for permission in after - before] + [
            f"- {permission}" for permission in before - after
        ]
        text = f"{request.user.get_username()} hat die Rechte der Gruppe „{form.instance}“ geändert:\n"
        letters.tell_administrators("Rechte einer Gruppe geändert", text + "\n".join(sorted(changes)), but=request.user)


@admin.register(Lock)
class LockAdmin(admin.ModelAdmin):
    """Who has to wait after wrong passwords. From where is nobody's business."""

    handbook = "anmelden"
    list_display = ("username", "failures_since_start", "until")
    list_display_links = None
    actions = ("unlock",)

    def get_queryset(self, request):
        return super().get_queryset(request).filter(attempt_time__gt=timezone.now() - settings.AXES_COOLOFF_TIME)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @admin.display(description="Konto")
    def username(self, lock):
        return str(lock)

    @admin.display(description="gilt bis")
    def until(self, lock):
        return timezone.localtime(lock.attempt_time + settings.AXES_COOLOFF_TIME).strftime("%H:%M Uhr")

    @admin.action(description="Sperre aufheben", permissions=["delete"])
    def unlock(self, request, queryset):
        names = {lock.username for lock in queryset}
        Lock.objects.filter(username__in=names).delete()
        self.message_user(request, f"Aufgehoben: {', '.join(sorted(names))}.", messages.SUCCESS)
