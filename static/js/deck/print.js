// All slides under one another, for a PDF: the pictures are drawn, and what comes step by step is all there.
import { Pictures } from "./pictures.js";

for (const room of document.querySelectorAll("[data-live]")) room.textContent = "This part is live: it is shown when the slides are.";

await new Pictures().recorded();
document.documentElement.dataset.ready = "yes";
globalThis.workshop = {};
