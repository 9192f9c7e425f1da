import { patternNames } from "./patterns.ts";

/** `README.txt`: instructions to whoever reads the sheets. */
export function instructions(sheets: number): string {
  const files = (name: string) =>
    sheets === 1 ? `${name}-1.png` : `${name}-1.png to ${name}-${sheets}.png`;
  return `Name what you see
=================

You need the sheets, choices.txt and the references. Do not open key.json: it
is the solution. Write your replies into a text file, one a line, in three
steps, and do not change lines of an earlier step later. Write ? where you
cannot say anything.

1. Look at nothing but
   ${files("sheet")}.
   Each scene has a number, and so has each box in it. Name the object of each
   box as you would call it, in a word or two. What lies outside all boxes does
   not count. Then name colour and pattern of each scene's ground. Patterns:
   ${patternNames.join(", ")}.

       1.2: key
       ground 1: blue, striped

2. Open choices.txt. Choose one of the four names for each object.

       choice 1.2: old key

3. Open
   ${files("references")}.
   They show the objects of the sheet with the same number, in another order.
   Find the object of each reference: R3 of sheet 1 is 1.R3.

       reference 1.R3: 1.2
`;
}
