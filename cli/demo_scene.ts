import { assetFile } from "../lib/core/files/assets.ts";
import { box } from "../lib/scene_data/box.ts";
import { scene } from "../lib/scene/begin_scene.ts";
import type { Scene } from "../lib/scene/scene.ts";

const pictures = {
  padlock: "examples/assets/padlock.webp",
  hamburger: "examples/assets/hamburger.webp",
  vase: "examples/assets/vase.webp",
  backpack: "examples/assets/backpack.png",
} as const;

/** The scene of the demo without the words for its ground. */
const things = "a padlock and a hamburger and a vase of flowers";

/**
 * The scene of the demo: two objects that are held out of the pocket model's training, and a
 * photograph.
 */
export async function demoScene(): Promise<Scene> {
  const files = await Promise.all(Object.values(pictures).map(assetFile));
  const { padlock, hamburger, vase } = pictures;
  const placed = scene(512, 512)
    .caption(`${things} on a striped blue ground`)
    .place(padlock, box.xyxy(48, 16, 228, 240))
    .place(hamburger, box.xyxy(20, 268, 272, 484))
    .place(vase, box.xyxy(280, 8, 500, 278));
  // paths that a saved picture holds count from here, wherever the package lies
  const folder = files[0]!.slice(0, -padlock.length);
  return scene.from(placed, { folder });
}

/** A scene that differs from the demo's in one thing. */
export interface Variation {
  /** One line that names what changed. */
  readonly title: string;
  readonly scene: Scene;
  /** Number of the instance that changed; absent where the caption did. */
  readonly changed?: number;
}

/** The demo's scene with another caption, another box, and another reference. */
export async function variationsOf(demo: Scene): Promise<Variation[]> {
  // a path that `change` takes counts from the current folder
  const backpack = await assetFile(pictures.backpack);
  return [
    {
      title: "caption: on a dotted yellow ground",
      scene: demo.caption(`${things} on a dotted yellow ground`),
    },
    {
      title: "box: the padlock's is moved",
      scene: demo.change(0, { box: box.xyxy(304, 282, 476, 496) }),
      changed: 0,
    },
    {
      title: "reference: a backpack, same caption",
      scene: demo.change(1, { reference: backpack, fit: "contain" }),
      changed: 1,
    },
  ];
}
