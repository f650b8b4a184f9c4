package ui

import (
	"io"
	"strconv"
	"sync"
	"time"
)

// eraseLine goes to the start of the line and clears it.
const eraseLine = "\r\x1b[K"

// A Waiting shows what the program waits for, on standard error. On a terminal it
// is one line that counts down to the next poll. Elsewhere each new message is
// printed once. While it is shown, progress must be written with its Write. Its
// methods are safe for concurrent use. It can be used again after Done.
type Waiting struct {
	streams Streams

	mu    sync.Mutex
	what  string
	next  time.Time
	drawn bool          // the line is on the screen
	stop  chan struct{} // closed to end the countdown; nil without a countdown
	ended chan struct{} // closed by the countdown when it has ended
}

// NewWaiting returns a waiting line on s.Err that shows nothing yet.
func NewWaiting(s Streams) *Waiting { return &Waiting{streams: s} }

// Update shows what the program waits for, and the time of the next poll; a zero
// or past time means now. The caller must call Done when the wait ends.
func (w *Waiting) Update(what string, next time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	what = Clean(what, maxShown)
	isNew := what != w.what
	w.what, w.next = what, next
	if !w.streams.redraws() {
		if isNew {
			io.WriteString(w.streams.Err, what+"\n")
		}
		return
	}
	w.draw()
	if w.stop == nil {
		w.stop, w.ended = make(chan struct{}), make(chan struct{})
		go w.countDown(w.stop, w.ended)
	}
}

// Write writes complete lines of progress to standard error, above the waiting
// line.
func (w *Waiting) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.erase()
	n, err := w.streams.Err.Write(p)
	if w.stop != nil {
		w.draw()
	}
	return n, err
}

// Done removes the waiting line, ends its countdown and waits for the end. It may
// be called when no line is shown.
func (w *Waiting) Done() {
	w.mu.Lock()
	w.erase()
	w.what = ""
	stop, ended := w.stop, w.ended
	w.stop, w.ended = nil, nil
	w.mu.Unlock()
	if stop != nil {
		close(stop)
		<-ended
	}
}

// countDown redraws the line each second until stop is closed.
func (w *Waiting) countDown(stop, ended chan struct{}) {
	defer close(ended)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		w.mu.Lock()
		if w.stop == stop { // Done was not called
			w.draw()
		}
		w.mu.Unlock()
	}
}

// draw shows the line. It must fit the width, because a wrapped line cannot be
// erased. The caller holds mu.
func (w *Waiting) draw() {
	tail := ": checking now"
	if left := time.Until(w.next); left > 0 {
		seconds := (left + time.Second - 1) / time.Second
		tail = ": next check in " + strconv.FormatInt(int64(seconds), 10) + "s"
	}
	room := max(w.streams.columns()-1, 1)
	line := Clean(Clean(w.what, max(room-width(tail), 1))+tail, room)
	io.WriteString(w.streams.Err, eraseLine+w.streams.ErrPaint().Faint(line))
	w.drawn = true
}

// erase removes the line. The caller holds mu.
func (w *Waiting) erase() {
	if w.drawn {
		io.WriteString(w.streams.Err, eraseLine)
		w.drawn = false
	}
}
