/** Finding patients by what somebody types: parts of a name, a birth date however it is written, a hospital number. */

const MARKS = /\p{M}/gu;

/** Return a text as it is compared: without accents and capitals. */
export function folded(text) {
  return text.normalize("NFD").replace(MARKS, "").toLowerCase();
}

/**
 * Return what tells whether a patient fits a text: `sought` is their folded name and number, `born` their birth date.
 * Every word must begin a word of the name or stand in the number, or be (part of) the birth date.
 */
export function finder(text) {
  const parts = folded(text).split(/[\s,;]+/).filter(Boolean);
  return ({ sought, born }) => parts.every((part) => inWords(sought, part) || inDate(born, part));
}

function inWords(sought, part) {
  return sought.startsWith(part) || sought.includes(` ${part}`) || (/\d/.test(part) && sought.includes(part));
}

// 1988-02-29, 29-02-1988, 29/2/1988, 29.2.88, 29021988 and the year alone.
function inDate(born, part) {
  if (!born || !/^\d[\d./-]*$/.test(part)) return false;
  const [year, month, date] = born.split("-");
  const asked = part.split(/[./-]/).filter(Boolean);
  if (asked.length === 1) return part === year || part === `${date}${month}${year}` || part === `${year}${month}${date}`;
  const read = asked[0].length === 4 ? asked : [...asked].reverse();
  const has = asked[0].length === 4 ? [year, month, date] : [year, month, date].slice(asked.length === 2 ? 1 : 0);
  return read.length <= has.length && read.every((one, at) => sameNumber(one, has[at]));
}

function sameNumber(typed, real) {
  return Number(typed) === Number(real) || (real.length === 4 && typed.length === 2 && real.endsWith(typed));
}
