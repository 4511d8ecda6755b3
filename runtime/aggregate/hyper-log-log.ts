// How many different 64-bit hashes were seen: exact while there are few, a HyperLogLog beyond. Registers as Flajolet et al.
// (2007), estimate as Ertl (2017, "New cardinality estimation algorithms for HyperLogLog sketches", the improved raw estimator),
// which needs no tables of corrections and holds from the smallest counts to the largest.

/** 2^14 registers: a standard error of 1.04 / √(2^14) = 0.81 %. */
const INDEX_BITS = 14;
const REGISTERS = 2 ** INDEX_BITS;
const RANK_BITS = 64 - INDEX_BITS;
/** Ranks go from 0, nothing seen, to `RANK_BITS` + 1. */
export const MAX_RANK = RANK_BITS + 1;
/** Up to so many hashes are kept as they are. */
export const MAX_HASHES = 1024;
const INITIAL_SLOTS = 4;
const OBJECT_BYTES = 260;
const EMPTY = new Uint8Array(0);

export class HyperLogLog {
  /** Hashes kept while there are few; 0 when `registers` are in use. */
  count = 0;
  /** Open addressing, two words per slot; two zeros are a free slot. */
  private hashes = new Int32Array(2 * INITIAL_SLOTS);
  /** Length 0 while the hashes are kept. */
  registers: Uint8Array = EMPTY;

  get isExact(): boolean {
    return this.registers.length === 0;
  }

  get sizeBytes(): number {
    return OBJECT_BYTES + this.hashes.byteLength + this.registers.length;
  }

  add(lowWord: number, high: number): void {
    // Two zeros mark a free slot; the one hash among 2^64 that is so counts as its neighbour.
    const low = lowWord === 0 && high === 0 ? 1 : lowWord;
    if (this.registers.length > 0) {
      this.raise(low, high);
      return;
    }
    if (!this.keep(low, high)) return;
    if (this.count > MAX_HASHES) this.toRegisters();
    else if (this.count * 8 > this.hashes.length * 3) this.rehash(this.hashes.length * 2);
  }

  addAll(from: HyperLogLog): void {
    if (from.registers.length > 0) {
      if (this.registers.length === 0) this.toRegisters();
      const { registers } = this;
      for (let i = 0; i < REGISTERS; i++) if (from.registers[i]! > registers[i]!) registers[i] = from.registers[i]!;
      return;
    }
    const { hashes } = from;
    for (let i = 0; i < hashes.length; i += 2) {
      if (hashes[i] !== 0 || hashes[i + 1] !== 0) this.add(hashes[i]!, hashes[i + 1]!);
    }
  }

  /** The number of different hashes: exact, or to the nearest whole number. */
  estimate(): number {
    return this.registers.length === 0 ? this.count : Math.round(estimateOf(this.registers));
  }

  /** The kept hashes as pairs (low, high), in rising order, so that the same set gives the same bytes. */
  sortedHashes(): Int32Array {
    const { hashes } = this;
    const used: number[] = [];
    for (let i = 0; i < hashes.length; i += 2) if (hashes[i] !== 0 || hashes[i + 1] !== 0) used.push(i);
    used.sort((a, b) => hashes[a]! - hashes[b]! || hashes[a + 1]! - hashes[b + 1]!);
    return Int32Array.from(used.flatMap((at) => [hashes[at]!, hashes[at + 1]!]));
  }

  /** Goes over to registers; what is kept so far is in them. */
  toRegisters(): void {
    const { hashes } = this;
    this.hashes = new Int32Array(0);
    this.count = 0;
    this.registers = new Uint8Array(REGISTERS);
    for (let i = 0; i < hashes.length; i += 2) {
      if (hashes[i] !== 0 || hashes[i + 1] !== 0) this.raise(hashes[i]!, hashes[i + 1]!);
    }
  }

  private raise(low: number, high: number): void {
    const index = low & (REGISTERS - 1);
    // Zeros in front of the first one among the 50 bits: the high word, then what is left of the low one.
    const rank = high !== 0 ? Math.clz32(high) + 1 : 32 + Math.min(Math.clz32(low), 32 - INDEX_BITS) + 1;
    if (rank > this.registers[index]!) this.registers[index] = rank;
  }

  /** False when the hash is there already. */
  private keep(low: number, high: number): boolean {
    const { hashes } = this;
    const mask = hashes.length / 2 - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const keptLow = hashes[2 * slot]!;
      const keptHigh = hashes[2 * slot + 1]!;
      if (keptLow === low && keptHigh === high) return false;
      if (keptLow !== 0 || keptHigh !== 0) continue;
      hashes[2 * slot] = low;
      hashes[2 * slot + 1] = high;
      this.count++;
      return true;
    }
  }

  private rehash(length: number): void {
    const { hashes } = this;
    this.hashes = new Int32Array(length);
    this.count = 0;
    for (let i = 0; i < hashes.length; i += 2) {
      if (hashes[i] !== 0 || hashes[i + 1] !== 0) this.keep(hashes[i]!, hashes[i + 1]!);
    }
  }
}

/** Ertl's improved raw estimator, from how often each rank occurs. */
function estimateOf(registers: Uint8Array): number {
  const counts = new Float64Array(MAX_RANK + 1);
  for (let i = 0; i < REGISTERS; i++) counts[registers[i]!] = counts[registers[i]!]! + 1;
  let z = REGISTERS * tau(1 - counts[MAX_RANK]! / REGISTERS);
  for (let rank = RANK_BITS; rank >= 1; rank--) z = 0.5 * (z + counts[rank]!);
  z += REGISTERS * sigma(counts[0]! / REGISTERS);
  return (REGISTERS * REGISTERS) / (2 * Math.LN2 * z);
}

/** x + Σ x^(2^k) · 2^(k−1), for 0 ≤ x < 1: at least one register is in use. */
function sigma(x: number): number {
  let power = x;
  let weight = 1;
  let sum = x;
  for (let before = Number.NaN; sum !== before; ) {
    power *= power;
    before = sum;
    sum += power * weight;
    weight += weight;
  }
  return sum;
}

/** ⅓ (1 − x − Σ (1 − x^(2^−k))² · 2^−k), for 0 ≤ x ≤ 1. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let root = x;
  let weight = 1;
  let sum = 1 - x;
  for (let before = Number.NaN; sum !== before; ) {
    root = Math.sqrt(root);
    before = sum;
    weight *= 0.5;
    sum -= (1 - root) ** 2 * weight;
  }
  return sum / 3;
}
