package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// A File is one output file of [Install].
type File struct {
	Path string      // where it goes; a symbolic link is followed, and stays
	Data []byte      // its whole content
	Mode fs.FileMode // its permission bits; 0 means 0600
}

// InstallOptions say what [Install] may do. The zero value replaces nothing.
type InstallOptions struct {
	Overwrite bool // replace files that have other content
	// Ready is asked, once, when all is written and before the first file gets
	// its name; an error ends the installation. It is where the caller waits
	// until what it needs for its recovery is saved. nil: nothing is waited for.
	Ready func() error
}

// Install puts files where a user wants them: the whole set or nothing. Every
// file is first written and synced beside its target, 0600 from its first byte
// and only then given its mode; then each is renamed into place. When one of
// those renames fails, the ones before it are undone: what was there is put
// back, what was not there is removed.
//
// Who could read a file that is replaced can read the new one: its owner and
// group stay, and so does the group's right to read when others have none. When
// this user may not give a secret file to them nothing is changed, and that is
// an [AccessError].
//
// A file that already has the wanted content and mode is left alone. Without
// Overwrite any file with other content gives an [ExistsError] naming all of
// them, before anything is changed. A target that is a directory or another
// thing that is no file is an [AccessError]. A missing directory is made, mode
// 0700, when its parent exists.
//
// No file system renames two files at once. When the process is killed, or the
// power fails, between two renames, some targets are old and some new, each
// whole. The caller recovers by calling Install again with the same files and
// options, which it must therefore have saved before: what is in place already
// is recognised by its content and the rest is installed. No copy of a key is
// lost that way, for the store still holds it. Files that the killed process
// left behind are hidden ones beside their targets, named ".NAME.N.tmp", and the
// next Install of the same names removes them.
func Install(files []File, o InstallOptions) error {
	set := &installation{options: o}
	defer set.discard()
	for _, file := range files {
		if err := set.plan(file); err != nil {
			return errors.Join(err, set.undo())
		}
	}
	if len(set.exists) > 0 {
		return errors.Join(&ExistsError{Paths: set.exists}, set.undo())
	}
	for _, step := range []func() error{set.stage, set.ready, set.place} {
		if err := step(); err != nil {
			return errors.Join(err, set.undo())
		}
	}
	if err := set.sync(); err != nil {
		return errors.Join(err, set.undo())
	}
	return nil
}

// An installation is the state of one Install.
type installation struct {
	options InstallOptions
	targets []*target
	exists  []string // what must not be replaced, as the user named it
	made    []string // directories that were not there before
}

// groupReads is the mode of a file that, beside its owner, its group alone may
// read: somebody's deliberate choice.
const groupReads = 0o040

// A target is one file to be put in place.
type target struct {
	File
	path   string      // Path with symbolic links followed
	old    fs.FileInfo // of the file that is there; nil: there is none
	temp   string      // the new content, until it is renamed
	backup string      // the old content, until the set is complete
	placed bool
}

// plan looks at one target and changes nothing, except that it makes the
// target's directory.
func (set *installation) plan(file File) error {
	if file.Mode == 0 {
		file.Mode = 0o600
	}
	path, err := resolve(file.Path)
	if err != nil {
		return err
	}
	t := &target{File: file, path: path}
	for _, other := range set.targets {
		if other.path == path {
			return fmt.Errorf("installing %q: named twice", file.Path)
		}
	}
	if err := set.makeParent(path); err != nil {
		return err
	}
	same, err := t.inspect()
	switch {
	case err != nil:
		return err
	case same:
		// A run that was killed after it had put it there may have left more.
		sweep(filepath.Dir(path), filepath.Base(path), time.Now())
		return nil
	case t.old != nil && !set.options.Overwrite:
		set.exists = append(set.exists, file.Path)
	}
	set.targets = append(set.targets, t)
	return nil
}

// resolve returns the absolute path that a target stands for. A link to nothing
// is an error: it is not known what was meant.
func resolve(path string) (string, error) {
	if path == "" {
		return "", errors.New("installing a file: it has no path")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", accessError("installing", path, err)
	}
	info, err := os.Lstat(abs)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return abs, nil // what is wrong with it, inspect says
	}
	end, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return "", accessError("following the link", path, err)
	}
	return end, nil
}

// makeParent makes the directory of path, but not that directory's parents: a
// name typed wrong must not become a tree.
func (set *installation) makeParent(path string) error {
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return nil // what is wrong with it, inspect or stage says
	}
	missing := dir
	for parent := filepath.Dir(dir); parent != missing; parent = filepath.Dir(parent) {
		if _, err := os.Stat(parent); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = parent
	}
	if missing != dir {
		return accessError("creating", dir, fmt.Errorf("%q: %w", missing, fs.ErrNotExist))
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return accessError("creating", dir, err)
	}
	set.made = append(set.made, dir)
	return nil
}

// inspect notes whether something is at the target, and reports whether that is
// exactly what is to be installed.
func (t *target) inspect() (same bool, err error) {
	info, err := os.Lstat(t.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, accessError("installing", t.Path, err)
	case info.IsDir():
		return false, accessError("installing", t.Path, errors.New("a directory is in the way"))
	case !info.Mode().IsRegular():
		return false, accessError("installing", t.Path, errors.New("not a regular file"))
	}
	t.old = info
	if perm := info.Mode().Perm(); perm&0o077 == groupReads {
		t.Mode |= groupReads
	}
	if info.Size() != int64(len(t.Data)) {
		return false, nil
	}
	data, err := os.ReadFile(t.path)
	if err != nil || !bytes.Equal(data, t.Data) {
		return false, nil // one that cannot be read can still be replaced
	}
	if info.Mode().Perm() != t.Mode.Perm() && runtime.GOOS != "windows" {
		return false, nil
	}
	return true, nil
}
