package session

import (
	"encoding/json"
	"os"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/store"
)

// maxTrace bounds the trace that an enrolment keeps, in bytes.
const maxTrace = 1 << 20

// A recorder writes exchanges to --trace FILE and to the enrolment's own trace,
// the evidence after a failure, while the next request is on its way.
type recorder struct {
	file  *os.File // of --trace FILE; nil: none
	store *store.Store
	name  string // the enrolment; "": none
	warn  func(format string, args ...any)

	queue  chan *acmewire.Exchange
	broken bool // the file takes no more
	gaps   bool // that the enrolment's trace has some was told
	ended  chan struct{}
}

// add queues an exchange, which must not be changed any more.
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

// close ends when everything is written. Nothing may be added after it.
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
	return nil // that was told
}
