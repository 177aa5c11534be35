// The exports of the ABI. The compiler exports what its entry files export:
// give it this file beside the plugin's own.

import { alloc, dispatch } from "./handlers";

export function dr_abi(): i32 { return 1; }
export function dr_alloc(n: i32): usize { return alloc(n); }
export function dr_event(kind: i32, ptr: usize, len: i32): u64 { return dispatch(kind, ptr, len); }
