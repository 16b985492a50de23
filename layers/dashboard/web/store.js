// What is known of the node. Views listen to "change", "goroutines" and "instance".

export class Store extends EventTarget {
  connection = "connecting"; // or live, lost, stopped
  instance = "";
  tasks = new Map(); // by ID, in registration order
  constructors = []; // in the order of their calls
  phases = [];
  counts = {};
  pending = [];
  goroutines = {};
  cause = "";
  title = "";
  problem = ""; // why the server refuses the page
  gateOpened = 0;
  #offset = 0; // the clock of the node minus that of the browser
  #frozen = 0; // the time of the node when it was last heard of, once it is away

  get phase() {
    if (this.connection === "stopped") return "stopped";
    return this.phases.at(-1)?.phase ?? "";
  }

  get total() {
    return Object.values(this.counts).reduce((sum, n) => sum + n, 0);
  }

  // now is the time of the node, which stands still while the node is away.
  get now() {
    return this.#frozen || Date.now() + this.#offset;
  }

  // begin is when a phase began, or 0.
  begin(phase) {
    return this.phases.find((p) => p.phase === phase)?.begin ?? 0;
  }

  receive(name, data) {
    if (name === "state") this.#update(data);
    if (name === "goroutines") {
      this.goroutines = data;
      this.#tell("goroutines");
    }
    if (name === "end") this.#leave("stopped");
  }

  // lost says that the connection has ended, and what the server said if it refused one.
  lost(error) {
    this.problem = error?.status ? error.message : "";
    if (this.connection !== "stopped" || this.problem) this.#leave("lost");
  }

  #leave(connection) {
    this.#frozen ||= this.now;
    this.connection = connection;
    this.goroutines = {};
    this.#tell("change");
  }

  #update(state) {
    const isNew = state.instance !== this.instance;
    if (isNew) {
      this.tasks.clear();
      this.constructors = [];
      this.goroutines = {};
    }
    this.#offset = state.now - Date.now();
    this.#frozen = 0;
    this.connection = "live";
    this.problem = "";
    for (const key of ["instance", "title", "phases", "counts", "pending"]) this[key] = state[key];
    this.cause = state.cause ?? "";
    this.gateOpened = state.gateOpened ?? 0;
    for (const task of state.tasks) this.tasks.set(task.id, task);
    for (const constructor of state.constructors) this.constructors[constructor.number] = constructor;
    if (isNew) this.#tell("instance");
    this.#tell("change");
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}
