/**
 * Writes the merges of a CLIP tokenizer as few bytes, which the package brings in place of its
 * `merges.txt` and `vocab.json`:
 *
 *     deno run -A tools/pack_merges.ts models/pocket/tokenizer models/pocket/tokenizer/merges.br
 */

import { packMerges } from "../lib/weights/configs/merges_vocabulary.ts";
import { readVocabulary } from "../lib/weights/configs/tokenizer_files.ts";

const [tokenizer, out] = Deno.args as [string, string];
const { merges } = await readVocabulary(tokenizer);
await Deno.writeFile(out, packMerges(merges));
console.log(out, (await Deno.stat(out)).size);
