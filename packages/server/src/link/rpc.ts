import * as grpc from '@grpc/grpc-js';
import {
  declareProblems,
  type Instant,
  isProblem,
  jsonText,
  type Logger,
  Problem,
  type ProblemParams,
  parseJson,
  problemKind,
} from '@meridian/base';
import { acceptPeer, clientLink, type Identity, type Role, requireTls13, SERVER_NAME } from '@meridian/security';

const { problem } = declareProblems({
  REQUEST_UNKNOWN: {
    status: 400,
    title: { zh: '请求不存在', en: 'Unknown request' },
    detail: { zh: '没有名为“{what}”的请求', en: 'There is no request "{what}"' },
    remedy: { zh: '核对请求名称与程序版本', en: 'Check its name and that both programs are of one version' },
  },
});

/**
 * Calls between the house's own processes: gRPC over mutual TLS. Requests and answers are JSON, commands and events the
 * binary frames of @meridian/messages. A problem crosses the wire as its code and parameters.
 */

const MESSAGE_BYTES_MAX = 8 << 20;
const JSON_BOUNDS = { charsMax: MESSAGE_BYTES_MAX, depthMax: 64 };

/** In an envelope: the library takes a message that reads as null for none. */
const json = {
  write: (value: unknown): Buffer => Buffer.from(jsonText({ value })),
  read: (bytes: Buffer): unknown =>
    (parseJson(bytes.toString('utf8'), JSON_BOUNDS) as { value?: unknown } | null)?.value ?? EMPTY,
};
const EMPTY = Object.freeze({});
const binary = {
  write: (value: Uint8Array): Buffer => Buffer.from(value.buffer, value.byteOffset, value.byteLength),
  read: (bytes: Buffer) => bytes,
};

function method<Q, A>(name: string, request: Codec<Q>, answer: Codec<A>, stream: boolean): grpc.MethodDefinition<Q, A> {
  return {
    path: `/meridian.Process/${name}`,
    requestStream: false,
    responseStream: stream,
    requestSerialize: request.write,
    requestDeserialize: request.read,
    responseSerialize: answer.write,
    responseDeserialize: answer.read,
  };
}

interface Codec<T> {
  readonly write: (value: T) => Buffer;
  readonly read: (bytes: Buffer) => T;
}

const METHODS = {
  /** Business time has reached `time`; answered when everything due by then is done. */
  advance: method('Advance', json as Codec<AdvanceRequest>, json as Codec<AdvanceAnswer>, false),
  status: method('Status', json as Codec<null>, json as Codec<unknown>, false),
  /** One command frame to a node; answered when it is durable. */
  submit: method('Submit', binary as Codec<Uint8Array>, json as Codec<{ seq: number }>, false),
  /** A node's committed events from a position on, for a named consumer. */
  tail: method('Tail', json as Codec<TailRequest>, binary as Codec<Uint8Array>, true),
  /** The consumer's effects up to here are durable: the log may be trimmed behind it. */
  acknowledge: method('Acknowledge', json as Codec<AcknowledgeRequest>, json as Codec<null>, false),
  /** Anything else a role offers, by name. */
  ask: method('Ask', json as Codec<AskRequest>, json as Codec<unknown>, false),
};

export interface AdvanceRequest {
  readonly time: Instant;
  /** Market-data messages that must have been read first, where a venue feeds a node. */
  readonly marketData?: number;
}
export interface AdvanceAnswer {
  readonly time: Instant;
  readonly marketData?: number;
}
export interface Position {
  readonly seq: number;
  readonly k: number;
}
export interface TailRequest {
  readonly consumer: string;
  readonly from: Position;
}
export interface AcknowledgeRequest {
  readonly consumer: string;
  readonly upTo: Position;
}
export interface AskRequest {
  readonly what: string;
  readonly body: unknown;
}

