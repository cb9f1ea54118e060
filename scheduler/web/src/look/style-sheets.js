// Stands in for @rc-component/util/Dom/dynamicCSS and @ant-design/icons/cssUtils; see vite.config.ts. Plain JavaScript,
// because it is loaded under their names. The order of sheets is theirs: `prepend` first, then the queue by priority.

const sheets = new Map();
const PLACE = { prepend: 0, prependQueue: 1, append: 2 };
let made = 0;

const placeOf = (prepend) => (prepend === 'queue' ? PLACE.prependQueue : prepend ? PLACE.prepend : PLACE.append);

function adopt() {
  const ordered = [...sheets.values()].sort(
    (a, b) => a.place - b.place || a.priority - b.priority || (a.place === PLACE.prepend ? b.no - a.no : a.no - b.no),
  );
  document.adoptedStyleSheets = ordered.map((entry) => entry.sheet);
}

/** What callers get for an element: they write attributes on it and nothing else. */
function standIn() {
  const attributes = new Map();
  return {
    setAttribute: (name, value) => attributes.set(name, value),
    getAttribute: (name) => attributes.get(name) ?? null,
  };
}

export function updateCSS(css, key, { prepend, priority = 0, mark } = {}) {
  const name = `${mark ?? ''} ${key}`;
  const known = sheets.get(name);
  if (known !== undefined) {
    if (known.css !== css) {
      known.css = css;
      known.sheet.replaceSync(css);
    }
    return known.element;
  }
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  const entry = { sheet, css, place: placeOf(prepend), priority, no: ++made, element: standIn() };
  sheets.set(name, entry);
  adopt();
  return entry.element;
}

export function removeCSS(key, { mark } = {}) {
  if (sheets.delete(`${mark ?? ''} ${key}`)) adopt();
}

export const injectCSS = (css, option) => updateCSS(css, `injected ${++made}`, option);
export const clearContainerCache = () => undefined;

// The icons' module has these beside.
export const getShadowRoot = () => null;
export function warningOnce(valid, message) {
  if (!valid) console.warn(message);
}
