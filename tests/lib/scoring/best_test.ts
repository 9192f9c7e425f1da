import { assert, assertEquals, assertRejects } from "@std/assert";
import type {
  Detection,
  Detector,
  Rulers,
} from "../../../lib/pipeline/options/rulers.ts";
import { generate } from "../../../lib/scoring/generate.ts";
import { LocRef } from "../../../lib/model/locref.ts";
import { box } from "../../../lib/scene_data/box.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";

const pair = scene().caption("a star and a backpack")
  .place("examples/assets/star.png", box.percent(0, 0, 50, 50))
  .place("examples/assets/backpack.png", box.percent(50, 50, 100, 100));

const star: Detection = { box: [0, 0, 0.5, 0.5], category: 0, score: 1 };
const backpack: Detection = { box: [0.5, 0.5, 1, 1], category: 0, score: 1 };

/** Finds, in one picture after the other, what it is told. */
function finding(...found: Detection[][]): Rulers & { seen(): number } {
  let seen = 0;
  const detector: Detector = {
    classes: ["thing"],
    detect: () => Promise.resolve([found[seen++] ?? []]),
    dispose: () => Promise.resolve(),
  };
  return { detector, seen: () => seen };
}

const model = await LocRef.load();

Deno.test("of n pictures the one with the best scores is kept, with its scores and its seed", async () => {
  const rulers = finding([star], [star, backpack], []);
  const picture = await pair.generate({
    ...{ model, steps: 1, seed: 5, n: 3, keep: "best", rulers },
  });
  assertEquals(rulers.seen(), 3);
  assertEquals(picture.provenance.seed, 6);
  const { scores } = picture;
  const choice = { seed: 5, pictures: 3, scores };
  assertEquals(picture.provenance.choice, choice as never);
  assertEquals(picture.scores!.instances.map(({ iou }) => iou), [1, 1]);
  const again = await pair.generate({ model, steps: 1, seed: 6 });
  assertEquals(picture.data, again.data);
});

Deno.test("only instances that failed are painted anew, and the picture can be made again", async () => {
  const rulers = finding([star], [star], [star, backpack]);
  const picture = await pair.generate({
    ...{ model, steps: 1, until: { iou: 0.7 }, tries: 9, rulers },
  });
  assertEquals(rulers.seen(), 3);
  assert(!picture.warnings.some((one) => one.includes("until")));
  const { scene: made, seed, painted } = picture.provenance;
  assertEquals(made.init!.boxes, [pair.instances[1]!.box]);
  assertEquals(painted!.scene.instances, pair.instances);
  const again = await generate(made, { model, steps: 1, seed });
  assertEquals(picture.data, again.data);
});

Deno.test("a signal stops the tries, too", async () => {
  const stop = new AbortController(), reason = new Error("enough");
  const rulers = finding([], [], []);
  const { detect } = rulers.detector!;
  const aborting: Detector = {
    ...rulers.detector!,
    detect: (pictures) => {
      if (rulers.seen() === 1) stop.abort(reason);
      return detect(pictures);
    },
  };
  const error = await assertRejects(() =>
    pair.generate({
      ...{ model, steps: 1, until: { iou: 0.7 }, tries: 4 },
      ...{ rulers: { detector: aborting }, signal: stop.signal },
    })
  );
  assertEquals(error, reason);
  assertEquals(rulers.seen(), 2);
});

Deno.test("tries that never succeed end, with the best picture so far", async () => {
  const rulers = finding([], [star], [], []);
  const picture = await pair.generate({
    ...{ model, steps: 1, until: { iou: 0.7 }, tries: 4, rulers },
  });
  assertEquals(rulers.seen(), 4);
  assertEquals(picture.scores!.instances.map(({ iou }) => iou), [1, 0]);
  assertEquals(
    picture.warnings.filter((one) => one.includes("until")),
    [
      'Scores of until were not reached in 4 pictures: Instance 2 ("examples/assets/backpack.png") has IoU 0.00 of 0.7',
    ],
  );
});

Deno.test("where the detector knows an instance's class, other classes are no hits", async () => {
  const { detector } = finding([{ ...star, category: 1 }, backpack]);
  const rulers = { detector: { ...detector!, classes: ["star", "dog"] } };
  const picture = await pair.generate({
    ...{ model, steps: 1, keep: "best", rulers },
  });
  assertEquals(picture.scores!.instances.map(({ iou }) => iou), [0, 1]);
});

Deno.test("rolled pictures of great seeds are made again from their files", async () => {
  const rulers = finding([], [star, backpack]);
  const seed = Number.MAX_SAFE_INTEGER;
  const picture = await pair.generate({
    ...{ model, steps: 1, seed, until: { iou: 0.7 }, rulers },
  });
  const replayed = await scene.fromImage(await picture.encode());
  const again = await replayed.scene.generate({ ...replayed.options, model });
  assertEquals(picture.data, again.data);
});

Deno.test("with rulers alone the one picture is scored", async () => {
  const rulers = finding([star, backpack]);
  const picture = await pair.generate({ model, steps: 1, rulers });
  assertEquals(picture.scores!.instances.map(({ iou }) => iou), [1, 1]);
  const plain = await pair.generate({ model, steps: 1 });
  assertEquals(plain.scores, undefined);
  assertEquals(picture.data, plain.data);
});

Deno.test("the pocket model is measured with its own rulers", async () => {
  const picture = await pair.generate({ model, steps: 1, keep: "best" });
  for (const { iou, clipI } of picture.scores!.instances) {
    assert(iou! >= 0 && iou! <= 1);
    assert(clipI! >= -1 && clipI! <= 1);
  }
});

const wrong = [
  [
    { n: 3, until: { iou: 0.5 } },
    'Option n is 3: say which picture to keep with { keep: "best" }',
  ],
  [
    { n: 0, keep: "best" },
    "Option n is 0: it must be a whole number from 1 to 1000",
  ],
  [
    { until: { iou: 2 } },
    "Option until.iou is 2: it must be a number from -1 to 1",
  ],
  [
    { until: { ious: 0.5 } },
    'Option "ious" of until of generate is not known, did you mean "iou"?',
  ],
  [{ until: {} }, "Option until asks for nothing: it takes iou, clip"],
  [
    { tries: 3 },
    "Option tries is 3: it counts pictures until scores are reached, so it needs { until }",
  ],
  [
    { keep: "best", rulers: {} },
    "Option rulers is empty: it takes a detector, an encoder, or both",
  ],
  [
    { until: { clip: 0.5 }, rulers: { detector: finding().detector } },
    "Option until.clip is 0.5, but the rulers have no encoder",
  ],
] as const;

for (const [options, message] of wrong) {
  Deno.test(`refused: ${message}`, async () => {
    const error = await assertRejects(() =>
      pair.generate({ steps: 1, ...options as object })
    );
    assertEquals((error as Error).message, message);
  });
}
