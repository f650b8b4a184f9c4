package store

import "os"

// calls are the system calls by which this package changes what is on disk.
// Every change goes through them, so that a test can cut the power after each.
type calls interface {
	createTemp(dir, pattern string) (*os.File, error) // mode 0600
	openAppend(path string) (*os.File, error)         // made with mode 0600 when missing
	write(f *os.File, data []byte) error
	chmod(f *os.File, mode os.FileMode) error
	sync(f *os.File) error        // of a file or an open directory
	rename(from, to string) error // replaces to in one step
	link(from, to string) error   // never replaces
	remove(path string) error
	removeAll(path string) error
	mkdir(dir string) error // mode 0700
}

// A disk is where files are written. Its methods return an [AccessError] with
// the path when the system refuses something.
type disk struct{ calls }

// system is the real disk.
var system = disk{osCalls{}}

// osCalls are the calls of package os. rename differs by system.
type osCalls struct{}

func (osCalls) createTemp(dir, pattern string) (*os.File, error) { return os.CreateTemp(dir, pattern) }
func (osCalls) openAppend(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
}
func (osCalls) write(f *os.File, data []byte) error {
	_, err := f.Write(data)
	return err
}
func (osCalls) chmod(f *os.File, mode os.FileMode) error { return f.Chmod(mode) }
func (osCalls) sync(f *os.File) error                    { return f.Sync() }
func (osCalls) link(from, to string) error               { return os.Link(from, to) }
func (osCalls) remove(path string) error                 { return os.Remove(path) }
func (osCalls) removeAll(path string) error              { return os.RemoveAll(path) }
func (osCalls) mkdir(dir string) error                   { return os.Mkdir(dir, 0o700) }
