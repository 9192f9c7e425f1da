import { assertEquals } from "@std/assert";
import { addTo, viewsOf } from "../../../train/backends/weight_places.ts";

Deno.test("views of a vector are its own memory, each where its weight lies", () => {
  const vector = Float32Array.of(1, 2, 3, 4);
  const views = viewsOf(
    vector,
    new Map([
      ["a", { shape: [1], start: 3, end: 4 }],
      ["b", { shape: [2], start: 0, end: 2 }],
    ]),
  );
  addTo(vector, Float32Array.of(10, 20, 30, 40));
  assertEquals(
    [...views].map(([name, view]) => [name, [...view]]),
    [["a", [44]], ["b", [11, 22]]],
  );
});
