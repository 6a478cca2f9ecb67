/** The texts of the "move" screen. */
export const words = {
  nl: { "move.title": "Afspraak verzetten" },
  en: { "move.title": "Move an appointment" },
};
