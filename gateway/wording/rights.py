"""What a person is told in writing about the person's own rights, in both languages."""

from __future__ import annotations

from types import MappingProxyType

# what a certificate of erasure says: no more than is so
ERASED = MappingProxyType(
    {
        "da": (
            "Alt, der handler om dig, er slettet: dit nummer, din nøgle, dine oplysninger fra registrene og linjerne "
            "om dig i loggen. Tilbage er de underskrevne samlede tal, hvor du er talt med uden navn, og at en "
            "anmodning er besvaret. Så længe få er slettet i aftalen, kan den, der har både de samlede tal og alle de "
            "andres oplysninger, regne ud, hvad de slettede tilsammen talte med; det står ikke nogen steder, at det "
            "var dig."
        ),
        "en": (
            "Everything about you is erased: your number, your key, what the registers told about you, and the lines "
            "about you in the log. What is left are the signed totals, in which you are counted without a name, and "
            "that a request was answered. As long as few are erased in the agreement, whoever has both the totals and "
            "everything about all the others can work out what the erased counted for together; nowhere does it say "
            "that it was you."
        ),
    }
)
