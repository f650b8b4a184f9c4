package enroll

import (
	"errors"
	"time"

	"github.com/nfcert/nfcert/internal/store"
)

// saver writes the enrolment of one run. It holds the one rule on when a change
// must be on disk:
//
//   - Before a request that changes something at the CA, and before a change here
//     that cannot be undone, everything known so far is on disk: beforeRequest,
//     flush. A run that starts after this one has died learns from it what to ask
//     the CA. Where the saved document makes that run ask anyway, nothing is
//     written.
//   - An outcome that the CA can be asked for again is not worth a wait of its
//     own. It goes with the next save (withNext), and the end of the run saves
//     what is left; or it is written while the next requests are made
//     (meanwhile).
//
// A saver must be used by one goroutine at a time.
type saver struct {
	store Store
	clock func() time.Time
	en    *Enrolment // in a renewal: the view of the next certificate

	changed bool               // en is newer than the saved document
	asks    bool               // the saved document makes the next run ask the CA how the order stands
	files   []store.Attachment // written with the next save
	waits   []func() error     // each ends a save that is under way
}

// withNext leaves the enrolment to the next save.
func (s *saver) withNext() { s.changed = true }

// attach lets the next save write a file with the enrolment.
func (s *saver) attach(rel string, data []byte) {
	s.files = append(s.files, store.Attachment{Rel: rel, Data: data})
	s.changed = true
}

// beforeRequest makes sure that a later run learns of the request that follows.
func (s *saver) beforeRequest() error {
	if s.asks {
		s.changed = true
		return nil
	}
	return s.flush()
}

// flush puts the enrolment on disk, durably.
func (s *saver) flush() error {
	settled := s.settle()
	doc, files := s.document()
	return join(settled, s.store.Save(enrolmentFile(doc.Name), doc, files...))
}

// meanwhile begins to save the enrolment. A killed process leaves it on disk; a
// power failure may take it back.
func (s *saver) meanwhile() {
	doc, files := s.document()
	s.waits = append(s.waits, s.store.SaveSoon(enrolmentFile(doc.Name), doc, files...))
}

// alsoAwait makes the next settle wait for a save of something else, such as
// that of the account.
func (s *saver) alsoAwait(wait func() error) { s.waits = append(s.waits, wait) }

// settle waits for the saves that are under way.
func (s *saver) settle() error {
	var err error
	for _, wait := range s.waits {
		err = join(err, wait())
	}
	s.waits = nil
	return err
}

// finish saves what is not saved yet.
func (s *saver) finish() error {
	if s.changed {
		return s.flush()
	}
	return s.settle()
}

// document is what a save writes.
func (s *saver) document() (*Enrolment, []store.Attachment) {
	en := s.en
	en.Updated = isoTime(s.clock())
	en.Step = en.nextStep()
	if en.Journal != nil && en.Journal.isEmpty() {
		en.Journal = nil
	}
	files := s.files
	s.changed, s.files, s.asks = false, nil, en.makesNextRunAsk()
	return en.document(), files
}

// readFile returns a file of the enrolment, also one that waits for the next
// save.
func (s *saver) readFile(rel string) ([]byte, error) {
	for _, a := range s.files {
		if a.Rel == rel {
			return a.Data, nil
		}
	}
	return s.store.ReadFile(rel)
}

// join is [errors.Join] that leaves a lone error as it is.
func join(a, b error) error {
	if a == nil || b == nil {
		if a == nil {
			return b
		}
		return a
	}
	return errors.Join(a, b)
}
