package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

const (
	lockSuffix = ".lock"
	lockWait   = 250 * time.Millisecond // how long a holder that is about to finish is waited for
	lockRetry  = 10 * time.Millisecond
)

// recordOffset is where the holder's record starts in a lock file. Windows
// locks the first byte, also against readers.
const recordOffset = 1

// maxRecord caps what is read of a lock file, and maxCommand what is put in it.
const (
	maxRecord  = 4 << 10
	maxCommand = 400
)

// A Lock is held until Unlock is called or the process ends, however it ends.
type Lock struct {
	path  string
	flock *flock.Flock
	once  sync.Once
	err   error
}

// holder is what a lock file says of who took it. It only informs: the lock is
// the kernel's, and a record that was left behind locks nothing.
type holder struct {
	PID     int       `json:"pid"`
	Since   time.Time `json:"since"`
	Command string    `json:"command"`
}

// Lock takes the lock on the document or directory rel, which need not exist.
// It excludes other processes and other calls in this one. When another holds
// it for longer than a quarter of a second the error is a [LockedError]; when
// ctx ends before that, the context's.
//
// What was loaded before must be loaded again: the previous holder may have
// changed it. The lock file stays when the lock is released, because removing
// it would let two processes each lock a file of that name.
func (s *Store) Lock(ctx context.Context, rel string) (*Lock, error) {
	return s.lockWithin(ctx, rel, lockWait)
}

func (s *Store) lockWithin(ctx context.Context, rel string, most time.Duration) (*Lock, error) {
	target, err := s.writable(rel)
	if err != nil {
		return nil, err
	}
	path := target + lockSuffix
	l := &Lock{path: path, flock: flock.New(path)}

	wait, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	ok, err := l.flock.TryLockContext(wait, lockRetry)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		// A process that was not let run since its last try, or its first, knows
		// nothing yet: it looks once more.
		ok, err = l.flock.TryLock()
	}
	switch {
	case ctx.Err() != nil:
		if ok {
			return nil, errors.Join(fmt.Errorf("locking %q: %w", path, context.Cause(ctx)), l.flock.Unlock())
		}
		return nil, fmt.Errorf("locking %q: %w", path, context.Cause(ctx))
	case err != nil:
		return nil, accessError("locking", path, err)
	case !ok:
		return nil, lockedError(path)
	}
	now := time.Now()
	l.record(holder{PID: os.Getpid(), Since: now.UTC().Truncate(time.Second), Command: commandLine(os.Args)})
	sweep(filepath.Dir(target), filepath.Base(target), now)
	sweep(target, "", now)
	return l, nil
}

// Unlock releases the lock. Further calls do nothing and return the same.
func (l *Lock) Unlock() error {
	l.once.Do(func() {
		l.record(holder{})
		if err := l.flock.Unlock(); err != nil {
			l.err = accessError("unlocking", l.path, err)
		}
	})
	return l.err
}

// record notes who holds the lock, over whatever a longer record left behind.
// It is for the error message of others, so its failure fails nothing.
func (l *Lock) record(h holder) {
	f, err := os.OpenFile(l.path, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer f.Close()
	if line, err := json.Marshal(h); err == nil {
		f.WriteAt(append(line, '\n'), recordOffset)
	}
}

// lockedError reads who holds the lock at path. The record is what the file
// says, and it may be missing or half-written.
func lockedError(path string) error {
	locked := &LockedError{Path: path}
	f, err := os.Open(path)
	if err != nil {
		return locked
	}
	defer f.Close()
	var h holder
	if err := json.NewDecoder(io.NewSectionReader(f, recordOffset, maxRecord)).Decode(&h); err == nil && h.PID > 0 {
		locked.PID, locked.Since, locked.Command = h.PID, h.Since, h.Command
	}
	return locked
}

// commandLine is what a person needs to find the holder: the program's name and
// its arguments. Secrets never stand on the command line.
func commandLine(args []string) string {
	if len(args) == 0 {
		return ""
	}
	line := strings.Join(append([]string{filepath.Base(args[0])}, args[1:]...), " ")
	if len(line) > maxCommand {
		line = strings.ToValidUTF8(line[:maxCommand], "") + "…"
	}
	return line
}
