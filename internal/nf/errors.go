package nf

import (
	"fmt"
	"strings"
)

// FieldError is the error of one field.
type FieldError struct {
	// Field is the path from the value that was checked, for example fqdns[1] or
	// plmn.mcc.
	Field string
	Err   error
}

func (e *FieldError) Error() string {
	return e.Field + ": " + e.Err.Error()
}

func (e *FieldError) Unwrap() error { return e.Err }

// FieldErrors is the errors of all wrong fields, in the order of the fields.
type FieldErrors []*FieldError

func (e FieldErrors) Error() string {
	lines := make([]string, len(e))
	for i, f := range e {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "; ")
}

// Unwrap lets errors.Is and errors.As see each one.
func (e FieldErrors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, f := range e {
		errs[i] = f
	}
	return errs
}

// Add appends the error of one field. A nil err adds nothing. If err is
// FieldErrors, each of them is added, with field before its path.
func (e *FieldErrors) Add(field string, err error) {
	if err == nil {
		return
	}
	if inner, ok := err.(FieldErrors); ok {
		for _, f := range inner {
			*e = append(*e, &FieldError{Field: joinPath(field, f.Field), Err: f.Err})
		}
		return
	}
	*e = append(*e, &FieldError{Field: field, Err: err})
}

func (e *FieldErrors) add(field, format string, args ...any) {
	e.Add(field, fmt.Errorf(format, args...))
}

// err returns nil, not a typed nil, when nothing is wrong.
func (e FieldErrors) err() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

func joinPath(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "." + b
}
