package lint

import (
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/ui"
)

// listRules prints our rules: on a terminal one line for each with the rule, its
// severity and its title, otherwise all columns.
func listRules(call *cli.Call, args []string) error {
	if len(args) > 0 {
		return cli.Usagef("", "--list takes no source, got %q", args[0])
	}
	rules := lint.Rules()
	columns := call.Streams.OutColumns()
	if columns == 0 {
		table := ui.NewTable("RULE", "SEVERITY", "LEVEL", "FIELD", "CLAUSE", "KNOWN", "TITLE")
		for _, r := range rules {
			table.Row(r.ID, string(r.Severity), string(r.Level), string(r.Field), r.Clause, string(r.Confidence), r.Title)
		}
		return call.PrintList("LintRules", "rules", rules, table)
	}
	longest := 0
	for _, r := range rules {
		longest = max(longest, len(r.ID))
	}
	width := columns - longest - len("  SEVERITY  ")
	table := ui.NewTable("RULE", "SEVERITY", "TITLE")
	for _, r := range rules {
		table.Row(r.ID, string(r.Severity), ui.Clean(r.Title, width))
	}
	return call.PrintList("LintRules", "rules", rules, table)
}

// explainRule prints everything about one rule.
func explainRule(call *cli.Call, id string, args []string) error {
	if len(args) > 0 {
		return cli.Usagef("", "--explain takes one rule and no source, got source %q", args[0])
	}
	r, ok := lint.Lookup(id)
	switch {
	case !ok && isZlintRule(id):
		return cli.Usagef("its findings have the clause; see github.com/zmap/zlint", "%q is a lint of zlint, nfcert explains only its own rules", id)
	case !ok:
		return cli.Usagef("list the rules: nfcert lint --list", "unknown rule %q", id)
	}
	if call.Machine() {
		return ui.WriteJSON(call.Streams.Out, struct {
			header
			lint.Rule
		}{header{cli.APIVersion, "LintRule"}, r})
	}
	f := &ui.Fields{Paint: call.Streams.OutPaint()}
	f.Add("rule", r.ID)
	f.Add("what", r.Title)
	f.Add("severity", string(r.Severity))
	f.Add("level", levelWords(r))
	f.Add("field", string(r.Field))
	f.Add("clause", r.Clause)
	f.Add("why", r.Why)
	f.Add("fix", r.Fix)
	f.Add("good", r.Good)
	f.Add("bad", r.Bad)
	return f.Write(call.Streams.Out, call.Streams.OutColumns())
}

// levelWords explains the level of a rule, and how we know its clause.
func levelWords(r lint.Rule) string {
	words := map[nf.Level]string{
		nf.Shall: "shall: the clause requires it", nf.Should: "should: the clause recommends it", nf.Advice: "advice: our advice, no clause requires it",
	}[r.Level]
	switch r.Confidence {
	case nf.Secondary:
		words += "; known from another text that cites the clause"
	case nf.Unverified:
		words += "; UNVERIFIED: we have not read the clause"
	}
	return words
}
