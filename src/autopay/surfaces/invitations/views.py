"""Accept an invitation (V29). The link names the biller, so that the token is looked for in that biller's rows only."""

from __future__ import annotations

from django import forms
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from autopay.parties.accept import Person, accept, find
from autopay.parties.models import User
from autopay.running import clock
from autopay.surfaces.shared.language import chosen_here, read_in
from autopay.tenancy import WebDatabase

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class PasswordForm(forms.Form):
    first_name = forms.CharField(max_length=80)
    last_name = forms.CharField(max_length=80)
    password = forms.CharField(min_length=12, max_length=128, strip=False)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


def invitation(request: HttpRequest, biller: int, token: str) -> HttpResponse:
    """GET shows who invites whom to what; POST makes the log-in and uses the invitation up."""
    now = clock().now()
    invited = find(WebDatabase(), biller, token, now)
    if invited is None:
        raise Http404
    read_in(request, invited.language)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _welcome(request, biller, token, form)
    return render(request, "invitations/invitation.html", {"invited": invited, "form": form}, status=400 if form.errors else 200)


def _welcome(request: HttpRequest, biller: int, token: str, form: PasswordForm) -> HttpResponse:
    given = form.cleaned_data
    person = Person(given["first_name"], given["last_name"], given["password"])
    user = accept(WebDatabase(), biller, token, person, clock().now())
    if user is None:
        raise Http404
    if not user.language and (chosen := chosen_here(request)):
        User.objects.filter(pk=user.pk).update(language=chosen)
    login(request, user, backend=BACKEND)
    return redirect("home")
