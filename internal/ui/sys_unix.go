//go:build !windows

package ui

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// cursorTimeout bounds the wait for the cursor position.
const cursorTimeout = time.Second

const askCursor = "\x1b[6n"

// enableEscapes does nothing: TERM says what the terminal supports.
func enableEscapes(*os.File) bool { return true }

// answersCursor asks the terminal for its cursor position and reports whether it
// answered in time. It returns the input that was typed meanwhile.
func answersCursor(in file, out io.Writer) (answers bool, typed []byte, err error) {
	fd := int(in.Fd())
	state, err := term.MakeRaw(fd)
	if err != nil {
		return false, nil, fmt.Errorf("asking the terminal for its cursor position: %w", err)
	}
	defer func() { err = errors.Join(err, term.Restore(fd, state)) }()
	if _, err := io.WriteString(out, askCursor); err != nil {
		return false, nil, fmt.Errorf("asking the terminal for its cursor position: %w", err)
	}
	buf := make([]byte, 256)
	for deadline := time.Now().Add(cursorTimeout); ; {
		ready, err := readable(in.Fd(), time.Until(deadline))
		if err != nil {
			return false, typed, fmt.Errorf("asking the terminal for its cursor position: %w", err)
		}
		if !ready || len(typed) > maxAnswer {
			return false, typed, nil
		}
		n, err := in.Read(buf)
		typed = append(typed, buf[:n]...)
		if loc := cursorAnswer().FindIndex(typed); loc != nil {
			return true, append(typed[:loc[0]:loc[0]], typed[loc[1]:]...), nil
		}
		if err != nil {
			return false, typed, nil // the next read returns this error
		}
	}
}

// readable waits until fd has input, up to limit. It uses select, because poll
// does not work on terminals on macOS.
func readable(fd uintptr, limit time.Duration) (bool, error) {
	deadline := time.Now().Add(limit)
	for {
		timeout := unix.NsecToTimeval(max(time.Until(deadline), 0).Nanoseconds())
		var set unix.FdSet
		set.Set(int(fd))
		n, err := unix.Select(int(fd)+1, &set, nil, nil, &timeout)
		if !errors.Is(err, unix.EINTR) {
			return n > 0, err
		}
	}
}
