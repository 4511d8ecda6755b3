// Kubernetes Events about a job. One object per (job, reason, message): a repetition only raises its count, also after the
// operator was restarted, because the name is derived from the content.
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { KubeObject, ObjectMeta } from '../objects.ts';
import { truncateText } from '../text.ts';
import { isKubeError } from './api-error.ts';
import type { KubeClient } from './client.ts';
import { RESOURCES } from './resource.ts';

export type EventType = 'Normal' | 'Warning';

export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

export interface EventText {
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
}

export interface EventObject extends KubeObject {
  readonly involvedObject: Readonly<Record<string, string | undefined>>;
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly source: { readonly component: string };
  readonly reportingComponent: string;
  readonly reportingInstance: string;
}

export interface EventRecorderOptions {
  readonly client: Pick<KubeClient, 'create' | 'get' | 'mergePatch'>;
  readonly clock: Clock;
  /** Name of this process, shown by kubectl. */
  readonly instance: string;
  /** The same event within this time is not sent again. */
  readonly quietMs?: number;
}

const MAX_REMEMBERED = 10_000;

export class EventRecorder {
  private readonly options: EventRecorderOptions;
  private readonly quietMs: number;
  /** When each event was last sent; oldest first. */
  private readonly sent = new Map<string, number>();

  constructor(options: EventRecorderOptions) {
    this.options = options;
    this.quietMs = options.quietMs ?? 60_000;
  }

  async record(subject: EventSubject, text: EventText): Promise<void> {
    const name = eventName(subject, text);
    const nowMs = this.options.clock.now();
    const last = this.sent.get(name);
    if (last !== undefined && nowMs - last < this.quietMs) return;
    await this.send(subject, { ...text, message: truncateText(text.message) }, name);
    this.remember(name, nowMs);
  }

  private async send(subject: EventSubject, text: EventText, name: string): Promise<void> {
    const namespace = subject.metadata.namespace ?? 'default';
    const at = new Date(this.options.clock.now()).toISOString();
    try {
      await this.options.client.create(RESOURCES.event, namespace, this.eventObject(subject, text, { name, at }));
    } catch (error) {
      // The namespace is going away, or nobody gave us this right: the work goes on without telling of it.
      if (isKubeError(error, 'NotFound', 'Forbidden')) return;
      if (!isKubeError(error, 'AlreadyExists')) throw error;
      const known = await this.options.client.get<EventObject>(RESOURCES.event, { namespace, name });
      await this.options.client.mergePatch(
        RESOURCES.event,
        { namespace, name },
        { count: (known.count ?? 1) + 1, lastTimestamp: at },
      );
    }
  }

  private eventObject(subject: EventSubject, text: EventText, more: { name: string; at: string }): EventObject {
    const { name, namespace, uid, resourceVersion } = subject.metadata;
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: more.name, ...(namespace === undefined ? {} : { namespace }) },
      involvedObject: { apiVersion: subject.apiVersion, kind: subject.kind, name, namespace, uid, resourceVersion },
      ...text,
      count: 1,
      firstTimestamp: more.at,
      lastTimestamp: more.at,
      source: { component: 'streamjob-operator' },
      reportingComponent: 'streamjob-operator',
      reportingInstance: this.options.instance,
    };
  }

  private remember(name: string, nowMs: number): void {
    this.sent.delete(name);
    this.sent.set(name, nowMs);
    for (const oldest of this.sent.keys()) {
      if (this.sent.size <= MAX_REMEMBERED) break;
      this.sent.delete(oldest);
    }
  }
}

function eventName(subject: EventSubject, text: EventText): string {
  const content = [subject.metadata.uid ?? '', text.type, text.reason, text.message].join('\0');
  return `${subject.metadata.name}.${createHash('sha256').update(content).digest('hex').slice(0, 16)}`;
}
