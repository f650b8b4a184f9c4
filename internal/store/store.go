// Package store keeps documents and PEM files on disk: atomic, durable, locked
// and versioned.
//
// # Layout
//
// A store is one directory. Inside it every name is a slash-separated relative
// path ("enrolments/amf-01/enrolment.json"), the same on every system, and must
// stay inside the directory; any other name is refused. The file "format" says
// by which version of this layout the directory was written. A store of a newer
// format is refused with a [VersionError] and never touched.
//
// A directory that does not exist is an empty store. It is made, mode 0700, by
// the first write, so a command that only reads leaves nothing behind.
//
// # What a reader sees
//
// A file is replaced by a rename, so whoever opens one sees the old content or
// the new, whole, also when the writer was killed or the power failed. A write is
// on the disk when it returns, but for those that say otherwise:
// [Store.SaveSoon], [Store.CreateKeyFor], [Store.SaveCache] and [Store.Append].
// Files are 0600 from their first byte and directories 0700.
//
// A missing file is an error for which errors.Is(err, fs.ErrNotExist) holds. It
// is no fault: it means that the thing was never made. A file that is there but
// is not what was written is a [DamagedError]; one that the system does not let
// this process read or write is an [AccessError]. Nothing is repaired silently.
//
// # Who may write
//
// Any number of processes may read at any time without a lock. Whoever changes
// a document must hold the [Lock] on it, or on the directory that holds it, and
// must load it after the lock was granted: what was read before may have been
// changed by the previous holder. Under the lock of a directory nobody else
// writes durably below it; files that writers left unfinished there are removed
// when the lock is granted. [Store.SaveCache] is exempt: what may be lost may
// also be written by anyone, and the last writer wins.
//
// # Versions
//
// A document carries its own "version" beside the format of the whole. A newer
// one is refused by [Store.Load], so it is never rewritten by a program that
// does not understand it. Keys that this program does not know are dropped by
// the next save; a key whose loss would matter must therefore raise the version.
package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// Format is the version of the layout that this program reads and writes.
const Format = 1

const (
	formatFile   = "format"
	formatPrefix = "nfcert-state "
)

// A Store is one state directory. Its methods may be called at once from many
// goroutines and processes, under the rules of the package documentation.
type Store struct {
	dir string

	anchoring sync.Mutex // held while directories are synced, so that each is once

	mu       sync.Mutex      // guards what follows, and the rotation in Append
	ready    bool            // directory and format file are known to be there
	made     []string        // directories made for the store itself, whose names may not be on the disk
	anchored map[string]bool // directories below it whose names are
}

// Open returns the store in dir. A missing directory is an empty store and is
// not created. A store of a newer format gives a [VersionError], an unreadable
// one an [AccessError].
func Open(dir string) (*Store, error) {
	if dir == "" {
		return nil, errors.New("opening the store: no directory given")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the store %q: %w", dir, err)
	}
	switch info, err := os.Stat(abs); {
	case errors.Is(err, fs.ErrNotExist):
		return &Store{dir: abs}, nil
	case err != nil:
		return nil, accessError("opening", abs, err)
	case !info.IsDir():
		return nil, accessError("opening", abs, errors.New("not a directory"))
	}
	s := &Store{dir: abs}
	if err := s.checkFormat(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return s, nil
}

// Dir returns the absolute path of the store's directory.
func (s *Store) Dir() string { return s.dir }

// Path returns the absolute path of rel, for messages and for handing to other
// programs. A rel that leaves the store has none: "" is returned, and every
// other method refuses it with an error.
func (s *Store) Path(rel string) string {
	path, err := s.path(rel)
	if err != nil {
		return ""
	}
	return path
}

func (s *Store) path(rel string) (string, error) {
	local, err := filepath.Localize(rel)
	if err != nil {
		return "", fmt.Errorf("store name %q: want a slash-separated path inside the store", rel)
	}
	return filepath.Join(s.dir, local), nil
}

// writable returns the path of rel after making its directory, and the store
// itself at the first write.
func (s *Store) writable(rel string) (string, error) {
	path, err := s.path(rel)
	if err != nil {
		return "", err
	}
	if path == s.dir {
		return "", fmt.Errorf("store name %q: want a name below the store", rel)
	}
	if err := s.prepare(); err != nil {
		return "", err
	}
	if _, err := makeDirs(filepath.Dir(path)); err != nil {
		return "", err
	}
	return path, nil
}

// prepare makes the directory and its format file. The format is read again,
// because another program may have made or migrated the store since Open.
func (s *Store) prepare() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ready {
		return nil
	}
	made, err := makeDirs(s.dir)
	if err != nil {
		return err
	}
	s.made = append(s.made, made...)
	err = s.checkFormat()
	if errors.Is(err, fs.ErrNotExist) {
		content := []byte(formatPrefix + strconv.Itoa(Format) + "\n")
		err = createFile(filepath.Join(s.dir, formatFile), content, ordered)
		if errors.Is(err, fs.ErrExist) { // another process was first
			err = s.checkFormat()
		}
	}
	s.ready = err == nil
	return err
}

// checkFormat reads the format file: one line, "nfcert-state" and a number.
func (s *Store) checkFormat() error {
	path := filepath.Join(s.dir, formatFile)
	data, err := readCapped(path)
	if err != nil {
		return err
	}
	number, ok := bytes.CutPrefix(data, []byte(formatPrefix))
	number, whole := bytes.CutSuffix(number, []byte("\n"))
	version, err := strconv.Atoi(string(number))
	if !ok || !whole || err != nil || version < 1 {
		return &DamagedError{Path: path, Err: fmt.Errorf("found %.40q, want a line %q and a number", data, formatPrefix)}
	}
	if version > Format {
		return &VersionError{Path: path, Found: version, Supported: Format}
	}
	return nil
}
