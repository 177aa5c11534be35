// What the adapter calls of the engine: QuickJS's C interface (quickjs.h of
// quickjs-ng), which quickjs.wasm of the npm package quickjs-wasi exports. A
// JSValue is 64 bits: its type in the upper half, or a number.

// @ts-ignore: decorator
@external("engine", "_initialize")
export declare function initialise(): void;
// @ts-ignore: decorator
@external("engine", "qjs_init")
export declare function newContext(): i32;
// @ts-ignore: decorator
@external("engine", "qjs_get_context_ptr")
export declare function contextOf(): usize;
// @ts-ignore: decorator
@external("engine", "qjs_get_runtime_ptr")
export declare function runtimeOf(): usize;
// @ts-ignore: decorator
@external("engine", "qjs_set_max_stack_size")
export declare function setMaxStack(bytes: usize): void;
// @ts-ignore: decorator
@external("engine", "malloc")
export declare function malloc(size: usize): usize;
// @ts-ignore: decorator
@external("engine", "realloc")
export declare function realloc(ptr: usize, size: usize): usize;
// @ts-ignore: decorator
@external("engine", "free")
export declare function free(ptr: usize): void;
// @ts-ignore: decorator
@external("engine", "JS_Eval")
export declare function evaluate(ctx: usize, source: usize, length: usize, file: usize, flags: i32): i64;
// @ts-ignore: decorator
@external("engine", "JS_Call")
export declare function call(ctx: usize, func: i64, self: i64, argc: i32, argv: usize): i64;
// @ts-ignore: decorator
@external("engine", "JS_NewCFunction2")
export declare function newFunction(ctx: usize, slot: i32, name: usize, length: i32, proto: i32, magic: i32): i64;
// @ts-ignore: decorator
@external("engine", "JS_DupValue")
export declare function dup(ctx: usize, value: i64): i64;
// @ts-ignore: decorator
@external("engine", "JS_FreeValue")
export declare function drop(ctx: usize, value: i64): void;
// @ts-ignore: decorator
@external("engine", "JS_GetException")
export declare function exception(ctx: usize): i64;
// @ts-ignore: decorator
@external("engine", "JS_IsJobPending")
export declare function jobPending(runtime: usize): i32;
// @ts-ignore: decorator
@external("engine", "JS_ToCStringLen2")
export declare function toText(ctx: usize, length: usize, value: i64, cesu: i32): usize;
// @ts-ignore: decorator
@external("engine", "JS_FreeCString")
export declare function freeText(ctx: usize, text: usize): void;
// @ts-ignore: decorator
@external("engine", "JS_ToCStringLenUTF16")
export declare function toUTF16(ctx: usize, length: usize, value: i64): usize;
// @ts-ignore: decorator
@external("engine", "JS_ToFloat64")
export declare function toNumber(ctx: usize, out: usize, value: i64): i32;
// @ts-ignore: decorator
@external("engine", "JS_ToBigInt64")
export declare function toBigInt(ctx: usize, out: usize, value: i64): i32;
// @ts-ignore: decorator
@external("engine", "JS_NewStringLen")
export declare function newText(ctx: usize, ptr: usize, length: usize): i64;
// @ts-ignore: decorator
@external("engine", "JS_NewNumber")
export declare function newNumber(ctx: usize, value: f64): i64;
// @ts-ignore: decorator
@external("engine", "JS_NewBigInt64")
export declare function newBigInt(ctx: usize, value: i64): i64;
// @ts-ignore: decorator
@external("engine", "JS_NewArray")
export declare function newArray(ctx: usize): i64;
// @ts-ignore: decorator
@external("engine", "JS_SetPropertyUint32")
export declare function setItem(ctx: usize, list: i64, index: u32, value: i64): i32;
// @ts-ignore: decorator
@external("engine", "JS_NewUint8ArrayCopy")
export declare function newBytes(ctx: usize, ptr: usize, length: usize): i64;
// @ts-ignore: decorator
@external("engine", "JS_ParseJSON")
export declare function parseJSON(ctx: usize, ptr: usize, length: usize, file: usize): i64;

// @ts-ignore: decorator
@external("engine", "JS_GetClassID")
export declare function classOf(value: i64): i32;
// @ts-ignore: decorator
@external("engine", "JS_NewAtom")
export declare function newAtom(ctx: usize, name: usize): u32;
// @ts-ignore: decorator
@external("engine", "JS_NewObjectProto")
export declare function newObject(ctx: usize, prototype: i64): i64;
// @ts-ignore: decorator
@external("engine", "JS_GetPrototype")
export declare function prototype(ctx: usize, value: i64): i64;
// @ts-ignore: decorator
@external("engine", "JS_DupAtom")
export declare function dupAtom(ctx: usize, atom: u32): u32;
// @ts-ignore: decorator
@external("engine", "JS_FreeAtom")
export declare function freeAtom(ctx: usize, atom: u32): void;
// @ts-ignore: decorator
@external("engine", "JS_GetPropertyUint32")
export declare function item(ctx: usize, list: i64, index: u32): i64;
// @ts-ignore: decorator
@external("engine", "JS_GetLength")
export declare function lengthOf(ctx: usize, list: i64, out: usize): i32;
// @ts-ignore: decorator
@external("engine", "JS_GetOwnPropertyNames")
export declare function names(ctx: usize, table: usize, count: usize, object: i64, flags: i32): i32;
// @ts-ignore: decorator
@external("engine", "JS_FreePropertyEnum")
export declare function freeNames(ctx: usize, table: usize, count: u32): void;
// @ts-ignore: decorator
@external("engine", "JS_GetProperty")
export declare function getAtom(ctx: usize, object: i64, name: u32): i64;
// @ts-ignore: decorator
@external("engine", "JS_AtomToCStringLen")
export declare function atomText(ctx: usize, length: usize, name: u32): usize;

export const NULL: i64 = 0x200000000;
export const UNDEFINED: i64 = 0x300000000;
export const FALSE: i64 = 0x100000000;
export const TRUE: i64 = 0x100000001;

/** The calling convention of native(): JS_CFUNC_generic_magic. */
export const GENERIC_MAGIC: i32 = 1;

// @ts-ignore: decorator
@inline
export function failed(value: i64): bool { return value >> 32 == 6; }

// @ts-ignore: decorator
@inline
export function isObject(value: i64): bool { return value >> 32 == -1; }

/** A whole number of 32 bits, as a value. */
// @ts-ignore: decorator
@inline
export function small(n: i32): i64 { return <i64><u32>n; }
