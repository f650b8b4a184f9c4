package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// Selection chooses rules by id. A * at the end matches any rest, as in san-*.
// The zero value selects all rules.
type Selection struct {
	Only []string // empty: all
	Skip []string // has precedence over Only
}

// UnknownRuleError is an id or a pattern that matches no rule.
type UnknownRuleError struct {
	ID string
}

func (e *UnknownRuleError) Error() string {
	return fmt.Sprintf("rule %q: no rule matches", e.ID)
}

// Options configures a Linter.
type Options struct {
	Selection
	// Profile is the profile to check end entities against; zero: infer it for
	// each.
	Profile nf.Profile
	// Function is the NF that the certificates should belong to; nil: any.
	Function *nf.Function
	// Request is the CSR that the certificates were issued for; nil: unknown.
	Request *inspect.Contents
	// Now is the time to check validity at; zero: the time of each call.
	Now time.Time
}

// Linter checks with a fixed selection of rules. It is safe for concurrent use.
type Linter struct {
	options Options
	rules   []Rule
}

// retired are ids of rules that were wrong and are gone. Scripts that skip them still
// run.
var retired = []string{"san-nf-instance-id-first"}

// New returns a Linter. Its error is an *UnknownRuleError.
func New(o Options) (*Linter, error) {
	rules := Rules()
	for _, id := range slices.Concat(o.Only, o.Skip) {
		if slices.Contains(retired, id) {
			continue
		}
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

// Input is the contents of one file, or what one server sent.
type Input struct {
	// Items are the requests and certificates in the order of the file. Several
	// certificates are checked as a chain, in any order, or as a bundle.
	Items []*inspect.Contents
	TLS   *TLS // of a server; nil for a file
}

// TLS is the handshake of a server, which sends its certificates leaf first.
type TLS struct {
	ServerName             string // the name that was requested; empty: an address
	Version                uint16 // code on the wire, as in 0x0304
	VersionName            string // as in TLS 1.3
	CipherSuite            uint16 // code on the wire
	CipherName             string // IANA's name
	ALPN                   string // empty: no protocol was negotiated
	ClientCertificateAsked bool
}

// Result is the outcome for one item.
type Result struct {
	Kind inspect.Kind `json:"type"`
	Role Role         `json:"role"`
	// Profile is the profile that it was checked against, and Why the reason
	// for that one; empty for a CA's certificate.
	Profile  string    `json:"profile,omitempty"`
	Why      string    `json:"why,omitempty"`
	Findings []Finding `json:"findings"` // in the order of Rules
}

// Judge checks every item of an input, in its order.
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
	result.Findings = l.mergeIssued(s, dropOverlaps(l.apply(s, scope)))
	if result.Findings == nil {
		result.Findings = []Finding{} // not null in JSON
	}
	return result
}

// apply runs the rules of a scope.
func (l *Linter) apply(s *Subject, scope scope) []Finding {
	var r report
	for i := range l.rules {
		if rule := &l.rules[i]; rule.scope&scope != 0 {
			r.rule, r.count, r.fix = rule, 0, ""
			rule.check(s, &r)
		}
	}
	return r.found
}

// profile gives the profile to check against, and why.
func (l *Linter) profile(c *inspect.Contents) (nf.Profile, string) {
	if l.options.Profile.Name != "" {
		return l.options.Profile, "as given"
	}
	return InferProfile(c)
}
