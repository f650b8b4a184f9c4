package cmdflags

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/secret"
)

// eabCommand is a program that knows where fresh bindings are had: an OAM hands
// them out. It prints a JSON object with kid, key and perhaps alg, or two lines,
// the key id and the key. No shell runs it.
type eabCommand struct {
	args       []string
	server     string // directory URL, told to the program
	thumbprint string // of the account's key, told to the program
}

// Bounds of the program.
const (
	eabTime   = time.Minute
	eabEnds   = 2 * time.Second // how long its children may hold its output open
	eabOutput = 16 << 10
	eabErrors = 2 << 10
)

// What the program finds in its environment.
const (
	varEABServer     = "NFCERT_EAB_SERVER"
	varEABThumbprint = "NFCERT_EAB_THUMBPRINT"
)

// EABCommandError says that the program gave no binding. It never repeats what
// the program printed on stdout.
type EABCommandError struct {
	Program string
	Detail  string // what it said on stderr
	Err     error
}

func (e *EABCommandError) Error() string {
	s := fmt.Sprintf("no external account binding from the command %q: %v", e.Program, e.Err)
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

func (e *EABCommandError) Unwrap() error { return e.Err }

// fetch runs the program. alg is what the user wants of it; "": anything.
func (c eabCommand) fetch(ctx context.Context, alg string) (*acmewire.Binding, error) {
	bounded, cancel := context.WithTimeout(ctx, eabTime)
	defer cancel()
	cmd := exec.CommandContext(bounded, c.args[0], c.args[1:]...)
	cmd.Env = append(os.Environ(), varEABServer+"="+c.server, varEABThumbprint+"="+c.thumbprint)
	cmd.WaitDelay = eabEnds
	stdout, stderr := &cappedBuffer{limit: eabOutput + 1}, &cappedBuffer{limit: eabErrors}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case bounded.Err() != nil:
		err = fmt.Errorf("it took longer than %s", eabTime)
	case err == nil && stdout.buf.Len() > eabOutput:
		err = fmt.Errorf("it printed over %d KiB", eabOutput>>10)
	}
	var b *acmewire.Binding
	if err == nil {
		b, err = parseBinding(stdout.buf.Bytes(), alg)
	}
	if err != nil {
		return nil, &EABCommandError{Program: c.args[0], Err: err, Detail: strings.TrimSpace(stderr.buf.String())}
	}
	return b, nil
}

// parseBinding reads what the program printed. Its errors repeat nothing of it.
func parseBinding(out []byte, alg string) (*acmewire.Binding, error) {
	out = bytes.TrimSpace(out)
	var pair struct{ Kid, Key, Alg string }
	switch {
	case len(out) == 0:
		return nil, errors.New("it printed nothing")
	case out[0] == '{':
		if json.Unmarshal(out, &pair) != nil {
			return nil, errors.New(`what it printed is not JSON of the form {"kid": "…", "key": "…", "alg": "HS256"}`)
		}
	default:
		lines := strings.Split(string(out), "\n")
		if len(lines) != 2 {
			return nil, fmt.Errorf("it printed %d lines, want two, the key id and the MAC key, or a JSON object", len(lines))
		}
		pair.Kid, pair.Key = lines[0], lines[1]
	}
	pair.Kid = strings.TrimSpace(pair.Kid)
	if pair.Kid == "" || strings.TrimSpace(pair.Key) == "" {
		return nil, errors.New("it printed no key id (kid) or no MAC key (key)")
	}
	theirs, err := BindingAlgorithm(pair.Alg)
	switch {
	case err != nil:
		return nil, errors.New("its alg is none of " + strings.Join(acmewire.BindingAlgorithms(), ", "))
	case alg != "" && theirs != "" && alg != theirs:
		return nil, fmt.Errorf("its binding is by %s, and --eab-alg wants %s", theirs, alg)
	}
	key, err := decodeMACKey(pair.Key)
	if err != nil {
		return nil, err
	}
	return &acmewire.Binding{KeyID: pair.Kid, Key: secret.New(key), Algorithm: cmp.Or(theirs, alg)}, nil
}

// cappedBuffer keeps the start of what is written.
type cappedBuffer struct {
	buf   bytes.Buffer
	limit int
}

func (c *cappedBuffer) Write(p []byte) (int, error) {
	if room := c.limit - c.buf.Len(); room > 0 {
		c.buf.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
