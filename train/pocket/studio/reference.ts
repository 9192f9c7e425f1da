import type { Random } from "../../../lib/core/random.ts";
import {
  cropLayer,
  drawLayer,
  type Layer,
  resizeLayer,
} from "../stages/layer.ts";
import { drawBackdrop } from "./backdrop.ts";
import { shadeLayer, strayLight } from "./light.ts";
import { castShadow } from "./shadow.ts";
import { warpLayer } from "./warp.ts";

/** Most that a reference is turned, in radians: 20°. */
const mostTurn = Math.PI / 9;
/** Most perspective, across and down. */
const mostTilt = 0.08;
/**
 * Power of an even number in −1..1 that turn and perspective are drawn with. At 4, half of the turns
 * are within 1.3°, one in six is beyond 10°: how an unknown object was turned can only be guessed.
 */
const rarity = 4;
/** Least and most of a side that a photograph cuts off, and how often it does. */
const cut = { least: 0.03, most: 0.12, chance: 1 / 6 } as const;

/**
 * A photograph of an object: turned, in perspective, in its own light, and now and then cut off
 * at an edge. So a reference pasted into a picture is not the object that the picture shows.
 *
 * @param sprite the object as a scene shows it, upright and in full; its mirror image is the scene's.
 * @param options.side longer side of the object before it is turned, in pixels.
 */
export function photograph(
  sprite: Layer,
  stream: Random,
  { side }: { side: number },
): Layer {
  const scale = side / Math.max(sprite.width, sprite.height);
  const sized = resizeLayer(
    sprite,
    Math.max(4, Math.round(sprite.width * scale)),
    Math.max(4, Math.round(sprite.height * scale)),
  );
  const seldomFar = () => {
    const even = 2 * stream.uniform() - 1;
    return Math.sign(even) * Math.abs(even) ** rarity;
  };
  const seen = warpLayer(sized, {
    angle: mostTurn * seldomFar(),
    tilt: [mostTilt * seldomFar(), mostTilt * seldomFar()],
  });
  const shown = stream.chance(cut.chance) ? cutOff(seen, stream) : seen;
  return shadeLayer(shown, { light: strayLight(stream), fall: 0.25 });
}

/** The layer without a part at one or two of its edges. */
function cutOff(layer: Layer, stream: Random): Layer {
  const part = () => cut.least + (cut.most - cut.least) * stream.uniform();
  const across = stream.chance(0.6), both = stream.chance(0.3);
  const lost = {
    x: across || both ? Math.round(part() * layer.width) : 0,
    y: !across || both ? Math.round(part() * layer.height) : 0,
  };
  return cropLayer(layer, {
    x: stream.chance(0.5) ? lost.x : 0,
    y: stream.chance(0.5) ? lost.y : 0,
    width: layer.width - lost.x,
    height: layer.height - lost.y,
  });
}

/** The photograph with a ground of its own in place of transparency. */
export function withSurroundings(photo: Layer, stream: Random): Layer {
  const light = strayLight(stream.fork("light"));
  const backdrop = drawBackdrop(stream.fork("backdrop"), photo);
  const ground = shadeLayer(backdrop.draw(), { light, fall: 0.15 });
  castShadow(ground, photo, { x: 0, y: 0, light });
  drawLayer(ground, photo, 0, 0);
  return ground;
}
