package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// A DamagedError says that the content of a file is not what was written: cut
// short, not JSON, of the wrong shape, without a version, or too large.
type DamagedError struct {
	Path string
	Err  error // what is wrong with it
}

func (e *DamagedError) Error() string { return fmt.Sprintf("%q is damaged: %v", e.Path, e.Err) }
func (e *DamagedError) Unwrap() error { return e.Err }

// An AccessError says that the system did not let this process use a file: no
// permission, a read-only or full file system, a directory with that name. Err
// is the system's reason; compare it by [errors.Is] with fs.ErrPermission,
// syscall.ENOSPC and the like.
type AccessError struct {
	Op   string // the action, such as "reading"
	Path string
	Err  error
}

func (e *AccessError) Error() string { return fmt.Sprintf("%s %q: %v", e.Op, e.Path, e.Err) }
func (e *AccessError) Unwrap() error { return e.Err }

// A VersionError says that a newer program wrote a document or the store. The
// document or store was not changed.
type VersionError struct {
	Path      string
	Found     int // the version in the file
	Supported int // the newest that this program reads
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%q has version %d, this program reads up to version %d", e.Path, e.Found, e.Supported)
}

// A LockedError says that another run holds the lock.
type LockedError struct {
	Path    string    // of the lock file
	PID     int       // of the holder; 0 when unknown
	Since   time.Time // when it took the lock; zero when unknown
	Command string    // its command line, from a file: strip control characters before printing it
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("%q is locked by another run", e.Path)
	}
	return fmt.Sprintf("%q is locked by process %d (%q) since %s", e.Path, e.PID, e.Command, e.Since.UTC().Format(time.RFC3339))
}

// An ExistsError lists the files that [Install] must not replace.
// errors.Is(err, fs.ErrExist) holds for it.
type ExistsError struct {
	Paths []string // never empty
}

func (e *ExistsError) Error() string {
	quoted := make([]string, len(e.Paths))
	for i, path := range e.Paths {
		quoted[i] = fmt.Sprintf("%q", path)
	}
	verb := "exists"
	if len(e.Paths) > 1 {
		verb = "exist"
	}
	return fmt.Sprintf("%s already %s with other content", strings.Join(quoted, ", "), verb)
}

// Is makes errors.Is(err, fs.ErrExist) true.
func (e *ExistsError) Is(target error) bool { return target == fs.ErrExist }

// accessError wraps the reason of a failed system call once, without the path
// and the name of the call that package os adds.
func accessError(op, path string, err error) error {
	var access *AccessError
	if errors.As(err, &access) {
		return err
	}
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case errors.As(err, &pathErr):
		err = pathErr.Err
	case errors.As(err, &linkErr):
		err = linkErr.Err
	}
	return &AccessError{Op: op, Path: path, Err: err}
}
