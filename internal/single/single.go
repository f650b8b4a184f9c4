// Package single has the process begin on one processor: what a short command
// does side by side mostly waits, and on one processor no thread is woken for
// it and one cache of memory is filled. Whoever has more to do takes all of
// them back.
//
// It is imported for that alone, and imports nothing that takes time to
// initialise, so that it comes before nearly all other packages: the change
// costs the more the more processors have begun to work.
package single

import "runtime"

func init() { runtime.GOMAXPROCS(1) }
