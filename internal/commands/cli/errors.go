package cli

import (
	"errors"
	"fmt"
)

// UsageError says that the command line cannot be followed.
type UsageError struct {
	Message string
	Hint    string // "": none
}

func (e *UsageError) Error() string { return e.Message }

// Usagef makes a [UsageError] with a hint, which may be "".
func Usagef(hint, format string, args ...any) error {
	return &UsageError{Message: fmt.Sprintf(format, args...), Hint: hint}
}

// InputError says that a file the user named cannot be read or is not valid.
type InputError struct {
	File string
	Err  error
}

func (e *InputError) Error() string { return fmt.Sprintf("%q: %v", e.File, e.Err) }

func (e *InputError) Unwrap() error { return e.Err }

// As is errors.As with the target made here.
func As[T error](err error) (T, bool) {
	var target T
	ok := errors.As(err, &target)
	return target, ok
}

// ExitError ends the program with a code and no words: a child's, say.
type ExitError struct{ Code int }

func (e *ExitError) Error() string { return fmt.Sprintf("exit status %d", e.Code) }
