// The seam to stored checkpoints: the operator only ever deletes them.
export { type Credentials, deleteLocalPrefix, deleteS3Prefix } from './delete-prefix.ts';
