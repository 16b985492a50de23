// Viewport moves and zooms a picture: by pointer, wheel, pinch and keys.
export class Viewport {
  moving = false;
  #bounds = [0, 0, 1, 1];
  #view = { x: 0, y: 0, width: 1, height: 1 };
  #pointers = new Map();
  #dragged = false; // since the pointer went down
  #own = false; // the user has chosen what to see
  #scale = 1; // pixels for a unit of the picture

  constructor(svg) {
    this.svg = svg;
    svg.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => this.#down(event));
    svg.addEventListener("pointermove", (event) => this.#move(event));
    for (const type of ["pointerup", "pointercancel", "pointerleave"]) svg.addEventListener(type, (event) => this.#up(event));
    svg.addEventListener("click", (event) => this.#click(event), { capture: true });
    new ResizeObserver(() => this.#resize()).observe(svg);
  }

  // show takes the bounds of a new picture and fits it.
  show([left, top, right, bottom]) {
    this.#bounds = [Math.min(left, right), Math.min(top, bottom), Math.abs(right - left), Math.abs(bottom - top)];
    this.fit();
  }

  // fit shows the whole picture, not bigger than it is, or a readable part of it.
  fit() {
    const { clientWidth, clientHeight } = this.svg;
    if (!clientWidth || !clientHeight) return;
    this.#own = false;
    const [x, y, width, height] = this.#bounds;
    const scale = Math.min(Math.max(Math.min(clientWidth / (width + 32), clientHeight / (height + 32)), 0.5), 1.25);
    const view = { width: clientWidth / scale, height: clientHeight / scale };
    view.x = view.width > width ? x - (view.width - width) / 2 : x - 16;
    view.y = view.height > height ? y - (view.height - height) / 2 : y - 16;
    this.#set(view);
  }

  // resize fits the picture again, unless the user looks at a part of it.
  #resize() {
    const { clientWidth, clientHeight } = this.svg;
    if (!this.#own) this.fit();
    else if (clientWidth && clientHeight) this.#set({ ...this.#view, width: clientWidth / this.#scale, height: clientHeight / this.#scale });
  }

  zoom(factor, at = { x: this.#view.x + this.#view.width / 2, y: this.#view.y + this.#view.height / 2 }) {
    const { x, y, width, height } = this.#view;
    this.#own = true;
    const scale = this.#scale;
    const by = Math.min(Math.max(scale * factor, 0.05), 4) / scale;
    this.#set({ x: at.x - (at.x - x) / by, y: at.y - (at.y - y) / by, width: width / by, height: height / by });
  }

  // reveal moves a box into sight.
  reveal({ x, y, width, height }) {
    this.#own = true;
    const view = { ...this.#view };
    view.x = Math.min(Math.max(view.x, x + width / 2 + 16 - view.width), x - width / 2 - 16);
    view.y = Math.min(Math.max(view.y, y + height / 2 + 16 - view.height), y - height / 2 - 16);
    this.#set(view);
  }

  #set(view) {
    this.#view = view;
    if (this.svg.clientWidth) this.#scale = this.svg.clientWidth / view.width;
    this.svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
  }

  #at({ clientX, clientY }) {
    const { left, top, width } = this.svg.getBoundingClientRect();
    const scale = this.#view.width / width;
    return { x: this.#view.x + (clientX - left) * scale, y: this.#view.y + (clientY - top) * scale };
  }

  #wheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), this.#at(event));
  }

  #down(event) {
    this.#dragged = false;
    this.#pointers.set(event.pointerId, event);
  }

  // click drops the click that ends a drag.
  #click(event) {
    if (this.#dragged) event.stopImmediatePropagation();
    this.#dragged = false;
  }

  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const others = [...this.#pointers.values()].filter((p) => p.pointerId !== event.pointerId);
    if (others.length === 0 && !this.moving && Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY) < 4) return;
    this.moving = this.#dragged = this.#own = true;
    const [from, to] = [this.#at(before), this.#at(event)];
    if (others.length > 0) {
      const other = this.#at(others[0]);
      this.zoom(Math.hypot(to.x - other.x, to.y - other.y) / Math.max(1, Math.hypot(from.x - other.x, from.y - other.y)), other);
    } else {
      this.#set({ ...this.#view, x: this.#view.x + from.x - to.x, y: this.#view.y + from.y - to.y });
    }
    this.#pointers.set(event.pointerId, event);
  }

  #up(event) {
    this.#pointers.delete(event.pointerId);
    if (this.#pointers.size === 0) this.moving = false;
  }
}
