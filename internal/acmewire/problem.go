package acmewire

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// problemPrefix starts the types that RFC 8555 section 6.7 registers.
const problemPrefix = "urn:ietf:params:acme:error:"

// Problem is a problem document (RFC 7807) by which the server refused a
// request or explains a failed challenge, with the request that caused it.
type Problem struct {
	Type        string       `json:"type,omitempty"` // as sent, a URN or not
	Title       string       `json:"title,omitempty"`
	Detail      string       `json:"detail,omitempty"`
	Status      int          `json:"status,omitempty"` // the HTTP status where there was one
	Instance    string       `json:"instance,omitempty"`
	Identifier  *Identifier  `json:"identifier,omitempty"` // of a subproblem
	Subproblems []Subproblem `json:"subproblems,omitempty"`
	Algorithms  []string     `json:"algorithms,omitempty"` // with badSignatureAlgorithm

	// Request is the refused request; nil for a problem inside an object.
	Request *Request `json:"-"`
	// RetryAfter is how long the server asks to wait; zero if it does not say.
	RetryAfter time.Duration `json:"-"`
	// Location is the URL in the answer's Location, as in keyChange's 409.
	Location string `json:"-"`
}

// Subproblem is one cause among several (RFC 8555 section 6.7.1).
type Subproblem struct {
	Type       string      `json:"type,omitempty"`
	Detail     string      `json:"detail,omitempty"`
	Identifier *Identifier `json:"identifier,omitempty"`
}

// Request names an HTTP request in an error. Status is zero when no answer came.
type Request struct {
	Method string `json:"method"`
	URL    string `json:"url"`
	Status int    `json:"status,omitempty"`
}

// Name is the type without RFC 8555's prefix, such as "badCSR"; a foreign type
// is returned unchanged, and "" if there is no type.
func (p *Problem) Name() string { return strings.TrimPrefix(p.Type, problemPrefix) }

// HasType reports whether the problem is of the RFC 8555 type with this short
// name. Case and prefix are ignored, as servers differ in both
// ([DevProblemTypeForm]).
func (p *Problem) HasType(name string) bool {
	i := strings.LastIndexByte(p.Type, ':')
	return strings.EqualFold(p.Type[i+1:], name)
}

// Error returns type and detail, then the subproblems.
func (p *Problem) Error() string {
	var b strings.Builder
	name := p.Name()
	if name == "" || name == "about:blank" {
		name = fmt.Sprintf("HTTP status %d", p.Status)
	}
	b.WriteString(name)
	if text := p.text(); text != "" {
		fmt.Fprintf(&b, ": %q", text)
	}
	for _, s := range p.Subproblems {
		b.WriteString("; ")
		if s.Identifier != nil {
			fmt.Fprintf(&b, "%s: ", s.Identifier)
		}
		b.WriteString(strings.TrimPrefix(s.Type, problemPrefix))
		if s.Detail != "" {
			fmt.Fprintf(&b, ": %q", s.Detail)
		}
	}
	return b.String()
}

func (p *Problem) text() string {
	if p.Detail != "" {
		return p.Detail
	}
	return p.Title
}

// parseProblem reads a problem from a refused exchange, without the secrets in
// it. ok is false if the body is not a JSON object.
func parseProblem(e *Exchange) (p *Problem, ok bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(redact(e.raw), &members) != nil || members == nil {
		return nil, false
	}
	p = &Problem{}
	p.read(members)
	request := e.request()
	p.Request, p.RetryAfter, p.Location = &request, e.retryAfter(), e.location()
	// The HTTP status is what happened; the member `status` only repeats it.
	p.Status = e.Status
	return p, true
}

// UnmarshalJSON implements [json.Unmarshaler] for a problem inside an order or
// a challenge. Any valid JSON is accepted, so that the user always learns why
// something failed ([DevProblemMember]). Secrets that servers repeat in a refusal
// are redacted.
func (p *Problem) UnmarshalJSON(doc []byte) error {
	*p = Problem{}
	doc = redact(doc)
	var members map[string]json.RawMessage
	if json.Unmarshal(doc, &members) != nil {
		if json.Unmarshal(doc, &p.Detail) != nil {
			p.Detail = string(doc)
		}
		p.bound()
		return nil
	}
	p.read(members)
	return nil
}

// read takes what can be read: members that are null or of the wrong type are
// left out and returned in unread.
func (p *Problem) read(members map[string]json.RawMessage) (unread []string) {
	for name, dst := range map[string]any{
		"type": &p.Type, "title": &p.Title, "detail": &p.Detail, "status": &p.Status, "instance": &p.Instance,
		"subproblems": &p.Subproblems, "algorithms": &p.Algorithms, "identifier": &p.Identifier,
	} {
		if m, there := members[name]; there && (json.Unmarshal(m, dst) != nil || string(m) == "null") {
			unread = append(unread, name)
		}
	}
	if p.Type == "" && p.Detail == "" {
		p.Detail = looseDetail(members)
	}
	p.bound()
	return unread
}

// Limits of a problem, in bytes of one text and in subproblems: an answer may
// have a megabyte of either.
const (
	maxText        = 2 << 10
	maxSubproblems = 100
)

func (p *Problem) bound() {
	for _, text := range []*string{&p.Type, &p.Title, &p.Detail, &p.Instance} {
		*text = bounded(*text)
	}
	p.Subproblems = p.Subproblems[:min(len(p.Subproblems), maxSubproblems)]
	for i := range p.Subproblems {
		s := &p.Subproblems[i]
		s.Type, s.Detail = bounded(s.Type), bounded(s.Detail)
	}
}

func bounded(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "…"
}

// looseDetail returns the text of an error that is plain JSON without a type
// ([DevProblemPlainJSON]).
func looseDetail(members map[string]json.RawMessage) string {
	for _, name := range []string{"message", "error", "error_description", "msg"} {
		var s string
		if json.Unmarshal(members[name], &s) == nil && s != "" {
			return s
		}
	}
	return ""
}
