package store

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// durability says how hard a write tries to outlive a power failure. Its value
// ends the name of the unfinished file, so that a sweep can tell them apart.
type durability string

const (
	durable  durability = ".tmp"  // content and name are on the disk on return
	ordered  durability = ".otmp" // content is; the name with the next durable write in its directory
	volatile durability = ".ctmp" // the system writes them back when it likes
)

// staleAge is how old an unfinished file must be before it is removed although
// its writer may be alive and needs no lock. No write takes near as long.
const staleAge = time.Hour

func (s *Store) write(rel string, data []byte, d durability) error {
	path, err := s.writable(rel)
	if err != nil {
		return err
	}
	return writeFile(path, data, d)
}

// writeFile replaces path by data in one step. Its name is not made durable.
func writeFile(path string, data []byte, d durability) error {
	temp, err := stage(path, data, d)
	if err != nil {
		return err
	}
	if err := replace(temp, path); err != nil {
		os.Remove(temp)
		return accessError("writing", path, err)
	}
	return nil
}

// createFile puts data at path in one step unless something is there already,
// which is fs.ErrExist.
func createFile(path string, data []byte, d durability) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("creating %q: %w", path, fs.ErrExist)
	}
	temp, err := stage(path, data, d)
	if err != nil {
		return err
	}
	if err := placeNew(temp, path, os.Link); err != nil {
		os.Remove(temp)
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("creating %q: %w", path, fs.ErrExist)
		}
		return accessError("creating", path, err)
	}
	if d != durable {
		return nil
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return accessError("creating", path, err)
	}
	return nil
}

// placeNew gives the finished file temp the name path, which must not exist.
// A hard link, unlike a rename, never replaces. Some file systems have none
// (FAT, and folders shared into virtual machines): there a look before the
// rename must do.
func placeNew(temp, path string, link func(from, to string) error) error {
	err := link(temp, path)
	switch {
	case err == nil:
		return os.Remove(temp)
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, fs.ErrPermission):
		if _, err := os.Lstat(path); err == nil {
			return fs.ErrExist
		}
		return replace(temp, path)
	}
	return err
}

// stage writes data to an unfinished file beside path, mode 0600, and returns
// its name. Nothing is left after an error.
func stage(path string, data []byte, d durability) (temp string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), tempPattern(filepath.Base(path), d))
	if err != nil {
		return "", accessError("writing", path, err)
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
			err = accessError("writing", path, err)
		}
	}()
	_, err = f.Write(data)
	if err == nil && d != volatile {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return f.Name(), err
}

// tempPattern is the name of an unfinished file for [os.CreateTemp]: hidden,
// and telling whose it is.
func tempPattern(base string, d durability) string { return "." + base + ".*" + string(d) }

// parseTemp undoes tempPattern: it returns for which file an unfinished one was
// begun, and how.
func parseTemp(name string) (base string, d durability, ok bool) {
	rest, hidden := strings.CutPrefix(name, ".")
	stem := strings.TrimSuffix(rest, filepath.Ext(rest))
	d = durability(filepath.Ext(rest))
	dot := strings.LastIndexByte(stem, '.')
	if !hidden || dot < 1 || (d != durable && d != ordered && d != volatile) || strings.Trim(stem[dot+1:], "0123456789") != "" {
		return "", "", false
	}
	return stem[:dot], d, true
}

// sweep removes from dir what killed writers left unfinished for base, or for
// every name when base is "". The caller must hold the lock on them, so that a
// durable one has no living writer. Files it cannot remove are left: they are
// in nobody's way.
func sweep(dir, base string, now time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		of, d, ok := parseTemp(entry.Name())
		if !ok || (base != "" && of != base) {
			continue
		}
		if d == volatile {
			info, err := entry.Info()
			if err != nil || now.Sub(info.ModTime()) < staleAge {
				continue
			}
		}
		os.Remove(filepath.Join(dir, entry.Name()))
	}
}

// makeDirs makes dir and its missing parents, mode 0700, and returns those that
// it made, innermost first. Their names reach the disk with [Store.anchor].
func makeDirs(dir string) (missing []string, err error) {
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err == nil && info.IsDir() {
			break
		}
		if err == nil {
			return nil, accessError("creating", at, errors.New("a file is in the way of the directory"))
		}
		if !errors.Is(err, fs.ErrNotExist) || filepath.Dir(at) == at {
			return nil, accessError("creating", at, err)
		}
		missing = append(missing, at)
	}
	for _, d := range slices.Backward(missing) {
		if err := os.Mkdir(d, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, accessError("creating", d, err)
		}
	}
	return missing, nil
}

// anchor makes the names of the directory dir and of its parents within the
// store durable. It asks the disk once for each.
func (s *Store) anchor(dir string) error {
	s.anchoring.Lock()
	defer s.anchoring.Unlock()
	s.mu.Lock()
	var parents []string
	for at := dir; at != s.dir && !s.anchored[at]; at = filepath.Dir(at) {
		parents = append(parents, filepath.Dir(at))
	}
	made := s.made
	s.mu.Unlock()
	for _, d := range made {
		parents = append(parents, filepath.Dir(d))
	}
	errs := make([]error, len(parents))
	var all sync.WaitGroup
	for i, parent := range parents {
		all.Go(func() {
			if err := syncDir(parent); err != nil {
				errs[i] = accessError("writing into", parent, err)
			}
		})
	}
	all.Wait()
	if err := cmp.Or(errs...); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made = nil
	if s.anchored == nil {
		s.anchored = map[string]bool{}
	}
	for at := dir; at != s.dir; at = filepath.Dir(at) {
		s.anchored[at] = true
	}
	return nil
}
