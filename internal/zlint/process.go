package zlint

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// endWithin is how long a process may take to end after its input has ended.
const endWithin = 2 * time.Second

// process is one running companion.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	pipe   io.Closer // what out reads from
	out    *bufio.Reader
	stderr *lastWords
}

// launch starts the companion. Its environment is empty: ours may hold secrets.
func launch(path string) (*process, error) {
	cmd := exec.Command(path)
	cmd.Env = []string{"GOTRACEBACK=none"}
	cmd.WaitDelay = endWithin
	stderr := &lastWords{}
	cmd.Stderr = stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &process{cmd, in, out, bufio.NewReaderSize(out, 32<<10), stderr}, cmd.Start()
}

// exchange sends a certificate, or nothing, and reads one line. After the time
// limit or the end of ctx it kills the process, which ends every wait for it.
func (p *process) exchange(ctx context.Context, within time.Duration, der []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, within, errSilent)
	defer cancel()
	killed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(killed)
		p.kill()
	})
	line, err := p.roundTrip(der)
	if !stop() {
		<-killed
	}
	if cause := context.Cause(ctx); cause != nil && err != nil {
		return nil, fmt.Errorf("%w (%s)", cause, within)
	}
	return line, err
}

func (p *process) roundTrip(der []byte) ([]byte, error) {
	if der != nil {
		if err := writeFrame(p.in, der); err != nil {
			return nil, err
		}
	}
	var line []byte
	for {
		part, err := p.out.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			return nil, fmt.Errorf("an answer of more than %d bytes", maxLine)
		}
		line = append(line, part...)
		switch err {
		case nil:
			return line, nil
		case bufio.ErrBufferFull:
		default:
			return nil, err
		}
	}
}

// kill ends the process, and also reads of its output if another process keeps
// that open.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.pipe.Close()
}

// end closes the input, which ends a healthy process, kills any other, and
// waits. With a cause it returns that and the process's last words.
func (p *process) end(cause error) error {
	if cause != nil {
		p.kill()
	}
	_ = p.in.Close()
	timer := time.AfterFunc(endWithin, p.kill)
	err := p.cmd.Wait()
	timer.Stop()
	if cause == nil {
		return err
	}
	if cause == io.EOF {
		cause = fmt.Errorf("%s ended: %v", Program, err)
	}
	if words := p.stderr.String(); words != "" {
		return fmt.Errorf("%w: %q", cause, words)
	}
	return cause
}

// lastWords keeps the first line that a process writes on its standard error, which
// is what a Go program that crashes begins with.
type lastWords struct{ buf []byte }

func (t *lastWords) Write(data []byte) (int, error) {
	if free := maxDetails - len(t.buf); free > 0 {
		t.buf = append(t.buf, data[:min(free, len(data))]...)
	}
	return len(data), nil
}

// String must be called after the process has been waited for.
func (t *lastWords) String() string {
	line, _, _ := bytes.Cut(t.buf, []byte("\n"))
	return strings.ToValidUTF8(strings.TrimSpace(string(line)), "")
}
