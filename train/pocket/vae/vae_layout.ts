/** Where the values of a linear codec lie in the feature maps of a VAE. */

/** Value of the constant channels. */
export const constant = 4;

/** Which channel carries a value, and with which sign. */
export interface Carrier {
  readonly channel: number;
  readonly value: number;
  readonly sign: 1 | -1;
}

/** Where values lie in a feature map. */
export interface Layout {
  readonly width: number;
  readonly carriers: readonly Carrier[];
  /** Channels of the constant and of its negative, in pairs. */
  readonly constants: readonly (readonly [number, number])[];
}

/** Values in the first channels, the constants in the last two. */
export function plainLayout(width: number, values: number): Layout {
  const carriers = Array.from(
    { length: values },
    (_, value) => ({ channel: value, value, sign: 1 } as const),
  );
  return { width, carriers, constants: [[width - 2, width - 1]] };
}

/** Values with their negatives, and the constants, in each group of normalisation. */
export function pairedLayout(
  width: number,
  values: number,
  groups: number,
): Layout {
  const each = Math.ceil(values / groups), size = width / groups;
  if (2 * each + 2 > size) {
    throw new RangeError(
      `${values} values do not fit into ${width} channels in ${groups} groups`,
    );
  }
  const carriers: Carrier[] = [];
  const constants: [number, number][] = [];
  for (let group = 0; group < groups; group++) {
    const first = group * size;
    const own = Math.min(each, values - group * each);
    for (let i = 0; i < own; i++) {
      const value = group * each + i;
      carriers.push({ channel: first + i, value, sign: 1 });
      carriers.push({ channel: first + own + i, value, sign: -1 });
    }
    constants.push([first + size - 2, first + size - 1]);
  }
  return { width, carriers, constants };
}

/** Approximate divisor of group normalisation: the deviation of one group's channels. */
export function groupDeviation(
  { width, carriers }: Layout,
  squares: readonly number[],
  groups: number,
): number {
  const sum = carriers.reduce((all, { value }) => all + squares[value]!, 0);
  return Math.sqrt((2 * constant ** 2 + sum / groups) / (width / groups));
}

/** Every channel that a layout uses. */
export function channelsOf({ carriers, constants }: Layout): number[] {
  return [...carriers.map(({ channel }) => channel), ...constants.flat()];
}
