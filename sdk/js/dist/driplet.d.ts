/*! Driplet 0.1.0 | MIT License */
/**
 * What went wrong, under a code of the shared list (`forbidden`, `timeout`,
 * `unavailable`, …) or a plugin's own (`chat.banned`). The SDK itself raises
 * `unavailable` (no connection), `timeout`, `too_large`, `bad_request` and
 * `unauthorized` (no token, or refused).
 */
export declare class DripletError extends Error {
    readonly name = "DripletError";
    readonly code: string;
    /** The same request may succeed later. */
    readonly retry: boolean;
    /** A plugin's own details; `{ topic }` where a subscription was refused or ended. */
    readonly data?: unknown;
    constructor(code: string, message: string, retry?: boolean, data?: unknown);
}

/**
 * - `connecting`: a token is being fetched or the socket opened
 * - `connected`: the server has greeted
 * - `waiting`: a pause before the next attempt
 * - `offline`: as waiting, and the browser says that there is no network
 * - `refused`: logged out, or the server refuses this client; `connect()` or `relogin()` tries again
 * - `closed`: not started, disconnected by the page, or sent away by the backend
 */
export type State = "connecting" | "connected" | "waiting" | "offline" | "refused" | "closed";
/** The URL of the page's token endpoint, or a function; `null` means logged out. */
export type TokenSource = string | (() => Promise<string | null>);
export interface Message<M = unknown> {
    topic: string;
    message: M;
    /** Absent for a plain message. */
    event?: string;
    /** Place in the topic's history; only where the topic keeps one. Grows, but may skip. */
    offset?: number;
    /** Public id of the client that published it; absent when the backend or a plugin did. */
    from?: string;
    /** It was published while this client was away. */
    recovered?: true;
}
export interface Member {
    id: string;
    info?: unknown;
}
/** Where a topic's history stands. An offset counts within its epoch only. */
export interface Position {
    epoch: string;
    offset: number;
}
/**
 * Messages of a topic were lost to this client. Where its history still has a part of them, the newest, that part follows.
 * - `expired`: the history does not reach back far enough
 * - `epoch`: the server has lost the history, or begun a new one
 * - `limit`: this client reads too slowly, and the topic is one that the server subscribed it to, so that it cannot ask for the rest
 */
export interface Gap {
    topic: string;
    reason: "expired" | "epoch" | "limit";
}
/** One holder of a topic. The topic is left when its last holder unsubscribes. */
export interface Subscription<M = unknown> {
    readonly topic: string;
    /** Of the current connection: pending again after a loss. Rejects with a DripletError, for example `forbidden`. */
    readonly ready: Promise<{
        recovered: boolean;
    }>;
    /** `message` hears every message of the topic, `event:NAME` those published under that name, which is `message` where there was none. */
    on(type: "message" | `event:${string}`, fn: (m: Message<M>) => void): () => void;
    on(type: "join" | "leave", fn: (m: Member) => void): () => void;
    on(type: "gap", fn: (g: Gap) => void): () => void;
    /** The server ended it: a plugin, the backend, or a new token without the right. */
    on(type: "unsubscribed", fn: (u: {
        topic: string;
        reason?: string;
    }) => void): () => void;
    presence(): Promise<{
        members: Member[];
        count: number;
    }>;
    /** The newest messages that the topic keeps, 50 if no limit says otherwise; with since the oldest after it. In order. */
    history(options?: {
        limit?: number;
        since?: Position;
    }): Promise<Message<M>[]>;
    /** Gives this holder up, with its handlers. */
    unsubscribe(): void;
}
/** What the SDK needs of a WebSocket: the browser's, Node's, or that of the package `ws`. */
export interface SocketLike {
    send(data: string): void;
    close(code?: number, reason?: string): void;
    onmessage: {
        bivariant(event: {
            data: unknown;
        }): void;
    }["bivariant"] | null;
    onclose: {
        bivariant(event: {
            code: number;
            reason: string;
        }): void;
    }["bivariant"] | null;
    onerror: {
        bivariant(event: unknown): void;
    }["bivariant"] | null;
}
export type SocketConstructor = new (url: string, protocols?: string[]) => SocketLike;
export interface Options {
    /** Default: the global WebSocket. Node 20 has none: give the one of the package `ws`. */
    WebSocket?: SocketConstructor;
    /** Connect at once. Default: only where there is a window. */
    autoConnect?: boolean;
    /** false: a client of its own instead of the one per endpoint. Several users in one process need it. */
    shared?: boolean;
    /** Where the token travels. `query` is for proxies that drop subprotocols; it puts tokens into access logs. */
    tokenIn?: "protocol" | "query";
    /** Milliseconds for a call, a token, a greeting, and an answer to a ping. Default 10,000. */
    timeout?: number;
    /** Bounds of the pause before a reconnection, in milliseconds. Default 500 and 30,000. */
    reconnect?: {
        min?: number;
        max?: number;
    };
}
export interface CallOptions {
    topic?: string;
    /** Milliseconds, waiting for the connection included. */
    timeout?: number;
    signal?: AbortSignal;
}
export interface ClientEvents {
    state: State;
    gap: Gap;
    error: DripletError;
}

/**
 * A connection to one endpoint of a Driplet server, kept up without end.
 * In a page it connects by itself; where there is no window, connect() does it.
 */
export declare class DripletClient {
    #private;
    /**
     * The client of an endpoint (`wss://host/ws/default`, or a path of the
     * page's own host): the same again for the same endpoint. token is the URL
     * of the page's token endpoint, or a function; a later call's is not looked at.
     * Throws a TypeError where one of the two is missing.
     */
    static getInstance(wsEndpoint: string, token: TokenSource, options?: Options): DripletClient;
    private constructor();
    get state(): State;
    /** This connection's id, a secret between it and the server; null while there is none. */
    get session(): string | null;
    /** The token's user; null for anonymous ones, and while there is no connection. */
    get user(): string | null;
    isConnected(): boolean;
    /** Connects, or while waiting tries again at once. Throws where the runtime has no WebSocket. */
    connect(): void;
    /** Closes, until connect(). Topics stay held; calls fail. */
    disconnect(): void;
    /**
     * The user changed, logged in or out: drops the token, the connection and
     * all that waits, and connects with a new token. Resolves when connected;
     * rejects when refused, or past the timeout (while it goes on trying).
     */
    relogin(): Promise<void>;
    /** Holds exactly these topics, as far as the old calls go. */
    setTopics(topics: string[]): void;
    /** Holds a topic for one component; fn hears its messages. */
    subscribe<M = unknown>(topic: string, fn?: (m: Message<M>) => void): Subscription<M>;
    /** Ends what setTopics, and subscribe without handlers, hold of a topic. Others end their Subscription. */
    unsubscribe(topic: string): void;
    /** Hears the messages of every topic. */
    onMessage(fn: (m: Message) => void): () => void;
    /** Asks the plugin or callback that handles the event. Rejects with a DripletError, and never hangs. */
    call<R = unknown>(event: string, data?: unknown, options?: CallOptions): Promise<R>;
    /**
     * Sends an event and asks for no answer. Without a connection it waits, up to
     * 30 s and among 100 at most. Never throws: one that is given up, refused or no JSON is an error event.
     */
    send(event: string, data?: unknown, options?: {
        topic?: string;
    }): void;
    /** Publishes to a topic's other subscribers, where its rule lets this client. */
    publish(topic: string, message: unknown): Promise<void>;
    on<K extends keyof ClientEvents>(type: K, fn: (value: ClientEvents[K]) => void): () => void;
}
