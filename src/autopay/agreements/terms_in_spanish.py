"""The Spanish of the texts in terms.py, and by which words a Spanish text is told to hold its parts.

A translation says what the English text says and no more; whoever reads it agrees to it as it stands, in the language it stands in.
"""

from __future__ import annotations

ACCOUNT = """Inscripción en el pago automático con {name}.
Acepto que {name} cobre automáticamente a mi {method} cada mes los productos y servicios que he elegido, a los precios de las hojas de \
datos (Data Sheet(s)), del MSA o del SOW, según corresponda, hasta que yo lo cancele. El monto es mi saldo pendiente del mes. \
Puedo cancelar en cualquier momento en la pantalla Configuración del pago automático: con el interruptor que está allí o, en las \
pantallas clásicas, eligiendo Editar/Cancelar el pago automático, escribiendo "cancel" y tocando Enviar. Tiene efecto de inmediato para \
todo cobro que todavía no se haya enviado.
{hold}
Los cambios a estos términos se envían a mi correo electrónico antes de que se apliquen. Preguntas: {phone}, {email}."""

VISIT = """Pago automático con {name}.
Acepto que {name} cobre a mi {method} en cuanto una de mis visitas se complete y se facture, por la parte de esa visita que me toca \
pagar. {range}Puedo terminar esto en cualquier momento pidiéndolo a la oficina al {phone} o en {email}; tiene efecto de inmediato para \
todo cobro que todavía no se haya enviado.
{hold}
Los cambios a estos términos se envían a mi correo electrónico antes de que se apliquen."""

CARD_HOLD = """También permito una retención temporal para comprobar la tarjeta. No es un cobro; puede reducir mi crédito o saldo \
disponible hasta que el emisor de mi tarjeta o mi banco la libere, por lo general en unos pocos días hábiles, según sus propias reglas."""
BANK_HOLD = """Autorizo débitos electrónicos de esta cuenta de banco bajo los mismos términos. También puedo detener un pago en mi banco \
por lo menos tres días hábiles antes de que se haga."""
RANGE = "Un monto mayor que el límite que fijé se me avisa diez días antes de cobrarlo. "

METHODS = {"card": "tarjeta", "bank account": "cuenta de banco"}
TEXTS = {
    "account_card": ACCOUNT.replace("{method}", "tarjeta").replace("{hold}", CARD_HOLD),
    "account_bank": ACCOUNT.replace("{method}", "cuenta de banco").replace("{hold}", BANK_HOLD),
    "visit_card": VISIT.replace("{method}", "tarjeta").replace("{hold}", CARD_HOLD).replace("{range}", RANGE),
    "visit_bank": VISIT.replace("{method}", "cuenta de banco").replace("{hold}", BANK_HOLD).replace("{range}", RANGE),
}

CHARGE = r"\b(cobr\w+|débitos?|debit\w+|carg(os?|ar|ue|uen)|se cargan?)\b"
MONTH = r"\b(cada mes|todos los meses|mensual(es|mente)?|una vez al mes|día de facturación|día (de|del) (cada )?mes)\b"
PATTERNS = {
    "payee": (r"{name}", CHARGE),
    "method": (r"{method}", CHARGE),
    "trigger": (CHARGE, r"\b(automátic\w+|factur\w+)\b"),
    "amount": (r"\b(monto|importe|cantidad|precios?|saldo)\b", r"\b(es|son|está|según|igual)\b"),
    "when": (CHARGE, MONTH),
    "cancel": (
        r"\b(cancel\w*|terminar (esto|con esto|el pago)|(apagar|desactivar) el pago)\b",
        r"\b(puedo|puede|podrá|podré)\b",
        r"\b(en|al|por|con|a)\b",
    ),
    "changes": (r"\bcambios?\b", r"\b(env[ií]\w+|avis\w+|correo|notific\w+|comunic\w+)\b"),
    "contact": (r"({phone}|{email})",),
}
"""By the name of the part in terms.py."""
