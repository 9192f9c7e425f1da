import type { Group } from "../lib/core/command/command.ts";

/** `deno task eval`; modules are named in two parts, as in `cli/commands.ts`. */
export const command: Group = {
  commands: {
    coco: {
      summary: "compute COCO's twelve numbers of a results file",
      load: () => import(`./coco${"/coco_command.ts"}`),
    },
    run: {
      summary: "make pictures of many scenes, detect, compare, and report",
      load: () => import(`./run${"/command.ts"}`),
    },
    export: {
      summary:
        "write scenes as other systems read them, so that their pictures can be scored",
      load: () => import(`./export${"/command.ts"}`),
    },
    controls: {
      summary: "measure what rulers see: the truth, pastes, silhouettes",
      load: () => import(`./controls${"/command.ts"}`),
    },
    naming: {
      summary: "let people name objects by eye, and count their replies",
      load: () => import(`./naming${"/cli.ts"}`),
    },
    again: {
      summary: "measure what painting the weakest instance anew gains",
      load: () => import(`./again${"/command.ts"}`),
    },
    "best-of": {
      summary: "measure what choosing among several pictures of a scene gains",
      load: () => import(`./best_of${"_command.ts"}`),
    },
  },
};
