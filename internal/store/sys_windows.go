package store

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// rename retries for up to half a second: Windows refuses to replace a file
// while another program has it open, as virus scanners do for a moment.
func (osCalls) rename(from, to string) error {
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

// keepOwner does nothing: on Windows the directory decides who may read a file.
func keepOwner(*os.File, os.FileMode, os.FileInfo) error { return nil }

// CheckReplaceable always returns nil on Windows.
func CheckReplaceable(string, os.FileMode) error { return nil }

// RootOnly always returns false on Windows.
func RootOnly(string) bool { return false }

// syncDir does nothing: Windows has no call for it, and NTFS journals names.
func (disk) syncDir(string) error { return nil }

// CheckWritable returns an [AccessError] when this process cannot make files in
// the directory dir. Windows permissions do not answer that, so it makes one.
func CheckWritable(dir string) error {
	f, err := os.CreateTemp(dir, ".nfcert-*")
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err // without the file's random name
		}
		return accessError("writing into", dir, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
