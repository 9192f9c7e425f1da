/** Whether a file's name is that of a safetensors file: `.safetensors`, or `.sft` as some publish them. */
export function isSafetensorsName(name: string): boolean {
  return /\.(safetensors|sft)$/i.test(name);
}
