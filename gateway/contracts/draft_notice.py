"""The notice that a draft begins with (GDPR art. 13 and 14), in plain Danish: the controller completes and owns it."""

from __future__ import annotations


def notice_text(title: str, municipality: str, operator: str, people: int) -> str:
    """The text, with places for the words of the day; what the controller must fill in stands in square brackets."""
    return f"""# Underretning: sådan bruger {municipality} dine oplysninger

Udkast til {title}. Ret det, og lad databeskyttelsesrådgiveren læse det.

Du er henvist til en indsats hos {operator}. Kommunen betaler for resultater. Derfor følger vi, hvordan det går for hele
gruppen på {people}. Du får denne besked, før vi læser noget om dig.

**Hvem har ansvaret?** {municipality} er dataansvarlig. [Skriv, hvor man skriver til kommunen og til
databeskyttelsesrådgiveren.]

**Hvad bruger vi oplysningerne til?** Til betaling efter resultat, til at se, om indsatsen virker, og til kontrol af,
hvem der har set oplysningerne. Vi træffer ingen afgørelser om dig ud fra dem.

**Hvad giver os lov?** Databeskyttelsesforordningen artikel 6, stk. 1, litra e, og for helbred artikel 9, stk. 2,
litra g. {{law}}.

**Hvem får resultatet?** {operator} ser, hvad kommunen skal betale, og for hvor mange. Når alle eller ingen er i mål,
kan de se det på tallet. De får aldrig dit navn, dit CPR-nummer eller dine ydelser fra os.

**Dine rettigheder.** Du kan få indsigt i dine oplysninger og få rettet fejl. Du kan bede os om at slette dem eller om
at begrænse brugen. Du kan gøre indsigelse. Så stopper vi, medmindre vi har en meget vigtig grund.

**Siger du nej? Det påvirker ikke din ydelse.** Dine aftaler med {{employment_office}} er de samme som før.

**Vil du klage?** Du kan klage til Datatilsynet. Læs hvordan på datatilsynet.dk.
"""
