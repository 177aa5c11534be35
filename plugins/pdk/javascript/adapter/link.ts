// What the linker makes for the adapter: cmd/driplet/build/link.

// @ts-ignore: decorator
@external("link", "script_size")
export declare function scriptSize(): i32;
/** Copies the bundled script. */
// @ts-ignore: decorator
@external("link", "script_copy")
export declare function scriptCopy(to: usize): void;
// @ts-ignore: decorator
@external("link", "places_size")
export declare function placesSize(): i32;
/** Copies the table of places in the sources. */
// @ts-ignore: decorator
@external("link", "places_copy")
export declare function placesCopy(to: usize): void;
/** What the engine may take of its own stack, in bytes. */
// @ts-ignore: decorator
@external("link", "stack")
export declare function stack(): i32;
/** Where native() stands in the engine's table of functions. */
// @ts-ignore: decorator
@external("link", "slot")
export declare function slot(): i32;
