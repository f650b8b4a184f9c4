package ui

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A fakeTerminal is the far side of a pseudo-terminal. It records what is shown,
// and types the keys of its script.
type fakeTerminal struct {
	far, near *os.File
	answers   bool // whether it reports its cursor position

	mu     sync.Mutex
	screen bytes.Buffer
	script []typed
	done   chan struct{}
}

// typed is one step of a script: keys to type when the text appears on the screen.
// Keys without a newline are for a prompt that reads single keys. The script waits
// until the terminal is in that mode: survey asks before it changes the mode.
type typed struct{ after, keys string }

func newFakeTerminal(t *testing.T, answers bool, script ...typed) *fakeTerminal {
	t.Helper()
	far, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here:", err)
	}
	var number int
	control(t, far, func(fd int) (err error) {
		if err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err == nil {
			number, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
		}
		return err
	})
	near, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeTerminal{far: far, near: near, answers: answers, script: script, done: make(chan struct{})}
	go f.run(t)
	t.Cleanup(func() {
		far.Close() // ends run, and any read of the near side
		<-f.done
		near.Close()
	})
	return f
}

// control makes a system call on f without [os.File.Fd], after which Close could
// not end a blocked read.
func control(t *testing.T, f *os.File, call func(fd int) error) {
	t.Helper()
	conn, err := f.SyscallConn()
	if err == nil {
		err = errors.Join(conn.Control(func(fd uintptr) { err = call(int(fd)) }), err)
	}
	if err != nil {
		t.Error(err)
	}
}

func (f *fakeTerminal) run(t *testing.T) {
	defer close(f.done)
	buf := make([]byte, 4096)
	seen := ""
	for {
		n, err := f.far.Read(buf)
		if err != nil {
			return
		}
		chunk := string(buf[:n])
		f.mu.Lock()
		f.screen.WriteString(chunk)
		f.mu.Unlock()
		if f.answers {
			for range strings.Count(chunk, askCursor) {
				f.far.WriteString("\x1b[1;1R")
			}
		}
		seen += chunk
		for len(f.script) > 0 {
			_, rest, ok := strings.Cut(seen, f.script[0].after)
			if !ok {
				break
			}
			seen = rest
			if !strings.Contains(f.script[0].keys, "\n") {
				f.awaitKeyMode(t)
			}
			f.far.WriteString(f.script[0].keys)
			f.script = f.script[1:]
		}
	}
}

// awaitKeyMode returns when the terminal delivers single keys, not lines.
func (f *fakeTerminal) awaitKeyMode(t *testing.T) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); <-tick.C {
		lines := true
		control(t, f.far, func(fd int) error {
			mode, err := unix.IoctlGetTermios(fd, unix.TCGETS)
			lines = err == nil && mode.Lflag&unix.ICANON != 0
			return err
		})
		if !lines {
			return
		}
	}
	t.Error("the prompt never read single keys")
}

func (f *fakeTerminal) shown() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.screen.String()
}

func (f *fakeTerminal) streams() Streams {
	return Streams{In: f.near, Err: f.near, InTTY: true, ErrTTY: true, Width: 80}
}

// within fails the test when ask does not return in time.
func within(t *testing.T, ask func() (any, error)) (any, error) {
	t.Helper()
	type result struct {
		value any
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := ask()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-time.After(10 * time.Second):
		t.Fatal("the prompt hangs")
		return nil, nil
	}
}

