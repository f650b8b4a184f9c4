//go:build !windows

package store

import (
	"os"
	"syscall"
)

// ownerOf is the user and group of a file.
func ownerOf(info os.FileInfo) [2]int {
	stat := info.Sys().(*syscall.Stat_t)
	return [2]int{int(stat.Uid), int(stat.Gid)}
}