/** What a process offers. Absent members answer "unimplemented". */
export interface ProcessService {
  advance?(request: AdvanceRequest): Promise<AdvanceAnswer>;
  status?(): Promise<unknown>;
  submit?(frame: Uint8Array): Promise<{ seq: number }>;
  tail?(request: TailRequest, signal: AbortSignal): AsyncIterable<Uint8Array>;
  acknowledge?(request: AcknowledgeRequest): Promise<null>;
  /** `from`: whose certificate the caller showed. */
  ask?(request: AskRequest, from: Role): Promise<unknown>;
}

requireTls13();
// The library's own lines would stand beside the house's log without its classes.
grpc.setLogVerbosity(grpc.logVerbosity.NONE);

/** Serves a process on loopback to the roles `from`; port 0 picks a free one. */
export async function serve(
  service: ProcessService,
  identity: Identity,
  from: readonly Role[],
  port: number,
  logger: Logger,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = new grpc.Server({
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
  });
  const { tail, ...unary } = METHODS;
  const handlers: grpc.UntypedServiceImplementation = {};
  for (const name of Object.keys(unary) as (keyof typeof unary)[]) {
    const handle = service[name] as ((request: unknown, from: Role) => Promise<unknown>) | undefined;
    if (handle !== undefined) handlers[name] = answering(handle.bind(service), from, logger);
  }
  if (service.tail !== undefined) handlers['tail'] = streaming(service.tail.bind(service), from, logger);
  server.addService({ ...unary, tail } as unknown as grpc.ServiceDefinition, handlers);
  const pair = { private_key: Buffer.from(identity.key), cert_chain: Buffer.from(identity.certificate) };
  const tls = grpc.ServerCredentials.createSsl(Buffer.from(identity.trusted), [pair], true);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, tls, (error, given) => {
      if (error === null) return resolve(given);
      // The library tells why only in words.
      return reject(/EADDRINUSE/.test(error.message) ? new Problem('PORT_IN_USE', { port }, error) : error);
    });
  });
  return {
    port: bound,
    close: () =>
      new Promise((resolve) => {
        const force = setTimeout(() => server.forceShutdown(), 1_000);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      }),
  };
}

/** Who calls is settled before anything is answered. @throws Problem PEER_REFUSED */
function admit(call: Pick<grpc.ServerUnaryCall<unknown, unknown>, 'getAuthContext'>, from: readonly Role[]): Role {
  return acceptPeer(call.getAuthContext().sslPeerCertificate ?? {}, from).role;
}

function answering(
  handle: (request: unknown, from: Role) => Promise<unknown>,
  from: readonly Role[],
  logger: Logger,
): grpc.handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    const answer = async () => {
      const role = admit(call, from);
      return handle(call.request, role);
    };
    answer().then(
      (answer) => callback(null, answer),
      (error: unknown) => callback(wireError(error, logger)),
    );
  };
}

function streaming(
  tail: (request: TailRequest, signal: AbortSignal) => AsyncIterable<Uint8Array>,
  from: readonly Role[],
  logger: Logger,
): grpc.handleServerStreamingCall<TailRequest, Uint8Array> {
  return (call) => {
    const abort = new AbortController();
    call.on('cancelled', () => abort.abort());
    const pump = async () => {
      admit(call, from);
      for await (const batch of tail(call.request, abort.signal)) {
        if (abort.signal.aborted) return;
        if (!call.write(batch)) await new Promise<void>((resolve) => drained(call, abort.signal, resolve));
      }
      call.end();
    };
    pump().catch((error: unknown) => {
      // Emitted, not destroyed with: only then does the library send a status to the reader.
      if (!abort.signal.aborted) call.emit('error', wireError(error, logger));
    });
  };
}

function drained(call: grpc.ServerWritableStream<TailRequest, Uint8Array>, signal: AbortSignal, resolve: () => void): void {
  call.once('drain', resolve);
  signal.addEventListener('abort', resolve, { once: true });
}

