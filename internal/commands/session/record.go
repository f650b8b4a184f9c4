package session

import (
	"encoding/json"
	"os"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/store"
)

// maxTrace is the maximum size of an enrolment's trace in bytes.
const maxTrace = 1 << 20

// recorder writes exchanges to the file of --trace and to the enrolment's trace. It
// writes in its own goroutine, so that no request waits for the disk.
type recorder struct {
	file  *os.File // of --trace FILE; nil: none
	store *store.Store
	name  string // the enrolment; "": none
	warn  func(format string, args ...any)

	queue  chan *acmewire.Exchange
	broken bool // writing to the file failed
	gaps   bool // writing to the enrolment's trace failed
	ended  chan struct{}
}

// add queues an exchange, which must not change any more.
func (r *recorder) add(ex *acmewire.Exchange) {
	if r.file == nil && r.name == "" {
		return
	}
	if r.queue == nil {
		r.queue, r.ended = make(chan *acmewire.Exchange, 64), make(chan struct{})
		go func() {
			defer close(r.ended)
			for ex := range r.queue {
				r.write(ex)
			}
		}()
	}
	r.queue <- ex
}

func (r *recorder) write(ex *acmewire.Exchange) {
	line, err := json.Marshal(ex)
	if err != nil {
		return
	}
	line = append(line, '\n')
	if r.file != nil && !r.broken {
		if _, err := r.file.Write(line); err != nil {
			r.warn("writing the trace: %v", err)
			r.broken = true
		}
	}
	if r.name != "" {
		if err := r.store.Append(enroll.TraceFile(r.name), line, maxTrace); err != nil && !r.gaps {
			r.warn("writing the enrolment's trace: %v", err)
			r.gaps = true
		}
	}
}

// close returns when everything is written. Nothing may be added after it.
func (r *recorder) close() error {
	if r.queue != nil {
		close(r.queue)
		<-r.ended
	}
	if r.file == nil {
		return nil
	}
	if err := r.file.Close(); !r.broken {
		return err
	}
	return nil // write has warned
}
