// One admin per cluster (bootstrap string), shared by all jobs that use it and closed when none has for a while.
import type { Clock } from '../clock.ts';
import { ClusterAdmin, type KafkaAdmin } from './admin.ts';

export interface KafkaAdmins {
  get(bootstrapServers: string): KafkaAdmin;
}

interface Entry {
  readonly admin: KafkaAdmin;
  usedMs: number;
}

const IDLE_MS = 600_000;

export class AdminCache implements KafkaAdmins {
  private readonly clock: Clock;
  private readonly entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get(bootstrapServers: string): KafkaAdmin {
    const nowMs = this.clock.now();
    const known = this.entries.get(bootstrapServers);
    if (known !== undefined) {
      known.usedMs = nowMs;
      return known.admin;
    }
    this.dropIdle(nowMs);
    const admin = new ClusterAdmin(bootstrapServers, { clock: this.clock });
    this.entries.set(bootstrapServers, { admin, usedMs: nowMs });
    return admin;
  }

  async close(): Promise<void> {
    const entries = [...this.entries.values()];
    this.entries.clear();
    for (const { admin } of entries) await admin.close();
  }

  private dropIdle(nowMs: number): void {
    for (const [key, entry] of this.entries) {
      if (nowMs - entry.usedMs < IDLE_MS) continue;
      this.entries.delete(key);
      void entry.admin.close();
    }
  }
}
