/** Beginnings of names in a text encoder that is saved without its wrapper. */
const bare = /^(embeddings|encoder|final_layer_norm)\./;

/**
 * The name of a CLIP text encoder's weight as models read it: version 5 of transformers saves
 * `CLIPTextModel` without the prefix `text_model.`; the encoder with a projection keeps it.
 */
export function wrappedTextName(name: string): string {
  return bare.test(name) ? `text_model.${name}` : name;
}
