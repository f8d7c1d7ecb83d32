// What the page asks and commands of the exercise: docs/course.md has the table.
import { asker } from "../ask.js";

export { Refused } from "../ask.js";

/** Ask `/api/lesson` + path: see ask.js. */
export const ask = asker("/api/lesson");
