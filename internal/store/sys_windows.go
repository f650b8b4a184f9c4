package store

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// replace renames a file over another in one step. Windows refuses that while
// anyone has the old one open, as readers and virus scanners do for a moment:
// it is tried again for up to half a second.
func replace(from, to string) error {
	const every, tries = 10 * time.Millisecond, 50
	tick := time.NewTicker(every)
	defer tick.Stop()
	for try := 1; ; try++ {
		err := os.Rename(from, to)
		busy := errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION)
		if !busy || try == tries {
			return err
		}
		<-tick.C
	}
}

// keepOwner does nothing: who may read a file is its directory's affair here.
func keepOwner(string, os.FileMode, os.FileInfo) error { return nil }

// CheckReplaceable does nothing here.
func CheckReplaceable(string, os.FileMode) error { return nil }

// syncDir does nothing: Windows has no call for it, NTFS journals its names.
func syncDir(string) error { return nil }

// CheckWritable reports why no file can be made in the directory dir; nil: one
// can. Permissions say too little on Windows, so it is tried.
func CheckWritable(dir string) error {
	f, err := os.CreateTemp(dir, ".nfcert-*")
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err // the file's made-up name tells nothing
		}
		return accessError("writing into", dir, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
