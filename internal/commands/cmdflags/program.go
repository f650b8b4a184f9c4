package cmdflags

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// program is a command that a flag names. It runs directly, not through a shell.
type program struct {
	args  []string
	env   []string
	limit time.Duration
	// output is how many bytes it may print to stdout. 0 discards stdout.
	output int
}

const (
	maxStderr   = 2 << 10         // bytes of the end of stderr that an error repeats
	outputDelay = 2 * time.Second // how long its children may keep its output open
)

// run starts the program and waits for it. It returns what the program printed to
// stdout, and the end of what it printed to stderr.
func (p program) run(ctx context.Context) (stdout []byte, stderr string, err error) {
	bounded, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	cmd := exec.CommandContext(bounded, p.args[0], p.args[1:]...)
	cmd.Env, cmd.WaitDelay = p.env, outputDelay
	out, errs := tail{limit: p.output}, tail{limit: maxStderr}
	cmd.Stderr = &errs
	if p.output > 0 {
		cmd.Stdout = &out
	}
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil && out.cut:
		err = fmt.Errorf("it printed over %d KiB", p.output>>10)
	case err == nil:
	case ctx.Err() != nil:
		err = ctx.Err()
	case bounded.Err() != nil:
		err = fmt.Errorf("it took longer than %s", p.limit)
	case errors.Is(err, exec.ErrWaitDelay):
		err = errors.New("it ended, but a process that it started keeps its output open")
	case errors.As(err, &exit):
		err = errors.New(exit.String())
	}
	return out.buf.Bytes(), strings.TrimSpace(errs.buf.String()), err
}

// tail keeps the end of what is written.
type tail struct {
	buf   bytes.Buffer
	limit int
	cut   bool // more was written
}

// Write implements [io.Writer].
func (t *tail) Write(p []byte) (int, error) {
	t.buf.Write(p)
	if over := t.buf.Len() - t.limit; over > 0 {
		t.buf.Next(over)
		t.cut = true
	}
	return len(p), nil
}
