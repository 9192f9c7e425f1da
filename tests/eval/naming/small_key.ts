import type { NamingKey } from "../../../eval/naming/naming_key.ts";

const moon = ["full moon", "taco", "key", "lion"];
const shoe = ["bus", "star", "man’s shoe", "rose"];

/** Two scenes of two sizes; the moon occurs twice. */
export const key: NamingKey = {
  run: {
    ...{ seed: 1, scenes: 2, sizes: ["128x128", "160x120"], steps: 4 },
    model: { name: "pocket", files: {} },
  },
  scenes: [
    {
      ...{ scene: 1, sheet: 1, size: "128x128" },
      caption: "a full moon and a man’s shoe on a red ground",
      pattern: "plain",
      objects: [
        { label: "1.1", name: "full moon", choices: moon },
        { label: "1.2", name: "man’s shoe", choices: shoe },
      ],
    },
    {
      ...{ scene: 2, sheet: 1, size: "160x120" },
      caption: "a full moon on a striped red ground",
      pattern: "striped",
      objects: [{ label: "2.1", name: "full moon", choices: moon }],
    },
  ],
  references: [
    { label: "1.R1", object: "2.1" },
    { label: "1.R2", object: "1.2" },
    { label: "1.R3", object: "1.1" },
  ],
};
