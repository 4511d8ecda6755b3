// A server that speaks just enough of Kafka's framing to answer, garble or withhold answers on command.
import { createServer, type Server, type Socket } from 'node:net';
import { Writer } from '@platformatic/kafka';
import { apiVersions, type OfferedVersions, REQUIRED } from './api-versions.ts';

export interface ScriptedRequest {
  readonly apiKey: number;
  readonly version: number;
  readonly socket: Socket;
  /** Sends the answer: a body, or bytes that are none. */
  readonly answer: (body: Writer | Buffer) => void;
}

export type Script = (request: ScriptedRequest) => void;

export const ALL_VERSIONS: readonly OfferedVersions[] = REQUIRED.map(({ apiKey, versions }) => ({
  apiKey,
  min: 0,
  max: versions[1],
}));

/** Listens on a free port of 127.0.0.1. ApiVersions is answered with `offered`, everything else by the script. */
export class ScriptedServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(script: Script, offered: readonly OfferedVersions[] = ALL_VERSIONS): Promise<ScriptedServer> {
    const server = createServer();
    const scripted = new ScriptedServer(server);
    server.on('connection', (socket) => scripted.#serve(socket, script, offered));
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, '127.0.0.1', resolve);
    await promise;
    return scripted;
  }

  get address(): { host: string; port: number } {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the server does not listen');
    return { host: '127.0.0.1', port: address.port };
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  #serve(socket: Socket, script: Script, offered: readonly OfferedVersions[]): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let received: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
        const frame = received.subarray(4, 4 + received.readInt32BE(0));
        received = received.subarray(4 + frame.length);
        this.#handle(frame, { socket, script, offered });
      }
    });
  }

  #handle(frame: Buffer, to: { socket: Socket; script: Script; offered: readonly OfferedVersions[] }): void {
    const [apiKey, version, correlationId] = [frame.readInt16BE(0), frame.readInt16BE(2), frame.readInt32BE(4)];
    const isApiVersions = apiKey === apiVersions.apiKey;
    const answer = (body: Writer | Buffer): void => {
      const writer = Writer.create().appendInt32(correlationId);
      if (!isApiVersions) writer.appendTaggedFields();
      if (Writer.isWriter(body)) writer.appendFrom(body as Writer);
      else if (body.length > 0) writer.append(body as Buffer);
      to.socket.write(writer.prependLength().buffer);
    };
    if (!isApiVersions) {
      to.script({ apiKey, version, socket: to.socket, answer });
      return;
    }
    const body = Writer.create().appendInt16(0);
    body.appendArray(
      [...to.offered],
      (w, each) => w.appendInt16(each.apiKey).appendInt16(each.min).appendInt16(each.max),
      false,
      false,
    );
    answer(body);
  }
}
