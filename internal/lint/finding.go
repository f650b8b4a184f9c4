package lint

import (
	"fmt"
	"unicode/utf8"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// Finding is one breach of one rule. Its texts may hold text of the file as it
// stands, control characters included: who shows them must strip those.
type Finding struct {
	Rule       string           `json:"rule"`
	Severity   inspect.Severity `json:"severity"`
	Level      nf.Level         `json:"level,omitempty"`
	Field      nf.FieldName     `json:"field,omitempty"`
	Got        string           `json:"got,omitempty"`  // what was found; empty: nothing
	Want       string           `json:"want,omitempty"` // what was wanted
	Message    string           `json:"message"`
	Fix        string           `json:"fix,omitempty"`
	Clause     string           `json:"clause,omitempty"`
	Confidence nf.Confidence    `json:"confidence,omitempty"` // how the clause is known
	Source     string           `json:"source,omitempty"`     // who judged; empty: these rules
}

// notRead is what a message says of a clause that nobody read.
var notRead = map[nf.Confidence]string{
	nf.Secondary:  " (this clause itself was not read; a text that cites it says so)",
	nf.Unverified: " (this clause was not read; taken over from memory)",
}

// maxText bounds what a finding repeats of a file, in bytes.
const maxText = 300

// maxFindings bounds the findings of one rule about one certificate.
const maxFindings = 20

// report takes what one rule finds in one subject.
type report struct {
	rule  *Rule
	found []Finding
	count int    // of the rule so far
	fix   string // what mends it by this profile; empty: the rule's own words
}

// hit reports a breach. The message is formatted; got and want are values as
// they stand, either may be empty.
func (r *report) hit(got, want, format string, args ...any) {
	r.add(r.rule.Field, nf.Field{Level: r.rule.Level, Clause: r.rule.Clause, Confidence: r.rule.Confidence}, got, want, format, args...)
}

// hitField is hit, for a field closer than the rule's own.
func (r *report) hitField(field nf.FieldName, got, want, format string, args ...any) {
	r.add(field, nf.Field{Level: r.rule.Level, Clause: r.rule.Clause, Confidence: r.rule.Confidence}, got, want, format, args...)
}

// hitRow reports a breach of a row of the profile, by the row's own clause.
func (r *report) hitRow(row nf.Field, got, want, format string, args ...any) {
	r.add(row.Name, row, got, want, format, args...)
}

func (r *report) add(field nf.FieldName, row nf.Field, got, want, format string, args ...any) {
	if r.count++; r.count > maxFindings {
		return
	}
	message := format
	if len(args) > 0 {
		message = fmt.Sprintf(format, args...)
	}
	message += notRead[row.Confidence]
	fix := r.rule.Fix
	if r.fix != "" {
		fix = r.fix
	}
	r.found = append(r.found, Finding{
		Rule: r.rule.ID, Severity: lesser(r.rule.severity(row.Level, row.Confidence), r.rule.Severity), Level: row.Level,
		Field: field, Got: cut(got), Want: cut(want), Message: message, Fix: fix,
		Clause: row.Clause, Confidence: row.Confidence,
	})
}

// cut bounds text of a file, and keeps it whole UTF-8 where it was.
func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	end := maxText
	for end > maxText-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "..."
}
