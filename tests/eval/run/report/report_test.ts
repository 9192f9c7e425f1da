/** `report.html` of a run of two pocket scenes, in a browser. */

import { assert, assertEquals } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import { command } from "../../../../eval/run/command.ts";
import { withTempDir } from "../../../train/temp_dir.ts";
import { findChromium, visitPage } from "../headless_page.ts";

const chromium = await findChromium();

/** What the page shows, and whether it is wider than its window. */
const look = `({
  pictures: [...document.images].map(({ naturalWidth }) => naturalWidth),
  overflows: document.documentElement.scrollWidth > innerWidth,
  paper: [...document.querySelectorAll("td.paper")].map((cell) => cell.textContent.trim()),
})`;

Deno.test({
  name:
    `the report opens in Chromium with nothing fetched and nothing in the console${
      chromium === undefined ? " (left out: it is not installed)" : ""
    }`,
  ignore: chromium === undefined,
  fn: async () => {
    await withTempDir(async (out) => {
      const { log } = console;
      console.log = () => {};
      try {
        const size = ["--count", "2", "--steps", "1", "--columns", "is"];
        await command.run(["--scenes", "pocket", "-o", out, ...size]);
      } finally {
        console.log = log;
      }
      const url = toFileUrl(join(out, "report.html")).href;
      for (const width of [1280, 500]) {
        const visit = await visitPage(chromium!, url, {
          width,
          expression: look,
        });
        assertEquals(visit.requests, []);
        assertEquals(visit.messages, []);
        const { pictures, overflows, paper } = visit.value as {
          pictures: number[];
          overflows: boolean;
          paper: string[];
        };
        assert(pictures.length >= 6, String(pictures.length));
        assert(!pictures.includes(0), "a picture is broken");
        assert(!overflows, `the page is wider than ${width} pixels`);
        assertEquals(
          paper,
          [],
          "the pocket world's scores lie beside the paper's",
        );
      }
    });
  },
});
