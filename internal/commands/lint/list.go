package lint

import (
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/ui"
)

// listRules prints the table of our rules.
func listRules(call *cli.Call, args []string) error {
	if len(args) > 0 {
		return cli.Usagef("", "--list takes no file and got %q", args[0])
	}
	rules := lint.Rules()
	table := ui.NewTable("RULE", "SEVERITY", "LEVEL", "FIELD", "CLAUSE", "KNOWN", "WHAT")
	for _, r := range rules {
		table.Row(r.ID, string(r.Severity), string(r.Level), string(r.Field), r.Clause, string(r.Confidence), r.Title)
	}
	return call.PrintList("LintRules", "rules", rules, table)
}

// explainRule prints all that is known of one rule.
func explainRule(call *cli.Call, id string, args []string) error {
	if len(args) > 0 {
		return cli.Usagef("", "--explain takes one rule and got the file %q beside it", args[0])
	}
	r, ok := lint.Lookup(id)
	switch {
	case !ok && isZlints(id):
		return cli.Usagef("its findings carry the clause; see github.com/zmap/zlint", "%q is a lint of zlint, which explains its own", id)
	case !ok:
		return cli.Usagef("nfcert lint --list names them", "there is no rule %q", id)
	}
	if call.Machine() {
		return ui.WriteJSON(call.Streams.Out, struct {
			lintHead
			lint.Rule
		}{lintHead{cli.APIVersion, "LintRule"}, r})
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

// levelWords says where a rule's severity comes from.
func levelWords(r lint.Rule) string {
	words := map[nf.Level]string{
		nf.Shall: "shall: the clause demands it", nf.Should: "should: the clause recommends it", nf.Advice: "advice: ours, no clause demands it",
	}[r.Level]
	switch r.Confidence {
	case nf.Secondary:
		words += "; known from a text that cites the clause"
	case nf.Unverified:
		words += "; UNVERIFIED: nobody of ours has read the clause"
	}
	return words
}
