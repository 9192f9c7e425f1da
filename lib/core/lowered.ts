/** A sentence as the second half of another: its first letter in lower case. */
export function lowered(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
