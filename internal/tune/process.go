// Package tune fits the Go runtime to a command that ends within a second.
// Its defaults are those of a server: memory that grows page by page, and a
// collector that begins at 4 MB.
package tune

import (
	"os"
	"runtime/debug"
)

// collectAt is by how many percent of what lives the heap may grow before it is
// collected. The least heap for that is 4 MB times this, and an enrolment
// allocates 2 MB, and [hugeHeap] 4 MB that nothing touches.
const collectAt = 300

// Short prepares for a command that is over in a moment, and is called before it
// begins. It changes the whole process; where $GOGC is set, nothing.
func Short() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(collectAt)
	hugeHeap()
}
