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
	Path string      // where it goes; a symbolic link is followed and stays
	Data []byte      // its whole content
	Mode fs.FileMode // its permission bits; 0 means 0600
}

// InstallOptions say what [Install] may do. The zero value replaces nothing.
type InstallOptions struct {
	Overwrite bool // replace files that have other content
	// Ready is called once, when all content is written and before the first
	// file gets its name. An error ends the installation. The caller can wait
	// here until what it needs for its recovery is saved. nil: no wait.
	Ready func() error
}

// Install puts files where a user wants them: the whole set or nothing. It first
// writes and syncs every file next to its target, 0600 from its first byte and
// only then with its mode; then it renames each into place. If one of those
// renames fails, it undoes the ones before: it puts old files back and removes
// new ones.
//
// Users who could read a file that is replaced can read the new one: the owner
// and group stay, and so does the group's right to read when others have no
// right. If this user may not give a secret file to that owner and group, Install
// changes nothing and returns an [AccessError].
//
// Install leaves a file alone that already has the wanted content and mode.
// Without Overwrite any file with other content gives an [ExistsError] that names
// all of them, before anything is changed. A target that is not a regular file
// is an [AccessError]. A missing directory is made, mode 0700, if its parent
// exists.
//
// No file system renames two files at once. If the process is killed or the
// power fails between two renames, some targets are old and some new, each
// whole. To recover, the caller must call Install again with the same files and
// options, which it must therefore have saved before: files that are already in
// place are recognised by their content, and the rest is installed. No copy of a
// key is lost that way, because the store still has it. The killed process may
// leave hidden files next to the targets, named ".NAME.N.tmp"; the next Install
// of the same names removes them.
func Install(files []File, o InstallOptions) error { return system.install(files, o) }

func (k disk) install(files []File, o InstallOptions) error {
	set := &installation{disk: k, options: o}
	defer set.discard()
	for _, file := range files {
		if err := set.plan(file); err != nil {
			return errors.Join(err, set.undo())
		}
	}
	if len(set.exists) > 0 {
		return errors.Join(&ExistsError{Paths: set.exists}, set.undo())
	}
	for _, step := range []func() error{set.stage, set.ready, set.place, set.sync} {
		if err := step(); err != nil {
			return errors.Join(err, set.undo())
		}
	}
	return nil
}

// An installation is the state of one Install.
type installation struct {
	disk    disk
	options InstallOptions
	targets []*target
	exists  []string // files that must not be replaced, as the user named them
	made    []string // directories that this installation made
}

// groupReads is the mode bit by which the group may read a file. If others may
// not, that was somebody's deliberate choice.
const groupReads = 0o040

// A target is one file to be put in place.
type target struct {
	File
	path   string      // Path with symbolic links followed
	old    fs.FileInfo // of the existing file; nil if it does not exist
	temp   string      // the new content, until it is renamed
	backup string      // the old content, until the set is complete
	placed bool
}

// plan examines one target. It changes nothing, except that it makes the
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
		// A run that was killed after it placed this file may have left more.
		set.disk.sweep(filepath.Dir(path), filepath.Base(path), time.Now())
		return nil
	case t.old != nil && !set.options.Overwrite:
		set.exists = append(set.exists, file.Path)
	}
	set.targets = append(set.targets, t)
	return nil
}

// resolve returns the absolute path of a target. A link to nothing is an error,
// because it is unclear what the user meant.
func resolve(path string) (string, error) {
	if path == "" {
		return "", errors.New("installing a file: no path")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", accessError("installing", path, err)
	}
	info, err := os.Lstat(abs)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return abs, nil // inspect reports what is wrong with it
	}
	end, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return "", accessError("following the link", path, err)
	}
	return end, nil
}

// makeParent makes the directory of path, but not that directory's parents: a
// typing error must not make a tree.
func (set *installation) makeParent(path string) error {
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return nil // inspect or stage report what is wrong with it
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
	if err := set.disk.mkdir(dir); err != nil {
		return accessError("creating", dir, err)
	}
	set.made = append(set.made, dir)
	return nil
}

// inspect examines what exists at the target, and reports whether that is
// exactly what is to be installed.
func (t *target) inspect() (same bool, err error) {
	info, err := os.Lstat(t.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, accessError("installing", t.Path, err)
	case info.IsDir():
		return false, accessError("installing", t.Path, errors.New("it is a directory"))
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
		return false, nil // a file that cannot be read can still be replaced
	}
	if info.Mode().Perm() != t.Mode.Perm() && runtime.GOOS != "windows" {
		return false, nil
	}
	return true, nil
}
