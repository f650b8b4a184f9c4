package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// Selection chooses rules by id; a * at the end stands for any rest, as in
// san-*. The zero value takes all.
type Selection struct {
	Only []string // none: all
	Skip []string // beats Only
}

// UnknownRuleError is an id, or a pattern, that no rule has.
type UnknownRuleError struct {
	ID string
}

func (e *UnknownRuleError) Error() string {
	return fmt.Sprintf("rule %q: there is none of that name", e.ID)
}

// Options says by what to judge.
type Options struct {
	Selection
	// Profile that end entities are judged by; the zero value: the one that
	// each looks like.
	Profile nf.Profile
	// Function that the certificates should be of; nil: any.
	Function *nf.Function
	// Request that the certificates were issued for; nil: not known.
	Request *inspect.Contents
	// Now is the time to judge at; zero: the time of each call.
	Now time.Time
}

// Linter judges by a fixed selection of rules. It is safe for use by several
// goroutines at once.
type Linter struct {
	options Options
	rules   []Rule
}

// New makes a linter. Its error is an *UnknownRuleError.
func New(o Options) (*Linter, error) {
	rules := Rules()
	for _, id := range slices.Concat(o.Only, o.Skip) {
		if !slices.ContainsFunc(rules, func(r Rule) bool { return matches(id, r.ID) }) {
			return nil, &UnknownRuleError{ID: id}
		}
	}
	rules = slices.DeleteFunc(rules, func(r Rule) bool { return !o.selects(r.ID) })
	return &Linter{options: o, rules: rules}, nil
}

func (s Selection) selects(id string) bool {
	matchesID := func(pattern string) bool { return matches(pattern, id) }
	return (len(s.Only) == 0 || slices.ContainsFunc(s.Only, matchesID)) && !slices.ContainsFunc(s.Skip, matchesID)
}

func matches(pattern, id string) bool {
	if start, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(id, start)
	}
	return pattern == id
}

// Input is what lies in one file, or what one server showed.
type Input struct {
	// Items are its requests and certificates in the order of the file. Several
	// certificates are looked at as a chain, in any order, or as a bundle.
	Items []*inspect.Contents
	TLS   *TLS // of a server; nil for a file
}

// TLS is what a server showed beside its certificates, which come leaf first.
type TLS struct {
	ServerName             string // the name that was asked for; empty: an address
	Version                uint16 // code on the wire, as in 0x0304
	VersionName            string // as in TLS 1.3
	CipherSuite            uint16 // code on the wire
	CipherName             string // IANA's name
	ALPN                   string // empty: nothing was agreed on
	ClientCertificateAsked bool
}

// Result is the judgement of one item.
type Result struct {
	Kind inspect.Kind `json:"type"`
	Role Role         `json:"role"`
	// Profile that it was judged by, and why that one; empty for a CA's.
	Profile  string    `json:"profile,omitempty"`
	Why      string    `json:"why,omitempty"`
	Findings []Finding `json:"findings"` // in the order of Rules
}

// Judge judges every item of an input, in its order.
func (l *Linter) Judge(in Input) []Result {
	now := l.options.Now
	if now.IsZero() {
		now = time.Now()
	}
	subjects := subjects(in, now)
	results := make([]Result, len(subjects))
	for i := range subjects {
		s := &subjects[i]
		s.Function, s.Request = l.options.Function, l.options.Request
		results[i] = l.judge(s)
	}
	return results
}

func (l *Linter) judge(s *Subject) Result {
	result := Result{Kind: s.Kind, Role: s.Role}
	scope := s.Role.scope()
	if s.Role != RoleIssuer {
		s.Profile, result.Why = l.profile(s.Contents)
		result.Profile = s.Profile.Name
		s.prepare()
	}
	if s.TLS != nil {
		scope |= onServer
	}
	var r report
	for i := range l.rules {
		if rule := &l.rules[i]; rule.scope&scope != 0 {
			r.rule, r.count, r.fix = rule, 0, ""
			rule.check(s, &r)
		}
	}
	result.Findings = r.found
	if result.Findings == nil {
		result.Findings = []Finding{}
	}
	return result
}

// profile gives the profile to judge by.
func (l *Linter) profile(c *inspect.Contents) (nf.Profile, string) {
	if l.options.Profile.Name != "" {
		return l.options.Profile, "as given"
	}
	return InferProfile(c)
}
