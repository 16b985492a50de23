// Small helpers to make elements. Text always ends up in text nodes: nothing here, and
// nothing elsewhere, parses text as HTML.

const SVG = "http://www.w3.org/2000/svg";

// h makes an HTML element: attributes, then children (nodes or text). A function is a
// listener, a boolean a property of its name, and null is left out.
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

// s makes an SVG element in the same way.
export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else if (typeof value === "boolean") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// setText changes the text of an element only if it differs, which keeps selections.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// reconcile makes the children of parent those of the items, in their order, and keeps
// the elements of items that stay, so that focus and selections survive. Create makes
// an object with a field element and a method update(item).
export function reconcile(parent, rows, items, keyOf, create) {
  const wanted = new Set(items.map(keyOf));
  for (const [key, row] of rows) {
    if (wanted.has(key)) continue;
    row.element.remove();
    rows.delete(key);
  }
  let next = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let row = rows.get(key);
    if (!row) rows.set(key, (row = create(item)));
    row.update(item);
    if (row.element === next) next = next.nextElementSibling;
    else parent.insertBefore(row.element, next);
  }
}

// debounce calls f once for many calls, with the next frame.
export function debounce(f) {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    setTimeout(() => { due = false; f(); }, 50); // frames stop in hidden tabs
  };
}
