export { default } from "sharp";
