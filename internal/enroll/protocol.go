package enroll

import (
	"github.com/nfcert/nfcert/internal/acmewire"
)

// The types of this file are what the documents hold of a protocol's objects.
// They are not the wire's: what comes from it is converted here, so that another
// protocol can fill the same documents.

// Identifier is what a certificate is ordered for, such as dns:amf1.example.
type Identifier struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// String is TYPE:VALUE.
func (i Identifier) String() string { return i.Type + ":" + i.Value }

func fromWire(ids []acmewire.Identifier) []Identifier {
	var out []Identifier
	for _, id := range ids {
		out = append(out, Identifier(id))
	}
	return out
}

func toWire(ids []Identifier) []acmewire.Identifier {
	var out []acmewire.Identifier
	for _, id := range ids {
		out = append(out, acmewire.Identifier(id))
	}
	return out
}

// Status is the state of an order, an authorization or a challenge (RFC 8555
// section 7.1.6). Every one that is not named here is an end.
type Status string

// The states of RFC 8555 section 7.1.6.
const (
	Pending    Status = "pending"
	Ready      Status = "ready"
	Processing Status = "processing"
	Valid      Status = "valid"
	Invalid    Status = "invalid"
)

// Problem is why an order or a challenge failed, in the CA's words (RFC 7807).
type Problem struct {
	Type        string       `json:"type,omitempty"` // as sent, a URN or not
	Title       string       `json:"title,omitempty"`
	Detail      string       `json:"detail,omitempty"`
	Status      int          `json:"status,omitempty"` // the HTTP status where there was one
	Instance    string       `json:"instance,omitempty"`
	Identifier  *Identifier  `json:"identifier,omitempty"`
	Subproblems []Subproblem `json:"subproblems,omitempty"`
	Algorithms  []string     `json:"algorithms,omitempty"`
}

// Subproblem is one cause among several (RFC 8555 section 6.7.1).
type Subproblem struct {
	Type       string      `json:"type,omitempty"`
	Detail     string      `json:"detail,omitempty"`
	Identifier *Identifier `json:"identifier,omitempty"`
}

// String is type and detail, then the subproblems.
func (p *Problem) String() string { return p.ACME().Error() }

// ACME is the problem as the wire has it, but for the request that caused it.
func (p *Problem) ACME() *acmewire.Problem {
	if p == nil {
		return nil
	}
	w := &acmewire.Problem{
		Type: p.Type, Title: p.Title, Detail: p.Detail, Status: p.Status, Instance: p.Instance,
		Identifier: (*acmewire.Identifier)(p.Identifier), Algorithms: p.Algorithms,
	}
	for _, s := range p.Subproblems {
		w.Subproblems = append(w.Subproblems, acmewire.Subproblem{Type: s.Type, Detail: s.Detail, Identifier: (*acmewire.Identifier)(s.Identifier)})
	}
	return w
}

func newProblem(w *acmewire.Problem) *Problem {
	if w == nil {
		return nil
	}
	p := &Problem{
		Type: w.Type, Title: w.Title, Detail: w.Detail, Status: w.Status, Instance: w.Instance,
		Identifier: (*Identifier)(w.Identifier), Algorithms: w.Algorithms,
	}
	for _, s := range w.Subproblems {
		p.Subproblems = append(p.Subproblems, Subproblem{Type: s.Type, Detail: s.Detail, Identifier: (*Identifier)(s.Identifier)})
	}
	return p
}

// newOrder is what the wire sends for an intent.
func (in *Intent) newOrder() acmewire.NewOrder {
	return acmewire.NewOrder{Identifiers: toWire(in.Identifiers), NotBefore: in.NotBefore, NotAfter: in.NotAfter, Profile: in.Profile, Replaces: in.Replaces}
}
