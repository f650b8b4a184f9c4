package enroll

import (
	"context"
	"errors"
	"io/fs"
)

// run is one command's work on one enrolment: the enrolment, locked and loaded
// once, the CA with the account in use, and the saver. No other goroutine works
// on any of them; runs of one engine work at the same time.
type run struct {
	client
	saver
	placing *Intent      // the order that this run is about to place; nil: none
	unlock  func() error // releases the enrolment
}

// begin locks the enrolment and loads it, or makes a new one that is not saved
// yet. The caller defers end.
func (e *Engine) begin(ctx context.Context, name string) (*run, error) {
	if err := CheckName("enrolment", name); err != nil {
		return nil, err
	}
	lock, err := e.Store.Lock(ctx, EnrolmentDir(name))
	if err != nil {
		return nil, err
	}
	en, err := Load(e.Store, name)
	if errors.Is(err, fs.ErrNotExist) {
		now := isoTime(e.now())
		en, err = &Enrolment{Version: documentVersion, Name: name, Created: now, Step: StepCSR}, nil
	}
	if err != nil {
		_ = lock.Unlock()
		return nil, err
	}
	r := e.reader(en)
	r.unlock = lock.Unlock
	return r, nil
}

// reader makes a run that only reads: without the lock, and never saved.
func (e *Engine) reader(en *Enrolment) *run {
	return &run{client: *e.client(), saver: saver{store: e.Store, clock: e.now, en: en, asks: en.makesNextRunAsk()}}
}

// end saves what is left to save and releases the lock.
func (r *run) end(err *error) {
	*err = join(*err, r.finish())
	_ = r.unlock()
}
