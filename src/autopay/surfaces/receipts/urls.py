"""Addresses of receipts, cancellations and proofs, and those that mails lead to."""

from django.urls import path

from autopay.surfaces.receipts import files, opened, views

app_name = "receipts"
urlpatterns = [
    path("portal/receipts/<uuid:uid>/", views.portal, name="portal"),
    path("service-center/receipts/<uuid:uid>/", views.service_center, name="service_center"),
    path("classic/<slug:slug>/receipts/<uuid:uid>/", views.classic, name="classic"),
    path("service-center/cancellations/<int:reference>/", views.service_center_cancellation, name="service_center_cancellation"),
    path("classic/<slug:slug>/cancellations/<int:reference>/", views.classic_cancellation, name="classic_cancellation"),
    path("receipts/<uuid:uid>", opened.receipt, name="open"),
    path("bills/<uuid:uid>", opened.bill, name="open_bill"),
    path("receipts/<uuid:uid>/pay", opened.pay, name="open_pay"),
    path("receipts/<uuid:uid>/receipt.pdf", files.receipt_pdf, name="pdf"),
    path("cancellations/<int:reference>", opened.cancellation, name="open_cancellation"),
    path("cancellations/<int:reference>/cancellation.pdf", files.cancellation_pdf, name="cancellation_pdf"),
    path("proof/<uuid:uid>/autopay.pdf", files.proof, {"ending": "pdf"}, name="proof_pdf"),
    path("proof/<uuid:uid>/autopay.json", files.proof, {"ending": "json"}, name="proof_json"),
]
