package ui

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A recorder is a screen that is safe for concurrent use.
type recorder struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out.Write(p)
}

// taken returns what was written since the last call.
func (r *recorder) taken() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.out.Reset()
	return r.out.String()
}

func TestWaitingOnTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := new(recorder)
		w := NewWaiting(Streams{Err: out, ErrTTY: true, Width: 80})
		step := func(name, want string) {
			t.Helper()
			synctest.Wait()
			if got := out.taken(); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
		w.Done()
		step("Done before anything", "")
		w.Update("amf1: pending", time.Now().Add(3*time.Second))
		step("Update", eraseLine+"amf1: pending: next check in 3s")
		time.Sleep(time.Second) // the clock of synctest
		step("after a second", eraseLine+"amf1: pending: next check in 2s")
		io.WriteString(w, "a line of progress\n")
		step("progress", eraseLine+"a line of progress\n"+eraseLine+"amf1: pending: next check in 2s")
		time.Sleep(2 * time.Second)
		step("at the poll", eraseLine+"amf1: pending: next check in 1s"+eraseLine+"amf1: pending: checking now")
		w.Update("amf1:\x1b processing\n", time.Now().Add(1500*time.Millisecond))
		step("second Update", eraseLine+"amf1: processing : next check in 2s")
		w.Done()
		w.Done()
		step("Done", eraseLine)
		time.Sleep(5 * time.Second)
		step("long after", "")
		io.WriteString(w, "after\n")
		step("progress after", "after\n")
		w.Update("again", time.Time{})
		step("used again", eraseLine+"again: checking now")
		w.Done()
		step("Done again", eraseLine)
	})
}

func TestWaitingInPipe(t *testing.T) {
	for _, s := range []Streams{{}, {ErrTTY: true, Dumb: true}} {
		var out bytes.Buffer
		s.Err = &out
		w := NewWaiting(s)
		for _, what := range []string{"pending", "pending", "pro\x1bcessing", "processing", "pending"} {
			w.Update(what, time.Now().Add(time.Minute))
		}
		fmt.Fprintln(w, "progress")
		w.Done()
		w.Update("pending", time.Time{})
		w.Done()
		want := "pending\nprocessing\npending\nprogress\npending\n"
		if got := out.String(); got != want {
			t.Errorf("with %+v: got %q, want %q", s, got, want)
		}
	}
}

// A line that wrapped could not be erased.
func TestWaitingFitsTheWidth(t *testing.T) {
	for _, columns := range []int{0, 1, 20, 40, 200} {
		out := new(recorder)
		w := NewWaiting(Streams{Err: out, ErrTTY: true, Width: columns})
		w.Update(strings.Repeat("wörd ", 100), time.Now().Add(time.Hour))
		w.Done()
		line, _, _ := strings.Cut(strings.TrimPrefix(out.taken(), eraseLine), "\r")
		if columns == 0 {
			columns = defaultWidth
		}
		if got := width(line); got >= max(columns, 2) {
			t.Errorf("line %q has %d columns, want below %d", line, got, columns)
		}
	}
}

func TestWaitingAtOnce(t *testing.T) {
	var out bytes.Buffer
	w := NewWaiting(Streams{Err: &out, ErrTTY: true, Width: 80})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 20 {
				w.Update(fmt.Sprint("thing ", i), time.Now().Add(time.Second))
				fmt.Fprintf(w, "line %d\n", i)
			}
			w.Done()
		})
	}
	wg.Wait()
	if got := strings.Count(out.String(), "line "); got != 160 {
		t.Errorf("%d lines of progress, want 160", got)
	}
}
