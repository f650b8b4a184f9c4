package store

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// stage writes every new content to a hidden file next to its target.
func (set *installation) stage() error {
	var jobs []func() error
	for _, t := range set.targets {
		jobs = append(jobs, func() (err error) {
			set.disk.sweep(filepath.Dir(t.path), filepath.Base(t.path), time.Now())
			t.temp, err = set.disk.stage(t.path, t.Data, durable, func(f *os.File) error {
				return set.disk.setMode(f, t, t.old)
			})
			return err
		})
	}
	return sideBySide(jobs)
}

// setMode gives f the mode of the target, and the owner and group of as unless
// that is nil.
func (k disk) setMode(f *os.File, t *target, as fs.FileInfo) error {
	if as != nil {
		if err := keepOwner(f, t.Mode, as); err != nil {
			return accessError("installing", t.Path, err)
		}
	}
	if err := k.chmod(f, t.Mode.Perm()); err != nil {
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

// place gives every file its name, and keeps the old ones.
func (set *installation) place() error {
	for _, t := range set.targets {
		if err := set.placeOne(t); err != nil {
			return err
		}
	}
	return nil
}

func (set *installation) placeOne(t *target) (err error) {
	if t.old != nil {
		if t.backup, err = set.disk.setAside(t.path); err != nil {
			return accessError("installing", t.Path, err)
		}
	}
	// Without Overwrite a file that was made since plan must stay, too.
	if set.options.Overwrite {
		err = set.disk.rename(t.temp, t.path)
	} else {
		err = set.disk.placeNew(t.temp, t.path)
	}
	switch {
	case errors.Is(err, fs.ErrExist) && !set.options.Overwrite:
		return &ExistsError{Paths: []string{t.Path}}
	case err != nil:
		return accessError("installing", t.Path, err)
	}
	t.temp, t.placed = "", true
	return nil
}

// setAside gives the content of path a second, hidden name: by a hard link, so
// that path always exists, or by a copy where the file system has no links.
func (k disk) setAside(path string) (backup string, err error) {
	dir, base := filepath.Dir(path), filepath.Base(path)
	backup = filepath.Join(dir, tempName(base, strconv.FormatUint(rand.Uint64(), 10), durable))
	if err := k.link(path, backup); err == nil {
		return backup, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	old := &target{File: File{Path: path, Mode: info.Mode()}}
	return k.stage(path, data, durable, func(f *os.File) error { return k.setMode(f, old, info) })
}

// sync makes the new names durable.
func (set *installation) sync() error {
	var dirs []string
	for _, t := range set.targets {
		dirs = append(dirs, filepath.Dir(t.path))
	}
	for _, dir := range set.made {
		dirs = append(dirs, filepath.Dir(dir))
	}
	slices.Sort(dirs)
	return set.disk.syncDirs("installing into", slices.Compact(dirs))
}

// undo puts old files back and removes new ones, newest first.
func (set *installation) undo() error {
	var errs []error
	for _, t := range slices.Backward(set.targets) {
		if !t.placed {
			continue
		}
		t.placed = false
		if t.backup == "" {
			errs = append(errs, set.disk.remove(t.path))
			continue
		}
		if err := set.disk.rename(t.backup, t.path); err != nil {
			errs = append(errs, accessError("restoring", t.Path, fmt.Errorf("%w; the old content is in %q", err, t.backup)))
		}
		t.backup = ""
	}
	set.discard()
	for _, dir := range slices.Backward(set.made) {
		set.disk.remove(dir) // fails when somebody else put a file there
	}
	set.made = nil
	return errors.Join(errs...)
}

// discard removes the hidden files next to the targets.
func (set *installation) discard() {
	for _, t := range set.targets {
		for _, hidden := range []*string{&t.temp, &t.backup} {
			if *hidden != "" {
				set.disk.remove(*hidden)
				*hidden = ""
			}
		}
	}
}
