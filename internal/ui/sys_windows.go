package ui

import (
	"io"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// enableEscapes makes a console interpret escape sequences, and reports whether
// that worked.
func enableEscapes(f *os.File) bool {
	console := windows.Handle(f.Fd())
	var mode uint32
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

// answersCursor is true: a console reports its cursor by a system call.
func answersCursor(file, io.Writer) (answers bool, typed []byte, err error) {
	return true, nil, nil
}

// readable is true: an interrupt ends a read of a console.
func readable(uintptr, time.Duration) (bool, error) { return true, nil }