func TestPromptOnTerminal(t *testing.T) {
	tests := []struct {
		name, ask string
		answers   bool
		script    []typed
		want      any
		wantErr   error
	}{
		{"confirm", "confirm", true, []typed{{"Agree?", "n\r"}}, false, nil},
		{"confirm by default", "confirm", true, []typed{{"Agree?", "\r"}}, true, nil},
		{"input", "input", true, []typed{{"Name?", "smf-01\r"}}, "smf-01", nil},
		{"select", "select", true, []typed{{"Which?", "\x1b[B\r"}}, 1, nil},
		{"secret", "secret", true, []typed{{"Key?", "hush\r"}}, "hush", nil},
		{"interrupt", "confirm", true, []typed{{"Agree?", "\x03"}}, nil, ErrInterrupted},
		{"interrupt a secret", "secret", true, []typed{{"Key?", "x\x03"}}, nil, ErrInterrupted},
		{"interrupt a menu", "select", true, []typed{{"Which?", "\x03"}}, nil, ErrInterrupted},
		{"Ctrl-D in a menu", "select", true, []typed{{"Which?", "\x04"}}, nil, io.EOF},
		{"Ctrl-D in an empty menu", "select", true, []typed{{"Which?", "zzz\x04"}}, nil, io.EOF},
		{"search in a menu", "select", true, []typed{{"Which?", "DNS\r"}}, 1, nil},
		{"typed while asked for the cursor", "input", true, []typed{{askCursor, "smf-01\r"}}, "smf-01", nil},

		{"silent: confirm", "confirm", false, []typed{{"Agree?", "n\n"}}, false, nil},
		{"silent: input", "input", false, []typed{{"Name?", "smf-01\n"}}, "smf-01", nil},
		{"silent: select", "select", false, []typed{{"Which?", "2\n"}}, 1, nil},
		{"silent: secret", "secret", false, []typed{{"Key?", "hush\r"}}, "hush", nil},
		{"silent: typed ahead", "input", false, []typed{{askCursor, "smf-01\r"}}, "smf-01", nil},
		{"silent: interrupt a secret", "secret", false, []typed{{"Key?", "x\x03"}}, nil, ErrInterrupted},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // the silent ones wait a second each
			terminal := newFakeTerminal(t, tt.answers, tt.script...)
			before, err := unix.IoctlGetTermios(int(terminal.near.Fd()), unix.TCGETS)
			if err != nil {
				t.Fatal(err)
			}
			got, err := within(t, func() (any, error) { return asks[tt.ask](NewPrompter(terminal.streams())) })
			if !errors.Is(err, tt.wantErr) || (err == nil && got != tt.want) {
				t.Errorf("got %v, %v, want %v, %v; screen %q", got, err, tt.want, tt.wantErr, terminal.shown())
			}
			after, err := unix.IoctlGetTermios(int(terminal.near.Fd()), unix.TCGETS)
			if err != nil {
				t.Fatal(err)
			}
			if after.Lflag != before.Lflag || after.Iflag != before.Iflag {
				t.Errorf("terminal modes after the prompt: %x %x, want %x %x", after.Lflag, after.Iflag, before.Lflag, before.Iflag)
			}
			if tt.ask == "secret" && strings.Contains(terminal.shown(), "hush") {
				t.Errorf("the secret is on the screen %q", terminal.shown())
			}
			if colorCode().MatchString(terminal.shown()) {
				t.Errorf("colour on the screen %q, want none", terminal.shown())
			}
		})
	}
}

// The terminal is asked for its cursor once, not for each question.
func TestPromptAsksTheTerminalOnce(t *testing.T) {
	t.Parallel()
	terminal := newFakeTerminal(t, false, typed{"Agree?", "y\n"}, typed{"Name?", "x\n"})
	p := NewPrompter(terminal.streams())
	for _, kind := range []string{"confirm", "input"} {
		if _, err := within(t, func() (any, error) { return asks[kind](p) }); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if got := strings.Count(terminal.shown(), askCursor); got != 1 {
		t.Errorf("asked for the cursor %d times, want once; screen %q", got, terminal.shown())
	}
}

// A dumb terminal sees no escape sequence at all.
func TestPromptOnDumbTerminal(t *testing.T) {
	t.Parallel()
	terminal := newFakeTerminal(t, false, typed{"Agree?", "n\n"})
	s := terminal.streams()
	s.Dumb = true
	got, err := within(t, func() (any, error) { return NewPrompter(s).Confirm("Agree?", true) })
	if got != false || err != nil || strings.Contains(terminal.shown(), "\x1b") {
		t.Errorf("got %v, %v, screen %q, want false and no escapes", got, err, terminal.shown())
	}
}

// In its normal mode the terminal turns Ctrl-C into a signal, which must end a
// plain question although it does not end its read.
func TestPlainPromptSignal(t *testing.T) {
	terminal := newFakeTerminal(t, false)
	s := terminal.streams()
	s.Dumb = true
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for !strings.Contains(terminal.shown(), "Agree?") {
			<-tick.C
		}
		unix.Kill(os.Getpid(), unix.SIGINT)
	}()
	_, err := within(t, func() (any, error) { return NewPrompter(s).Confirm("Agree?", true) })
	if !errors.Is(err, ErrInterrupted) {
		t.Errorf("got %v, want ErrInterrupted", err)
	}
	<-asked
}

// A table on a real terminal of 80 columns has no line that the terminal wraps.
func TestTableOnTerminal(t *testing.T) {
	terminal := newFakeTerminal(t, false)
	control(t, terminal.far, func(fd int) error {
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
	})
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = terminal.near, terminal.near
	s := System(func(string) string { return "" }, "auto")
	os.Stdout, os.Stderr = stdout, stderr
	if got := s.OutColumns(); !s.OutTTY || got != 80 {
		t.Fatalf("terminal %t with %d columns, want 80", s.OutTTY, got)
	}
	table := NewTable("NAME", "STATUS", "EXPIRES", "URL", "REASON")
	table.Row("amf-01", "invalid", noon, "https://ca.example/acme/order/0123456789abcdef0123456789abcdef", "the CA could not reach the NF")
	table.Row("end", "", "", "", "")
	if err := table.Write(s.Out, s.OutColumns()); err != nil {
		t.Fatal(err)
	}
	within(t, func() (any, error) {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for !strings.Contains(terminal.shown(), "end") {
			<-tick.C
		}
		return nil, nil
	})
	for line := range strings.Lines(terminal.shown()) {
		if n := width(strings.TrimRight(line, "\r\n")); n > 80 {
			t.Errorf("a line of %d columns, want at most 80: %q", n, line)
		}
	}
}
