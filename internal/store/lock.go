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
	lockWait   = 250 * time.Millisecond // how long to wait for a holder that is about to finish
	lockRetry  = 10 * time.Millisecond
)

// recordOffset is where the holder's record starts in a lock file. Windows
// locks the first byte, for readers too.
const recordOffset = 1

// maxRecord is how much of a lock file is read, maxCommand how much of a command
// line is written.
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

// holder is the record in a lock file. It is for the error message only: the
// kernel holds the lock, and a record that was left behind locks nothing.
type holder struct {
	PID     int       `json:"pid"`
	Since   time.Time `json:"since"`
	Command string    `json:"command"`
}

// Lock takes the lock on the document or directory rel, which need not exist.
// It excludes other processes and other calls in this process. If it does not
// get the lock within a quarter of a second the error is a [LockedError]; if ctx
// ends before that, the context's.
//
// The caller must load again what it loaded before: the previous holder may have
// changed it. The lock file stays when the lock is released, because otherwise
// two processes could each lock a file of that name.
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
		// The system may not have run this process since its last try. The
		// lock may be free by now, so try once more.
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
	s.disk.sweep(filepath.Dir(target), filepath.Base(target), now)
	s.disk.sweep(target, "", now)
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

// record writes who holds the lock, over the start of an older record. It is
// only for the error message of other processes, so a failure is ignored.
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

// lockedError reads who holds the lock at path. The record may be missing or
// half-written.
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
// its arguments. There are never secrets on the command line.
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
