// Package lint judges certificates, requests and chains of the 5G core by rules
// that cite their clause.
//
// A rule is data and one function; the tables of rules lie by concern in the
// files named rules_*.go. What a profile demands (presence, criticality, key
// usages, years) comes from the profile's table in package nf, with that row's
// clause and level, so that a rule says the same as the generator did. Nothing
// here prints, and nothing knows of commands.
package lint

import (
	"slices"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// Rule is one thing that is judged.
type Rule struct {
	ID    string       `json:"rule"`  // in kebab case, as in san-nf-instance-id; never renamed
	Field nf.FieldName `json:"field"` // the field that it judges, where a finding names none closer
	// Severity is the most that a finding of the rule can have. It follows from
	// Level and Confidence, but for what Lenience says.
	Severity   inspect.Severity `json:"severity"`
	Level      nf.Level         `json:"level"`
	Clause     string           `json:"clause"`
	Confidence nf.Confidence    `json:"confidence"`
	// Lenience says why the severity is below what the level gives; empty when
	// it is not.
	Lenience string `json:"lenience,omitempty"`
	Title    string `json:"title"` // what is wrong, in a few words
	Why      string `json:"why"`   // what comes of it
	Fix      string `json:"fix"`   // how to mend it
	Good     string `json:"good"`
	Bad      string `json:"bad"`

	scope scope
	grave bool             // advice that makes a warning
	most  inspect.Severity // ceiling that Lenience explains; empty: none
	check func(*Subject, *report)
}

// scope says what a rule looks at.
type scope uint8

const (
	onRequest scope = 1 << iota // a CSR
	onLeaf                      // an end entity's certificate
	onIssuer                    // a CA's certificate
	onServer                    // what a TLS server showed, with its leaf

	onBoth = onRequest | onLeaf
	onCert = onLeaf | onIssuer
	onAll  = onRequest | onLeaf | onIssuer
)

// Rules lists every rule, grouped by concern.
func Rules() []Rule {
	rules := slices.Concat(
		encodingRules(), basicRules(), signatureRules(), keyRules(), subjectRules(), validityRules(),
		keyUsageRules(), extKeyUsageRules(), purposeRules(), altNameRules(), instanceRules(), fqdnRules(),
		domainRules(), nfTypesRules(), pointerRules(), extensionRules(), chainRules(), issuerRules(),
		seppRules(), requestRules(), serverRules(), functionRules(), issuedRules(),
	)
	for i := range rules {
		rules[i].settle()
	}
	return rules
}

// Lookup finds a rule by its id.
func Lookup(id string) (Rule, bool) {
	rules := Rules()
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Rule{}, false
	}
	return rules[i], true
}

// settle fills in what follows from the rest.
func (r *Rule) settle() {
	if r.Confidence == "" {
		r.Confidence = nf.Read
	}
	r.Severity = lesser(r.severity(r.Level, r.Confidence), r.most)
}

// severity gives what breaking a clause of this level is worth: an error where
// it says shall and was read, a warning where it says should or was not read
// itself.
func (r *Rule) severity(level nf.Level, confidence nf.Confidence) inspect.Severity {
	switch {
	case level == nf.Shall && confidence == nf.Read:
		return inspect.Error
	case level == nf.Advice && !r.grave:
		return inspect.Info
	}
	return inspect.Warning
}

// lesser gives the milder of two severities; an empty one does not count.
func lesser(a, b inspect.Severity) inspect.Severity {
	if b == "" || weight(a) < weight(b) {
		return a
	}
	return b
}

func weight(s inspect.Severity) int {
	switch s {
	case inspect.Error:
		return 2
	case inspect.Warning:
		return 1
	}
	return 0
}
