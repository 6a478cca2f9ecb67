/** The texts that stand on paper only. */

export const words = {
  nl: {
    "paper.title": "Verloop tussen giften",
    "paper.made": "Afgedrukt op {when} door {who}",
    "paper.period": "Tijdlijn van {from} tot {to}",
    "paper.overlay": "Intervallen over elkaar, tot de gift en de week erna",
    "paper.spans": "De laatste intervallen",
    "paper.levels": "Spiegels",
    "paper.findings": "Bevindingen",
    "paper.more": "Alleen de nieuwste {n} staan hier.",
    "paper.none": "geen",
    "paper.notes": "Hoe dit is berekend",
    "paper.no_advice": "Dit blad geeft geen advies over de behandeling.",
  },
  en: {
    "paper.title": "Course between doses",
    "paper.made": "Printed on {when} by {who}",
    "paper.period": "Timeline from {from} to {to}",
    "paper.overlay": "Intervals laid over each other, to the dose and the week after",
    "paper.spans": "The last intervals",
    "paper.levels": "Levels",
    "paper.findings": "Findings",
    "paper.more": "Only the newest {n} stand here.",
    "paper.none": "none",
    "paper.notes": "How this was worked out",
    "paper.no_advice": "This sheet gives no advice about treatment.",
  },
};
