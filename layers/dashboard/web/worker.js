// Graphviz, on a thread of its own. It gets boxes and links that are numbers, and
// answers with places: no text of the node goes through it.
import { instance } from "./viz/viz.js";

const viz = instance();

onmessage = async ({ data: { ticket, graph } }) => {
  try {
    const result = (await viz).render(graph, { format: "json0", yInvert: true });
    if (result.status !== "success") throw new Error(result.errors.map((e) => e.message).join("; "));
    postMessage({ ticket, layout: JSON.parse(result.output) });
  } catch (error) {
    postMessage({ ticket, error: error.message });
  }
};
