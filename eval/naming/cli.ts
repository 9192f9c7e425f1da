import type { Group } from "../../lib/core/command/command.ts";
import { command as draw } from "./draw_command.ts";
import { command as score } from "./score_command.ts";

/** `deno task eval naming`. */
export const command: Group = {
  about:
    `People who see only pictures name their objects: freely, among four names, and by their
    references. \`draw\` makes sheets and a key, \`score\` counts replies.`,
  commands: {
    draw: {
      summary: "draw numbered sheets of held-out scenes, for people to name",
      load: () => ({ command: draw }),
    },
    score: {
      summary: "count the replies of people who named the objects of sheets",
      load: () => ({ command: score }),
    },
  },
};
