/** The texts of asking the clinic for contact. */
export const words = {
  nl: {
    "contact.title": "Vraag om contact",
    "contact.ask": "Laat je kliniek je terugbellen",
    "contact.how": "Je verzoek komt in de lijst van je kliniek. Niemand leest dit meteen. Kan het niet wachten? Bel dan.",
    "contact.words": "Waar gaat het over?",
    "contact.words.hint": "Dit mag leeg blijven. Schrijf ook op wanneer je te bereiken bent.",
    "contact.send": "Vraag om contact",
    "contact.sent": "Je verzoek is opgeslagen. Het gaat naar je kliniek zodra er internet is.",
    "contact.standing": "Je vroeg al om contact op {when}. Dat verzoek staat nog open. Je kunt hier iets nieuws vragen.",
  },
  en: {
    "contact.title": "Ask for contact",
    "contact.ask": "Let your clinic call you back",
    "contact.how": "Your request goes on your clinic's list. Nobody reads it right away. Can it not wait? Then call.",
    "contact.words": "What is it about?",
    "contact.words.hint": "This may stay empty. Also write when you can be reached.",
    "contact.send": "Ask for contact",
    "contact.sent": "Your request is saved. It goes to your clinic once there is internet.",
    "contact.standing": "You already asked for contact on {when}. That request is still open. You can ask something new here.",
  },
};
