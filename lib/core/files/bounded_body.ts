/**
 * The body of a response, whole.
 *
 * @param most bytes that are read.
 * @param tooLarge the error where there are more than `most`.
 */
export async function boundedBody(
  response: Response,
  most: number,
  tooLarge: (bytes: number) => Error,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > most) throw tooLarge(length);
    parts.push(part);
  }
  return await new Blob(parts).bytes();
}
