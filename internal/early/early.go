// Package early does what makes a short command begin sooner. It is imported for
// that alone, and imports next to nothing, so that it comes before nearly all
// other packages: what they do at start is a third of the time that a short command
// takes.
package early

import "runtime"

func init() {
	// What a short command does side by side mostly waits. On one processor no
	// thread is woken for it and one cache of memory is filled. Whoever has more to
	// do takes all of them back (package tune).
	runtime.GOMAXPROCS(1)
	mapProgram()
}
