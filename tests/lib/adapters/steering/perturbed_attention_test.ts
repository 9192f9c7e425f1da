import { assertThrows } from "@std/assert";
import { checkPerturbed } from "../../../../lib/adapters/steering/perturbed_attention.ts";
import type { AttentionSite } from "../../../../lib/bases/places.ts";

function site(kind: "self" | "cross", path: string): AttentionSite {
  const rest = { layer: 0, width: 4, heads: 1, level: 0 };
  return { kind, path, ...rest, size: { height: 1, width: 1 } };
}

const transformer = "attentions.0.transformer_blocks.0";
const sites = [
  site("self", `up_blocks.1.${transformer}.attn1`),
  site("cross", `up_blocks.1.${transformer}.attn2`),
];

Deno.test("a block that does not exist is refused with the one that was meant", () => {
  assertThrows(
    () => checkPerturbed({ blocks: ["up_block.1"] }, sites),
    RangeError,
    'block "up_block.1" is no block of the model that attends to itself, did you mean "up_blocks.1"?',
  );
});

Deno.test("a model whose middle block does not attend is named, with the option", () => {
  assertThrows(
    () => checkPerturbed({}, sites),
    RangeError,
    'block "mid_block" of the model has no self-attention: name others with { pag: { scale, blocks } }',
  );
});

Deno.test("a block is known by its own name and by the names of its parts", () => {
  checkPerturbed({ blocks: ["up_blocks.1"] }, sites);
  checkPerturbed({ blocks: ["up_blocks.1.attentions.0"] }, sites);
  checkPerturbed({ blocks: [sites[0]!.path] }, sites);
});
