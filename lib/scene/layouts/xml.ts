import type { XmlElement } from "@rgrove/parse-xml";
import { LocRefError } from "../../core/error.ts";
import { importPackage } from "../../core/packages/import_package.ts";
import { shorten } from "../../core/quote.ts";

/** An element of an XML file. */
export interface Element {
  /** Its name without a namespace. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Its text and that of its descendants, without space around. */
  readonly text: string;
  readonly children: readonly Element[];
}

/**
 * The root of an XML file. Entities that a file defines are not read.
 *
 * @param file how messages name the file.
 * @throws {LocRefError} `file-invalid` if it is no XML.
 */
export async function readXml(text: string, file: string): Promise<Element> {
  const { parseXml } = await importPackage("parse_xml");
  try {
    return element(parseXml(text.replace(/^\uFEFF/, "").trimStart()).root!);
  } catch (cause) {
    const [reason] = (cause as Error).message.split("\n");
    throw new LocRefError(
      "file-invalid",
      `${file} is no XML (${shorten(reason!, 120)})`,
      { cause },
    );
  }
}

function element(node: XmlElement): Element {
  return {
    name: node.name.replace(/^.*:/, ""),
    attributes: node.attributes,
    text: node.text.trim(),
    children: node.children.flatMap((child) =>
      child.type === "element" ? [element(child as XmlElement)] : []
    ),
  };
}

/** The first child of a name. */
export function childOf(parent: Element, name: string): Element | undefined {
  return parent.children.find((one) => one.name === name);
}
