// What the page can do beside showing calls and picture: each is a module of its own that installs itself on the page.
import { installAbout } from "./about.js";
import { installCallsExport } from "./calls-export.js";
import { installExport } from "./export.js";
import { installFilter } from "./filterbar.js";
import { installFreshness, installZoom } from "./picture-tools.js";
import { installProjector } from "./projector.js";
import { installSearch } from "./search.js";
import { installStep } from "./step/step.js";
import { installTalk } from "./talk.js";
import { installTime } from "./time.js";
import { installWalk } from "./walk/walk.js";

/** Functions of the page (main.js), called once when the page is put together. */
export const FEATURES = [
  installFilter, installCallsExport, installZoom, installSearch, installExport, installAbout, installStep, installTime,
  installTalk, installWalk, installFreshness, installProjector,
];
