package token

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/nfcert/nfcert/internal/secret"
)

// A Source provides tokens.
type Source interface {
	// Token returns a token for what is asked, unchecked.
	Token(context.Context, ATC) (secret.Bytes, error)
	// Where names the source for people.
	Where() string
}

// SourceError says that a file or a command gave no token.
type SourceError struct {
	Where  string
	Detail string // what the command wrote to stderr; may be empty
	File   bool   // the source is a file
	Err    error
}

func (e *SourceError) Error() string {
	s := fmt.Sprintf("no token from %s: %v", e.Where, e.Err)
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

func (e *SourceError) Unwrap() error { return e.Err }

// File is a file with a token.
type File struct{ Path string }

// Where implements [Source].
func (f File) Where() string { return f.Path }

// Token reads the file. It ignores what is asked.
func (f File) Token(context.Context, ATC) (secret.Bytes, error) {
	file, err := os.Open(f.Path)
	if err != nil {
		return secret.Bytes{}, &SourceError{Where: f.Path, File: true, Err: reason(err)}
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxToken+1))
	if err != nil {
		return secret.Bytes{}, &SourceError{Where: f.Path, File: true, Err: reason(err)}
	}
	return secret.New(bytes.TrimSpace(data)), nil
}

// reason removes the path, which the error has anyway.
func reason(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// Command runs a program that writes a token to its standard output.
type Command struct {
	Args []string      // program and arguments, run directly, not through a shell
	Env  []string      // its environment, to which what is asked is added; nil: that of this process
	Time time.Duration // how long it may run; 0 means a minute
}

// Limits of a command.
const (
	maxStderr   = 16 << 10 // bytes of stderr that are kept
	maxReason   = 2 << 10  // characters of stderr in an error
	commandTime = time.Minute
	commandEnds = 2 * time.Second // how long its children may keep its output open
)

// The environment variables with what is asked.
const (
	VarType        = "NFCERT_TOKEN_TYPE"        // identifier type
	VarValue       = "NFCERT_TOKEN_VALUE"       // identifier
	VarFingerprint = "NFCERT_TOKEN_FINGERPRINT" // of the account key
)

// Where implements [Source].
//
// It names only the program: arguments may contain secrets, and the result is
// saved.
func (c Command) Where() string {
	if len(c.Args) == 0 {
		return "the command"
	}
	return "the command " + c.Args[0]
}

// Token runs the command.
func (c Command) Token(ctx context.Context, want ATC) (secret.Bytes, error) {
	if len(c.Args) == 0 {
		return secret.Bytes{}, &SourceError{Where: c.Where(), Err: errors.New("empty")}
	}
	limit := cmp.Or(max(c.Time, 0), commandTime)
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(bounded, c.Args[0], c.Args[1:]...)
	env := c.Env
	if env == nil {
		env = os.Environ()
	}
	cmd.Env = slices.Concat(env, []string{VarType + "=" + want.Type, VarValue + "=" + want.Value, VarFingerprint + "=" + want.Fingerprint})
	cmd.WaitDelay = commandEnds
	stdout, stderr := &capped{limit: maxToken + 1}, &capped{limit: maxStderr}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err := cmd.Run()
	token := bytes.TrimSpace(stdout.buf.Bytes())
	switch {
	case ctx.Err() != nil:
		return secret.Bytes{}, ctx.Err()
	case bounded.Err() != nil:
		err = fmt.Errorf("took longer than %s", limit)
	case errors.Is(err, exec.ErrWaitDelay):
		err = errors.New("ended, but a process that it started keeps its output open")
	case err == nil && len(token) == 0:
		err = errors.New("wrote nothing to stdout")
	}
	if err != nil {
		return secret.Bytes{}, &SourceError{Where: c.Where(), Err: err, Detail: scrub(stderr.buf.String(), maxReason, token)}
	}
	return secret.New(token), nil
}

// capped keeps the first limit bytes that are written.
type capped struct {
	buf   bytes.Buffer
	limit int
}

func (c *capped) Write(p []byte) (int, error) {
	if room := c.limit - c.buf.Len(); room > 0 {
		c.buf.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
