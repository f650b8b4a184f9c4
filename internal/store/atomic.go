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

// durability says what of a write survives a power failure. Its value is the
// suffix of the unfinished file, so that a sweep can tell them apart.
type durability string

const (
	durable  durability = ".tmp"  // content and name are on the disk on return
	ordered  durability = ".otmp" // content is; the name follows with the next durable write in its directory
	volatile durability = ".ctmp" // the system writes both when it likes
)

// staleAge is the age at which an unfinished volatile file is removed. Its
// writer needs no lock, so it may be alive; but no write takes this long.
const staleAge = time.Hour

// writeFile replaces path by data in one step. It does not make the name durable.
func (k disk) writeFile(path string, data []byte, d durability) error {
	temp, err := k.stage(path, data, d, nil)
	if err != nil {
		return err
	}
	return k.place(temp, path)
}

// place renames the finished file temp to path, and removes it on an error.
func (k disk) place(temp, path string) error {
	if err := k.rename(temp, path); err != nil {
		k.remove(temp)
		return accessError("writing", path, err)
	}
	return nil
}

// createFile puts data at path in one step. If path exists the error is
// fs.ErrExist.
func (k disk) createFile(path string, data []byte, d durability) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("creating %q: %w", path, fs.ErrExist)
	}
	temp, err := k.stage(path, data, d, nil)
	if err != nil {
		return err
	}
	if err := k.placeNew(temp, path); err != nil {
		k.remove(temp)
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("creating %q: %w", path, fs.ErrExist)
		}
		return accessError("creating", path, err)
	}
	if d != durable {
		return nil
	}
	if err := k.syncDir(filepath.Dir(path)); err != nil {
		return accessError("creating", path, err)
	}
	return nil
}

// placeNew gives the finished file temp the name path, which must not exist.
// A hard link, unlike a rename, never replaces. Some file systems have no hard
// links (FAT, and folders shared into virtual machines): there it looks first
// and then renames.
func (k disk) placeNew(temp, path string) error {
	err := k.link(temp, path)
	switch {
	case err == nil:
		return k.remove(temp)
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, fs.ErrPermission):
		if _, err := os.Lstat(path); err == nil {
			return fs.ErrExist
		}
		return k.rename(temp, path)
	}
	return err
}

// stage writes data to an unfinished file next to path, mode 0600, and returns
// its name. finish, unless nil, may change the file before it is synced. On an
// error nothing is left.
func (k disk) stage(path string, data []byte, d durability, finish func(*os.File) error) (temp string, err error) {
	f, err := k.createTemp(filepath.Dir(path), tempName(filepath.Base(path), "*", d))
	if err != nil {
		return "", accessError("writing", path, err)
	}
	err = k.write(f, data)
	if err == nil && finish != nil {
		err = finish(f)
	}
	if err == nil && d != volatile {
		err = k.sync(f)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		k.remove(f.Name())
		return "", accessError("writing", path, err)
	}
	return f.Name(), nil
}

// tempName is the name of an unfinished file: hidden, and showing for which
// file it was begun. number is its decimal number, or "*" for [os.CreateTemp].
func tempName(base, number string, d durability) string {
	return "." + base + "." + number + string(d)
}

// parseTemp reverses tempName: it returns for which file an unfinished one was
// begun, and its durability.
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
// durable one has no living writer. A file that it cannot remove stays: it does
// no harm.
func (k disk) sweep(dir, base string, now time.Time) {
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
		k.remove(filepath.Join(dir, entry.Name()))
	}
}

// makeDirs makes dir and its missing parents, mode 0700, and returns those that
// it made, innermost first. [Store.anchor] makes their names durable.
func (k disk) makeDirs(dir string) (missing []string, err error) {
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err == nil && info.IsDir() {
			break
		}
		if err == nil {
			return nil, accessError("creating", at, errors.New("not a directory"))
		}
		if !errors.Is(err, fs.ErrNotExist) || filepath.Dir(at) == at {
			return nil, accessError("creating", at, err)
		}
		missing = append(missing, at)
	}
	for _, d := range slices.Backward(missing) {
		if err := k.mkdir(d); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, accessError("creating", d, err)
		}
	}
	return missing, nil
}

// syncDirs makes the names in several directories durable. op is the action
// that its error names.
func (k disk) syncDirs(op string, dirs []string) error {
	var jobs []func() error
	for _, dir := range dirs {
		jobs = append(jobs, func() error {
			if err := k.syncDir(dir); err != nil {
				return accessError(op, dir, err)
			}
			return nil
		})
	}
	return sideBySide(jobs)
}

// sideBySide runs all jobs at once, since a disk makes several files durable in
// the time of one. It returns the error of the first job in the list that has one.
func sideBySide(jobs []func() error) error {
	errs := make([]error, len(jobs))
	var all sync.WaitGroup
	for i, job := range jobs {
		all.Go(func() { errs[i] = job() })
	}
	all.Wait()
	return cmp.Or(errs...)
}

// anchor makes the names of the directory dir and of its parents within the
// store durable. It syncs each once.
func (s *Store) anchor(dir string) error {
	s.anchoring.Lock()
	defer s.anchoring.Unlock()
	s.mu.Lock()
	var parents []string
	for at := dir; at != s.dir && !s.anchored[at]; at = filepath.Dir(at) {
		parents = append(parents, filepath.Dir(at))
	}
	for _, d := range s.made {
		parents = append(parents, filepath.Dir(d))
	}
	s.mu.Unlock()
	if err := s.disk.syncDirs("writing into", parents); err != nil {
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
