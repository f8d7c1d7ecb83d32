// A session inside of one file, with no server: in the exported page this stands for feed.js, and answers what the page
// asks for. What is in there: workshop/dashboard/offline.py.

async function unpacked(id) {
  const packed = atob(document.getElementById(id).textContent.trim());
  const bytes = Uint8Array.from(packed, (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

const session = unpacked("session");

/** A moment's picture, of which the file has each line and each link once. */
function picture({ lines, links }, { seq, more, dot, has }) {
  return { ...more, seq, dot: dot.map((line) => lines[line]).join("\n"), links: Object.fromEntries(has.map((link) => links[link])) };
}

async function answer(address) {
  const { answers, pictures } = await session;
  const { pathname, searchParams } = new URL(address, "http://file.invalid");
  if (pathname === "/api/at") {
    const found = pictures.moments[searchParams.get("seq")];
    return found ? { picture: picture(pictures, found) } : null;
  }
  return answers[pathname] ?? null;
}

const GONE = { error: "This is not in the exported file." };

globalThis.fetch = async (address) => {
  const found = await answer(String(address));
  return new Response(JSON.stringify(found ?? GONE), { status: found ? 200 : 404, headers: { "Content-Type": "application/json" } });
};

/** Tells the page of the session once; nothing follows. */
export class Feed {
  constructor(story, on) {
    this.story = story;
    this.#begin(on);
  }

  async #begin(on) {
    let snapshot;
    try {
      snapshot = await answer("/api/snapshot");
    } catch (error) {
      console.error(error);
      on.state("broken");
      return;
    }
    this.story.reset(snapshot);
    on.snapshot(snapshot);
    on.picture(snapshot.picture);
    on.state("live");
  }
}
