package cli

import (
	"errors"
	"fmt"
	"strings"
)

// UsageError is an error in the command line.
type UsageError struct {
	Message string
	Hint    string // "": none
}

func (e *UsageError) Error() string { return e.Message }

// Choice joins values that can be chosen: "a, b or c".
func Choice(values []string) string {
	last := len(values) - 1
	if last < 1 {
		return strings.Join(values, "")
	}
	return strings.Join(values[:last], ", ") + " or " + values[last]
}

// Usagef makes a [UsageError]. The hint may be "".
func Usagef(hint, format string, args ...any) error {
	return &UsageError{Message: fmt.Sprintf(format, args...), Hint: hint}
}

// InputError is a file named by the user that cannot be read or is not valid.
type InputError struct {
	File string
	Err  error
}

func (e *InputError) Error() string { return fmt.Sprintf("%q: %v", e.File, e.Err) }

func (e *InputError) Unwrap() error { return e.Err }

// As is [errors.As] that returns the target.
func As[T error](err error) (T, bool) {
	var target T
	ok := errors.As(err, &target)
	return target, ok
}

// ExitError ends the program with an exit code and without a message, for example
// with the code of a child process.
type ExitError struct{ Code int }

func (e *ExitError) Error() string { return fmt.Sprintf("exit status %d", e.Code) }
