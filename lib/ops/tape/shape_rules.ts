import type { LossOps } from "../loss_ops.ts";
import { record, type RuleContext } from "./rule.ts";
import type { Derivative, Taped } from "./tape.ts";

type ShapeRules<T> = Pick<
  LossOps<Taped<T>>,
  | "upsample"
  | "concatChannels"
  | "splitChannels"
  | "tokens"
  | "image"
  | "concatTokens"
  | "sliceTokens"
  | "token"
  | "unflatten"
  | "repeatBatch"
  | "groupTokens"
  | "turnTokens"
  | "stackRows"
  | "unstackRows"
  | "sumWidth"
  | "maxWidth"
  | "sum"
  | "mean"
>;

/** Operations that move, repeat or sum values. */
export function shapeRules<T>(context: RuleContext<T>): ShapeRules<T> {
  const { tape, ops } = context;
  const all = (x: readonly Taped<T>[]) => x.map((one) => tape.read(one));
  const reshaped = (x: Taped<T>, shape: readonly number[]) => {
    const value = tape.read(x), before = ops.shapeOf(value);
    return record(
      context,
      [x],
      ops.reshape(value, shape),
      (dy) => [() => ops.reshape(dy, before)],
    );
  };
  const summed = (x: Taped<T>, factor: number) => {
    const value = tape.read(x);
    const axes = [...ops.shapeOf(value).keys()];
    const total = ops.reshape(ops.sumAxes(value, axes), []);
    const sum = factor === 1 ? total : ops.scale(total, factor);
    return record(context, [x], sum, (dy) => [
      () => spread(factor === 1 ? dy : ops.scale(dy, factor), value),
    ]);
  };
  const spread = (x: T, like: T) => ops.expand(x, ops.shapeOf(like));
  return {
    upsample: (x, size) => {
      const value = tape.read(x);
      return record(context, [x], ops.upsample(value, size), (dy) => [
        () => ops.sumCopies(dy, value),
      ]);
    },
    concatChannels: (images) => {
      const values = all(images);
      return record(context, images, ops.concatChannels(values), (dy) => {
        let start = 0;
        return values.map((value): Derivative<T> => {
          const from = start, length = ops.channelsOf(value);
          start += length;
          return () => ops.sliceChannels(dy, from, length);
        });
      });
    },
    splitChannels: (x, count) => {
      const parts = ops.splitChannels(tape.read(x), count);
      // what no later operation reads counts as zero
      return tape.record([x], parts, (...dys) => [
        () =>
          ops.concatChannels(
            dys.map((dy, i) => dy ?? ops.scale(parts[i]!, 0)),
          ),
      ]);
    },
    tokens: (image) => {
      const value = tape.read(image);
      return record(context, [image], ops.tokens(value), (dy) => [
        () => ops.image(dy, ops.sizeOf(value)),
      ]);
    },
    image: (tokens, size) =>
      record(context, [tokens], ops.image(tape.read(tokens), size), (dy) => [
        () => ops.tokens(dy),
      ]),
    concatTokens: (tokens) => {
      const values = all(tokens);
      return record(context, tokens, ops.concatTokens(values), (dy) => {
        let start = 0;
        return values.map((value): Derivative<T> => {
          const from = start, length = ops.shapeOf(value)[1]!;
          start += length;
          return () => ops.slice(dy, 1, from, length);
        });
      });
    },
    sliceTokens: (x, start, length) => {
      const value = tape.read(x), tokens = ops.shapeOf(value)[1]!;
      const part = ops.sliceTokens(value, start, length);
      return record(context, [x], part, (dy) => [
        () => ops.pad(dy, 1, start, tokens - start - length),
      ]);
    },
    token: (x, index) => {
      const value = tape.read(x);
      const [batch, tokens, width] = ops.shapeOf(value) as [
        number,
        number,
        number,
      ];
      return record(context, [x], ops.token(value, index), (dy) => [() => {
        const alone = ops.reshape(dy, [batch, 1, width]);
        return ops.pad(alone, 1, index, tokens - 1 - index);
      }]);
    },
    unflatten: (vector, tokens) => {
      const [batch, width] = ops.shapeOf(tape.read(vector));
      return reshaped(vector, [batch!, tokens, width! / tokens]);
    },
    repeatBatch: (x, like) => {
      const value = tape.read(x), shape = ops.shapeOf(value);
      const repeated = ops.repeatBatch(value, tape.read(like));
      return record(context, [x], repeated, (dy) => [
        () => ops.reshape(ops.sumAxes(dy, [0]), shape),
      ]);
    },
    groupTokens: (x, like) => {
      const groups = ops.shapeOf(tape.read(like))[1]!;
      const [rows, tokens, width] = ops.shapeOf(tape.read(x));
      return reshaped(x, [rows! / groups, groups, tokens!, width!]);
    },
    turnTokens: (x) =>
      record(context, [x], ops.turnTokens(tape.read(x)), (dy) => [
        () => ops.turnTokens(dy),
      ]),
    stackRows: (x) => {
      const [rows, tokens, width] = ops.shapeOf(tape.read(x));
      return reshaped(x, [1, rows!, tokens! * width!]);
    },
    unstackRows: (x, tokens) => {
      const [, rows, all] = ops.shapeOf(tape.read(x));
      return reshaped(x, [rows!, tokens, all! / tokens]);
    },
    sumWidth: (x) => {
      const value = tape.read(x);
      return record(context, [x], ops.sumWidth(value), (dy) => [
        () => spread(dy, value),
      ]);
    },
    maxWidth: (x) => {
      const value = tape.read(x), most = ops.maxWidth(value);
      return record(context, [x], most, (dy) => [() => {
        const largest = ops.atLeast(value, most);
        return ops.mul(largest, ops.div(dy, ops.sumWidth(largest)));
      }]);
    },
    sum: (x) => summed(x, 1),
    mean: (x) => {
      const shape = ops.shapeOf(tape.read(x));
      return summed(x, 1 / shape.reduce((a, b) => a * b, 1));
    },
  };
}
