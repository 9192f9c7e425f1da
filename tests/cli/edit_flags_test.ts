import { assertEquals, assertThrows } from "@std/assert";
import { editFlags, editsOfFlags } from "../../cli/edit_flags.ts";
import { readOptions } from "../../lib/core/command/read_options.ts";
import { UsageError } from "../../lib/core/command/usage.ts";

const edits = (...args: string[]) =>
  editsOfFlags(readOptions(editFlags, args) as never);

Deno.test("flags of editing become options of a run", () => {
  assertEquals(edits(), {});
  assertEquals(edits("--init", "a.png", "--strength", "0.5"), {
    init: { image: "a.png", strength: 0.5 },
  });
  assertEquals(edits("--inpaint", "a.png", "--instance", "0"), {
    inpaint: { image: "a.png", instance: 0 },
  });
  assertEquals(edits("--control", "net=p.png:0.5", "--canny"), {
    controls: [{ model: "net", image: "p.png", scale: 0.5, edges: "canny" }],
  });
});

Deno.test("each control has settings of its own behind its picture", () => {
  const given = [
    ["org/net=a, b.png:0.5,start=0.2,end=0.6", "pose=p.png,guess,masked"],
    ["c:/net=c:/d=e.png,scale=2,instance=1,edges=soft"],
  ].flat().flatMap((one) => ["--control", one]);
  assertEquals(edits(...given, "--canny").controls, [
    {
      ...{ model: "org/net", image: "a, b.png", edges: "canny" },
      ...{ scale: 0.5, start: 0.2, end: 0.6 },
    },
    {
      ...{ model: "pose", image: "p.png", edges: "canny" },
      ...{ guess: true, masked: true },
    },
    {
      ...{ model: "c:/net", image: "c:/d=e.png", edges: "soft" },
      ...{ scale: 2, instance: 1 },
    },
  ]);
});

Deno.test("a wrong setting of a control is named with what it takes", () => {
  const wrong: [string, string][] = [
    [
      "n=p.png,strt=0.2",
      'Setting "strt" of --control is not known, did you mean "start"?',
    ],
    [
      "n=p.png,start=2",
      'Setting "start" of --control takes a number from 0 to 1, got "2"',
    ],
    ["n=p.png,start", "got nothing"],
    ["n=p.png,guess=1", 'Setting "guess" of --control takes no value, got "1"'],
    ["n=p.png,edges=hard", 'takes "canny" or "soft", got "hard"'],
    ["n=p.png,instance=0.5", "takes a whole number of at least 0"],
    ["n", "MODEL=FILE"],
    [
      "n=p.png:2000",
      'Setting "scale" of --control takes a number from 0 to 1000, got "2000"',
    ],
    ["n=p.png:-1,guess", 'takes a number from 0 to 1000, got "-1"'],
    ["n=p.png:0.5%", 'takes a number from 0 to 1000, got "0.5%"'],
    [
      "n=p.png:0.5,scale=0.4",
      'Setting "scale" of --control is given twice: give it once',
    ],
    [
      "n=p.png,start=0,start=0.5",
      'Setting "start" of --control is given twice',
    ],
    ["n=p.png,guess,guess", 'Setting "guess" of --control is given twice'],
  ];
  for (const [control, message] of wrong) {
    assertThrows(() => edits("--control", control), UsageError, message);
  }
});

Deno.test("a flag that would do nothing names the one that it goes with", () => {
  const wrong: [string[], string][] = [
    [["--mask", "m.png"], "--mask goes with --inpaint, which is missing"],
    [["--init", "a.png", "--mask", "m.png"], "--mask goes with --inpaint"],
    [["--init", "a.png", "--instance", "0"], "--instance goes with"],
    [["--init", "a.png", "--padding", "0"], "--padding goes with"],
    [["--init", "a.png", "--feather", "4"], "--feather goes with"],
    [["--strength", "0.5"], "--strength goes with --init or --inpaint"],
    [["--canny"], "--canny goes with --control"],
    [["--inpaint", "a.png"], "--inpaint needs --mask or --instance"],
    [["--harmonize", "0.5"], "--harmonize goes with --on, which is missing"],
    [
      ["--on", "a.png", "--strength", "0.5"],
      "--strength is not for --on, which takes --harmonize",
    ],
    [["--without", "0", "--box", "1,1,9,9"], "--box goes with --again"],
    [["--caption", "a cat"], "--caption goes with --again"],
    [["--reference", "a.png"], "--reference goes with --again"],
    [["--init", "a.png", "--margin", "3"], "--margin goes with --again"],
    [
      ["--again", "0", "--without", "1"],
      "--again and --without both begin on a picture: paint on the picture twice",
    ],
    [
      ["--init", "a.png", "--on", "b.png"],
      "--init and --on both begin on a picture: give one of them",
    ],
  ];
  for (const [args, message] of wrong) {
    assertThrows(() => edits(...args), UsageError, message);
  }
});

Deno.test("a scale of a control may begin with its point, and a path hold a colon", () => {
  assertEquals(edits("--control", "net=p.png:.5").controls, [
    { model: "net", image: "p.png", scale: 0.5 },
  ]);
  assertEquals(edits("--control", "net=shot 12:30.png").controls, [
    { model: "net", image: "shot 12:30.png" },
  ]);
});

Deno.test("a strength is above 0, and so is how freely a photograph is fitted", () => {
  const wrong = [
    ["--strength", "0"],
    ["--strength", "1.5"],
    ["--harmonize", "0"],
    ["--harmonize", "NaN"],
  ];
  for (const [flag, value] of wrong) {
    assertThrows(
      () => readOptions(editFlags, [`${flag}=${value}`]),
      UsageError,
      `Option ${flag} takes a number above 0, up to 1, got "${value}"`,
    );
  }
});

Deno.test("a place is four numbers in per cent", () => {
  const { box } = readOptions(editFlags, ["--box", "50, 5,90,50"]) as {
    box: unknown;
  };
  assertEquals(box, { unit: "percent", xyxy: [50, 5, 90, 50] });
  for (
    const wrong of ["1,2,3", "0,0,400,400", "a,0,1,1", "0,0,,1", "-1,0,5,5"]
  ) {
    assertThrows(
      () => readOptions(editFlags, [`--box=${wrong}`]),
      UsageError,
      "LEFT,TOP,RIGHT,BOTTOM in per cent",
    );
  }
});
