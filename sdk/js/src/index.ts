export { DripletClient } from "./client.ts";
export { DripletError } from "./error.ts";
export type {
  CallOptions,
  ClientEvents,
  Gap,
  Member,
  Message,
  Options,
  Position,
  SocketConstructor,
  SocketLike,
  State,
  Subscription,
  TokenSource,
} from "./types.ts";
