/** Messages of Deno's Jupyter kernel, and the outputs that they make. */

const utf8 = new TextDecoder();

/** An output of a cell, as notebook files hold it (nbformat 4). */
export type Output = Record<string, unknown> & {
  output_type: "stream" | "display_data" | "execute_result" | "error";
};

export interface Message {
  readonly type: string;
  readonly parent: string | undefined;
  // deno-lint-ignore no-explicit-any -- Jupyter's messages, whose fields depend on their type
  readonly content: any;
}

export function collect(
  outputs: Output[],
  places: Map<string, number>,
  type: string,
  content: Message["content"],
): void {
  const { data, metadata, transient } = content;
  switch (type) {
    case "stream": {
      const last = outputs.at(-1);
      if (last?.output_type === "stream" && last.name === content.name) {
        last.text += content.text;
      } else {
        const { name, text } = content;
        outputs.push({ output_type: "stream", name, text });
      }
      break;
    }
    case "display_data":
      if (transient?.display_id) {
        places.set(transient.display_id, outputs.length);
      }
      outputs.push({ output_type: "display_data", data, metadata });
      break;
    case "update_display_data": {
      const place = places.get(transient?.display_id);
      if (place !== undefined) {
        outputs[place] = { output_type: "display_data", data, metadata };
      }
      break;
    }
    case "execute_result": {
      const execution_count = content.execution_count;
      const output_type = "execute_result";
      outputs.push({ output_type, execution_count, data, metadata });
      break;
    }
    case "error": {
      const { ename, evalue, traceback } = content;
      outputs.push({ output_type: "error", ename, evalue, traceback });
    }
  }
}

export function parseMessage(frames: readonly Uint8Array[]): Message {
  const texts = frames.map((frame) => utf8.decode(frame));
  const start = texts.indexOf("<IDS|MSG>") + 2;
  const [header, parent, , content] = texts.slice(start, start + 4).map((
    text,
  ) => JSON.parse(text));
  return { type: header.msg_type, parent: parent.msg_id, content };
}
