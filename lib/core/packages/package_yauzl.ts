import * as yauzl from "yauzl";

export default yauzl;
