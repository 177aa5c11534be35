// Package meter rewrites WebAssembly modules when they are loaded, so that a
// guest's time, call depth, stack and tables are bounded wherever it runs:
// fuel is taken at every function entry and loop head, frames are charged to
// a stack budget, bulk operations are charged by size. What it does not know
// it refuses. README.md has the transformation.
package meter
