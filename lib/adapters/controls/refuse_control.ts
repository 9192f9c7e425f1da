import { LocRefError } from "../../core/error.ts";

/** Networks that look like ControlNets and are others: by class, and by a tensor. */
const others: readonly {
  readonly what: string;
  readonly classes: RegExp;
  readonly tensor: RegExp;
}[] = [
  {
    what: "ControlNet union, which reads the kind of its picture, too",
    classes: /^ControlNet(Model_)?Union/,
    tensor:
      /^(task_embedding|control_add_embedding\.|control_type_|spatial_ch_projs\.)/,
  },
  {
    what: "Control-LoRA, which is a change of its base's weights",
    classes: /^ControlLora/i,
    tensor: /^lora_controlnet$/,
  },
  {
    what: "ControlNet as a difference from its base",
    classes: /^$/,
    tensor: /^difference$/,
  },
  {
    what: "ControlNet-XS",
    classes: /^(ControlNetXS|UNetControlNetXS)/,
    tensor: /^(ctrl_down_blocks|ctrl_to_base_)\b|base_to_ctrl/,
  },
  {
    what: "ControlNet of Flux or Stable Diffusion 3",
    classes: /^(Flux|SD3|Hunyuan|Qwen|Sana|CogVideoX|Wan|Z).*Control/,
    tensor: /^(controlnet_blocks|controlnet_x_embedder)\./,
  },
  {
    what: "ControlNet of SparseCtrl",
    classes: /^SparseControlNet/,
    tensor: /^down_blocks\.0\.motion_modules\./,
  },
];

/**
 * Refuses networks that look like ControlNets and are others, by name.
 *
 * @param place file or folder, as messages name it.
 * @throws {LocRefError} `checkpoint-mismatch`.
 */
export function refuseControl(
  place: string,
  { className, names = [] }: {
    className?: unknown;
    names?: readonly string[];
  },
): void {
  const found = others.find(({ classes, tensor }) =>
    typeof className === "string" && classes.test(className) ||
    names.some((name) => tensor.test(name))
  );
  if (found === undefined) return;
  throw new LocRefError(
    "checkpoint-mismatch",
    `${place} holds a ${found.what}: LocRef takes ControlNets and T2I-Adapters of Stable Diffusion 1, 2 and XL`,
  );
}
