/** The door to the forms: what draws them is fetched when somebody goes there, or has the time. */

let drawing = null;

/** Fetch what draws the forms, so that it is there without internet too. */
export function fetchForms() {
  drawing ??= import("./formscreens.js").catch((error) => {
    drawing = null;
    throw error;
  });
  return drawing;
}

export const screen = {
  name: "forms",
  words: {},
  async render(root, told) {
    return (await fetchForms()).render(root, told);
  },
};
