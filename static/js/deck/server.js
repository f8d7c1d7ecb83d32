// What the slides ask of the server. Only the presenter's browser has the session's token.
import { asker, token } from "../ask.js";

export { keepToken } from "../ask.js";

/** Whether this browser may move everybody's slides and run commands. */
export const mayLead = () => token() !== "";

/** Ask `/api/slides` + path: see ask.js. */
export const ask = asker("/api/slides");
