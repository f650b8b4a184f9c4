// Package tune fits the Go runtime to what a command does. Its defaults are
// those of a server: memory that grows page by page, and a collector that
// begins at 4 MB.
package tune

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
)

// collectAt is by how many percent of what lives the heap may grow before it is
// collected. The least heap for that is 4 MB times this, and an enrolment
// allocates 2 MB, and [hugeHeap] 4 MB that nothing touches.
const collectAt = 300

// Short prepares for a command that is over in a moment, and is called before it
// begins. It changes the whole process. $GOGC and $GOMAXPROCS, where they are
// set, hold.
func Short() {
	if os.Getenv("GOMAXPROCS") != "" {
		allProcessors()
	}
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(collectAt)
	hugeHeap()
}

// Long prepares for a command that may work for long: as Go has it by default,
// whatever package early did.
func Long() { allProcessors() }

func allProcessors() {
	if n, err := strconv.Atoi(os.Getenv("GOMAXPROCS")); err == nil && n > 0 {
		runtime.GOMAXPROCS(n)
		return
	}
	runtime.SetDefaultGOMAXPROCS()
}
