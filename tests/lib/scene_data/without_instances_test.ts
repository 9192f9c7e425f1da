import { assertEquals } from "@std/assert";
import { withoutInstances } from "../../../lib/scene_data/without_instances.ts";
import { scene } from "../../../mod.ts";

const three = scene.from({
  caption: "three",
  instances: ["a.png", "b.png", "c.png"].map((reference, i) => ({
    ...{ reference, box: { fraction: [i / 3, 0, (i + 1) / 3, 1] } },
  })),
  controls: [
    { model: "whole", image: "p.png" },
    { model: "first", image: "p.png", instance: 0 },
    { model: "last", image: "p.png", instance: 2 },
  ],
});

Deno.test("controls follow their instance where one before it is removed", () => {
  const rest = withoutInstances(three.toJSON(), [1]);
  assertEquals(rest.instances.map((one) => one.reference), ["a.png", "c.png"]);
  assertEquals(
    rest.controls!.map(({ model, instance }) => [model, instance]),
    [["whole", undefined], ["first", 0], ["last", 1]],
  );
});

Deno.test("the control of an instance goes with it", () => {
  assertEquals(
    three.remove(0).toJSON().controls!.map(({ model, instance }) => [
      ...[model, instance],
    ]),
    [["whole", undefined], ["last", 1]],
  );
});
