package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Absolute makes a path independent of the working directory.
func Absolute(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", &InputError{File: path, Err: err}
	}
	return abs, nil
}

// MaxPEM is the maximum size of files with keys and certificates.
const MaxPEM = 1 << 20

// ReadFile reads a file that the user named, of at most limit bytes. It does not
// treat "-" specially.
func ReadFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &InputError{File: path, Err: Reason(err)}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, &InputError{File: path, Err: Reason(err)}
	}
	if int64(len(data)) > limit {
		return nil, &InputError{File: path, Err: fmt.Errorf("it is larger than %d KiB", limit>>10)}
	}
	return data, nil
}

// ReadFileOr reads a file, or standard input for "-", of at most limit bytes.
func (call *Call) ReadFileOr(path string, limit int64) ([]byte, error) {
	if path != "-" {
		return ReadFile(path, limit)
	}
	if call.Shared.stdinRead {
		return nil, Usagef("put one of them into a file", "two flags read standard input (-), but it can be read only once")
	}
	call.Shared.stdinRead = true
	data, err := io.ReadAll(io.LimitReader(call.Stdin, limit+1))
	if err != nil {
		return nil, &InputError{File: "standard input", Err: err}
	}
	if int64(len(data)) > limit {
		return nil, &InputError{File: "standard input", Err: fmt.Errorf("it is larger than %d KiB", limit>>10)}
	}
	return data, nil
}

// Reason removes the operation and the path that package os adds to an error.
func Reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