const PROBLEM_KEY = 'meridian-problem-bin';

function wireError(error: unknown, logger: Logger): grpc.ServiceError {
  const metadata = new grpc.Metadata();
  if (isProblem(error)) {
    const document = { code: error.code, params: error.document('en').params };
    metadata.set(PROBLEM_KEY, Buffer.from(JSON.stringify(document)));
  } else {
    logger.error('call failed', { reason: error instanceof Error ? error.message.slice(0, 200) : 'unknown' });
  }
  const details = error instanceof Error ? error.message.slice(0, 500) : 'failed';
  return Object.assign(new Error(details), { code: grpc.status.FAILED_PRECONDITION, details, metadata });
}

/** The other side of a link. Calls wait up to `deadlineMs` and throw the problem the other side threw. */
export interface ProcessClient {
  advance(request: AdvanceRequest): Promise<AdvanceAnswer>;
  status(): Promise<unknown>;
  submit(frame: Uint8Array): Promise<{ seq: number }>;
  acknowledge(request: AcknowledgeRequest): Promise<null>;
  ask(what: string, body?: unknown): Promise<unknown>;
  tail(request: TailRequest, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  close(): void;
}

/** Connects to a process that must have one of the roles `to`. */
export function connectProcess(port: number, identity: Identity, to: readonly Role[], deadlineMs = 60_000): ProcessClient {
  const { checkServerIdentity } = clientLink(identity, to);
  const tls = grpc.credentials.createSsl(
    Buffer.from(identity.trusted),
    Buffer.from(identity.key),
    Buffer.from(identity.certificate),
    { checkServerIdentity: checkServerIdentity as grpc.VerifyOptions['checkServerIdentity'] & {} },
  );
  const client = new grpc.Client(`127.0.0.1:${port}`, tls, {
    'grpc.ssl_target_name_override': SERVER_NAME,
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
  });
  function call<Q, A>(definition: grpc.MethodDefinition<Q, A>, request: Q): Promise<A> {
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        definition.path,
        definition.requestSerialize,
        definition.responseDeserialize,
        request,
        new grpc.Metadata(),
        { deadline: Date.now() + deadlineMs },
        (error, answer) => (error === null ? resolve(answer as A) : reject(readError(error))),
      );
    });
  }
  return {
    advance: (request) => call(METHODS.advance, request),
    status: () => call(METHODS.status, null),
    submit: (frame) => call(METHODS.submit, frame),
    acknowledge: (request) => call(METHODS.acknowledge, request),
    ask: (what, body = null) => call(METHODS.ask, { what, body }),
    async *tail(request, signal) {
      const stream = client.makeServerStreamRequest(
        METHODS.tail.path,
        METHODS.tail.requestSerialize,
        METHODS.tail.responseDeserialize,
        request,
      );
      // Unheard, a stream's error ends the process; the loop below throws it to whoever reads.
      stream.on('error', () => {});
      const stop = () => stream.cancel();
      signal?.addEventListener('abort', stop, { once: true });
      try {
        for await (const batch of stream) yield batch as Uint8Array;
      } catch (error) {
        if (signal?.aborted !== true) throw readError(error as grpc.ServiceError);
      } finally {
        signal?.removeEventListener('abort', stop);
        stream.cancel();
      }
    },
    close: () => client.close(),
  };
}

function readError(error: grpc.ServiceError): Error {
  const [carried] = error.metadata?.get(PROBLEM_KEY) ?? [];
  if (!Buffer.isBuffer(carried)) return error;
  const { code, params } = JSON.parse(carried.toString('utf8')) as { code: string; params: ProblemParams };
  return problemKind(code) === undefined ? error : new Problem(code, params);
}

/** The answer of every process to a request it does not know. */
export function unknownRequest(what: string): Problem {
  return problem('REQUEST_UNKNOWN', { what: what.slice(0, 64) });
}
