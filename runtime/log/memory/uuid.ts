// Text form of ids: topics and members are told apart by them, as on a real cluster.

/** The usual text form of 16 bytes given as hex. */
export function uuidOf(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
