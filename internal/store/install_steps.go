package store

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// stage writes every new content beside its target, where nobody looks for it,
// all at once: a disk makes several files durable in the time of one.
func (set *installation) stage() error {
	errs := make([]error, len(set.targets))
	var all sync.WaitGroup
	for i, t := range set.targets {
		all.Go(func() { errs[i] = t.stage() })
	}
	all.Wait()
	return cmp.Or(errs...)
}

func (t *target) stage() (err error) {
	sweep(filepath.Dir(t.path), filepath.Base(t.path), time.Now())
	if t.temp, err = stage(t.path, t.Data, durable); err != nil {
		return err
	}
	if t.old != nil {
		if err := keepOwner(t.temp, t.Mode, t.old); err != nil {
			return accessError("installing", t.Path, err)
		}
	}
	if err := os.Chmod(t.temp, t.Mode.Perm()); err != nil {
		return accessError("installing", t.Path, err)
	}
	return nil
}

func (set *installation) ready() error {
	if set.options.Ready == nil {
		return nil
	}
	return set.options.Ready()
}

// place gives every file its name, the old ones kept aside.
func (set *installation) place() error {
	for _, t := range set.targets {
		if err := t.place(set.options.Overwrite); err != nil {
			return err
		}
	}
	return nil
}

func (t *target) place(overwrite bool) error {
	if t.old != nil {
		backup, err := setAside(t.path)
		if err != nil {
			return accessError("installing", t.Path, err)
		}
		t.backup = backup
	}
	// Who may not overwrite must not do so either when the file came into
	// being since it was looked for.
	var err error
	if overwrite {
		err = replace(t.temp, t.path)
	} else {
		err = placeNew(t.temp, t.path, os.Link)
	}
	switch {
	case errors.Is(err, fs.ErrExist) && !overwrite:
		return &ExistsError{Paths: []string{t.Path}}
	case err != nil:
		return accessError("installing", t.Path, err)
	}
	t.temp, t.placed = "", true
	return nil
}

// setAside gives the content of path a second, hidden name: by a hard link, so
// that path is never without its file, or by a copy where there are none.
func setAside(path string) (backup string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), tempPattern(filepath.Base(path), durable))
	if err != nil {
		return "", err
	}
	backup = f.Name()
	if err := errors.Join(f.Close(), os.Remove(backup)); err != nil {
		return "", err
	}
	if err := os.Link(path, backup); err == nil {
		return backup, nil
	}
	return backup, copyFile(path, backup)
}

// copyFile copies content and permissions to a new file.
func copyFile(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Chmod(info.Mode().Perm()), f.Sync(), f.Close())
}

// sync puts the new names on the disk.
func (set *installation) sync() error {
	synced := make(map[string]bool)
	for _, dir := range set.made {
		synced[filepath.Dir(dir)] = false
	}
	for _, t := range set.targets {
		synced[filepath.Dir(t.path)] = false
	}
	errs := make(chan error, len(synced))
	for dir := range synced {
		go func() {
			if err := syncDir(dir); err != nil {
				errs <- accessError("installing into", dir, err)
				return
			}
			errs <- nil
		}()
	}
	var err error
	for range synced {
		err = cmp.Or(err, <-errs)
	}
	return err
}

// undo puts back what was there and removes what was not, newest first.
func (set *installation) undo() error {
	var errs []error
	for i := len(set.targets) - 1; i >= 0; i-- {
		t := set.targets[i]
		if !t.placed {
			continue
		}
		t.placed = false
		if t.backup == "" {
			errs = append(errs, os.Remove(t.path))
			continue
		}
		if err := replace(t.backup, t.path); err != nil {
			errs = append(errs, accessError("putting back", t.Path, fmt.Errorf("%w; the old content is kept in %q", err, t.backup)))
		}
		t.backup = ""
	}
	set.discard()
	for i := len(set.made) - 1; i >= 0; i-- {
		os.Remove(set.made[i]) // fails when someone else put something there
	}
	set.made = nil
	return errors.Join(errs...)
}

// discard removes the hidden files beside the targets.
func (set *installation) discard() {
	for _, t := range set.targets {
		if t.temp != "" {
			os.Remove(t.temp)
			t.temp = ""
		}
		if t.backup != "" {
			os.Remove(t.backup)
			t.backup = ""
		}
	}
}
