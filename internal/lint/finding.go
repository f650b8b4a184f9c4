package lint

import (
	"cmp"
	"fmt"
	"unicode/utf8"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// Finding is one breach of one rule. Its texts may contain unfiltered text of
// the file, including control characters: the caller must strip these before
// it shows them.
type Finding struct {
	Rule       string           `json:"rule"`
	Severity   inspect.Severity `json:"severity"`
	Level      nf.Level         `json:"level,omitempty"`
	Field      nf.FieldName     `json:"field,omitempty"`
	Got        string           `json:"got,omitempty"`  // what was found; empty: nothing
	Want       string           `json:"want,omitempty"` // what is wanted
	Message    string           `json:"message"`
	Fix        string           `json:"fix,omitempty"`
	Clause     string           `json:"clause,omitempty"`
	Confidence nf.Confidence    `json:"confidence,omitempty"` // how the clause is known
	Source     string           `json:"source,omitempty"`     // the linter that reports it; empty: these rules
	FromCA     bool             `json:"-"`                    // a difference between CSR and certificate is the cause
}

// notRead is appended to the message where the clause itself was not read.
var notRead = map[nf.Confidence]string{
	nf.Quoted:     " (from a text that quotes the clause; the clause itself was not read)",
	nf.Secondary:  " (from a text that cites the clause; the clause itself was not read)",
	nf.Unverified: " (the clause was not read; the rule is from memory)",
}

// maxText limits each text that a finding quotes from a file, in bytes.
const maxText = 300

// maxFindings limits the findings of one rule for one certificate.
const maxFindings = 20

// report collects the findings for one subject.
type report struct {
	rule  *Rule
	found []Finding
	count int    // of the current rule
	fix   string // the fix for this profile; empty: the rule's own fix
}

// hit reports a breach of the rule. The message is formatted; got and want are
// used as they are, and either may be empty.
func (r *report) hit(got, want, format string, args ...any) {
	r.hitField(r.rule.Field, got, want, format, args...)
}

// hitField is hit for a more precise field than the rule's own.
func (r *report) hitField(field nf.FieldName, got, want, format string, args ...any) {
	row := nf.Field{Name: field, Level: r.rule.Level, Clause: r.rule.Clause, Confidence: r.rule.Confidence}
	r.hitRow(row, got, want, format, args...)
}

// hitProfile reports a breach with the clause and level of the profile's row of
// that field. Without such a row it uses the rule's own.
func (r *report) hitProfile(s *Subject, field nf.FieldName, got, want, format string, args ...any) {
	if row, ok := s.Profile.Field(field); ok {
		r.hitRow(row, got, want, format, args...)
		return
	}
	r.hitField(field, got, want, format, args...)
}

// hitRow reports a breach of one row of the profile, with that row's clause.
func (r *report) hitRow(row nf.Field, got, want, format string, args ...any) {
	if r.count++; r.count > maxFindings {
		return
	}
	message := format
	if len(args) > 0 {
		message = fmt.Sprintf(format, args...)
	}
	r.found = append(r.found, Finding{
		Rule: r.rule.ID, Severity: milder(r.rule.severity(row.Level, row.Confidence), r.rule.Severity), Level: row.Level,
		Field: row.Name, Got: shorten(got), Want: shorten(want), Message: message + notRead[row.Confidence],
		Fix: cmp.Or(r.fix, r.rule.Fix), Clause: row.Clause, Confidence: row.Confidence,
	})
}

// shorten limits a text to maxText without breaking a UTF-8 sequence.
func shorten(s string) string {
	if len(s) <= maxText {
		return s
	}
	end := maxText
	for end > maxText-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "..."
}
