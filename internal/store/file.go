package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// MaxFile is the size in bytes above which no file is read or written: 8 MiB.
const MaxFile = 8 << 20

// ReadFile returns the content of rel. A missing file gives an error that is
// fs.ErrNotExist, one larger than [MaxFile] a [DamagedError].
func (s *Store) ReadFile(rel string) ([]byte, error) {
	path, err := s.path(rel)
	if err != nil {
		return nil, err
	}
	return readCapped(path)
}

// CreateKey writes a new file rel, whole or not at all, and never replaces one:
// when rel is there already the error is fs.ErrExist and the file is untouched.
// Of several callers at once exactly one succeeds. (On a file system without
// hard links only the caller's lock guarantees that.)
func (s *Store) CreateKey(rel string, data []byte) error { return s.createKey(rel, data, durable) }

// CreateKeyFor is CreateKey for a key that a document in the same directory
// will name: the next Save there makes its name durable.
func (s *Store) CreateKeyFor(rel string, data []byte) error { return s.createKey(rel, data, ordered) }

func (s *Store) createKey(rel string, data []byte, d durability) error {
	if len(data) > MaxFile {
		return fmt.Errorf("creating %q: %d bytes, want at most %d", rel, len(data), MaxFile)
	}
	path, err := s.writable(rel)
	if err != nil {
		return err
	}
	jobs := []func() error{func() error { return s.disk.createFile(path, data, d) }}
	if d == durable {
		jobs = append(jobs, func() error { return s.anchor(filepath.Dir(path)) })
	}
	return sideBySide(jobs)
}

// Rename moves a file or directory within the store, durably. A file at to is
// replaced; a directory there that is not empty is an error. A missing from is
// fs.ErrNotExist.
func (s *Store) Rename(from, to string) error {
	source, err := s.path(from)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(source); err != nil {
		return readError("renaming", source, err)
	}
	target, err := s.writable(to)
	if err != nil {
		return err
	}
	if err := s.anchor(filepath.Dir(target)); err != nil {
		return err
	}
	if err := s.disk.rename(source, target); err != nil {
		return accessError("renaming", source, err)
	}
	s.unanchor()
	// The target first: then a power failure leaves the old name or both.
	if err := s.disk.syncDir(filepath.Dir(target)); err != nil {
		return accessError("renaming", target, err)
	}
	if err := s.disk.syncDir(filepath.Dir(source)); err != nil {
		return accessError("renaming", source, err)
	}
	return nil
}

// Remove deletes the file or empty directory rel, durably. A missing one is
// no error.
func (s *Store) Remove(rel string) error { return s.removeBy(rel, s.disk.remove) }

// RemoveAll deletes rel and everything below it, durably. A missing one is no
// error. The store itself cannot be removed.
func (s *Store) RemoveAll(rel string) error { return s.removeBy(rel, s.disk.removeAll) }

func (s *Store) removeBy(rel string, remove func(string) error) error {
	path, err := s.path(rel)
	if err != nil {
		return err
	}
	if path == s.dir {
		return fmt.Errorf("removing %q: want a name below the store", rel)
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	s.unanchor()
	if err := remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return accessError("removing", path, err)
	}
	if err := s.disk.syncDir(filepath.Dir(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return accessError("removing", path, err)
	}
	return nil
}

// unanchor forgets which directory names are durable, because one of them may
// be removed.
func (s *Store) unanchor() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.anchored)
}

// List returns the names of the files and directories in rel, sorted, without
// the store's own lock files and unfinished files. A missing directory counts
// as empty.
func (s *Store) List(rel string) ([]string, error) {
	path, err := s.path(rel)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, accessError("listing", path, err)
	}
	var names []string
	for _, entry := range entries {
		name := entry.Name()
		if _, _, temp := parseTemp(name); temp || strings.HasSuffix(name, lockSuffix) {
			continue
		}
		names = append(names, name)
	}
	return names, nil
}

// readCapped reads a file of at most MaxFile bytes.
func readCapped(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, readError("reading", path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, accessError("reading", path, err)
	}
	if len(data) > MaxFile {
		return nil, &DamagedError{Path: path, Err: fmt.Errorf("larger than %d bytes", MaxFile)}
	}
	return data, nil
}

// readError returns fs.ErrNotExist for a missing file and an AccessError for one
// that cannot be used.
func readError(op, path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s %q: %w", op, path, fs.ErrNotExist)
	}
	return accessError(op, path, err)
}
