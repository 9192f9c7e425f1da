import { candidatesIn } from "./candidates.ts";
import { decodePicture } from "./picture/decode_picture.ts";
import type { Donor } from "./donors.ts";
import { filterCandidates } from "../sources/filters.ts";
import { usableMask } from "../sources/masks.ts";
import type { ProcessContext } from "./process_context.ts";
import { encodeReference } from "./picture/reference.ts";
import type { SampleInstance } from "./sample.ts";

/** A reference that another picture lends. */
export interface DonatedReference {
  /** The reference's file. */
  readonly webp: Uint8Array;
  /** Whether its alpha is the lender's mask. */
  readonly cutout: boolean;
  /** The lender. */
  readonly reference: NonNullable<SampleInstance["reference"]>;
}

/**
 * The reference of the first donor whose picture can be read and which passes the filters there;
 * `undefined` where none does. Faults of a donor's picture are reported where that picture's
 * own sample is made.
 */
export async function donatedReference(
  donors: readonly Donor[],
  context: ProcessContext,
): Promise<DonatedReference | undefined> {
  for (const donor of donors) {
    const made = await fromDonor(donor, context).catch(() => undefined);
    if (made) return made;
  }
}

async function fromDonor(
  { picture, id }: Donor,
  { pictures, masks: files, options }: ProcessContext,
): Promise<DonatedReference | undefined> {
  const bytes = await pictures.read(picture.file);
  const decoded = await decodePicture(bytes, picture, options.maxPixels);
  const candidates = candidatesIn(picture, decoded, []);
  const { kept } = filterCandidates(candidates, decoded, options);
  const lent = kept.find(({ instance }) => instance.id === id);
  if (lent === undefined) return;
  const mask = options.cutouts
    ? await usableMask(lent.instance, { picture, decoded, files, problems: [] })
    : undefined;
  return {
    webp: await encodeReference(decoded, lent.box, { ...options, mask }),
    cutout: mask !== undefined,
    reference: { picture: picture.id, id },
  };
}
