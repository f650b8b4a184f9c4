// Package lint checks certificates, certificate requests and chains of the 5G
// core against rules that cite their clause.
//
// A rule is a row of data with a check function. The rules are in the files
// rules_*.go, one file for each field or subject matter. What a profile demands
// (presence, criticality, key usages, years) comes from the profile's table in
// package nf, with the clause and level of that row, so that generator and
// linter cannot disagree. Where two rules can report the same fault, overlap.go
// says which one does. The package prints nothing and knows no commands.
package lint

import (
	"cmp"
	"slices"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// Rule is one thing that is checked.
type Rule struct {
	ID    string       `json:"rule"`  // in kebab case, as in san-nf-instance-id; never renamed
	Field nf.FieldName `json:"field"` // the field that it checks, unless a finding names a more precise one
	// Severity is the highest that a finding of the rule can have. It follows
	// from Level and Confidence, unless Lenience gives a reason for less.
	Severity   inspect.Severity `json:"severity"`
	Level      nf.Level         `json:"level"`
	Clause     string           `json:"clause"`
	Confidence nf.Confidence    `json:"confidence"`
	// Lenience says why the severity is lower than the level gives; empty when
	// it is not.
	Lenience string `json:"lenience,omitempty"`
	Title    string `json:"title"` // what is wrong, in a few words
	Why      string `json:"why"`   // what the consequence is
	Fix      string `json:"fix"`   // what to do, in the imperative
	Good     string `json:"good"`
	Bad      string `json:"bad"`

	scope scope
	grave bool             // advice that makes a warning
	most  inspect.Severity // limit that Lenience explains; empty: no limit
	check func(*Subject, *report)
}

// The limits that rules set.
const (
	warning = inspect.Warning
	info    = inspect.Info
)

// scope says which inputs a rule applies to.
type scope uint8

const (
	onRequest scope = 1 << iota // a CSR
	onLeaf                      // an end entity's certificate
	onIssuer                    // a CA's certificate
	onServer                    // a TLS server's connection and leaf certificate

	onBoth = onRequest | onLeaf
	onCert = onLeaf | onIssuer
	onAll  = onRequest | onLeaf | onIssuer
)

// Rules lists every rule, grouped by file.
func Rules() []Rule {
	rules := slices.Concat(
		encodingRules(), versionSerialRules(), signatureRules(), publicKeyRules(), subjectRules(), validityRules(),
		keyUsageRules(), extKeyUsageRules(), purposeRules(), sanRules(), instanceIDRules(), dnsSyntaxRules(),
		dnsDomainRules(), nfTypesRules(), keyIdentifierRules(), crlAIARules(), otherExtensionRules(), chainRules(), caRules(),
		seppSCPRules(), csrRules(), tlsServerRules(), nfFileRules(), csrToCertificateRules(),
	)
	for i := range rules {
		r := &rules[i]
		r.Confidence = cmp.Or(r.Confidence, nf.Read)
		r.Severity = milder(r.severity(r.Level, r.Confidence), r.most)
	}
	return rules
}

// Lookup finds a rule by its id.
func Lookup(id string) (Rule, bool) {
	if r := find(Rules(), func(r Rule) bool { return r.ID == id }); r != nil {
		return *r, true
	}
	return Rule{}, false
}

// severity gives the severity of breaking a clause of this level: an error where
// the clause says shall and its wording is known, a warning where it says should or
// is known only from a text that cites it.
func (r *Rule) severity(level nf.Level, confidence nf.Confidence) inspect.Severity {
	switch {
	case level == nf.Shall && confidence.Binds():
		return inspect.Error
	case level == nf.Advice && !r.grave:
		return inspect.Info
	}
	return inspect.Warning
}

// milder gives the lower of two severities; an empty b sets no limit.
func milder(a, b inspect.Severity) inspect.Severity {
	if b == "" || weight(a) < weight(b) {
		return a
	}
	return b
}

var severities = []inspect.Severity{inspect.Info, inspect.Warning, inspect.Error}

func weight(s inspect.Severity) int { return slices.Index(severities, s) }
