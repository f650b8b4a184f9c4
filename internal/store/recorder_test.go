package store

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// A recorder makes real calls and writes each down, so that [power] can tell
// what a power failure after it would have left.
type recorder struct {
	calls
	mu  sync.Mutex
	log []call
}

// A call is one change of what is on disk.
type call struct {
	op, path, to string
	data         []byte      // what the file holds after it
	mode         fs.FileMode // the file's mode after it
}

func (c call) String() string { return strings.TrimSpace(c.op + " " + filepath.Base(c.path)) }

// note makes one call at a time and records those that succeed.
func (r *recorder) note(c call, do func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := do()
	if err == nil {
		r.log = append(r.log, c)
	}
	return err
}

// file records a call that changes a file.
func (r *recorder) file(op string, f *os.File, do func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := do(); err != nil {
		return err
	}
	data, err := os.ReadFile(f.Name())
	if err != nil {
		return err
	}
	info, err := f.Stat()
	r.log = append(r.log, call{op: op, path: f.Name(), data: data, mode: info.Mode().Perm()})
	return err
}

func (r *recorder) createTemp(dir, pattern string) (f *os.File, err error) {
	if f, err = r.calls.createTemp(dir, pattern); err == nil {
		err = r.file("create", f, func() error { return nil })
	}
	return f, err
}

func (r *recorder) openAppend(path string) (f *os.File, err error) {
	if f, err = r.calls.openAppend(path); err == nil {
		err = r.file("create", f, func() error { return nil })
	}
	return f, err
}

func (r *recorder) write(f *os.File, data []byte) error {
	return r.file("write", f, func() error { return r.calls.write(f, data) })
}

func (r *recorder) chmod(f *os.File, mode os.FileMode) error {
	return r.file("chmod", f, func() error { return r.calls.chmod(f, mode) })
}

func (r *recorder) sync(f *os.File) error {
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return r.note(call{op: "sync", path: f.Name()}, func() error { return r.calls.sync(f) })
	}
	return r.file("sync", f, func() error { return r.calls.sync(f) })
}

func (r *recorder) rename(from, to string) error {
	return r.note(call{op: "rename", path: from, to: to}, func() error { return r.calls.rename(from, to) })
}

func (r *recorder) link(from, to string) error {
	return r.note(call{op: "link", path: from, to: to}, func() error { return r.calls.link(from, to) })
}

func (r *recorder) remove(path string) error {
	return r.note(call{op: "remove", path: path}, func() error { return r.calls.remove(path) })
}

func (r *recorder) removeAll(path string) error {
	return r.note(call{op: "remove", path: path}, func() error { return r.calls.removeAll(path) })
}

func (r *recorder) mkdir(dir string) error {
	return r.note(call{op: "mkdir", path: dir}, func() error { return r.calls.mkdir(dir) })
}

// noLinks is a file system without hard links.
type noLinks struct{ calls }

func (noLinks) link(from, to string) error {
	return &os.LinkError{Op: "link", Old: from, New: to, Err: syscall.EPERM}
}
