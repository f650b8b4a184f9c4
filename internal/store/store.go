// Package store keeps documents and PEM files on disk: atomic, durable, locked
// and versioned.
//
// # Layout
//
// A store is one directory. Inside it every name is a slash-separated relative
// path ("enrolments/amf-01/enrolment.json"), the same on every system, and must
// stay inside the directory; any other name is refused. The file "format" says
// which version of this layout the directory has. A store of a newer format is
// refused with a [VersionError] and never changed.
//
// A directory that does not exist is an empty store. The first write makes it,
// mode 0700, so a command that only reads leaves nothing behind.
//
// # What a reader sees
//
// A file is replaced by a rename, so a reader sees the whole old content or the
// whole new content, even when the writer was killed or the power failed. A write
// is durable when it returns, except where the method says otherwise:
// [Store.SaveSoon], [Store.CreateKeyFor], [Store.SaveCache] and [Store.Append].
// Files are 0600 from their first byte and directories 0700.
//
// A missing file is an error for which errors.Is(err, fs.ErrNotExist) holds. It
// means that the file was never made. A file whose content is not what was
// written is a [DamagedError]; one that the system does not let this process
// read or write is an [AccessError]. Nothing is repaired silently.
//
// # Who may write
//
// Any number of processes may read at any time without a lock. A process that
// changes a document must hold the [Lock] on it, or on its directory, and must
// load the document after the lock was granted: the previous holder may have
// changed what was read before. Only the holder of a directory's lock may write
// durably below it; unfinished files of other writers there are removed when the
// lock is granted. [Store.SaveCache] needs no lock: the last writer wins.
//
// # Versions
//
// Besides the format of the store, each document has its own "version". [Store.Load]
// refuses a newer one, so a program never rewrites a document that it does not
// understand. The next save drops keys that this program does not know; a key
// whose loss would matter must therefore raise the version.
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
	dir  string
	disk disk

	anchoring sync.Mutex // held while directories are synced, so that each is synced once

	mu       sync.Mutex      // guards the fields below, and the rotation in Append
	ready    bool            // directory and format file exist
	made     []string        // directories made for the store itself, whose names may not be durable
	anchored map[string]bool // directories below dir whose names are durable
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
	s := &Store{dir: abs, disk: system}
	switch info, err := os.Stat(abs); {
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case err != nil:
		return nil, accessError("opening", abs, err)
	case !info.IsDir():
		return nil, accessError("opening", abs, errors.New("not a directory"))
	}
	if err := s.checkFormat(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return s, nil
}

// Dir returns the absolute path of the store's directory.
func (s *Store) Dir() string { return s.dir }

// Path returns the absolute path of rel, for messages and for handing to other
// programs. For a rel that leaves the store it returns "", and every other
// method returns an error.
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
	if _, err := s.disk.makeDirs(filepath.Dir(path)); err != nil {
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
	made, err := s.disk.makeDirs(s.dir)
	if err != nil {
		return err
	}
	s.made = append(s.made, made...)
	err = s.checkFormat()
	if errors.Is(err, fs.ErrNotExist) {
		content := []byte(formatPrefix + strconv.Itoa(Format) + "\n")
		err = s.disk.createFile(filepath.Join(s.dir, formatFile), content, ordered)
		if errors.Is(err, fs.ErrExist) { // another process made it
			err = s.checkFormat()
		}
	}
	s.ready = err == nil
	return err
}

// checkFormat checks the format file: one line, "nfcert-state" and a number.
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
