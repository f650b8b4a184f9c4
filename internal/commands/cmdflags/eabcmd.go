package cmdflags

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/secret"
)

// Limits of the program of --eab-cmd.
const (
	maxEABTime   = time.Minute
	maxEABOutput = 16 << 10
)

// The environment variables for the program of --eab-cmd.
const (
	varEABServer     = "NFCERT_EAB_SERVER"     // directory URL
	varEABThumbprint = "NFCERT_EAB_THUMBPRINT" // of the account key
)

// EABCommandError says that the program of --eab-cmd printed no external account
// binding. It never repeats what the program printed to stdout.
type EABCommandError struct {
	Program string
	Detail  string // the end of its stderr
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

// fetchBinding runs the program of --eab-cmd. alg is the algorithm of --eab-alg;
// "": any.
func fetchBinding(ctx context.Context, args []string, server, thumbprint, alg string) (*acmewire.Binding, error) {
	p := program{
		args: args, limit: maxEABTime, output: maxEABOutput,
		env: append(os.Environ(), varEABServer+"="+server, varEABThumbprint+"="+thumbprint),
	}
	out, detail, err := p.run(ctx)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var b *acmewire.Binding
	if err == nil {
		b, err = parseBinding(out, alg)
	}
	if err != nil {
		return nil, &EABCommandError{Program: args[0], Err: err, Detail: detail}
	}
	return b, nil
}

// parseBinding parses the output of the program: a JSON object with kid, key and
// possibly alg, or two lines with the key ID and the MAC key. Its errors never
// repeat the output.
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
			return nil, fmt.Errorf("it printed %d lines, want two, the key ID and the MAC key, or a JSON object", len(lines))
		}
		pair.Kid, pair.Key = lines[0], lines[1]
	}
	pair.Kid = strings.TrimSpace(pair.Kid)
	if pair.Kid == "" || strings.TrimSpace(pair.Key) == "" {
		return nil, errors.New("it printed no key ID (kid) or no MAC key (key)")
	}
	printed, err := BindingAlgorithm(pair.Alg)
	switch {
	case err != nil:
		return nil, errors.New("its alg is not one of " + strings.Join(acmewire.BindingAlgorithms(), ", "))
	case alg != "" && printed != "" && alg != printed:
		return nil, fmt.Errorf("it printed alg %s, and --eab-alg is %s", printed, alg)
	}
	key, err := decodeMACKey(pair.Key)
	if err != nil {
		return nil, err
	}
	return &acmewire.Binding{KeyID: pair.Kid, Key: secret.New(key), Algorithm: cmp.Or(printed, alg)}, nil
}
