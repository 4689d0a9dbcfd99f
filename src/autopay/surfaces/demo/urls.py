"""Addresses that exist in the demo only."""

from django.urls import path

from autopay.surfaces.demo import clock, mail, states, views

app_name = "demo"
urlpatterns = [
    path("", views.landing, name="landing"),
    path("clock", clock.walk, name="clock"),
    path("components", views.components, name="components"),
    path("states/", states.states, name="states"),
    path("states/<slug:page>/<slug:state>", states.state, name="state"),
    path("mail", mail.mails, name="mails"),
    path("mail/<uuid:name>", mail.mail, name="mail"),
    path("mail/<uuid:name>/html", mail.html, name="mail_html"),
]
