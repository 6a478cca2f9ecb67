/** Makes elements without markup in strings, and speaks to a screen reader. */

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["hidden", "checked", "disabled", "required", "readOnly", "multiple", "selected", "open"]);
const LATE = new Set(["value"]);

/** Make an element: `h("p", {class: "hint"}, "text", node, [more], null)`. */
export function h(tag, props = {}, ...children) {
  return made(document.createElement(tag), props, children);
}

/** Make an SVG element, in the same way. */
export function svg(tag, props = {}, ...children) {
  return made(document.createElementNS(SVG, tag), props, children);
}

/** Put these in the place of whatever a node holds, and return the node. */
export function fill(node, ...children) {
  node.replaceChildren(...flat(children));
  return node;
}

let speaking = 0;

/** Say something through the one live region; saying the same twice is heard twice. */
export function announce(text) {
  const region = document.getElementById("live");
  if (!region) return;
  region.textContent = "";
  clearTimeout(speaking);
  speaking = setTimeout(() => {
    region.textContent = text;
  }, 60);
}

let noticed = 0;

/** Say something and show it for a while at the foot of the screen: "Saved", "No internet right now". */
export function notice(text) {
  announce(text);
  const foot = document.getElementById("notice");
  if (!foot) return;
  fill(foot, h("p", {}, text));
  foot.hidden = false;
  clearTimeout(noticed);
  noticed = setTimeout(() => {
    foot.hidden = true;
  }, 8000);
}

function made(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) if (!LATE.has(name)) set(node, name, value);
  node.append(...flat(children));
  // A select only takes its value once its options are there.
  for (const name of LATE) if (name in (props ?? {})) set(node, name, props[name]);
  return node;
}

function set(node, name, value) {
  if (name.startsWith("on") && typeof value === "function") node.addEventListener(name.slice(2), value);
  else if (PROPERTIES.has(name)) node[name] = Boolean(value);
  else if (name === "style" && value && typeof value === "object") {
    for (const [key, one] of Object.entries(value)) node.style.setProperty(key, String(one));
  } else if (value === null || value === undefined || value === false) return;
  else if (name === "value" && "value" in node && node.tagName !== "LI") node.value = value;
  else node.setAttribute(name, value === true ? "" : String(value));
}

function flat(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== "")
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}
