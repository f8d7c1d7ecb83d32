// Graphviz in a thread of its own: takes {number, dot}, gives {number, svg} or {number, error}.
// Import maps do not reach workers, hence the path.
import { Graphviz } from "../vendor/graphviz.js";
import { Layout } from "./layout.js";

const ready = Graphviz.load().then((graphviz) => new Layout(graphviz));

ready.then(
  () => postMessage({ ready: true }),
  (error) => postMessage({ failed: String(error) }),
);

addEventListener("message", async ({ data: { number, dot } }) => {
  try {
    postMessage({ number, svg: (await ready).svg(dot) });
  } catch (error) {
    postMessage({ number, error: String(error.message ?? error) });
  }
});
