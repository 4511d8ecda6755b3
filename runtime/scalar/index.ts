// Scalars as bytes: the only door to this folder.
export { utf8Size, writeJsonString } from './json-string.ts';
export {
  scalarContent,
  scalarJsonBound,
  scalarSize,
  TAG_FALSE,
  TAG_NUMBER,
  TAG_TEXT,
  TAG_TRUE,
  type Target,
  writeScalarJson,
} from './scalar-bytes.ts';
export { ScalarWriter } from './scalar-writer.ts';
