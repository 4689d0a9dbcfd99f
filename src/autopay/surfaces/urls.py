"""The addresses of all surfaces, one folder each."""

from django.urls import include, path

from autopay.surfaces.approvals.views import approval
from autopay.surfaces.home import front, home
from autopay.surfaces.invitations.views import invitation
from autopay.surfaces.pay_links.views import pay_link
from autopay.surfaces.webhooks.views import webhook

urlpatterns = [
    path("", front, name="front"),
    path("home", home, name="home"),
    path("", include("autopay.surfaces.shared.urls")),
    path("", include("autopay.surfaces.receipts.urls")),
    path("demo/", include("autopay.surfaces.demo.urls")),
    path("portal/", include("autopay.surfaces.patient_portal.urls")),
    path("office/", include("autopay.surfaces.office.urls")),
    path("vendor/", include("autopay.surfaces.vendor.urls")),
    path("service-center/", include("autopay.surfaces.service_center.urls")),
    path("classic/", include("autopay.surfaces.classic.urls")),
    path("invitation/<int:biller>/<str:token>", invitation, name="invitation"),
    path("approval/<str:ticket>", approval, name="approval"),
    path("pay/<str:ticket>", pay_link, name="pay_link"),
    path("webhooks/<int:biller>", webhook, name="webhook"),
]
