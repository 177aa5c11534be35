// What the adapter offers: each a parameter of the function around the bundle.
// All arguments are given; undefined is empty text. A call that fails returns
// its errno, a negative number; one that cannot write an object's JSON, UNWRITTEN. What a bundle does
// not mention is not imported.

declare global {
  function driplet$main(dispatch: (kind: number) => void, explain: (error: unknown) => void, find: (name: string) => unknown, settle: (value: unknown, thrown: boolean) => void, event: object, plain: object): void;
  function driplet$getter(field: number, kind: number): () => any;
  function driplet$changed(): void;
  function driplet$answer(text: string, how: number, target: string | undefined): void;
  function driplet$abort(message: string, file: string, line: number, column: number): never;
  function driplet$places(): string;
  function driplet$config(): any;
  function driplet$field(n: number): string;
  function driplet$value(n: number): any;
  function driplet$number(n: number): number;
  function driplet$here(topic: string): number;
  function driplet$give(value: unknown): boolean;
  function driplet$publish(topic: string, data: string | object, target: string | undefined, history: number, event?: string, except?: string, id?: string): number;
  function driplet$reply(handle: bigint, data: string | undefined, refused: number): number;
  function driplet$defer(): bigint;
  function driplet$subscribe(session: string, topic: string, info: string | undefined): number;
  function driplet$unsubscribe(topic: string, reason: string, ...who: string[]): number;
  function driplet$disconnect(reason: string, ...who: string[]): number;
  function driplet$subscribed(session: string, topic: string): number;
  function driplet$presence(topic: string, limit: number): any;
  function driplet$kv_get(key: string): string | number;
  function driplet$kv_set(key: string, value: string | object, ttl: number): number;
  function driplet$kv_delete(key: string): number;
  function driplet$kv_cas(key: string, old: string | null, next: string | null, ttl: number): number;
  function driplet$kv_incr(key: string, delta: number, ttl: number): bigint | number;
  function driplet$kv_scan(prefix: string, limit: number, reverse: number): string[] | number;
  function driplet$kv_scan_after(prefix: string, after: string, limit: number, reverse: number): string[] | number;
  function driplet$http_fetch(state: string, timeout: number, signed: number, method: string, url: string, headers: string | undefined, body: string): number;
  function driplet$timer_set(name: string, at: number, state: string): number;
  function driplet$log(level: number, text: string): number;
  function driplet$metric(name: string, value: number): number;
  function driplet$now(): number;
  function driplet$json(value: unknown): string | undefined;
  function driplet$history(topic: string, limit: number, epoch: string | undefined, offset: number): any[] | number;
  function driplet$random(length: number): Uint8Array | number;
}

export {};
